import { describe, expect, it } from "vitest";
import { RunChecksInput } from "../../src/checks/run-checks.ts";
import { measuredUsage } from "../../src/cost/usage.ts";
import { ProveChecksInput } from "../../src/counterproof/prove-checks.ts";
import { RecordEvidenceInput } from "../../src/evidence/record-evidence.ts";
import { NotifyOutcomeInput } from "../../src/notify/notify-outcome.ts";
import { AnswerRestoreTestInput } from "../../src/recovery/answer-restore-test.ts";
import { CopySnapshotInput } from "../../src/recovery/copy-snapshot.ts";
import { PlanDrillInput } from "../../src/recovery/plan-drill.ts";
import { ProveIsolationInput } from "../../src/recovery/prove-isolation.ts";
import { ProveNetworkInput } from "../../src/recovery/prove-network.ts";
import { RestoreSandboxInput } from "../../src/recovery/restore-sandbox.ts";
import { TearDownInput } from "../../src/recovery/tear-down.ts";
import { TakeTurnInput } from "../../src/turns/take-turn.ts";
import { JudgeDrillInput } from "../../src/verdict/judge-drill.ts";
import { OUTCOME_ERROR, type Verdict } from "../../src/verdict/verdict.ts";
import { SAMPLE_DRILL } from "../plan/sample-drill.ts";
import { COPY, COUNTERPROOF, ISOLATION, NETWORK, SANDBOX, STORY, TEARDOWN } from "../verdict/sample-results.ts";
import { SAMPLE_VERDICT } from "../verdict/sample-verdict.ts";
import { failing, type Handlers, run } from "./machine.ts";

/** The schema by which each step reads its input: a document that a real step would refuse fails the run. */
const INPUTS = {
  TakeTurn: TakeTurnInput,
  PlanDrill: PlanDrillInput,
  ProveNetwork: ProveNetworkInput,
  CopySnapshot: CopySnapshotInput,
  RestoreSandbox: RestoreSandboxInput,
  ProveIsolation: ProveIsolationInput,
  RunChecks: RunChecksInput,
  ProveChecks: ProveChecksInput,
  JudgeDrill: JudgeDrillInput,
  TearDown: TearDownInput,
  AnswerRestoreTest: AnswerRestoreTestInput,
  RecordEvidence: RecordEvidenceInput,
  NotifyOutcome: NotifyOutcomeInput,
} as const;

/** Answers `pending` until the given look, then what it is given. */
function onLook(number: number, answer: { readonly looks: number }, member: string) {
  return (document: Record<string, unknown>) => {
    const looks = ((document[member] as { looks?: number } | undefined)?.looks ?? 0) + 1;
    return { ...answer, phase: looks < number ? "pending" : "ready", waitSeconds: 1, looks };
  };
}

function judged(document: Record<string, unknown>): Verdict {
  if (document["failure"] === undefined) return SAMPLE_VERDICT;
  const summary = JSON.stringify(document["failure"]);
  return { ...SAMPLE_VERDICT, verdict: "failed", reason: "recovery", error: OUTCOME_ERROR.failed, summary };
}

const EVIDENCE = { bucket: "b", prefix: "p", files: [], manifestSha256: "0", leftovers: [], actualUsd: 1 };

const TURN = {
  phase: "ready",
  waitSeconds: 0,
  looks: 1,
  startedAt: SAMPLE_DRILL.startedAt,
  takenAt: SAMPLE_DRILL.startedAt,
};

const ALL_WELL: Handlers = {
  TakeTurn: () => TURN,
  PlanDrill: () => SAMPLE_DRILL,
  ProveNetwork: () => NETWORK,
  CopySnapshot: onLook(3, COPY, "copy"),
  RestoreSandbox: onLook(2, SANDBOX, "sandbox"),
  ProveIsolation: () => ISOLATION,
  RunChecks: onLook(2, STORY.checks ?? { looks: 0 }, "checks"),
  ProveChecks: onLook(2, COUNTERPROOF, "counterproof"),
  JudgeDrill: judged,
  TearDown: onLook(3, TEARDOWN, "teardown"),
  RecordEvidence: () => EVIDENCE,
  NotifyOutcome: ({ verdict }) => verdict,
};

