import { describe, expect, it } from "vitest";
import { Progress } from "../../src/cli/progress.ts";
import type { ExecutionEvent } from "../../src/local/services/states.ts";
import { SAMPLE_DRILL } from "../plan/sample-drill.ts";
import { COPY, COUNTERPROOF, ISOLATION, NETWORK, SANDBOX, STORY, TEARDOWN } from "../verdict/sample-results.ts";
import { SAMPLE_VERDICT } from "../verdict/sample-verdict.ts";

type Told = readonly [state: string, learned?: Record<string, unknown>];

const PENDING = { phase: "pending" as const, waitSeconds: 1 };

/** A drill with every loop gone round once, as the state machine's document grows. */
const WHOLE: readonly Told[] = [
  ["BeginDrill"],
  ["PlanDrill", { drill: SAMPLE_DRILL }],
  ["ProveNetwork", { network: NETWORK }],
  ["CopySnapshot", { copy: { ...COPY, ...PENDING, percent: 40 } }],
  ["IsCopyReady"],
  ["WaitForCopy"],
  ["CopySnapshot", { copy: COPY }],
  ["RestoreSandbox", { sandbox: { ...SANDBOX, ...PENDING, waitingFor: "the writer" } }],
  ["RestoreSandbox", { sandbox: SANDBOX }],
  ["ProveIsolation", { isolation: ISOLATION }],
  ["RunChecks", { checks: { ...STORY.checks, ...PENDING, done: 1 } }],
  ["RunChecks", { checks: { ...STORY.checks, held: 3, failed: 1 } }],
  ["ProveChecks", { counterproof: { ...COUNTERPROOF, ...PENDING, tried: 0, detected: 0 } }],
  ["ProveChecks", { counterproof: COUNTERPROOF }],
  ["ChecksDone"],
  ["RecoverAndCheck"],
  ["JudgeDrill", { verdict: SAMPLE_VERDICT }],
  ["TearDown", { teardown: { ...TEARDOWN, ...PENDING, remaining: [{ ...TEARDOWN.deleted[0], reason: "deleting" }] } }],
  ["TearDown", { teardown: TEARDOWN }],
  ["IsTeardownReady"],
  ["RecordEvidence", { evidence: {} }],
  ["NotifyOutcome", { outcome: {} }],
  ["WhatWasTheVerdict"],
];

function event(type: ExecutionEvent["type"], rest: Partial<ExecutionEvent> = {}): ExecutionEvent {
  return { executionArn: "arn", type, at: "2026-11-21T14:32:05.000Z", ...rest };
}

/** Everything that is written while a drill goes through these states. */
function written(story: readonly Told[], isTTY?: boolean): string[] {
  const texts: string[] = [];
  const progress = new Progress({ write: (text) => texts.push(text), ...(isTTY === undefined ? {} : { isTTY }) });
  progress.preparing("starting the local cloud");
  progress.take(event("ExecutionStarted"));
  let document: Record<string, unknown> = {};
  for (const [state, learned] of story) {
    document = { ...document, ...learned };
    progress.take(event("TaskStateEntered", { state, output: document }));
    progress.take(event("TaskStateExited", { state, output: document }));
  }
  progress.take(event("ExecutionSucceeded", { output: document }));
  progress.end();
  return texts;
}

const phasesOf = (texts: string[]): string[] => texts.map((line) => line.slice(2, 14).trim());

