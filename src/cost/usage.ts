import type { Drill } from "../plan/drill.ts";
import { secondsBetween } from "../recovery/pacing.ts";
import type { Story } from "../verdict/phases.ts";
import { itemise, type Usage } from "./itemise.ts";

/**
 * States every execution enters, whatever happens: BeginDrill, PlanDrill, RecoverAndCheck, ProveNetwork, ProveIsolation, IsCounterproofWanted, ChecksDone,
 * JudgeDrill, WasAnythingCreated, IsRestoreTest, RecordEvidence, NotifyOutcome, WhatWasTheVerdict, one outcome; and the start.
 */
const FIXED_TRANSITIONS = 15;
/** A look is a Task, a Choice and a Wait; the last look of a loop does not wait. */
const TRANSITIONS_PER_LOOK = 3;

/** What the drill used, from the times its steps journalled. */
export function measuredUsage(drill: Drill, story: Story, dataApiCalls: number, endedAt: string): Usage {
  const { copy, sandbox, checks, counterproof, teardown } = story;
  const copied = drill.copy.needed && copy !== undefined;
  const goneAt = teardown?.finishedAt ?? endedAt;
  const hoursUntilGone = (from: string | undefined): number =>
    from === undefined ? 0 : secondsBetween(from, goneAt) / 3600;
  return {
    sizeGib: drill.recoveryPoint.sizeGib,
    copied,
    transferred: copied && drill.recoveryPoint.region !== drill.sandbox.region,
    sandboxHours: hoursUntilGone(sandbox?.milestones.restoreRequestedAt),
    keptHours: Math.max(0, ...(teardown?.kept ?? []).map(({ until }) => secondsBetween(goneAt, until) / 3600)),
    copyHours: hoursUntilGone(copy?.startedAt),
    instanceClass: drill.sandbox.instanceClass,
    maxAcu: drill.sandbox.maxAcu,
    dataApiCalls,
    transitions:
      transitionsOf([drill.turn, copy, sandbox, checks, counterproof, teardown].map((step) => step?.looks ?? 0)) +
      (drill.restoreTest === undefined ? 0 : 1),
  };
}

/** What one hour of the drill's sandbox costs at most, US dollars. */
export function hourlyUsd({ recoveryPoint: { sizeGib }, sandbox: { instanceClass, maxAcu } }: Drill): number {
  const nothingElse = { copied: false, transferred: false, copyHours: 0, dataApiCalls: 0, transitions: 0 };
  return itemise({ ...nothingElse, sizeGib, sandboxHours: 1, instanceClass, maxAcu }).usd;
}

function transitionsOf(looks: readonly number[]): number {
  return looks.reduce((sum, number) => sum + Math.max(0, TRANSITIONS_PER_LOOK * number - 1), FIXED_TRANSITIONS);
}
