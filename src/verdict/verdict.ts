import * as z from "zod/mini";

/** The phases of recovery in their order; each runs from the end of the one before, so that they add up to the RTO. */
export const PHASES = ["select", "copy", "restore", "first-query", "isolation", "full-read", "validated"] as const;

export const Phase = z.object({ name: z.enum(PHASES), startedAt: z.iso.datetime(), seconds: z.number() });
export type Phase = z.infer<typeof Phase>;

export const VERDICTS = ["passed", "failed", "inconclusive", "errored"] as const;
export const REASONS = ["data", "recovery", "objective", "unchecked", "empty", "drill"] as const;

/** The errors that a red execution ends with; the cause is the verdict's summary. */
export const OUTCOME_ERROR = {
  passed: "Drill.Passed",
  failed: "Drill.Failed",
  inconclusive: "Drill.Inconclusive",
  errored: "Drill.Errored",
} as const;

/** What the state machine itself ends with when JudgeDrill or NotifyOutcome broke: then no function is left to say it. */
export const MACHINE_ERROR = { notJudged: "Drill.NotJudged", nobodyTold: "Drill.NobodyTold" } as const;

/** What a drill failed with whose execution ended before it. */
export const INTERRUPTED = "Drill.Interrupted";

const Objective = z.object({
  objectiveSeconds: z.number(),
  /** Absent when the drill never got far enough to measure it. */
  measuredSeconds: z.optional(z.number()),
  met: z.optional(z.boolean()),
});

/** `$.verdict` */
export const Verdict = z.object({
  verdict: z.enum(VERDICTS),
  /** Absent when passed. */
  reason: z.optional(z.enum(REASONS)),
  error: z.string(),
  /**
   * What was not as it should be, by names that stay the same from drill to drill, sorted: of checks, of an error, or RTO and RPO. Two drills of one
   * plan with the same verdict, reason and causes tell the same story. At most 20; none for a pass. Absent in older documents.
   */
  causes: z.optional(z.array(z.string())),
  /** One sentence that says what happened. */
  summary: z.string(),
  /** What to do next, one sentence. */
  nextStep: z.optional(z.string()),
  /** What was wrong or could not be asked, most important first, at most 20 lines. */
  findings: z.array(z.string()),
  phases: z.array(Phase),
  /** RTO: drill start to validated. RPO: failure moment minus the newest moment seen in the data. */
  objectives: z.object({ rto: z.optional(Objective), rpo: z.optional(Objective) }),
  /** Failure moment minus the recovery point's own time. */
  recoveryPointAgeSeconds: z.optional(z.number()),
});
export type Verdict = z.infer<typeof Verdict>;
export type Reason = (typeof REASONS)[number];
