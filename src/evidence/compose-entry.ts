import type { Drill, RecoveryPath } from "../plan/drill.ts";
import { secondsBetween } from "../recovery/pacing.ts";
import { restoredBeforeSeconds, type Story } from "../verdict/phases.ts";
import type { LedgerEntry } from "./ledger.ts";
import type { Report } from "./report.ts";
import { rowsReadOf } from "./rows-read.ts";

type Repeated = Omit<LedgerEntry, "trigger" | "stepSeconds" | "isReference" | "manifestSha256"> &
  Partial<Pick<LedgerEntry, "trigger">>;

/** What an entry of the ledger repeats of the drill's report: whoever verifies evidence holds the one against the other. */
export function repeatedOf(report: Report): Repeated {
  const { verdict, drill } = report;
  const trigger = report.trigger ?? drill?.trigger;
  return {
    drillId: report.drillId,
    plan: report.plan,
    database: report.database,
    ...(trigger === undefined ? {} : { trigger }),
    verdict: verdict.verdict,
    ...(verdict.reason === undefined ? {} : { reason: verdict.reason }),
    ...(verdict.causes === undefined ? {} : { causes: verdict.causes }),
    summary: verdict.summary,
    ...(report.scorecard === undefined ? {} : { scenario: report.scorecard.scenario }),
    ...(drill === undefined ? {} : { recoveryPath: recoveryPathOf(drill) }),
    startedAt: new Date(report.execution.startedAt).toISOString(),
    endedAt: report.endedAt,
    ...measured("rtoSeconds", verdict.objectives.rto?.measuredSeconds),
    ...measured("rpoSeconds", verdict.objectives.rpo?.measuredSeconds),
    phaseSeconds: Object.fromEntries(verdict.phases.map(({ name, seconds }) => [name, seconds])),
    ...(drill === undefined ? {} : sourceOf(drill)),
    ...measured("rowsRead", rowsReadOf(report.checks)),
    leftovers: report.leftovers.length,
    ...(report.kept === undefined ? {} : { keptUntil: report.kept.until }),
    actualUsd: report.cost.actual.usd,
  };
}

/** `hasLeftParts`: the drill left what later ones can be held against. */
export function composeEntry(
  report: Report,
  trigger: LedgerEntry["trigger"],
  story: Story,
  { manifestSha256, hasLeftParts }: { readonly manifestSha256: string; readonly hasLeftParts: boolean },
): LedgerEntry {
  return {
    ...repeatedOf(report),
    trigger,
    stepSeconds: stepSecondsOf(report, story),
    ...(report.drill === undefined ? {} : { isReference: isReference(report, hasLeftParts) }),
    manifestSha256,
  };
}

/**
 * Whether a later drill may be held against it. Unchecked is not wrong: the first drill of all has nothing to compare with. What an exercise
 * restored may be old on purpose, and of some copies only the time of copying is known: neither tells of when it would be a reference.
 */
export function isReference(report: Report, hasLeftParts: boolean): boolean {
  const isCopied = report.drill?.recoveryPoint.copiedFrom !== undefined;
  return report.scorecard === undefined && !isCopied && wasReference(report, hasLeftParts);
}

/** The same as versions wrote it that did not yet ask whether it was an exercise, or restored a copy. */
export function wasReference({ verdict: { verdict }, checks }: Report, hasLeftParts: boolean): boolean {
  if (!hasLeftParts) return false;
  const isWrong = checks.some(({ required, outcome }) => required && outcome === "failed");
  return verdict === "passed" || (verdict === "inconclusive" && !isWrong);
}

function stepSecondsOf({ drill, leftovers, kept, teardown }: Report, story: Story): LedgerEntry["stepSeconds"] {
  return {
    // What RDS refused for a while says nothing about how long it takes.
    ...measured(
      "copy",
      story.copy?.skipped === true
        ? undefined
        : tookSeconds({ ...story.copy, startedAt: story.copy?.resumedAt ?? story.copy?.startedAt }),
    ),
    ...measured(
      "restore",
      drill?.restoreTest === undefined
        ? tookSeconds({
            startedAt: story.sandbox?.milestones.restoreRequestedAt,
            finishedAt: story.sandbox?.milestones.clusterAvailableAt,
          })
        : restoredBeforeSeconds(drill),
    ),
    ...measured("checks", tookSeconds(story.checks)),
    // What was given up on, or never tried, says nothing about how long deleting takes.
    ...measured("teardown", leftovers.length > 0 || kept !== undefined ? undefined : tookSeconds(teardown)),
  };
}

function recoveryPathOf({ source, recoveryPoint, sandbox, restoreTest, scenario }: Drill): RecoveryPath {
  return {
    fromRegion: recoveryPoint.region,
    toRegion: sandbox.region,
    ...(source.account === undefined ? {} : { account: source.account }),
    recoveryPoint: recoveryPoint.kind,
    ...(restoreTest === undefined ? {} : { isRestoreTest: true }),
    ...(scenario === undefined ? {} : { scenario: scenario.name }),
  };
}

/** What a later drill has to know of this one to be held against it. */
function sourceOf({ source, recoveryPoint }: Drill): Partial<LedgerEntry> {
  const { sizeGib, clusterResourceId, createdAt } = recoveryPoint;
  return {
    sizeGib,
    sourceDatabase: source.database,
    ...(clusterResourceId === undefined ? {} : { sourceResourceId: clusterResourceId }),
    recoveryPointAt: new Date(createdAt).toISOString(),
  };
}

function tookSeconds(
  step: { startedAt?: string | undefined; finishedAt?: string | undefined } | undefined,
): number | undefined {
  if (step?.startedAt === undefined || step.finishedAt === undefined) return undefined;
  return secondsBetween(step.startedAt, step.finishedAt);
}

function measured<Name extends string>(name: Name, value: number | undefined): { [K in Name]?: number } {
  return value === undefined ? {} : ({ [name]: value } as { [K in Name]?: number });
}
