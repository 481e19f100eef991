import { describe, expect, it } from "vitest";
import type { CheckResult } from "../../src/checks/result.ts";
import type { PlantedDamage } from "../../src/counterproof/counterproof.ts";
import type { Failure } from "../../src/verdict/failure.ts";
import { judge } from "../../src/verdict/judge-drill.ts";
import { phasesOf } from "../../src/verdict/phases.ts";
import { Verdict } from "../../src/verdict/verdict.ts";
import { drillWith, momentAt, SAMPLE_DRILL } from "../plan/sample-drill.ts";
import { checkResult, checkResults, PROOF, STORY } from "./sample-results.ts";

interface Seen {
  readonly results?: CheckResult[];
  readonly complete?: boolean;
  readonly failure?: Failure;
  readonly drill?: Partial<typeof SAMPLE_DRILL>;
}

/** The verdict of a drill that ran to its end unless said otherwise: RTO 1,200 s of 4 h, RPO 37,620 s of 24 h. */
function verdictOf({ results = [checkResult()], complete = true, failure, drill: changes = {} }: Seen = {}): Verdict {
  const drill = drillWith(changes);
  const document = checkResults(results, { complete });
  return judge({ drill, failure, results: document, phases: phasesOf(drill, STORY, document) });
}

const wrong = checkResult({ name: "rows orders", outcome: "failed", observed: "0 rows" });
const unasked = checkResult({
  name: "slow sum",
  outcome: "unchecked",
  observed: "timed out after 44 s",
  fault: "timeout",
});
const empty = checkResult({ name: "freshness", outcome: "empty", observed: "no placed_at in the table" });
const late = { objectives: { rtoSeconds: 1199, rpoSeconds: 86_400 } };
const lossy = { objectives: { rtoSeconds: 14_400, rpoSeconds: 37_619 } };
const broken: Failure = { error: "AccessDenied", message: "not allowed" };
const lost: Failure = { error: "Drill.RestoreFailed", message: "The cluster ended as restore-failed." };
const optional = (result: CheckResult): CheckResult => ({ ...result, required: false });

describe("judge", () => {
  it.each<[string, Seen, string, string | undefined]>([
    ["every check held", {}, "passed", undefined],
    ["a check failed", { results: [checkResult(), wrong] }, "failed", "data"],
    ["a check failed and others did not run", { results: [unasked, wrong, empty] }, "failed", "data"],
    ["a check failed and the objective was missed", { results: [wrong], drill: late }, "failed", "data"],
    ["a check failed before the drill broke", { results: [wrong], complete: false, failure: broken }, "failed", "data"],
    ["a check failed before recovery did", { results: [wrong], complete: false, failure: lost }, "failed", "data"],
    ["recovery does not work", { results: [], complete: false, failure: lost }, "failed", "recovery"],
    ["the drill broke", { results: [], complete: false, failure: broken }, "errored", "drill"],
    ["the drill broke after every check held", { failure: broken }, "errored", "drill"],
    ["the drill broke and the objective was missed", { failure: broken, drill: late }, "errored", "drill"],
    [
      "recovery ran out of time",
      { results: [], complete: false, failure: { error: "Drill.CopyTimedOut", message: "late" } },
      "failed",
      "objective",
    ],
    ["it came too late", { drill: late }, "failed", "objective"],
    ["too much was lost", { drill: lossy }, "failed", "objective"],
    ["it came too late and a check did not run", { results: [unasked], drill: late }, "failed", "objective"],
    ["a required check did not run", { results: [checkResult(), unasked] }, "inconclusive", "unchecked"],
    [
      "one check did not run, another had nothing to look at",
      { results: [empty, unasked] },
      "inconclusive",
      "unchecked",
    ],
    ["a check had nothing to look at", { results: [checkResult(), empty] }, "inconclusive", "empty"],
    ["the checks were not finished", { complete: false }, "inconclusive", "unchecked"],
    [
      "the plan has no checks, though every row was read",
      { results: [checkResult({ kind: "full-read" })], drill: { checkCount: 0 } },
      "inconclusive",
      "unchecked",
    ],
    ["the plan requires no checks", { results: [optional(checkResult())] }, "inconclusive", "unchecked"],
    [
      "optional checks failed, did not run, had nothing to look at",
      { results: [checkResult(), ...[wrong, unasked, empty].map(optional)] },
      "passed",
      undefined,
    ],
  ])("%s", (_, seen, verdict, reason) => {
    const judged = verdictOf(seen);
    expect(judged).toMatchObject({ verdict, error: `Drill.${verdict[0]?.toUpperCase()}${verdict.slice(1)}` });
    expect(judged.reason).toBe(reason);
    expect(Verdict.parse(JSON.parse(JSON.stringify(judged)))).toEqual(judged);
  });

  it("without any results is inconclusive, never a pass", () => {
    const judged = judge({ drill: SAMPLE_DRILL, failure: undefined, results: undefined, phases: [] });
    expect(judged).toMatchObject({ verdict: "inconclusive", reason: "unchecked" });
  });

  it("takes an objective that is met to the second for met", () => {
    expect(verdictOf({ drill: { objectives: { rtoSeconds: 1200, rpoSeconds: 37_620 } } }).verdict).toBe("passed");
  });

  it("of a refused drill knows only the failure", () => {
    const failure = { error: "Drill.NoRecoveryPoint", message: "orders has no snapshot" };
    expect(judge({ drill: undefined, failure, results: undefined, phases: [] })).toEqual({
      verdict: "failed",
      reason: "recovery",
      error: "Drill.Failed",
      causes: ["Drill.NoRecoveryPoint"],
      summary: "Drill.NoRecoveryPoint: orders has no snapshot",
      nextStep: "Nothing could be restored: see to it today that what the summary misses is there, then drill again.",
      findings: [],
      phases: [],
      objectives: {},
    });
  });
});

