import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { SAMPLE_DRILL } from "../plan/sample-drill.ts";
import { TEARDOWN } from "../verdict/sample-results.ts";
import { desk, EVIDENCE, execution, FAILED, LEFT, PASSED, pastDrill, pastFailure } from "./telling.ts";

type Past = ReturnType<typeof pastDrill>;

/** Metrics go to stdout. */
beforeEach(() => {
  vi.spyOn(process.stdout, "write").mockImplementation(() => true);
});
afterEach(() => vi.restoreAllMocks());

const { cluster, writer } = SAMPLE_DRILL.sandbox;
const until = "2026-11-23T14:57:10.000Z";
const KEPT = {
  ...TEARDOWN,
  deleted: [],
  kept: [
    {
      kind: "cluster",
      id: cluster,
      region: "eu-central-1",
      until,
      arn: `arn:aws:rds:eu-central-1:111122223333:cluster:${cluster}`,
      secretArn: "arn:aws:secretsmanager:eu-central-1:111122223333:secret:rds!cluster-1-AbCdEf",
    },
    { kind: "instance", id: writer, region: "eu-central-1", until },
  ],
};
const INCIDENT = {
  ...SAMPLE_DRILL,
  trigger: { kind: "incident", by: "alarm orders-data-loss at 2026-11-21T14:30:00.000Z (event c4c1c1c9)" },
  failureMoment: "2026-11-21T14:15:00.000Z",
};
const { phases: _, objectives: __, ...UNMEASURED } = PASSED.verdict;
const NOT_RECOVERED = {
  ...UNMEASURED,
  verdict: "failed",
  reason: "recovery",
  error: "Drill.Failed",
  causes: ["Drill.RestoreFailed"],
  summary: "Drill.RestoreFailed: The cluster ended as restore-failed: the snapshot's key is disabled.",
  nextStep: "Treat this database as not recoverable from this recovery point until a drill passes.",
  findings: [],
  phases: PASSED.verdict.phases.slice(0, 2),
  objectives: { rto: { objectiveSeconds: 14_400 }, rpo: { objectiveSeconds: 86_400 } },
};
const LATE = {
  ...PASSED.verdict,
  verdict: "failed",
  reason: "objective",
  error: "Drill.Failed",
  causes: ["RTO"],
  summary: "RTO was 4 h 35 min, over its objective of 4 h.",
  nextStep: "Shorten the slowest phase, or agree on another RTO: recovery works, but takes too long.",
  findings: ["RTO was 4 h 35 min, over its objective of 4 h."],
  objectives: {
    ...PASSED.verdict.objectives,
    rto: { objectiveSeconds: 14_400, measuredSeconds: 16_500, met: false },
  },
};
const UNCHECKED = {
  ...PASSED.verdict,
  verdict: "inconclusive",
  reason: "unchecked",
  error: "Drill.Inconclusive",
  causes: ["slow sum"],
  summary:
    "Nothing wrong was seen, but 1 required check of 25 could not be asked. slow sum: timed out after 44 s; expected exactly 3",
  nextStep: "Mend the checks that did not run and drill again: nothing wrong was seen, but nothing is proven either.",
  findings: ["slow sum: timed out after 44 s; expected exactly 3"],
};
const REFUSED = {
  verdict: "errored",
  reason: "drill",
  error: "Drill.Errored",
  causes: ["Drill.PlanNotFound"],
  summary: 'Drill.PlanNotFound: There is no plan "ordres". Did you mean "orders"?',
  nextStep: "Mend the cause and start the drill again: the backup was not judged.",
  findings: [],
  phases: [],
  objectives: {},
};
const BROKEN = {
  ...REFUSED,
  causes: ["Drill.Interrupted"],
  summary: "Drill.Interrupted: The execution was stopped (ABORTED) in RunChecks: by hand.",
  nextStep: "Start the drill again: it did not come to its end, and the backup was not judged.",
};
const { evidence: ___, ...UNRECORDED } = PASSED;