async function runWith(changes: Handlers = {}, input?: object) {
  const handlers = Object.fromEntries(
    Object.entries({ ...ALL_WELL, ...changes }).map(([task, handler]) => [
      task,
      (document: Record<string, unknown>) => {
        if (task in INPUTS) INPUTS[task as keyof typeof INPUTS].parse(document);
        return handler(document);
      },
    ]),
  );
  return run(handlers, input);
}

const look = (task: string, question: string, wait: string, looks: number): string[] =>
  Array.from({ length: looks }, (_, index) => (index < looks - 1 ? [task, question, wait] : [task, question])).flat();
const COPYING = ["ProveNetwork", ...look("CopySnapshot", "IsCopyReady", "WaitForCopy", 3)];
const RESTORING = look("RestoreSandbox", "IsSandboxReady", "WaitForSandbox", 2);
const CHECKING = [...look("RunChecks", "AreChecksDone", "WaitForChecks", 2), "IsCounterproofWanted"];
const PROVING = look("ProveChecks", "AreChecksProven", "WaitForProof", 2);
const TEARING_DOWN = look("TearDown", "IsTeardownReady", "WaitForTeardown", 3);
const TAKING_TURN = look("TakeTurn", "IsTurnTaken", "WaitForTurn", 1);
const BEGIN = ["BeginDrill", ...TAKING_TURN, "PlanDrill", "RecoverAndCheck"];
const END = (outcome: string): string[] => [
  "IsRestoreTest",
  "RecordEvidence",
  "NotifyOutcome",
  "WhatWasTheVerdict",
  outcome,
];
const JUDGED = ["JudgeDrill", "WasAnythingCreated"];

const WANTED: Handlers = { PlanDrill: () => ({ ...SAMPLE_DRILL, counterproof: true }) };

const RESTORE_TEST = { plan: "orders", restoreTest: { restoreJobId: "job-1" } };
const TOLD = { at: SAMPLE_DRILL.startedAt, restoreJobId: "job-1", status: "FAILED", message: "m", recorded: true };

describe("a restore test of AWS Backup", () => {
  const ANSWERED = ["IsRestoreTest", "AnswerRestoreTest", "RecordEvidence", "NotifyOutcome"];

  it("is answered once the writer is gone, and evidence and people hear of it", async () => {
    const { status, visited, seen } = await runWith({ AnswerRestoreTest: () => TOLD }, RESTORE_TEST);
    expect(status).toBe("SUCCEEDED");
    expect(visited.slice(-9, -2)).toEqual(["WaitForTeardown", "TearDown", "IsTeardownReady", ...ANSWERED]);
    expect(seen["AnswerRestoreTest"]?.[0]).toMatchObject({ verdict: SAMPLE_VERDICT, teardown: { phase: "ready" } });
    for (const step of ["RecordEvidence", "NotifyOutcome"])
      expect(seen[step]?.[0]).toMatchObject({ restoreTestAnswer: TOLD });
  });

  it("is looked at also when it was refused before there was a drill, and when teardown broke, and why is known there", async () => {
    const refused = { AnswerRestoreTest: () => TOLD, PlanDrill: failing("Drill.RestoreTestRefused") };
    const { visited, seen } = await runWith(refused, RESTORE_TEST);
    expect(visited.slice(-7, -2)).toEqual(["WasAnythingCreated", ...ANSWERED]);
    expect(seen["AnswerRestoreTest"]?.[0]).toMatchObject({
      request: RESTORE_TEST,
      failure: { Error: "Drill.RestoreTestRefused" },
    });
    const broken = await runWith({ AnswerRestoreTest: () => TOLD, TearDown: failing("TypeError") }, RESTORE_TEST);
    expect(broken.visited.slice(-7, -2)).toEqual(["TearDown", ...ANSWERED]);
    expect(broken.seen["AnswerRestoreTest"]?.[0]).toMatchObject({ teardownFailure: { Error: "TypeError" } });
  });

  it("that can not be answered is recorded and told all the same", async () => {
    const { status, seen } = await runWith({ AnswerRestoreTest: failing("AccessDeniedException") }, RESTORE_TEST);
    expect(status).toBe("SUCCEEDED");
    expect(seen["RecordEvidence"]).toHaveLength(1);
    expect(seen["NotifyOutcome"]?.[0]).toMatchObject({ restoreTestFailure: { Error: "AccessDeniedException" } });
  });
});