describe("what a verdict says", () => {
  it("of wrong data: which checks, what was expected and seen, and what to do", () => {
    expect(verdictOf({ results: [checkResult(), wrong] })).toMatchObject({
      summary: "1 of 2 checks failed. rows orders: 0 rows; expected at least 1 row",
      findings: ["rows orders: 0 rows; expected at least 1 row"],
      nextStep: expect.stringMatching(/^Do not count on this recovery point/),
    });
  });

  it("of a recovery that failed: no RPO, since nothing came back", () => {
    const failure = { error: "Drill.RestoreFailed", message: "gone" };
    const { objectives } = verdictOf({ failure, results: [], complete: false });
    expect(objectives.rpo).toEqual({ objectiveSeconds: expect.any(Number) });
  });

  it("of a copied recovery point: no RPO from the time of its copying, so no pass either", () => {
    const recoveryPoint = { ...SAMPLE_DRILL.recoveryPoint, copiedFrom: "arn:elsewhere" };
    const verdict = verdictOf({ drill: { recoveryPoint }, results: [checkResult()] });
    expect(verdict).toMatchObject({ verdict: "inconclusive", reason: "unchecked" });
    expect(verdict.summary).toMatch(/^RPO could not be measured/);
  });

  it("of a plan that requires nothing but the full read: that nothing was asked", () => {
    const fullRead = checkResult({ name: "full-read", kind: "full-read" });
    expect(verdictOf({ results: [fullRead, optional(checkResult())] }).verdict).toBe("inconclusive");
  });

  it("of a missed RPO: to back up more often, not to be quicker", () => {
    const { nextStep } = verdictOf({ drill: { objectives: { rtoSeconds: 14_400, rpoSeconds: 3600 } } });
    expect(nextStep).toMatch(/^Back up more often/);
  });

  it("of wrong data is not what to do about the failure beside it", () => {
    const failure = { error: "KMSKeyNotAccessibleFault", message: "key" };
    expect(verdictOf({ results: [wrong], failure }).nextStep).toMatch(/^Do not count on this recovery point/);
  });

  it("of missed objectives: both, in words", () => {
    const { summary, findings } = verdictOf({ drill: { objectives: { rtoSeconds: 60, rpoSeconds: 3600 } } });
    expect(findings).toEqual([
      "RTO was 20 min, over its objective of 1 min.",
      "RPO was 10 h 27 min, over its objective of 1 h.",
    ]);
    expect(summary).toBe(findings.join(" "));
  });

  it("is at most 20 findings, none longer than 2,000 characters", () => {
    const many = Array.from({ length: 30 }, (_, index) => ({
      ...wrong,
      name: `check ${index}`,
      observed: "x".repeat(5000),
    }));
    const { findings } = verdictOf({ results: many });
    expect(findings).toHaveLength(20);
    expect(Math.max(...findings.map((line) => line.length))).toBe(2000);
  });

  it("is short even when the failure is not", () => {
    expect(verdictOf({ failure: { error: "X", message: "y".repeat(30_000) } }).summary).toHaveLength(2000);
  });
});

