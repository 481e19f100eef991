import * as z from "zod/mini";
import { type CheckResults, ChecksAnswer } from "../checks/result.ts";
import { CounterproofAnswer } from "../counterproof/counterproof.ts";
import type { JournalEntry, StepName } from "../evidence/journal.ts";
import type { Drill } from "../plan/drill.ts";
import { CopyAnswer, IsolationAnswer, SandboxAnswer, TeardownAnswer } from "../recovery/answers.ts";
import { secondsBetween } from "../recovery/pacing.ts";
import { PHASES, type Phase } from "./verdict.ts";

export type Journal = Partial<Record<StepName, JournalEntry>>;

/** The answers in the document of an execution. */
export const StoryInput = {
  network: z.optional(IsolationAnswer),
  copy: z.optional(CopyAnswer),
  sandbox: z.optional(SandboxAnswer),
  isolation: z.optional(IsolationAnswer),
  checks: z.optional(ChecksAnswer),
  counterproof: z.optional(CounterproofAnswer),
  teardown: z.optional(TeardownAnswer),
};

/** What each step last answered, where it answered. A failed branch leaves no document, but it leaves this. */
export interface Story {
  readonly network?: IsolationAnswer | undefined;
  readonly copy?: CopyAnswer | undefined;
  readonly sandbox?: SandboxAnswer | undefined;
  readonly isolation?: IsolationAnswer | undefined;
  readonly checks?: ChecksAnswer | undefined;
  readonly counterproof?: CounterproofAnswer | undefined;
  readonly teardown?: TeardownAnswer | undefined;
}

/** From the journal, and where that has a gap (writing it never fails a step) from the execution's document. */
export function storyOf(journal: Journal, document: Story = {}): Story {
  // A step that failed keeps what it had learned in the error's details.
  const read = <Schema extends z.core.$ZodType>(step: StepName, schema: Schema): z.output<Schema> | undefined => {
    const entry = journal[step];
    const parsed = z.safeParse(
      schema,
      entry?.answer ?? { phase: "pending", waitSeconds: 0, looks: 0, ...entry?.error?.details },
    );
    return parsed.success ? parsed.data : undefined;
  };
  return {
    network: read("prove-network", IsolationAnswer) ?? document.network,
    copy: read("copy-snapshot", CopyAnswer) ?? document.copy,
    sandbox: read("restore-sandbox", SandboxAnswer) ?? document.sandbox,
    isolation: read("prove-isolation", IsolationAnswer) ?? document.isolation,
    checks: read("run-checks", ChecksAnswer) ?? document.checks,
    counterproof: read("prove-checks", CounterproofAnswer) ?? document.counterproof,
    teardown: read("tear-down", TeardownAnswer) ?? document.teardown,
  };
}

/** For how long quotas of RDS were taken while the drill wanted to copy or restore: its own circumstance, and no part of recovery. */
export const quotaSecondsOf = ({ copy, sandbox }: Story): number =>
  (copy?.quotaSeconds ?? 0) + (sandbox?.quotaSeconds ?? 0);

/** What AWS Backup took to restore what the drill took over. Between that and the drill's start nothing of recovery ran. */
export const restoredBeforeSeconds = ({ restoreTest }: Drill): number | undefined =>
  restoreTest && secondsBetween(restoreTest.requestedAt, restoreTest.restoredAt);

/**
 * The phases that the drill got through, in order. Each begins where the one before ended, so that they add up; later by as long as it waited for
 * a quota. The restore of a cluster that was taken over began when AWS Backup was asked, and is as long as what AWS Backup and the drill took.
 */
export function phasesOf(drill: Drill, story: Story, results: CheckResults | undefined): Phase[] {
  // A proof that failed has a time too, and ends nothing.
  const provenAt = (proof: IsolationAnswer | undefined): string | undefined =>
    proof?.facts.every(({ holds }) => holds) === true ? proof.at : undefined;
  const endOf: Record<Phase["name"], string | undefined> = {
    // Whether the network will do is part of choosing it.
    select: provenAt(story.network) ?? drill.plannedAt,
    copy: story.copy?.finishedAt,
    restore: story.sandbox?.milestones.writerAvailableAt,
    "first-query": story.sandbox?.milestones.firstQueryAt,
    isolation: provenAt(story.isolation),
    "full-read": results?.fullReadAt,
    validated: results?.complete === true ? story.checks?.finishedAt : undefined,
  };
  const phases: Phase[] = [];
  let startedAt = drill.startedAt;
  const waitedIn: Partial<Record<Phase["name"], number | undefined>> = {
    copy: story.copy?.quotaSeconds,
    restore: story.sandbox?.quotaSeconds,
  };
  for (const name of PHASES) {
    const endedAt = endOf[name];
    // A full read that could not finish leaves no time of its own; the checks after it still end a phase.
    if (endedAt === undefined && name === "full-read") continue;
    if (endedAt === undefined) break;
    const begunAt = new Date(Date.parse(startedAt) + (waitedIn[name] ?? 0) * 1000).toISOString();
    const seconds = Math.max(0, secondsBetween(begunAt, endedAt));
    const before = name === "restore" ? restoredBeforeSeconds(drill) : undefined;
    phases.push(
      before === undefined
        ? { name, startedAt: begunAt, seconds }
        : { name, startedAt: drill.restoreTest?.requestedAt ?? begunAt, seconds: before + seconds },
    );
    startedAt = endedAt;
  }
  return phases;
}
