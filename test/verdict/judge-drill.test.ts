import { Metrics } from "@aws-lambda-powertools/metrics";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { EvidenceUnreadable } from "../../src/errors.ts";
import { JudgeDrillInput, judgeDrill } from "../../src/verdict/judge-drill.ts";
import { Verdict } from "../../src/verdict/verdict.ts";
import { evidenceBucket } from "../evidence/evidence-bucket.ts";
import { DRILL_ID, momentAt, SAMPLE_DRILL } from "../plan/sample-drill.ts";
import { SAMPLE_PLAN } from "../plan/sample-plan.ts";
import { COPY, checkResult, checkResults, ISOLATION, SANDBOX, STORY } from "./sample-results.ts";

const prefix = SAMPLE_DRILL.evidencePrefix;
const at = momentAt(1).toISOString();
const journal = (step: string, answer: unknown) => ({
  [`${prefix}/journal/${step}.json`]: { step, startedAt: at, endedAt: at, answer },
});
const WHOLE_DRILL = {
  ...journal("copy-snapshot", COPY),
  ...journal("restore-sandbox", SANDBOX),
  ...journal("prove-isolation", ISOLATION),
  ...journal("run-checks", STORY.checks),
};

interface EmfDocument {
  readonly [name: string]: unknown;
  readonly _aws: { readonly CloudWatchMetrics: { readonly Namespace: string; readonly Dimensions: string[][] }[] };
}
let lines: string[] = [];
const documents = (): EmfDocument[] => lines.map((line) => JSON.parse(line) as EmfDocument);

function judgeWith(documentsInBucket: Record<string, unknown>, input: object = { drill: SAMPLE_DRILL }) {
  const metrics = new Metrics({ namespace: "RestoreDrill", serviceName: "restore-drill" });
  const { store } = evidenceBucket(documentsInBucket);
  const execution = { id: "arn:execution", name: "weekly", startedAt: at };
  const plans = async () => SAMPLE_PLAN;
  return judgeDrill({ store, metrics, plans }, JudgeDrillInput.parse({ execution, ...input }));
}

beforeEach(() => {
  lines = [];
  // EMF is what a function writes to its stdout; only documents are kept of what comes there.
  vi.spyOn(process.stdout, "write").mockImplementation((chunk) => {
    if (String(chunk).includes('"_aws"')) lines.push(String(chunk));
    return true;
  });
});
afterEach(() => {
  vi.restoreAllMocks();
});