describe("a drill that passes", () => {
  it("goes through every step and loops where there is something to wait for", async () => {
    const { status, visited } = await runWith();
    expect(status).toBe("SUCCEEDED");
    expect(visited).toEqual([
      ...BEGIN,
      ...COPYING,
      ...RESTORING,
      "ProveIsolation",
      ...CHECKING,
      "ChecksDone",
      ...JUDGED,
      ...TEARING_DOWN,
      ...END("DrillPassed"),
    ]);
  });

  it("proves its checks where that is wanted", async () => {
    const { visited } = await runWith(WANTED);
    expect(visited).toEqual([
      ...BEGIN,
      ...COPYING,
      ...RESTORING,
      "ProveIsolation",
      ...CHECKING,
      ...PROVING,
      "ChecksDone",
      ...JUDGED,
      ...TEARING_DOWN,
      ...END("DrillPassed"),
    ]);
  });

  it("makes as many transitions as its cost counts", async () => {
    const { visited } = await runWith(WANTED);
    const at = (looks: number) => ({ looks });
    const story = {
      copy: { ...COPY, ...at(3) },
      sandbox: { ...SANDBOX, ...at(2) },
      teardown: { ...TEARDOWN, ...at(3) },
      counterproof: { ...COUNTERPROOF, ...at(2) },
      ...(STORY.checks === undefined ? {} : { checks: { ...STORY.checks, ...at(2) } }),
    };
    const { transitions } = measuredUsage(SAMPLE_DRILL, story, 0, SAMPLE_DRILL.startedAt);
    // Step Functions bills the start too.
    expect(visited.length + 1).toBe(transitions);
  });

  it("reads as a story: each step sees what those before it learned, and the request as it came", async () => {
    const { seen, output } = await runWith();
    expect(seen["PlanDrill"]?.[0]).toEqual({
      turn: TURN,
      request: { plan: "orders" },
      execution: {
        id: "arn:aws:states:eu-west-1:111122223333:execution:restore-drill:weekly-1",
        name: "weekly-1",
        startedAt: "2026-11-21T14:32:05.000Z",
      },
    });
    expect(seen["CopySnapshot"]?.map(({ copy }) => (copy as { looks: number } | undefined)?.looks)).toEqual([
      undefined,
      1,
      2,
    ]);
    expect(Object.keys(JSON.parse(output ?? "{}") as object)).toEqual([
      "request",
      "execution",
      "turn",
      "drill",
      "network",
      "copy",
      "sandbox",
      "isolation",
      "checks",
      "verdict",
      "teardown",
      "evidence",
      "outcome",
    ]);
  });
});

