import type { Backups } from "../plan/backups.ts";
import type { Plan } from "../plan/plan.ts";
import type { DrilledKind } from "./judged.ts";

/** Of every wish the strictest. Packaging sees to it that plans of one database name one region for copies. */
export function strictestOf([first, ...others]: readonly [Plan, ...Plan[]]): Backups {
  return others.reduce(
    (strict, { backups: wish }) => ({
      newestSeconds: Math.min(strict.newestSeconds, wish.newestSeconds),
      sizeChangePercent: Math.min(strict.sizeChangePercent, wish.sizeChangePercent),
      retentionDays: Math.max(strict.retentionDays, wish.retentionDays),
      encryption: [strict, wish].some(({ encryption }) => encryption === "kms") ? "kms" : "any",
      ...copyOf(strict.copyIn ?? wish.copyIn),
      successPercent: Math.max(strict.successPercent, wish.successPercent),
    }),
    first.backups,
  );
}

const copyOf = (copyIn: string | undefined): Pick<Backups, "copyIn"> => (copyIn === undefined ? {} : { copyIn });

/** What their drills look for, each once. One that names a snapshot is no promise of new ones, and an incident takes the latest. */
export const drilledBy = (plans: readonly Plan[]): DrilledKind[] => [
  ...new Set(
    plans.map(({ recoveryPoint }) =>
      recoveryPoint === "automated" || recoveryPoint === "manual" ? recoveryPoint : "latest",
    ),
  ),
];