describe("judgeDrill", () => {
  it("judges what the journal and the checks say", async () => {
    const verdict = await judgeWith({ ...WHOLE_DRILL, [`${prefix}/checks.json`]: checkResults() });
    expect(Verdict.parse(verdict)).toMatchObject({ verdict: "passed", objectives: { rto: { measuredSeconds: 1200 } } });
  });

  it("says what of the clock's time a taken quota was, which RTO does not count", async () => {
    const copy = journal("copy-snapshot", { ...COPY, quotaSeconds: 120 });
    const verdict = await judgeWith({ ...WHOLE_DRILL, ...copy, [`${prefix}/checks.json`]: checkResults() });
    expect(verdict).toMatchObject({ verdict: "passed", objectives: { rto: { measuredSeconds: 1080 } } });
    expect(verdict.summary).toMatch(/\. RTO does not count 2 min in which a quota of RDS was taken\.$/);
  });

  it("takes from the document what the journal has a gap of", async () => {
    const { [`${prefix}/journal/restore-sandbox.json`]: _, ...gapped } = WHOLE_DRILL;
    const bucket = { ...gapped, [`${prefix}/checks.json`]: checkResults() };
    const verdict = await judgeWith(bucket, { drill: SAMPLE_DRILL, sandbox: SANDBOX });
    expect(verdict).toMatchObject({ verdict: "passed", objectives: { rto: { measuredSeconds: 1200 } } });
  });

  it.each(["checks", "counterproof"])("tells bad data as bad data also when %s.json can not be read", async (file) => {
    const failed = checkResults([checkResult({ name: "rows orders", outcome: "failed" })]);
    const bucket = { ...WHOLE_DRILL, [`${prefix}/checks.json`]: failed, [`${prefix}/${file}.json`]: '{"half' };
    const checks = { ...STORY.checks, failing: ["rows orders"] };
    const verdict = await judgeWith({ ...bucket, ...journal("run-checks", checks) });
    expect(verdict).toMatchObject({ verdict: "failed", reason: "data" });
    expect(verdict.findings.join()).toContain("rows orders");
  });

  it("does without a note in the journal that can not be read", async () => {
    const bucket = {
      ...WHOLE_DRILL,
      [`${prefix}/journal/copy-snapshot.json`]: "{",
      [`${prefix}/checks.json`]: checkResults(),
    };
    expect(await judgeWith(bucket, { drill: SAMPLE_DRILL, copy: COPY })).toMatchObject({ verdict: "passed" });
  });

  it("never passes a drill whose RTO was not measured", async () => {
    const { [`${prefix}/journal/restore-sandbox.json`]: _, ...gapped } = WHOLE_DRILL;
    const verdict = await judgeWith({ ...gapped, [`${prefix}/checks.json`]: checkResults() });
    expect(verdict).toMatchObject({ verdict: "inconclusive", reason: "unchecked" });
    expect(verdict.summary).toMatch(/^RTO could not be measured/);
  });

  it("tells how far a drill came that failed", async () => {
    const { waitSeconds: _, phase: __, ...learned } = SANDBOX;
    const failed = {
      ...journal("copy-snapshot", COPY),
      [`${prefix}/journal/restore-sandbox.json`]: {
        step: "restore-sandbox",
        startedAt: at,
        endedAt: at,
        error: {
          name: "Drill.FirstQueryFailed",
          message: "m",
          details: { ...learned, milestones: { ...learned.milestones, firstQueryAt: undefined } },
        },
      },
    };
    const failure = { Error: "Drill.FirstQueryFailed", Cause: JSON.stringify({ errorMessage: "no database" }) };
    expect(await judgeWith(failed, { drill: SAMPLE_DRILL, failure })).toMatchObject({
      verdict: "failed",
      reason: "recovery",
      summary: "Drill.FirstQueryFailed: no database",
      phases: [{ name: "select" }, { name: "copy" }, { name: "restore", seconds: 600 }],
    });
  });

  it("does not judge over a checkpoint that can not be read", async () => {
    await expect(judgeWith({ ...WHOLE_DRILL, [`${prefix}/checks.json`]: "{" })).rejects.toThrow(EvidenceUnreadable);
  });

  it("judges a drill that planning refused, which measured nothing", async () => {
    const failure = { Error: "Drill.CostOverCap", Cause: "too dear" };
    expect(await judgeWith({}, { failure, request: { plan: "orders" } })).toMatchObject({
      verdict: "errored",
      reason: "drill",
      summary: "Drill.CostOverCap: too dear",
    });
    expect(documents()).toEqual([]);
  });
});

describe("the metrics of a drill", () => {
  const judged = (results = [checkResult({ seconds: 0.5 }), checkResult({ seconds: 1.5 })]) =>
    judgeWith({ ...WHOLE_DRILL, [`${prefix}/checks.json`]: checkResults(results) });

  it("are RPO, age and check durations, by database, and no verdict: the last word is not the judge's", async () => {
    await judged();
    expect(lines.join("\n")).not.toContain("DrillPassed");
    expect(documents()[0]).toMatchObject({
      database: "orders-production",
      RpoSeconds: 37_620,
      RpoObjectiveSeconds: 86_400,
      RtoObjectiveSeconds: 14_400,
      RecoveryPointAgeSeconds: 37_620,
      CheckSeconds: [0.5, 1.5],
    });
  });

  it("are none of an exercise, which may restore what is years old", async () => {
    const scenario = { name: "ransomware", title: "T", objective: "O.", assumptions: [], asked: [], setAside: [] };
    await judgeWith(
      { ...WHOLE_DRILL, [`${prefix}/checks.json`]: checkResults() },
      { drill: { ...SAMPLE_DRILL, scenario } },
    );
    expect(documents()).toEqual([]);
  });

  it("give RTO by phase and in total", async () => {
    await judged();
    const byPhase = documents()
      .slice(1)
      .map(({ phase, RtoSeconds }) => [phase, RtoSeconds]);
    expect(byPhase).toEqual([
      ["select", 2],
      ["copy", 301],
      ["restore", 600],
      ["first-query", 97],
      ["isolation", 5],
      ["full-read", 175],
      ["validated", 20],
      ["total", 1200],
    ]);
  });

  it("are of one namespace, with service, database and phase as the only dimensions", async () => {
    await judged();
    for (const document of documents()) {
      const [directive] = document._aws.CloudWatchMetrics;
      expect(directive?.Namespace).toBe("RestoreDrill");
      expect(directive?.Dimensions.flat().filter((name) => !["service", "database", "phase"].includes(name))).toEqual(
        [],
      );
    }
    expect(lines.join("\n")).not.toContain(DRILL_ID);
  });

  it("keep the database on every document, however many checks there were", async () => {
    await judged(Array.from({ length: 250 }, (_, index) => checkResult({ name: `n${index}` })));
    expect(documents().filter(({ database }) => database !== "orders-production")).toEqual([]);
  });
});