describe("a failure in the try block", () => {
  it.each([
    ["ProveNetwork", ["ProveNetwork"]],
    ["CopySnapshot", ["ProveNetwork", "CopySnapshot"]],
    ["RestoreSandbox", [...COPYING, "RestoreSandbox"]],
    ["ProveIsolation", [...COPYING, ...RESTORING, "ProveIsolation"]],
    ["RunChecks", [...COPYING, ...RESTORING, "ProveIsolation", "RunChecks"]],
  ])(
    "of %s reaches the judge, teardown, evidence and notification, and ends red with its cause",
    async (task, until) => {
      const { status, error, cause, visited, seen } = await runWith({
        [task]: failing("Drill.Whatever", "why it failed"),
      });
      expect(visited).toEqual([...BEGIN, ...until, ...JUDGED, ...TEARING_DOWN, ...END("DrillFailed")]);
      expect({ status, error }).toEqual({ status: "FAILED", error: "Drill.Failed" });
      expect(cause).toContain("why it failed");
      expect(seen["JudgeDrill"]?.[0]).toMatchObject({ drill: SAMPLE_DRILL, failure: { Error: "Drill.Whatever" } });
    },
  );

  it.each(["Sandbox.Timedout", "Runtime.OutOfMemory", "AccessDenied", "Drill.NotOurs", "Error"])(
    "is caught whatever it is called: %s",
    async (name) => {
      const { visited, seen } = await runWith({ RestoreSandbox: failing(name) });
      expect(visited).toContain("TearDown");
      expect(seen["JudgeDrill"]?.[0]).toMatchObject({ failure: { Error: name } });
    },
  );

  it("in a later look is caught like one in the first", async () => {
    const copy = onLook(9, COPY, "copy");
    const { visited } = await runWith({
      CopySnapshot: (document) => ("copy" in document ? failing("Drill.CopyFailed")() : copy(document)),
    });
    expect(visited.filter((name) => name === "CopySnapshot")).toHaveLength(2);
    expect(visited.at(-1)).toBe("DrillFailed");
  });

  it("of Lambda itself is tried again and forgotten", async () => {
    let calls = 0;
    const isolate = () => {
      calls += 1;
      return calls <= 4 ? failing("Lambda.TooManyRequestsException")() : ISOLATION;
    };
    expect(await runWith({ ProveIsolation: isolate })).toMatchObject({ status: "SUCCEEDED" });
    expect(calls).toBe(5);
  });
});

describe("a drill that planning refuses", () => {
  it("is judged, recorded and told of, and tears nothing down", async () => {
    const { visited, seen, error } = await runWith({ PlanDrill: failing("Drill.SourceNotFound", "no such cluster") });
    expect(visited).toEqual(["BeginDrill", ...TAKING_TURN, "PlanDrill", ...JUDGED, ...END("DrillFailed")]);
    expect(error).toBe("Drill.Failed");
    expect(seen["RecordEvidence"]?.[0]).toMatchObject({ request: { plan: "orders" } });
    expect(seen["RecordEvidence"]?.[0]).not.toHaveProperty("drill");
  });

  it.each([{}, { plan: 7 }, [], "orders"])("is so too when its input is %j", async (input) => {
    const refuse: Handlers = { TakeTurn: failing("Drill.InputInvalid") };
    const handlers = { ...ALL_WELL, ...refuse };
    const { visited } = await run(handlers, input as object);
    expect(visited.at(-1)).toBe("DrillFailed");
  });
});

describe("a drill that has to wait for its turn", () => {
  it("looks again until it is its turn, with its own last answer", async () => {
    const { visited, seen, status } = await runWith({ TakeTurn: onLook(3, TURN, "turn") });
    expect(status).toBe("SUCCEEDED");
    expect(visited.slice(0, 10)).toEqual([
      "BeginDrill",
      ...look("TakeTurn", "IsTurnTaken", "WaitForTurn", 3),
      "PlanDrill",
    ]);
    expect(seen["TakeTurn"]?.[2]).toMatchObject({ turn: { phase: "pending", looks: 2 } });
  });

  it("is judged, recorded and told of when its turn does not come", async () => {
    const { visited } = await runWith({ TakeTurn: failing("Drill.TurnTimedOut") });
    expect(visited).toEqual(["BeginDrill", "TakeTurn", ...JUDGED, ...END("DrillFailed")]);
  });
});

