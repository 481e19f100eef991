import { describe, expect, it } from "vitest";
import type { StepName } from "../../src/evidence/journal.ts";
import { phasesOf, storyOf } from "../../src/verdict/phases.ts";
import { PHASES } from "../../src/verdict/verdict.ts";
import { momentAt, SAMPLE_DRILL } from "../plan/sample-drill.ts";
import { COPY, checkResults, ISOLATION, NETWORK, SANDBOX, STORY, TEARDOWN } from "./sample-results.ts";

const at = (seconds: number): string => momentAt(seconds).toISOString();
const answered = (step: StepName, answer: unknown) => ({ step, startedAt: at(1), endedAt: at(2), answer });
const failedWith = (step: StepName, details?: Record<string, unknown>) => ({
  step,
  startedAt: at(1),
  endedAt: at(2),
  error: { name: "Drill.X", message: "m", ...(details === undefined ? {} : { details }) },
});

describe("phasesOf", () => {
  const phases = phasesOf(SAMPLE_DRILL, STORY, checkResults());

  it("names every phase in order", () => {
    expect(phases.map(({ name }) => name)).toEqual([...PHASES]);
  });

  it("begins each where the one before ended", () => {
    let startedAt = SAMPLE_DRILL.startedAt;
    for (const phase of phases) {
      expect(phase.startedAt).toBe(startedAt);
      startedAt = new Date(Date.parse(startedAt) + phase.seconds * 1000).toISOString();
    }
  });

  it("adds up to the time from start to validated", () => {
    expect(phases.reduce((sum, { seconds }) => sum + seconds, 0)).toBe(1200);
  });

  it("keeps adding up without a full read, whose time the checks take", () => {
    const { fullReadAt: _, ...unread } = checkResults();
    const withoutRead = phasesOf(SAMPLE_DRILL, STORY, unread);
    expect(withoutRead.map(({ name }) => name)).not.toContain("full-read");
    expect(withoutRead.reduce((sum, { seconds }) => sum + seconds, 0)).toBe(1200);
  });

  it("gives a skipped copy no time of its own", () => {
    const copy = { ...COPY, skipped: true, finishedAt: SAMPLE_DRILL.plannedAt };
    expect(phasesOf(SAMPLE_DRILL, { ...STORY, copy }, checkResults())[1]).toMatchObject({ name: "copy", seconds: 0 });
  });

  it("leaves out what a quota was taken for: its wait is in no phase, and so not in the RTO", () => {
    const story = {
      ...STORY,
      copy: { ...COPY, quotaSeconds: 200 },
      sandbox: { ...SANDBOX, quotaSeconds: 50 },
    };
    const waited = phasesOf(SAMPLE_DRILL, story, checkResults());
    const secondsOf = (all: typeof phases) => all.reduce((sum, { seconds }) => sum + seconds, 0);
    expect(secondsOf(waited)).toBe(secondsOf(phases) - 250);
    for (const [index, { name, startedAt, seconds }] of waited.entries()) {
      const whole = phases[index];
      const left = { copy: 200, restore: 50 }[String(name)] ?? 0;
      expect(seconds).toBe((whole?.seconds ?? 0) - left);
      expect(Date.parse(startedAt)).toBe(Date.parse(whole?.startedAt ?? "") + left * 1000);
    }
  });

  it("stops at the phase that was not got through", () => {
    const { firstQueryAt: _, ...milestones } = SANDBOX.milestones;
    const story = { copy: COPY, sandbox: { ...SANDBOX, milestones } };
    expect(phasesOf(SAMPLE_DRILL, story, undefined).map(({ name }) => name)).toEqual(["select", "copy", "restore"]);
  });

  it("does not call a sandbox isolated whose proof failed", () => {
    const isolation = { ...ISOLATION, facts: [{ fact: "f", expected: "a", observed: "b", holds: false }] };
    expect(phasesOf(SAMPLE_DRILL, { ...STORY, isolation }, undefined).at(-1)).toMatchObject({ name: "first-query" });
  });

  it("counts looking at the network as a part of choosing it, where it held", () => {
    expect(phasesOf(SAMPLE_DRILL, { ...STORY, network: NETWORK }, undefined)[0]).toMatchObject({ seconds: 3 });
    const network = { ...NETWORK, facts: [{ fact: "f", expected: "a", observed: "b", holds: false }] };
    expect(phasesOf(SAMPLE_DRILL, { network }, undefined)).toEqual([expect.objectContaining({ seconds: 2 })]);
  });

  it("is not validated by checks that were cut short", () => {
    expect(phasesOf(SAMPLE_DRILL, STORY, checkResults([], { complete: false })).at(-1)?.name).toBe("full-read");
  });
});

describe("storyOf", () => {
  it("is what each step last answered", () => {
    const journal = {
      "prove-network": answered("prove-network", NETWORK),
      "copy-snapshot": answered("copy-snapshot", COPY),
      "restore-sandbox": answered("restore-sandbox", SANDBOX),
      "prove-isolation": answered("prove-isolation", ISOLATION),
      "tear-down": answered("tear-down", TEARDOWN),
    };
    expect(storyOf(journal)).toEqual({
      network: NETWORK,
      copy: COPY,
      sandbox: SANDBOX,
      isolation: ISOLATION,
      teardown: TEARDOWN,
      checks: undefined,
    });
  });

  it("keeps of a step that failed what it had learned", () => {
    const { phase: _, waitSeconds: __, looks: ___, finishedAt: ____, ...learned } = SANDBOX;
    const story = storyOf({ "restore-sandbox": failedWith("restore-sandbox", learned) });
    expect(story.sandbox).toMatchObject({ phase: "pending", milestones: SANDBOX.milestones });
  });

  it("keeps the facts of an isolation that was not proven", () => {
    expect(storyOf({ "prove-isolation": failedWith("prove-isolation", { ...ISOLATION }) }).isolation).toEqual(
      ISOLATION,
    );
  });

  it("knows nothing of steps that never ran, failed at once, or left something else", () => {
    const journal = {
      "copy-snapshot": failedWith("copy-snapshot"),
      "restore-sandbox": answered("restore-sandbox", { phase: "done" }),
    };
    expect(Object.values(storyOf(journal)).filter((known) => known !== undefined)).toEqual([]);
  });
});
