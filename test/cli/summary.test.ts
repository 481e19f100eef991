import { relative } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { describe, expect, it } from "vitest";
import type { CheckResult } from "../../src/checks/result.ts";
import type { DrillResult } from "../../src/cli/drill-result.ts";
import { summarise } from "../../src/cli/summary.ts";
import type { Counterproof } from "../../src/counterproof/counterproof.ts";
import { withScorecard } from "../../src/scenarios/scorecard.ts";
import type { Verdict } from "../../src/verdict/verdict.ts";
import { DRILL_ID } from "../plan/sample-drill.ts";
import { checkResult, PROOF } from "../verdict/sample-results.ts";
import { SAMPLE_VERDICT } from "../verdict/sample-verdict.ts";
import { EVIDENCE, message, rehearsalWith, reportWith } from "./sample-rehearsal.ts";

const read = (changes: Partial<DrillResult> = {}): string =>
  stripVTControlCharacters(summarise(rehearsalWith(changes)));

const LEFT = { kind: "cluster" as const, id: "restore-drill-x", region: "eu-central-1", reason: "AccessDenied" };

function judged(changes: Partial<Verdict>): Partial<DrillResult> {
  const verdict = { ...SAMPLE_VERDICT, ...changes };
  return {
    verdict: verdict.verdict,
    cause: verdict.verdict === "passed" ? undefined : verdict.summary,
    report: reportWith({ verdict }),
  };
}

const checked = (...checks: CheckResult[]): string[] =>
  read({ report: reportWith({ checks }) })
    .split("\n")
    .filter((line) => /^ {2}(held|failed|unchecked|empty)\b/.test(line));