describe("a net under the nets", () => {
  it("of the judge: what was not judged is torn down, told of, and has not passed", async () => {
    const { visited, error, seen } = await runWith({ JudgeDrill: failing("TypeError") });
    expect(visited.slice(visited.indexOf("JudgeDrill"))).toEqual([
      "JudgeDrill",
      "WasBadDataSeen",
      "JudgeErrored",
      "WasAnythingCreated",
      ...TEARING_DOWN,
      ...END("DrillErrored"),
    ]);
    expect(error).toBe("Drill.NotJudged");
    expect(seen["NotifyOutcome"]?.[0]).toMatchObject({
      verdict: { verdict: "errored" },
      judgeFailure: { Error: "TypeError" },
    });
  });

  it("of the judge: bad data that the checks saw stays bad data", async () => {
    const { visited, error } = await runWith({
      RunChecks: onLook(1, Object.assign({ looks: 0 }, STORY.checks, { failing: ["rows orders"] }), "checks"),
      JudgeDrill: failing("TypeError"),
    });
    expect(visited.slice(visited.indexOf("JudgeDrill"))).toEqual([
      "JudgeDrill",
      "WasBadDataSeen",
      "BadDataSeen",
      "WasAnythingCreated",
      ...TEARING_DOWN,
      ...END("DrillFailed"),
    ]);
    expect(error).toBe("Drill.Failed");
  });

  it("of teardown: it is recorded as broken, and told of", async () => {
    const { visited, seen, status } = await runWith({ TearDown: failing("Sandbox.Timedout") });
    expect(visited.slice(visited.indexOf("TearDown"))).toEqual(["TearDown", ...END("DrillPassed")]);
    expect(status).toBe("SUCCEEDED");
    for (const task of ["RecordEvidence", "NotifyOutcome"])
      expect(seen[task]?.[0]).toMatchObject({ teardownFailure: { Error: "Sandbox.Timedout" } });
  });

  it("of the evidence: people are told without it", async () => {
    const { visited, seen } = await runWith({ RecordEvidence: failing("NoSuchBucket") });
    expect(visited.slice(-5)).toEqual(END("DrillPassed"));
    expect(seen["NotifyOutcome"]?.[0]).toMatchObject({ evidenceFailure: { Error: "NoSuchBucket" } });
  });

  it("of the notification: a drill that nobody heard of ends red, whatever its verdict", async () => {
    const { visited, error, cause, status } = await runWith({ NotifyOutcome: failing("NotFound") });
    expect(visited.slice(-4)).toEqual(["NotifyOutcome", "NobodyTold", "WhatWasTheVerdict", "DrillErrored"]);
    expect({ status, error }).toEqual({ status: "FAILED", error: "Drill.NobodyTold" });
    expect(cause).toMatch(/could not be sent/);
  });

  it("of all of them at once: the execution still ends, red", async () => {
    const broken = ["CopySnapshot", "JudgeDrill", "TearDown", "RecordEvidence", "NotifyOutcome"];
    const { visited } = await runWith(Object.fromEntries(broken.map((task) => [task, failing("Lambda.Unknown")])));
    expect(visited.slice(-1)).toEqual(["DrillErrored"]);
    expect(visited).toEqual(expect.arrayContaining(broken));
  });
});

describe("the outcome", () => {
  it.each([
    ["passed", "SUCCEEDED", "DrillPassed"],
    ["failed", "FAILED", "DrillFailed"],
    ["inconclusive", "FAILED", "DrillInconclusive"],
    ["errored", "FAILED", "DrillErrored"],
  ] as const)("%s ends the execution as %s", async (verdict, status, last) => {
    const outcome = { verdict, error: OUTCOME_ERROR[verdict], summary: "what happened" };
    const ended = await runWith({ NotifyOutcome: () => outcome });
    expect(ended.visited.at(-1)).toBe(last);
    expect(ended.status).toBe(status);
    if (status === "FAILED") expect(ended).toMatchObject({ error: OUTCOME_ERROR[verdict], cause: "what happened" });
  });
});
