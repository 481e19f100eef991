import {
  BackupClient,
  DescribeRestoreJobCommand,
  InvalidRequestException,
  PutRestoreValidationResultCommand,
  ResourceNotFoundException,
} from "@aws-sdk/client-backup";
import { mockClient } from "aws-sdk-client-mock";
import "aws-sdk-client-mock-vitest/extend";
import { beforeEach, describe, expect, it } from "vitest";
import { describeRestoreTest } from "../../src/evidence/restore-test.ts";
import { AnswerRestoreTestInput, answerRestoreTest } from "../../src/recovery/answer-restore-test.ts";
import { OUTCOME_ERROR, VERDICTS } from "../../src/verdict/verdict.ts";
import { drillWith, SAMPLE_DRILL } from "../plan/sample-drill.ts";
import { TEARDOWN } from "../verdict/sample-results.ts";
import { SAMPLE_VERDICT } from "../verdict/sample-verdict.ts";

const client = new BackupClient({});
const backup = mockClient(client);
const JOB = "1A2B3C4D-0000-0000-0000-000000000000";
const fault = { message: "message of AWS Backup", $metadata: {} };
const TAKEN_OVER = drillWith({
  restoreTest: {
    restoreJobId: JOB,
    clusterArn: "arn:aws:rds:eu-central-1:111122223333:cluster:awsbackup-restore-test-1",
    requestedAt: "2026-11-21T13:00:00.000Z",
    restoredAt: "2026-11-21T13:20:00.000Z",
  },
  copy: { needed: false, snapshotId: "" },
});
const BY_EVENT = {
  plan: "orders",
  trigger: { kind: "restore-test", by: "weekly" },
  restoreTest: { restoreJobId: JOB },
};
const BY_HAND = { plan: "orders", restoreTest: { restoreJobId: JOB } };
let regions: string[] = [];

const answer = (document: object = {}) =>
  answerRestoreTest(
    {
      backup: (region) => {
        regions.push(region);
        return client;
      },
      homeRegion: "eu-west-3",
      now: () => new Date("2026-11-21T20:00:00.000Z"),
    },
    AnswerRestoreTestInput.parse({
      request: BY_HAND,
      drill: TAKEN_OVER,
      verdict: SAMPLE_VERDICT,
      teardown: TEARDOWN,
      ...document,
    }),
  );

const ERRORED = { ...SAMPLE_VERDICT, verdict: "errored", error: OUTCOME_ERROR.errored };
const LEFT_ALONE = {
  at: "2026-11-21T20:00:00.000Z",
  restoreJobId: JOB,
  recorded: false,
  note: expect.stringContaining("the job was left as it is"),
};

beforeEach(() => {
  backup.reset();
  regions = [];
  backup.on(DescribeRestoreJobCommand).resolves({ Status: "COMPLETED" });
  backup.on(PutRestoreValidationResultCommand).resolves({});
});

