import validate from "asl-validator";
import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../src/local/services/states/json.ts";
import { refusals } from "../../src/local/services/states/refusals.ts";
import { SAMPLE_DRILL } from "../plan/sample-drill.ts";
import { TEARDOWN } from "../verdict/sample-results.ts";
import { SAMPLE_VERDICT } from "../verdict/sample-verdict.ts";
import {
  DEPLOYED_FINISH,
  FINISH,
  FINISH_TEXT,
  failing,
  type Handlers,
  MACHINE,
  type Machine,
  run,
  type State,
} from "./machine.ts";

const EVIDENCE = { bucket: "b", prefix: "p", files: [], manifestSha256: "0", leftovers: [], actualUsd: 1 };
const FOUND = {
  request: { plan: "orders" },
  execution: { id: "arn:of-the-drill" },
  interruption: { status: "ABORTED", state: "RestoreSandbox" },
};
const adopting = (document: object): Handlers => ({
  AdoptDrill: () => ({ adopted: true, why: "It was stopped.", document: { ...FOUND, ...document } }),
});
const ALL_WELL: Handlers = {
  ...adopting({ drill: SAMPLE_DRILL, failure: { Error: "Drill.Interrupted" } }),
  JudgeDrill: () => ({ ...SAMPLE_VERDICT, verdict: "errored" }),
  TearDown: () => TEARDOWN,
  RecordEvidence: () => EVIDENCE,
  NotifyOutcome: ({ verdict }) => verdict,
};

function stateOf({ States }: Machine, name: string): State {
  const state = States[name];
  if (state === undefined) throw new Error(`There is no state ${name}`);
  return state;
}

const finish = (changes: Handlers = {}) =>
  run({ ...ALL_WELL, ...changes }, { executionArn: "arn:of-the-drill" }, DEPLOYED_FINISH);

const TAKING_OVER = ["BeginFinish", "AdoptDrill", "IsDrillAdopted", "TakeOver", "WhatRunsOn"];
const ADOPTING = [...TAKING_OVER, "WaitForCalls", "IsEvidenceRecorded"];
const TEARING_DOWN = ["WasAnythingCreated", "TearDown", "IsTeardownReady", "IsVerdictReached"];
const TELLING = ["IsRestoreTest", "RecordEvidence", "NotifyOutcome", "DrillFinished"];

