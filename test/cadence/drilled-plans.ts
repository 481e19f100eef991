import type { Drilled } from "../../src/cadence/due.ts";
import type { LedgerEntry } from "../../src/evidence/ledger.ts";
import { type Plan, Plan as PlanSchema } from "../../src/plan/plan.ts";
import { SAMPLE_PLAN } from "../plan/sample-plan.ts";

export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;

interface PlanChanges {
  readonly every?: string;
  readonly schedule?: string;
  readonly window?: string;
  readonly cluster?: string;
  readonly region?: string;
}

/** The sample plan of another name, cadence and place; each drills a database of its own. */
export function planOf(name: string, changes: PlanChanges = {}): Plan {
  const { every = "8d", schedule, window = "0s", cluster = name, region = "eu-central-1" } = changes;
  const { file } = SAMPLE_PLAN;
  return PlanSchema.parse({
    ...file,
    plan: name,
    source: { ...file.source, cluster },
    sandbox: { ...file.sandbox, region },
    cadence: { every, window, ...(schedule === undefined ? {} : { schedule }) },
  });
}

export const at = (ms: number): string => new Date(ms).toISOString();

/** The ledger goes on by one drill, as it is read back. */
export function drilledOnce(drilled: Drilled, entry: LedgerEntry): Drilled {
  const { plan, conclusive, errored } = drilled;
  if (entry.verdict !== "errored") {
    const isReference = entry.verdict === "inconclusive" && entry.isReference === true;
    return { plan, conclusive: entry, isFirstReference: isReference && conclusive === undefined };
  }
  if (entry.trigger.kind !== "schedule") return drilled;
  return { ...drilled, errored: { drills: (errored?.drills ?? 0) + 1, lastEndedAt: entry.endedAt } };
}