describe("answerRestoreTest", () => {
  it.each([
    ["passed", "SUCCESSFUL"],
    ["failed", "FAILED"],
    ["inconclusive", "TIMED_OUT"],
    ["errored", "TIMED_OUT"],
  ] as const)("answers a drill that %s with %s, and with its summary", async (verdict, status) => {
    expect(VERDICTS).toContain(verdict);
    const summary = "One sentence.";
    const told = await answer({ verdict: { ...SAMPLE_VERDICT, verdict, error: OUTCOME_ERROR[verdict], summary } });
    const message = `restore-drill ${verdict}: One sentence.`;
    expect(told).toEqual({ at: "2026-11-21T20:00:00.000Z", restoreJobId: JOB, status, message, recorded: true });
    expect(backup).toHaveReceivedCommandWith(PutRestoreValidationResultCommand, {
      RestoreJobId: JOB,
      ValidationStatus: status,
      ValidationStatusMessage: message,
    });
  });

  it.each([
    ["a place that is open", "Drill.RestoreTestMisplaced"],
    ["a version that can not be asked", "Drill.SourceUnsupported"],
    ["a source that is gone", "Drill.SourceNotFound"],
    ["a cost over the cap", "Drill.CostOverCap"],
  ])(
    "answers a test that planning refused for %s once it had seen whose it is, if AWS Backup's event started it",
    async (_, error) => {
      const refused = { drill: undefined, failure: { Error: error, Cause: "{}" }, verdict: ERRORED };
      expect(await answer({ ...refused, request: BY_EVENT })).toMatchObject({ status: "TIMED_OUT", recorded: true });
      // An event is of the stack's own region.
      expect(regions).toEqual(["eu-west-3"]);
      backup.resetHistory();
      expect(await answer(refused)).toEqual(LEFT_ALONE);
      expect(backup.calls()).toEqual([]);
    },
  );

  it.each([
    ["another database's job, or somebody else's cluster", "Drill.RestoreTestRefused"],
    ["a plan that is not there", "Drill.PlanNotFound"],
    ["a plan that is wrong", "Drill.PlanInvalid"],
    ["an input that is wrong", "Drill.InputInvalid"],
    ["a region that is not opted in to", "Drill.SandboxRefused"],
    ["a turn that did not come", "Drill.TurnTimedOut"],
    ["a database without backups", "Drill.NoRecoveryPoint"],
    ["a stop while it was planned", "Drill.Interrupted"],
    ["a permission that is missing", "AccessDeniedException"],
    ["a function that broke", "TypeError"],
    ["no reason that is known", undefined],
  ])(
    "leaves alone the job of a drill that ended before it was planned for %s, whoever started it",
    async (_, error) => {
      const failure = error === undefined ? undefined : { Error: error };
      for (const request of [BY_HAND, BY_EVENT])
        expect(await answer({ drill: undefined, failure, verdict: ERRORED, request })).toEqual(LEFT_ALONE);
      expect(backup.calls()).toEqual([]);
    },
  );

  it("leaves alone a job whose cluster somebody else turned out to test too, and one that a drill did not take over", async () => {
    expect(await answer({ failure: { Error: "Drill.RestoreTestRefused" }, verdict: ERRORED })).toEqual(LEFT_ALONE);
    expect(await answer({ drill: SAMPLE_DRILL })).toEqual(LEFT_ALONE);
    expect(backup.calls()).toEqual([]);
  });

  it("leaves alone what is no job's id", async () => {
    const request = { plan: "orders", trigger: "restore-test", restoreTest: { restoreJobId: 5 } };
    const failure = { Error: "Drill.InputInvalid" };
    const told = await answer({ drill: undefined, failure, verdict: ERRORED, request });
    expect(told).toEqual({ ...LEFT_ALONE, restoreJobId: "(not an id)" });
    expect(describeRestoreTest({ restoreTestAnswer: told })).toMatch(
      /^AWS Backup was NOT told anything .* left as it is/,
    );
  });

  it("tells it where the sandbox is", async () => {
    await answer();
    expect(regions).toEqual(["eu-central-1"]);
  });

  it("cuts a message that is longer than 1,000 characters", async () => {
    const { message } = await answer({ verdict: { ...SAMPLE_VERDICT, summary: "x".repeat(2000) } });
    expect(message).toHaveLength(1000);
  });

  it("says that a result was there already, and leaves it", async () => {
    backup.on(DescribeRestoreJobCommand).resolves({ ValidationStatus: "FAILED" });
    expect(await answer()).toMatchObject({ recorded: false, note: expect.stringContaining("FAILED already") });
    expect(backup).not.toHaveReceivedCommand(PutRestoreValidationResultCommand);
  });

  it("takes the same result for its own, whose answer was lost", async () => {
    backup
      .on(DescribeRestoreJobCommand)
      .resolvesOnce({ ValidationStatus: "VALIDATING" })
      .resolves({ ValidationStatus: "SUCCESSFUL" });
    backup.on(PutRestoreValidationResultCommand).rejects(new InvalidRequestException(fault));
    expect(await answer()).toMatchObject({ recorded: true });
  });

  it("says that the job is forgotten", async () => {
    backup.on(DescribeRestoreJobCommand).rejects(new ResourceNotFoundException(fault));
    expect(await answer()).toMatchObject({ recorded: false, note: expect.stringContaining("does not know") });
  });

  it("fails with a refusal that is for another reason", async () => {
    const refusal = new InvalidRequestException(fault);
    backup.on(PutRestoreValidationResultCommand).rejects(refusal);
    await expect(answer()).rejects.toBe(refusal);
  });

  it("says that AWS Backup can not delete a cluster in which the writer still is", async () => {
    const leftovers = [{ kind: "instance", id: SAMPLE_DRILL.sandbox.writer, region: "eu-central-1", reason: "denied" }];
    expect((await answer({ teardown: { ...TEARDOWN, leftovers } })).note).toContain("delete both by hand");
  });

  it("says so as well when teardown broke, and nobody knows", async () => {
    const teardownFailure = { Error: "AccessDeniedException", Cause: "no" };
    expect((await answer({ teardown: undefined, teardownFailure })).note).toContain("delete both by hand");
    expect((await answer({ teardown: { ...TEARDOWN, phase: "pending" }, teardownFailure })).note).toContain("by hand");
  });
});