describe("summarise", () => {
  it("begins with the verdict and the database", () => {
    expect(read().split("\n").slice(0, 2)).toEqual(["PASSED  orders-production", SAMPLE_VERDICT.summary]);
  });

  it("names the exercise, and what of its scorecard somebody has to look at", () => {
    const text = read({ report: withScorecard(reportWith(), "ransomware") });
    expect(text).toMatch(/^Exercise {7}Ransomware: \d+ of \d+ met, /m);
    expect(text).toMatch(/^ {2}not known The people concerned were told: /m);
    expect(text).not.toContain("Nothing was left behind");
    expect(read()).not.toContain("Exercise");
  });

  it.each([
    ["failed", "data", "FAILED (data)"],
    ["inconclusive", "unchecked", "INCONCLUSIVE (unchecked)"],
    ["errored", "drill", "ERRORED (drill)"],
  ] as const)("gives a verdict of %s its reason and what to do next", (verdict, reason, label) => {
    const text = read(judged({ verdict, reason, summary: "So it ended.", nextStep: "Look here." }));
    expect(text.split("\n").slice(0, 3)).toEqual([
      `${label}  orders-production`,
      "So it ended.",
      "Do next: Look here.",
    ]);
  });

  it("gives nothing to do after a pass", () => {
    expect(read()).not.toContain("Do next");
  });

  it("shows failures first, then what was not checked, then what held", () => {
    const results = (["held", "empty", "failed", "unchecked"] as const).map((outcome) => checkResult({ outcome }));
    expect(checked(...results).map((line) => line.trim().split(" ")[0])).toEqual([
      "failed",
      "unchecked",
      "empty",
      "held",
    ]);
  });

  it("shows what was expected where it was not seen, and what is optional", () => {
    const [failed, held] = checked(
      checkResult(),
      checkResult({ outcome: "failed", observed: "3 rows", required: false }),
    );
    expect(failed).toMatch(/ 3 rows; expected at least 1 row {2}\(optional\)$/);
    expect(held).toMatch(/ 308,104 rows$/);
  });

  it("starts what was seen in one column, however long a check's name", () => {
    const lines = checked(checkResult(), checkResult({ name: "n".repeat(44) }), checkResult({ name: "n".repeat(45) }));
    expect(new Set(lines.map((line) => line.indexOf("308,104")))).toHaveLength(1);
    expect(lines[1]).toContain("n".repeat(44));
    expect(lines[2]).toContain(`${"n".repeat(41)}...`);
  });

  it("lets no name or value of the database move the cursor or break a line", () => {
    const name = 'rows public."a\u001b[2Jb\nc"';
    const text = summarise(
      rehearsalWith({ report: reportWith({ checks: [checkResult({ name, observed: "\r\u0007x" })] }) }),
    );
    for (const moving of ["\u001b[2J", "\r", "\u0007"]) expect(text).not.toContain(moving);
    expect(stripVTControlCharacters(text)).toMatch(/held +rows public\."a.\[2Jb c" +\S+x$/m);
  });

  it("says of RTO and RPO whether they were met, missed or not measured, in one column", () => {
    const text = read(
      judged({
        objectives: {
          rto: { objectiveSeconds: 60, measuredSeconds: 90, met: false },
          rpo: { objectiveSeconds: 3600 },
        },
      }),
    );
    const [rto = "", rpo = ""] = text.split("\n").filter((line) => /^RTO|^RPO/.test(line));
    expect(rto).toMatch(/^RTO +1 min 30 s {3}objective 1 min( 00 s)?, missed$/);
    expect(rpo).toMatch(/^RPO +not measured {3}objective /);
    expect(rpo.indexOf("objective")).toBe(rto.indexOf("objective"));
    expect(read()).toMatch(/^RTO +20 min( 00 s)? {3}objective 4 h( 00 min)?, met$/m);
  });

  it("shows each phase of the recovery and the age of the backup", () => {
    for (const { name } of SAMPLE_VERDICT.phases) expect(read()).toMatch(new RegExp(`^  ${name} +\\d`, "m"));
    expect(read()).toMatch(/^ {2}backup age +10 h 27 min$/m);
  });

  it("has cost, evidence that can be opened from here, and the notifications", () => {
    expect(read()).toContain("at most $1.23 at list prices, estimated $4.20 before");
    expect(read()).toContain(`\n  ${relative(process.cwd(), EVIDENCE)}\n`);
    expect(read()).toContain("Notified    PASSED: orders-production, restore drill");
    expect(read({ notifications: [] })).toContain("Notified    nobody");
    expect(read({ page: EVIDENCE })).toContain(`\nAll databases  ${relative(process.cwd(), EVIDENCE)}\n`);
  });

  it("says what was planted to see the checks fail, what they saw and that it is undone, where that was wanted", () => {
    const saying = (counterproof: Counterproof): string => read({ report: reportWith({ counterproof }) });
    expect(read()).not.toContain("Counterproof");
    expect(saying(PROOF)).toContain(
      "Counterproof   1 damage planted, 1 detected, all undone; 1 required check was not put to it\n",
    );
    const untried = [{ damage: "an index that is not valid", why: "the database refused it" }];
    expect(saying({ ...PROOF, untried })).toContain(
      "all undone; not planted: an index that is not valid; 1 required check was not put to it\n",
    );
    const why = "1 of 3 required checks did not hold";
    expect(saying({ ...PROOF, planted: [], why })).toContain(`Counterproof   nothing was planted: ${why}\n`);
  });

  it("says that nothing was left behind, or what was", () => {
    expect(read()).toContain("Left behind nothing");
    const left = read({ report: reportWith({ leftovers: [LEFT] }) });
    expect(left).toContain("LEFT BEHIND\n  cluster restore-drill-x in eu-central-1: AccessDenied");
    expect(left).not.toContain("Left behind nothing");
  });

  it("tells of a refused drill, which has neither phases nor checks", () => {
    const refused = {
      verdict: "errored" as const,
      reason: "drill" as const,
      phases: [],
      objectives: {},
      summary: "Refused.",
    };
    const { report, ...rest } = judged(refused);
    const { drill: _drill, ...unplanned } = report ?? reportWith();
    const text = read({ ...rest, report: { ...unplanned, checks: [], database: "unplanned" } });
    expect(text).toContain("ERRORED (drill)  unplanned\nRefused.");
    expect(text).not.toMatch(/^(Checks|RTO|RPO)/m);
  });

  it("is of the execution's opinion where nobody could be told of a pass", () => {
    const text = read({ verdict: "errored", cause: "It could not be sent.", notifications: [] });
    expect(text).toMatch(/^ERRORED \(drill\) {2}orders-production\nIt could not be sent\.\n/);
    expect(text).not.toContain(SAMPLE_VERDICT.summary);
  });

  it("says without a report what the notification said of reason and leftovers", () => {
    const text = read({
      verdict: "failed",
      cause: "Not restored.",
      report: undefined,
      notifications: [message({ reason: "recovery", leftovers: [LEFT] })],
    });
    expect(text).toMatch(
      /^FAILED \(recovery\)\nNot restored\.\nThe drill left no report\.\nLEFT BEHIND\n {2}cluster restore-drill-x/,
    );
  });

  it("does not claim a clean end when neither report nor notification is there", () => {
    const text = read({ verdict: "errored", report: undefined, notifications: [] });
    expect(text).toContain(`What drill ${DRILL_ID} created may be left behind.`);
    expect(text).not.toContain("Left behind nothing");
  });
});
