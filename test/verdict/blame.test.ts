import * as rds from "@aws-sdk/client-rds";
import { describe, expect, it } from "vitest";
import * as errors from "../../src/errors.ts";
import { blameFor, nextStepFor } from "../../src/verdict/blame.ts";
import { REASONS, VERDICTS } from "../../src/verdict/verdict.ts";

/** Every error the project throws, and whose fault it is. A new one has to be added here on purpose. */
const BLAME: Record<Exclude<keyof typeof errors, "DrillError">, string> = {
  InputInvalid: "errored drill",
  PlanInvalid: "errored drill",
  PlanNotFound: "errored drill",
  SourceNotFound: "errored drill",
  SourceUnsupported: "errored drill",
  NoRecoveryPoint: "failed recovery",
  ExerciseRefused: "errored drill",
  SandboxRefused: "errored drill",
  RestoreTestRefused: "errored drill",
  RestoreTestMisplaced: "errored drill",
  CostOverCap: "errored drill",
  NoPlanForEvent: "errored drill",
  IncidentContended: "errored drill",
  IncidentOpen: "errored drill",
  TurnTimedOut: "errored drill",
  NotInterrupted: "errored drill",
  NotOurs: "errored drill",
  CopyFailed: "failed recovery",
  CopyTimedOut: "failed objective",
  QuotaTaken: "errored drill",
  SandboxLost: "errored drill",
  RestoreFailed: "failed recovery",
  RestoreTimedOut: "failed objective",
  FirstQueryFailed: "failed recovery",
  NotIsolated: "errored drill",
  EvidenceUnreadable: "errored drill",
  BaselineImpossible: "errored drill",
  BaselineFailed: "errored drill",
};

describe("src/errors.ts", () => {
  const thrown = Object.entries(errors).filter(([name]) => name !== "DrillError");

  it("exports no error whose blame was not decided", () => {
    expect(thrown.map(([name]) => name).sort()).toEqual(Object.keys(BLAME).sort());
  });

  it.each(thrown)("names %s by a literal that minifying can not change", (name, Thrown) => {
    const error = new (Thrown as typeof errors.InputInvalid)("what, and what next", {
      cause: "why",
      details: { a: 1 },
    });
    expect(error).toMatchObject({ name: `Drill.${name}`, cause: "why", details: { a: 1 } });
    expect(error).toBeInstanceOf(errors.DrillError);
  });
});

describe("blameFor", () => {
  it.each(Object.entries(BLAME))("calls %s %s", (name, expected) => {
    const { verdict, reason } = blameFor(`Drill.${name}`);
    expect(`${verdict} ${reason}`).toBe(expected);
  });

  it.each([
    "DBClusterSnapshotNotFoundFault",
    "InsufficientDBClusterCapacityFault",
    "InsufficientDBInstanceCapacityFault",
    "InsufficientStorageClusterCapacityFault",
    "InvalidDBClusterSnapshotStateFault",
    "KMSKeyNotAccessibleFault",
  ])("calls RDS's %s a recovery that does not work, by the name the SDK gives it", (name) => {
    const Fault = Reflect.get(rds, name) as typeof rds.KMSKeyNotAccessibleFault;
    expect(blameFor(new Fault({ message: "m", $metadata: {} }).name)).toEqual({
      verdict: "failed",
      reason: "recovery",
    });
  });

  it.each([
    "AccessDenied",
    "AccessDeniedException",
    "Throttling",
    "ThrottlingException",
    "SnapshotQuotaExceededFault",
    "InstanceQuotaExceededFault",
    "StorageQuotaExceededFault",
    "InvalidParameterValue",
    "NetworkingError",
    "TypeError",
    "Error",
    "States.Timeout",
    "States.DataLimitExceeded",
    "Lambda.Unknown",
    "Sandbox.Timedout",
    "Runtime.OutOfMemory",
    "",
    "toString",
  ])("never tells %s as a bad backup", (name) => {
    expect(blameFor(name)).toEqual({ verdict: "errored", reason: "drill" });
  });
});

describe("nextStepFor", () => {
  it("has a sentence for every reason", () => {
    const sentences = REASONS.map((reason) => nextStepFor("failed", reason, undefined));
    expect(new Set(sentences).size).toBe(REASONS.length);
    for (const sentence of sentences) expect(sentence).toMatch(/^[A-Z].*\.$/);
  });

  it("has one for every verdict without a reason", () => {
    for (const verdict of VERDICTS) expect(nextStepFor(verdict, undefined, undefined)).toMatch(/\.$/);
  });

  it("knows better for some errors", () => {
    expect(nextStepFor("failed", "recovery", "KMSKeyNotAccessibleFault")).toMatch(
      /disabled, being deleted, or not granted .*a backup under a lost key is lost/,
    );
  });
});
