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
import { AnswerRestoreTestInput, answerRestoreTest } from "../../src/recovery/answer-restore-test.ts";
import { OUTCOME_ERROR, VERDICTS } from "../../src/verdict/verdict.ts";
import { SAMPLE_DRILL } from "../plan/sample-drill.ts";
import { TEARDOWN } from "../verdict/sample-results.ts";
import { SAMPLE_VERDICT } from "../verdict/sample-verdict.ts";

const client = new BackupClient({});
const backup = mockClient(client);
const JOB = "1A2B3C4D-0000-0000-0000-000000000000";
const fault = { message: "message of AWS Backup", $metadata: {} };
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
      request: { plan: "orders", restoreTest: { restoreJobId: JOB } },
      drill: SAMPLE_DRILL,
      verdict: SAMPLE_VERDICT,
      teardown: TEARDOWN,
      ...document,
    }),
  );

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

  it("tells it where the sandbox is, and of a drill without a plan where the stack is", async () => {
    await answer();
    await answer({ drill: undefined });
    expect(regions).toEqual(["eu-central-1", "eu-west-3"]);
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
});
