import * as z from "zod/mini";
import { didYouMean } from "./suggest.ts";

/** What an exercise may take to have happened. `docs/scenarios.md` tells what each is, and how to prepare for it. */
export const SCENARIO_NAMES = ["corruption", "region-lost", "accidental-deletion", "ransomware"] as const;
export const ScenarioName = z.enum(SCENARIO_NAMES, { error: ({ input }) => noScenario(input) });
export type ScenarioName = z.infer<typeof ScenarioName>;

/** For people: what each is called, and what is taken to have happened, in one sentence. */
export const SCENARIO_WORDS: Readonly<Record<ScenarioName, { readonly title: string; readonly what: string }>> = {
  corruption: {
    title: "Database corruption",
    what: "Data was damaged at a known moment: a backup from before it has to come back, right.",
  },
  "region-lost": {
    title: "Region lost",
    what: "The source's region is gone: only what stands in the drill region may be used.",
  },
  "accidental-deletion": {
    title: "Accidental deletion",
    what: "The cluster was deleted: only what outlives it may be used.",
  },
  ransomware: {
    title: "Ransomware",
    what: "Intruders had the database and its key: an older copy under another key has to come back, right.",
  },
};

/** Says which scenarios there are; a long or strange name is not repeated whole. */
export function noScenario(name: unknown): string {
  const given = typeof name === "string" ? `"${name.slice(0, 40)}"` : "that";
  const nearest = typeof name === "string" ? didYouMean(name.slice(0, 40), SCENARIO_NAMES) : "";
  return `there is no scenario ${given}.${nearest} There are: ${SCENARIO_NAMES.join(", ")}`;
}

/** Recovery points of the database that were there and may not be used in the exercise, by the reason. */
export const SetAside = z.object({
  why: z.string(),
  count: z.int(),
  newest: z.object({ id: z.string(), region: z.string(), createdAt: z.iso.datetime() }),
});
export type SetAside = z.infer<typeof SetAside>;

/** The exercise that a drill is: what was taken to have happened, and what that left to recover from. */
export const DrillScenario = z.object({
  name: ScenarioName,
  title: z.string(),
  /** What the exercise is there to show, in one sentence. */
  objective: z.string(),
  /** What is taken to be so, and what this exercise does not show, in sentences. */
  assumptions: z.array(z.string()),
  /** The region nothing of which may be used. */
  lostRegion: z.optional(z.string()),
  /** Where planning asked something, by service: `rds eu-central-1`. */
  asked: z.array(z.string()),
  setAside: z.array(SetAside),
  /** Of the cluster, where the exercise wants a recovery point under another one. */
  sourceKmsKeyArn: z.optional(z.string()),
  /** False where the cluster is known to be under no key; absent where it has one, or where nobody could say. */
  isSourceEncrypted: z.optional(z.literal(false)),
});
export type DrillScenario = z.infer<typeof DrillScenario>;

/** Why a request for an exercise can not be met, whatever the plan; undefined where nothing is in the way. */
export function problemIn(request: {
  readonly scenario?: { readonly name: ScenarioName } | undefined;
  readonly failureMoment?: string | undefined;
  readonly restoreTest?: unknown;
}): string | undefined {
  if (request.scenario === undefined) return undefined;
  if (request.restoreTest !== undefined)
    return "An exercise chooses what it restores; the restore test of AWS Backup has chosen already. Leave out one of the two.";
  if (request.scenario.name === "corruption" && request.failureMoment === undefined)
    return "The scenario corruption needs the moment at which the damage began: a backup from after it has the damage too. Give it as failureMoment (--failure-moment), such as 2026-11-21T14:30:00Z.";
  return undefined;
}
