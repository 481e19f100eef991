import type { PageElement } from "jsdom";
import { describe, expect, it } from "vitest";
import type { LedgerEntry } from "../../../src/evidence/ledger.ts";
import type { Report } from "../../../src/evidence/report.ts";
import { withScorecard } from "../../../src/scenarios/scorecard.ts";
import { SAMPLE_VERDICT } from "../../verdict/sample-verdict.ts";
import { ledgerEntry } from "../sample-ledger.ts";
import { failed, pageOf, REFUSED, sampleReport, sectionOf, weeks, words } from "./sample-report.ts";

const pageAfter = (entries: LedgerEntry[], report: Report = sampleReport()): PageElement =>
  pageOf(report, { history: { entries, warnings: [] } });
const rows = (page: PageElement): string[][] =>
  [...(sectionOf(page, "time")?.querySelectorAll("tbody tr") ?? [])].map((row) =>
    [...row.querySelectorAll("th, td")].map(words),
  );
const phases = (...seconds: number[]): Report["verdict"]["phases"] =>
  SAMPLE_VERDICT.phases.slice(0, seconds.length).map((phase, index) => ({ ...phase, seconds: seconds[index] ?? 0 }));

describe("the timeline", () => {
  it("has every phase, their sum, and teardown after it, beside the medians of earlier drills", () => {
    expect(rows(pageAfter(weeks())).map(([name, , took, median]) => [name, took, median])).toEqual([
      ["Select", "2 s", "–"],
      ["Copy", "5 min 01 s", "3 min 20 s"],
      ["Restore", "10 min", "–"],
      ["First query", "1 min 37 s", "–"],
      ["Isolation", "5 s", "–"],
      ["Full read", "2 min 55 s", "–"],
      ["Validated", "20 s", "–"],
      ["RTO", "20 min", "17 min 06 s"],
      ["Tear down", "5 min", "4 min 10 s"],
    ]);
  });

  it("draws them to scale, each where the one before ended", () => {
    const { teardown: _, ...rest } = sampleReport({ verdict: failed({ phases: phases(10, 30, 60), objectives: {} }) });
    const bars = [...(sectionOf(pageOf(rest), "time")?.querySelectorAll("td .fill") ?? [])];
    expect(bars.map((bar) => [bar.getAttribute("x"), bar.getAttribute("width")])).toEqual([
      ["0%", "10%"],
      ["10%", "30%"],
      ["40%", "60%"],
    ]);
  });

  it("says which phases were not reached", () => {
    const reached = rows(pageOf(sampleReport({ verdict: failed({ phases: phases(10, 30) }) })));
    expect(reached.map(([name, , took]) => [name, took])).toContainEqual(["Restore", "not reached"]);
    expect(reached.map(([name]) => name)).toContain("So far");
    expect(words(sectionOf(pageOf(REFUSED), "time"))).toContain("The drill ended before its first phase did.");
  });

  it("knows the copy of entries from before phases were kept", () => {
    const old = ledgerEntry({ drillId: "20261101-000000-00000000", stepSeconds: { copy: 77 } });
    expect(rows(pageAfter([old]))[1]?.[3]).toBe("1 min 17 s");
  });

  it("draws the objective where it is in sight, and writes it where it is not", () => {
    const objectives = (objectiveSeconds: number) => ({ rto: { objectiveSeconds, measuredSeconds: 1200, met: true } });
    const near = sectionOf(
      pageOf(sampleReport({ verdict: { ...SAMPLE_VERDICT, objectives: objectives(2000) } })),
      "time",
    );
    expect(near?.querySelector("td .limit")).not.toBeNull();
    const far = sectionOf(pageOf(), "time");
    expect(far?.querySelector("td .limit")).toBeNull();
    expect(words(far)).toContain("objective 4 h, beyond this scale");
  });
});

