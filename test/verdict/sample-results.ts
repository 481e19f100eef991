import type { CheckResult, CheckResults } from "../../src/checks/result.ts";
import type { Counterproof, CounterproofAnswer } from "../../src/counterproof/counterproof.ts";
import type { CopyAnswer, IsolationAnswer, SandboxAnswer, TeardownAnswer } from "../../src/recovery/answers.ts";
import type { Story } from "../../src/verdict/phases.ts";
import { DRILL_ID, momentAt, SAMPLE_DRILL } from "../plan/sample-drill.ts";

const at = (seconds: number): string => momentAt(seconds).toISOString();

export function checkResult(changes: Partial<CheckResult> = {}): CheckResult {
  return {
    name: "rows orders",
    kind: "rows",
    required: true,
    outcome: "held",
    expected: "at least 1 row",
    observed: "308,104 rows",
    seconds: 0.5,
    ...changes,
  };
}

export function checkResults(
  results: CheckResult[] = [checkResult()],
  changes: Partial<CheckResults> = {},
): CheckResults {
  return {
    drillId: DRILL_ID,
    startedAt: at(1010),
    finishedAt: at(1200),
    complete: true,
    fullReadAt: at(1180),
    results,
    looks: 1,
    dataApiCalls: 14,
    ...changes,
  };
}

export const COPY: CopyAnswer = {
  phase: "ready",
  waitSeconds: 0,
  looks: 4,
  startedAt: at(3),
  finishedAt: at(303),
  skipped: false,
  snapshotId: SAMPLE_DRILL.copy.snapshotId,
  snapshotArn: `arn:aws:rds:eu-central-1:111122223333:cluster-snapshot:${SAMPLE_DRILL.copy.snapshotId}`,
  percent: 100,
};
export const SANDBOX: SandboxAnswer = {
  phase: "ready",
  waitSeconds: 0,
  looks: 8,
  startedAt: at(304),
  finishedAt: at(1000),
  waitingFor: "nothing",
  clusterArn: `arn:aws:rds:eu-central-1:111122223333:cluster:${SAMPLE_DRILL.sandbox.cluster}`,
  secretArn: "arn:aws:secretsmanager:eu-central-1:111122223333:secret:rds!cluster-1",
  milestones: {
    restoreRequestedAt: at(304),
    clusterAvailableAt: at(604),
    writerAvailableAt: at(903),
    secretActiveAt: at(950),
    endpointEnabledAt: at(990),
    firstQueryAt: at(1000),
  },
};
export const NETWORK: IsolationAnswer = {
  at: at(3),
  facts: [{ fact: "NAT gateways of its VPC", expected: "none", observed: "none", holds: true }],
};
export const ISOLATION: IsolationAnswer = {
  at: at(1005),
  facts: [{ fact: "the writer has a public address", expected: "false", observed: "false", holds: true }],
};
export const TEARDOWN: TeardownAnswer = {
  phase: "ready",
  waitSeconds: 0,
  looks: 5,
  startedAt: at(1205),
  finishedAt: at(1505),
  remaining: [],
  deleted: [
    { kind: "instance", id: SAMPLE_DRILL.sandbox.writer, region: "eu-central-1" },
    { kind: "cluster", id: SAMPLE_DRILL.sandbox.cluster, region: "eu-central-1" },
  ],
  leftovers: [],
  kept: [],
};
export const COUNTERPROOF: CounterproofAnswer = {
  phase: "ready",
  waitSeconds: 0,
  looks: 1,
  startedAt: at(1201),
  finishedAt: at(1204),
  tried: 1,
  detected: 1,
  untried: 0,
};
export const PROOF: Counterproof = {
  drillId: DRILL_ID,
  startedAt: at(1201),
  finishedAt: at(1204),
  complete: true,
  done: 11,
  planted: [
    {
      damage: "one row deleted",
      where: "public.orders",
      check: "fingerprint",
      kind: "fingerprint",
      before: "held",
      during: "failed",
      after: "held",
      detected: true,
      seconds: 0.3,
    },
  ],
  untried: [],
  unproven: ["rows orders"],
  looks: 1,
  dataApiCalls: 40,
};
export const STORY: Story = {
  copy: COPY,
  sandbox: SANDBOX,
  isolation: ISOLATION,
  checks: {
    phase: "ready",
    waitSeconds: 0,
    looks: 1,
    startedAt: at(1010),
    finishedAt: at(1200),
    failing: [],
    total: 4,
    done: 4,
    held: 4,
    failed: 0,
    unchecked: 0,
    empty: 0,
  },
};