describe("statemachines/finish-drill.asl.json", () => {
  it("is valid as it is deployed, also by what the validator does not know", () => {
    const validation = validate(structuredClone(DEPLOYED_FINISH));
    expect(validation.isValid ? "" : validation.errorsText("\n")).toBe("");
    expect(refusals(DEPLOYED_FINISH as unknown as JsonObject)).toEqual([]);
    expect(FINISH_TEXT).not.toContain("null");
  });

  it("does what it shares with a drill as the drill does it", () => {
    const withoutNext = ({ Next: _, Choices: _c, Default: _d, Catch: _ca, ...state }: State): object => state;
    for (const name of [
      "JudgeDrill",
      "BadDataSeen",
      "JudgeErrored",
      "TearDown",
      "WaitForTeardown",
      "IsRestoreTest",
      "AnswerRestoreTest",
      "RecordEvidence",
    ])
      expect(withoutNext(stateOf(FINISH, name))).toEqual(withoutNext(stateOf(MACHINE, name)));
  });

  it("outlives a teardown, and waits for what the interrupted execution had called", () => {
    expect(FINISH.TimeoutSeconds).toBeGreaterThan(6 * 3600 + 3600);
    // Of the functions that make something, 100 s: infrastructure/functions.yml.
    expect(FINISH.States["WaitForCalls"]).toMatchObject({ Type: "Wait", Seconds: 110 });
  });

  it("tears down, judges once nothing asks the sandbox any more, records and tells, each step with the drill's own document", async () => {
    const { status, visited, seen } = await finish();
    expect(status).toBe("SUCCEEDED");
    expect(visited).toEqual([...ADOPTING, ...TEARING_DOWN, "JudgeDrill", ...TELLING]);
    expect(seen["JudgeDrill"]?.[0]).toEqual({
      ...FOUND,
      drill: SAMPLE_DRILL,
      failure: { Error: "Drill.Interrupted" },
      teardown: TEARDOWN,
    });
    expect(seen["NotifyOutcome"]?.[0]).toMatchObject({ ...FOUND, teardown: TEARDOWN, evidence: EVIDENCE });
  });

  it("lets an evidence that is being recorded come to its end first", async () => {
    const { visited } = await finish({
      AdoptDrill: () => ({
        adopted: true,
        document: { ...FOUND, drill: SAMPLE_DRILL, verdict: SAMPLE_VERDICT, interruption: { state: "RecordEvidence" } },
      }),
    });
    expect(visited).toEqual([...TAKING_OVER, "WaitForEvidence", ...TEARING_DOWN, ...TELLING]);
  });

  it("asks again for an execution that seems to run still: what Step Functions says may be old", async () => {
    let calls = 0;
    const { status } = await finish({
      AdoptDrill: (document) => {
        calls += 1;
        return calls <= 6 ? failing("Drill.NotInterrupted")() : ALL_WELL["AdoptDrill"]?.(document);
      },
    });
    expect({ status, calls }).toEqual({ status: "SUCCEEDED", calls: 7 });
  });

  it("tells of bad data that was seen also when the judge breaks", async () => {
    const adopted = adopting({ drill: SAMPLE_DRILL, checks: { failing: ["rows orders"] } });
    const { seen } = await finish({ ...adopted, JudgeDrill: failing("TypeError") });
    expect(seen["NotifyOutcome"]?.[0]).toMatchObject({ verdict: { verdict: "failed", reason: "data" } });
  });

  it("answers a restore test that has no answer yet, and only such a one", async () => {
    const request = { plan: "orders", restoreTest: { restoreJobId: "job-1" } };
    const stopped = { drill: SAMPLE_DRILL, verdict: SAMPLE_VERDICT, request };
    const answered = { ...stopped, restoreTestAnswer: { recorded: true } };
    const AnswerRestoreTest = () => ({ recorded: true });
    const { visited } = await finish({ ...adopting(stopped), AnswerRestoreTest });
    expect(visited).toEqual([...ADOPTING, ...TEARING_DOWN, "IsRestoreTest", "AnswerRestoreTest", ...TELLING.slice(1)]);
    expect((await finish(adopting(answered))).visited).toEqual([...ADOPTING, ...TEARING_DOWN, ...TELLING]);
  });

  it("shows who answers why the drill ended, and how its teardown did", async () => {
    const request = { plan: "orders", restoreTest: { restoreJobId: "job-1" } };
    const failure = { Error: "Drill.Interrupted" };
    const AnswerRestoreTest = () => ({ recorded: false });
    const unplanned = await finish({ ...adopting({ failure, request }), AnswerRestoreTest });
    expect(unplanned.seen["AnswerRestoreTest"]?.[0]).toMatchObject({ request, failure });
    const broken = { ...adopting({ drill: SAMPLE_DRILL, failure, request }), TearDown: failing("TypeError") };
    const { seen } = await finish({ ...broken, AnswerRestoreTest });
    expect(seen["AnswerRestoreTest"]?.[0]).toMatchObject({ failure, teardownFailure: { Error: "TypeError" } });
  });

  it("leaves a verdict as it was", async () => {
    const { visited } = await finish(adopting({ drill: SAMPLE_DRILL, verdict: SAMPLE_VERDICT }));
    expect(visited).toEqual([...ADOPTING, ...TEARING_DOWN, ...TELLING]);
  });

  it("only tells where only that was left to do", async () => {
    const { visited } = await finish(adopting({ drill: SAMPLE_DRILL, verdict: SAMPLE_VERDICT, evidence: EVIDENCE }));
    expect(visited).toEqual([...ADOPTING, "NotifyOutcome", "DrillFinished"]);
  });

  it("tears nothing down where nothing was planned", async () => {
    const { visited } = await finish(adopting({}));
    expect(visited).toEqual([...ADOPTING, "WasAnythingCreated", "IsVerdictReached", "JudgeDrill", ...TELLING]);
  });

  it("ends well where there is nothing to finish", async () => {
    const { status, visited } = await finish({ AdoptDrill: () => ({ adopted: false, why: "It succeeded." }) });
    expect({ status, last: visited.at(-1) }).toEqual({ status: "SUCCEEDED", last: "NothingToFinish" });
  });

  it("tells people also when the judge, teardown and evidence break", async () => {
    const broken = failing("TypeError");
    const { status, seen } = await finish({ JudgeDrill: broken, TearDown: broken, RecordEvidence: broken });
    expect(status).toBe("SUCCEEDED");
    expect(seen["NotifyOutcome"]?.[0]).toMatchObject({
      verdict: { verdict: "errored", error: "Drill.NotJudged" },
      teardownFailure: { Error: "TypeError" },
      evidenceFailure: { Error: "TypeError" },
    });
  });

  it("goes on trying to tell people through an outage, and fails red when it ends nowhere", async () => {
    let calls = 0;
    const told = await finish({
      NotifyOutcome: ({ verdict }) => {
        calls += 1;
        return calls <= 4 ? failing("InternalErrorException")() : verdict;
      },
    });
    expect({ status: told.status, calls }).toEqual({ status: "SUCCEEDED", calls: 5 });
    const { status, error } = await finish({ NotifyOutcome: failing("AuthorizationErrorException") });
    expect({ status, error }).toEqual({ status: "FAILED", error: "AuthorizationErrorException" });
  });
});