describe("Progress on something that is no terminal", () => {
  it("writes one line for each phase, and nothing of what is being waited for", () => {
    const texts = written(WHOLE);
    expect(phasesOf(texts)).toEqual([
      "plan",
      "network",
      "copy",
      "restore",
      "isolation",
      "checks",
      "counterproof",
      "judge",
      "tear down",
      "evidence",
      "notify",
    ]);
    for (const text of texts) expect(text).toMatch(/^ {2}\S[^\n]*\n$/);
  });

  it("writes no control character but the ends of lines", () => {
    expect(written(WHOLE).join("")).not.toMatch(/[^\P{Cc}\n]/u);
    expect(written(WHOLE, false).join("")).not.toMatch(/[^\P{Cc}\n]/u);
  });

  it("says what each phase came to", () => {
    const text = written(WHOLE).join("");
    expect(text).toContain("rds:orders-production-2026-11-21-04-05, 10 h 27 min old, from eu-west-1");
    expect(text).toContain(`${SAMPLE_DRILL.copy.snapshotId} in eu-central-1`);
    expect(text).toContain("1 facts hold");
    expect(text).toContain("3 held, 1 failed\n");
    expect(text).toContain("1 damage planted, 1 detected\n");
    expect(text).toContain("2 deleted, 0 left behind");
  });

  it("says that no copy was needed", () => {
    const story: Told[] = [
      ["PlanDrill", { drill: SAMPLE_DRILL }],
      ["CopySnapshot", { copy: { ...COPY, skipped: true } }],
    ];
    expect(written(story).at(-1)).toContain("not needed: the recovery point is in the drill region");
  });

  it("shows the step that failed, and does not count its time to the next", () => {
    const written: string[] = [];
    const progress = new Progress({ write: (text) => written.push(text) });
    progress.take(event("ExecutionStarted"));
    progress.take(event("LambdaFunctionFailed", { state: "RestoreSandbox" }));
    expect(written.join("")).toMatch(/^ {2}restore +0(\.\d)? s +failed\n$/);
  });

  it("goes from the phase that failed to the verdict, and still tears down", () => {
    const failed = { ...SAMPLE_VERDICT, verdict: "failed" };
    const story: Told[] = [...WHOLE.slice(0, 8), ["JudgeDrill", { failure: {}, verdict: failed }], ...WHOLE.slice(17)];
    const texts = written(story);
    expect(phasesOf(texts)).toEqual(["plan", "network", "copy", "judge", "tear down", "evidence", "notify"]);
    expect(texts[3]).toMatch(/ failed\n$/);
  });

  it("does not claim a plan for a drill that planning refused", () => {
    const story: Told[] = [
      ["PlanDrill", { failure: {} }],
      ["JudgeDrill", { verdict: { ...SAMPLE_VERDICT, verdict: "errored" } }],
    ];
    expect(phasesOf(written(story))).toEqual(["judge"]);
  });

  it("says so when teardown, evidence or notification failed and the machine went on", () => {
    const story: Told[] = [
      ["TearDown", { teardownFailure: { Error: "AccessDenied" } }],
      ["RecordEvidence", { evidenceFailure: { Error: "AccessDenied" } }],
      ["NotifyOutcome", { notifyFailure: { Error: "AccessDenied" } }],
    ];
    const texts = written(story);
    expect(phasesOf(texts)).toEqual(["tear down", "evidence", "notify"]);
    expect(texts[0]).toContain("NOT FINISHED");
    expect(texts[1]).toContain("NOT WRITTEN");
    expect(texts[2]).toContain("NOBODY WAS TOLD");
  });

  it("passes over what is no document of a drill", () => {
    expect(written([["PlanDrill", { drill: "nonsense" }]])).toEqual([]);
  });
});

describe("Progress on a terminal", () => {
  const screen = (texts: string[]): string[] =>
    texts
      .join("")
      .split("\n")
      .map((line) => line.split("\r\u001b[K").at(-1) ?? "");

  it("shows what is being waited for, each time in place of the last", () => {
    const texts = written(WHOLE, true);
    for (const waiting of [
      "starting the local cloud ...",
      "copying the snapshot, 40 %",
      "waiting for the writer",
      "1 of 4 checks",
      "deleting instance",
    ])
      expect(texts.filter((text) => text.startsWith("\r\u001b[K") && text.includes(waiting))).toHaveLength(1);
  });

  it("leaves on the screen the phases alone", () => {
    expect(phasesOf(screen(written(WHOLE, true)))).toEqual([...phasesOf(written(WHOLE)), ""]);
  });

  it("lets no table's name through that would move the cursor", () => {
    const texts: string[] = [];
    new Progress({ write: (text) => texts.push(text), isTTY: true }).preparing("reading: public.a\u001b[2Jb");
    expect(texts.join("")).not.toContain("\u001b[2J");
  });
});