describe("the causes", () => {
  const other = { ...wrong, name: "a total" };
  const blind: PlantedDamage = {
    damage: "one row deleted",
    where: "public.orders",
    check: "rows orders",
    kind: "rows",
    before: "held",
    during: "held",
    after: "held",
    detected: false,
    seconds: 0.1,
  };

  it.each<[string, Seen, string[]]>([
    ["none for a pass", {}, []],
    [
      "the checks that failed, in one order",
      { results: [wrong, unasked, other, checkResult()] },
      ["a total", "rows orders"],
    ],
    ["not of optional checks", { results: [checkResult(), optional(wrong)] }, []],
    ["the error of a recovery that does not work", { results: [], failure: lost }, ["Drill.RestoreFailed"]],
    ["the error of a drill that broke", { failure: broken }, ["AccessDenied"]],
    ["the objectives that were missed", { drill: { objectives: { rtoSeconds: 1, rpoSeconds: 1 } } }, ["RPO", "RTO"]],
    ["the checks that did not run", { results: [unasked, empty] }, ["slow sum"]],
    ["the checks that had nothing to look at", { results: [checkResult(), empty] }, ["freshness"]],
  ])("are %s", (_, seen, causes) => {
    expect(verdictOf(seen).causes).toEqual(causes);
  });

  it("are the checks that saw nothing of a damage, each once", () => {
    const results = checkResults();
    const counterproof = { ...PROOF, planted: [blind, ...PROOF.planted, { ...blind, damage: "one value changed" }] };
    const phases = phasesOf(SAMPLE_DRILL, STORY, results);
    const { verdict, causes } = judge({ drill: SAMPLE_DRILL, failure: undefined, results, phases, counterproof });
    expect([verdict, causes]).toEqual(["inconclusive", ["rows orders"]]);
  });

  it("are the names of failed checks whose results can not be read", () => {
    const seen = { drill: SAMPLE_DRILL, failure: broken, results: undefined, phases: [] };
    expect(judge({ ...seen, failing: ["b", "a"] }).causes).toEqual(["a", "b"]);
  });

  it("are 20 at most, the same ones every time", () => {
    const many = Array.from({ length: 30 }, (_, index) => ({
      ...wrong,
      name: `check ${String(index).padStart(2, "0")}`,
    }));
    const causes = verdictOf({ results: many }).causes;
    expect(causes).toHaveLength(20);
    expect(verdictOf({ results: many.toReversed() }).causes).toEqual(causes);
  });
});

describe("the objectives", () => {
  it("measure RTO from the start to validated", () => {
    expect(verdictOf().objectives.rto).toEqual({ objectiveSeconds: 14_400, measuredSeconds: 1200, met: true });
  });

  it("leave RTO unmeasured when the drill was not validated", () => {
    expect(verdictOf({ complete: false }).objectives.rto).toEqual({ objectiveSeconds: 14_400 });
  });

  it("count RPO from the newest moment in the data, of all freshness checks", () => {
    const results = [
      checkResult({ newestAt: "2026-11-21T03:32:05.000Z" }),
      checkResult({ newestAt: "2026-11-21T04:02:05.000Z" }),
      checkResult({ newestAt: "2026-11-20T04:02:05.000Z" }),
    ];
    expect(verdictOf({ results }).objectives.rpo).toMatchObject({ measuredSeconds: 10.5 * 3600 });
  });

  it("count RPO from the recovery point's own time without a freshness check, and always report its age", () => {
    expect(verdictOf()).toMatchObject({
      objectives: { rpo: { measuredSeconds: 37_620 } },
      recoveryPointAgeSeconds: 37_620,
    });
  });

  it("never measure a loss below nothing", () => {
    const results = [checkResult({ newestAt: momentAt(60).toISOString() })];
    expect(verdictOf({ results }).objectives.rpo).toMatchObject({ measuredSeconds: 0, met: true });
  });
});
