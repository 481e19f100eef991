import { isExercise, type LedgerEntry } from "../evidence/ledger.ts";
import type { Verdict } from "../verdict/verdict.ts";

interface Said extends Pick<Verdict, "verdict" | "reason"> {
  readonly causes?: readonly string[] | undefined;
}
type PastDrill = Pick<LedgerEntry, "plan" | "verdict" | "reason" | "causes" | "startedAt" | "scenario">;

/** Whose drills are compared: an exercise asks something else than the plan's own drills, and so does another plan. */
export interface Series {
  readonly plan: string;
  /** The exercise, by its name. */
  readonly scenario?: string | undefined;
}

export const isOf = ({ plan, scenario }: Series, drill: Pick<PastDrill, "plan" | "scenario">): boolean =>
  drill.plan === plan && drill.scenario === scenario;

/**
 * What an outcome is beside the earlier drills of its plan, or of its exercise of that plan.
 * - `first`: passed, and nothing came before. `steady`: passed, as the one before.
 * - `recovered`: passed, after drills that did not.
 * - `new`: not passed, and nothing that says as much came since the last pass. `again`: the same as then. `changed`: otherwise than then.
 * - `unknown`: what came before could not be read.
 */
export type Occurrence =
  | { readonly kind: "first" | "unknown" }
  | { readonly kind: "steady"; readonly lastPassAt: string }
  | (Open & { readonly kind: "recovered"; readonly last: Last })
  | (Open & { readonly kind: "new" })
  | (Open & {
      readonly kind: "again";
      /** This one counted. */
      readonly times: number;
      /** When the same was seen before, the newest first. */
      readonly before: readonly string[];
    })
  | (Open & { readonly kind: "changed"; readonly last: Last });

/** What the outcome is another than. */
export type Last = Said & { readonly at: string };

/** A stretch of drills of which none has passed. */
interface Open {
  /** When its first drill began: the outcome's own, where that is the first. */
  readonly openSince: string;
  /** How many came before this one, at least: reading ends somewhere. */
  readonly notPassed: number;
  readonly lastPassAt?: string;
}

export const OCCURRENCES = [
  "first",
  "steady",
  "recovered",
  "new",
  "again",
  "changed",
  "unknown",
] as const satisfies readonly Occurrence["kind"][];

/**
 * How much a verdict says of the backups: a drill that broke says nothing, one that is inconclusive saw nothing wrong. What says less does not
 * come between: a failure before it and the same one after it are the same failure.
 */
const SAYS = { errored: 0, inconclusive: 1, failed: 2, passed: 3 } as const satisfies Record<
  Verdict["verdict"],
  number
>;

/** `earlier`: drills of the database that ended before this one, the newest first; of plans other than its own too. */
export function occurrenceOf(
  own: Said & Series & { readonly startedAt: string },
  earlier: readonly PastDrill[],
): Occurrence {
  const ofPlan = earlier.filter((drill) => isOf(own, drill));
  const passIndex = ofPlan.findIndex(({ verdict }) => verdict === "passed");
  const lastPass = ofPlan[passIndex];
  const sincePass = passIndex === -1 ? ofPlan : ofPlan.slice(0, passIndex);
  const [last] = sincePass;
  const open: Open = {
    openSince: sincePass.at(-1)?.startedAt ?? own.startedAt,
    notPassed: sincePass.length,
    ...(lastPass === undefined ? {} : { lastPassAt: lastPass.startedAt }),
  };
  if (own.verdict === "passed") {
    if (last !== undefined) return { kind: "recovered", ...open, last: lastOf(last) };
    return lastPass === undefined ? { kind: "first" } : { kind: "steady", lastPassAt: lastPass.startedAt };
  }
  const comparable = sincePass.filter(({ verdict }) => SAYS[verdict] >= SAYS[own.verdict]);
  const [compared] = comparable;
  if (compared === undefined) return { kind: "new", ...open };
  const other = comparable.findIndex((drill) => !isSame(own, drill));
  const same = other === -1 ? comparable : comparable.slice(0, other);
  if (same.length === 0) return { kind: "changed", ...open, last: lastOf(compared) };
  return { kind: "again", ...open, times: same.length + 1, before: same.map(({ startedAt }) => startedAt) };
}

/**
 * Whether the alarm `<database>-failed` rings already, so that CloudWatch pages for no further failure: a failed drill makes it ring, and a passed
 * one ends it, of whichever plan; what comes between changes nothing, and no exercise does. `earlier` as above.
 */
export const isAlarmRinging = (earlier: readonly Pick<PastDrill, "verdict" | "scenario">[]): boolean =>
  earlier.find((drill) => !isExercise(drill) && (drill.verdict === "failed" || drill.verdict === "passed"))?.verdict ===
  "failed";

const lastOf = ({ verdict, reason, causes, startedAt }: PastDrill): Last => ({
  at: startedAt,
  verdict,
  // The ledger's reasons are those of verdicts.
  ...(reason === undefined ? {} : { reason: reason as NonNullable<Said["reason"]> }),
  ...(causes === undefined ? {} : { causes }),
});

/** Older entries name no causes: rather told once too often as another failure than taken for the same one. */
function isSame(own: Said, drill: PastDrill): boolean {
  const { causes } = drill;
  return (
    drill.verdict === own.verdict &&
    drill.reason === own.reason &&
    own.causes !== undefined &&
    own.causes.length === causes?.length &&
    own.causes.every((cause, index) => cause === causes[index])
  );
}