/** Each is two files: what people read, and what machines do. */
const CASES: readonly (readonly [file: string, input: object, past: readonly Past[]])[] = [
  ["passed", PASSED, [pastDrill(7), pastDrill(14)]],
  ["passed-first", PASSED, []],
  ["recovered", PASSED, [pastDrill(1), pastFailure(7), pastFailure(14)]],
  ["failed-data-new", { ...PASSED, verdict: FAILED }, [pastDrill(14)]],
  ["failed-data-again", { ...PASSED, verdict: FAILED }, [pastDrill(1), pastFailure(7), pastFailure(14)]],
  [
    "failed-data-changed-page",
    { ...PASSED, verdict: FAILED },
    [pastDrill(7), pastFailure(14, { reason: "recovery", causes: ["Drill.RestoreFailed"] })],
  ],
  ["failed-recovery", { ...PASSED, verdict: NOT_RECOVERED }, [pastDrill(14)]],
  ["failed-objective", { ...PASSED, verdict: LATE }, [pastDrill(14)]],
  [
    "inconclusive",
    { ...PASSED, verdict: UNCHECKED },
    [pastDrill(7), pastDrill(14, { verdict: "inconclusive", reason: "unchecked", causes: ["slow sum"] })],
  ],
  [
    "errored-refused",
    {
      execution,
      request: { plan: "ordres" },
      verdict: REFUSED,
      evidence: { ...EVIDENCE, prefix: "unplanned/20261121-143205-d96102b4", actualUsd: 0 },
    },
    [],
  ],
  [
    "interrupted",
    {
      ...PASSED,
      verdict: BROKEN,
      interruption: { status: "ABORTED", at: SAMPLE_DRILL.startedAt, state: "RunChecks", cause: "by hand" },
    },
    [pastDrill(14)],
  ],
  ["leftovers", { ...PASSED, evidence: { ...EVIDENCE, leftovers: LEFT } }, [pastDrill(14)]],
  ["kept", { ...PASSED, verdict: FAILED, teardown: KEPT }, [pastDrill(14)]],
  ["candidate", { ...PASSED, drill: INCIDENT, teardown: KEPT }, [pastDrill(14)]],
  [
    "exercise",
    {
      ...PASSED,
      drill: {
        ...SAMPLE_DRILL,
        trigger: { kind: "manual", by: "anna" },
        scenario: {
          name: "region-lost",
          title: "Region lost",
          objective: "Recover from what stands in eu-central-1.",
          assumptions: [],
          asked: [],
          setAside: [],
        },
      },
      verdict: FAILED,
    },
    [pastDrill(14)],
  ],
  [
    "restore-test",
    {
      ...PASSED,
      drill: { ...SAMPLE_DRILL, trigger: { kind: "restore-test", by: "job 4f2a" } },
      restoreTestAnswer: {
        at: SAMPLE_DRILL.startedAt,
        restoreJobId: "4f2a",
        status: "SUCCESSFUL",
        recorded: true,
      },
    },
    [pastDrill(14)],
  ],
  [
    "evidence-not-written",
    {
      ...UNRECORDED,
      evidenceFailure: { Error: "NoSuchBucket", Cause: JSON.stringify({ errorMessage: "The bucket does not exist" }) },
    },
    [pastDrill(14)],
  ],
];

const NOTE = `${SAMPLE_DRILL.evidencePrefix}/outcome/notification.json`;

async function told(input: object, past: readonly Past[], isRepeated = false) {
  const { notify, remember, published, bucket } = desk();
  remember(...past);
  const sending = { state: "sending", at: SAMPLE_DRILL.startedAt, verdict: "passed" };
  if (isRepeated) bucket.objects.set(NOTE, JSON.stringify(sending));
  await notify(input);
  // The page, where there is one, is the message that says more.
  const message = published().find(({ json }) => json["page"] === true) ?? published()[0];
  if (message === undefined) throw new Error("nothing was published");
  const { subject, attributes, bodies, json } = message;
  const filters = Object.entries(attributes).map(([name, value]) => `${name}=${value}`);
  const text = [
    `Subject: ${subject}`,
    `Attributes: ${filters.join(" ")}`,
    `SMS (${bodies.sms.length}): ${bodies.sms}`,
    "",
    bodies.email,
    "",
  ].join("\n");
  const machines = `${JSON.stringify({ default: json, https: JSON.parse(bodies.https) as unknown }, null, 2)}\n`;
  return { text, machines };
}

describe("what is told", () => {
  it.each(CASES)("of %s", async (file, input, past) => {
    const { text, machines } = await told(input, past);
    await expect(text).toMatchFileSnapshot(`golden/${file}.txt`);
    await expect(machines).toMatchFileSnapshot(`golden/${file}.json`);
  });

  it("of what may have been told before", async () => {
    const { text, machines } = await told(PASSED, [pastDrill(14)], true);
    await expect(text).toMatchFileSnapshot("golden/repeated.txt");
    await expect(machines).toMatchFileSnapshot("golden/repeated.json");
  });
});