describe("the trends", () => {
  const trend = (page: PageElement): PageElement | null => sectionOf(page, "trend");
  const figure = (name: string, page = pageAfter(weeks())): PageElement | undefined =>
    [...(trend(page)?.querySelectorAll("figure") ?? [])].find((one) => words(one).startsWith(name));

  it("are of RTO, RPO, size and rows: a mark a drill, shaped by its verdict", () => {
    const page = pageAfter(weeks());
    expect([...(trend(page)?.querySelectorAll("figcaption b") ?? [])].map(words)).toEqual([
      "RTO: time to recover",
      "RPO: data lost",
      "Size of the backup",
      "Rows that came back",
    ]);
    const marks = [...(figure("RTO")?.querySelectorAll("use") ?? [])].map((mark) => mark.getAttribute("href"));
    expect(marks).toHaveLength(53);
    expect([9, 20, 40, 52].map((week) => marks[week])).toEqual([
      "#mark-failed",
      "#mark-errored",
      "#mark-inconclusive",
      "#mark-passed",
    ]);
  });

  it("join what was measured one after the other, and nothing across a drill that measured nothing", () => {
    expect([...(figure("RTO")?.querySelectorAll(".line") ?? [])]).toHaveLength(52 - 2);
    expect([...(figure("Size")?.querySelectorAll(".line") ?? [])]).toHaveLength(52);
  });

  it("have the objective as a line: to scale, or above it and said so", () => {
    const strict = {
      ...SAMPLE_VERDICT,
      objectives: { rto: { objectiveSeconds: 1500, measuredSeconds: 1200, met: true } },
    };
    const drawn = figure("RTO", pageAfter(weeks(), sampleReport({ verdict: strict })));
    expect([drawn?.querySelector(".limit") !== null, words(drawn ?? null)]).toEqual([
      true,
      expect.not.stringContaining("above this scale"),
    ]);
    expect(words(figure("RTO") ?? null)).toContain("objective 4 h, above this scale");
  });

  it("tell the change since the last pass", () => {
    // The last of the weeks passed in 1,051 s, with 151 GiB.
    expect(words(figure("RTO")?.querySelector("figcaption") ?? null)).toBe(
      "RTO: time to recover20 min+2 min 29 s (+14 %) since the pass of 2026-11-14",
    );
    expect(words(figure("Size")?.querySelector("figcaption") ?? null)).toContain(
      "−31 GiB (−21 %) since the pass of 2026-11-14",
    );
    const never = weeks(3).map((entry) => ({ ...entry, verdict: "failed" as const }));
    expect(words(trend(pageAfter(never)))).toContain("None of them passed.");
  });

  it("have a table of every drill behind them, newest first", () => {
    const table = trend(pageAfter(weeks()))?.querySelector("table");
    const began = [...(table?.querySelectorAll("tbody tr") ?? [])].map((row) => words(row.querySelector("td")));
    expect(began).toHaveLength(53);
    expect([began[0], began[52]]).toEqual(["2026-11-21 14:32:05 UTC", "2025-11-22 14:32:05 UTC"]);
    expect(figure("RTO")?.querySelector("svg")?.getAttribute("aria-label")).toBe(
      "RTO: time to recover in 52 of 53 drills: from 16 min 40 s to 20 min, objective 4 h. The table below has each.",
    );
  });

  it("are of exercises of the same kind and plan, or of drills that were none: the medians too", () => {
    const exercise = ledgerEntry({
      drillId: "20261120-000000-00000000",
      startedAt: "2026-11-20T00:00:00.000Z",
      scenario: "ransomware",
      stepSeconds: { copy: 9000 },
      rtoSeconds: 9000,
    });
    const ordinary = pageAfter([...weeks(), exercise]);
    expect(figure("RTO", ordinary)?.querySelectorAll("use")).toHaveLength(53);
    expect(rows(ordinary)[1]?.[3]).toBe("3 min 20 s");
    const own = withScorecard(sampleReport(), "ransomware");
    const others = [
      { ...exercise, scenario: "corruption" },
      { ...exercise, plan: "orders-full" },
    ];
    const page = pageAfter([...weeks(), ...others, exercise], own);
    expect(words(trend(page))).toContain("1 earlier exercise since 2026-11-20: 1 passed.");
    expect(rows(page)[1]?.[3]).toBe("2 h 30 min");
    expect(words(trend(pageAfter(weeks(), own)))).toContain("This is the first exercise of this kind of this plan in");
  });

  it("say what the ledger could not tell, and when there was nothing before", () => {
    const page = pageOf(sampleReport(), { history: { entries: [], warnings: ["s3://a can not be read", "s3://b"] } });
    expect(words(trend(page))).toContain("This is the first drill of this database in its ledger");
    expect(words(trend(page))).toContain(
      "2 entries of the ledger can not be read, and are missing here. s3://a can not be read",
    );
  });
});
