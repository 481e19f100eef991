import { type Cost, isPriced } from "../cost/itemise.ts";
import type { Drill, DrillRequest, Execution, RecoveryPoint } from "../plan/drill.ts";
import { EXPIRES_AFTER_SECONDS, TEARDOWN_SECONDS } from "../plan/lifetimes.ts";
import { drillIdOf, evidencePrefix, namesOf, TAG } from "../plan/names.ts";
import { planSha256 } from "../plan/plan-hash.ts";
import type { ParsedPlan } from "../plan/validate.ts";
import { isCopied, type Origin } from "./origin.ts";
import { secondsBetween } from "./pacing.ts";
import { isContinuous } from "./restore-test-origin.ts";
import type { SandboxNetwork } from "./sandbox-names.ts";

/** Everything that was asked for, found and decided. */
export interface Decisions {
  readonly request: DrillRequest;
  readonly execution: Execution;
  /** How often it was looked whether it is this drill's turn. */
  readonly turnLooks: number;
  readonly parsed: ParsedPlan;
  readonly startedAt: Date;
  readonly failureMoment: Date;
  readonly plannedAt: Date;
  readonly origin: Origin;
  readonly restoreTest: Drill["restoreTest"];
  readonly scenario: Drill["scenario"];
  /** `cluster`: of one that is there already. */
  readonly sandbox: SandboxNetwork & { readonly kmsKeyArn: string; readonly cluster?: string };
  readonly expectedSeconds: Drill["expectedSeconds"];
  readonly estimate: Cost;
  readonly references: Drill["references"];
  readonly keep: Drill["keep"];
  readonly counterproof: boolean;
  readonly warnings: readonly string[];
}

/** The drill's document, with every name and deadline derived from what was decided. */
export function composeDrill(decisions: Decisions): Drill {
  const { request, execution, startedAt, origin, sandbox } = decisions;
  const { recoveryPoint, engineLifecycleSupport } = origin;
  const { plan, file } = decisions.parsed;
  const names = namesOf(drillIdOf(execution));
  const checksEndAt = after(startedAt, plan.limits.timeSeconds);
  const teardownEndAt = after(checksEndAt, TEARDOWN_SECONDS);
  return {
    drillId: names.drillId,
    plan: plan.plan,
    planSha256: planSha256(file),
    trigger: { kind: request.trigger?.kind ?? "manual", by: request.trigger?.by ?? execution.name },
    ...(decisions.restoreTest === undefined ? {} : { restoreTest: decisions.restoreTest }),
    ...(decisions.scenario === undefined ? {} : { scenario: decisions.scenario }),
    startedAt: startedAt.toISOString(),
    turn: { looks: decisions.turnLooks, waitedSeconds: secondsBetween(execution.startedAt, startedAt) },
    plannedAt: decisions.plannedAt.toISOString(),
    failureMoment: decisions.failureMoment.toISOString(),
    source: {
      region: plan.source.region,
      ...(origin.account === undefined ? {} : { account: origin.account }),
      cluster: plan.source.cluster,
      clusterArn: origin.clusterArn,
      database: plan.source.database,
      ...(origin.vpcId === undefined ? {} : { vpcId: origin.vpcId }),
    },
    recoveryPoint,
    copy: {
      needed: decisions.restoreTest === undefined && isCopied(origin, plan.sandbox.region),
      snapshotId: names.snapshotCopy,
      // An unencrypted cluster snapshot refuses a key, and an sse-rds one brings its own.
      ...(recoveryPoint.storageEncryption === "sse-kms" ? { kmsKeyArn: sandbox.kmsKeyArn } : {}),
    },
    sandbox: {
      region: plan.sandbox.region,
      cluster: names.cluster,
      writer: names.writer,
      instanceClass: plan.sandbox.instanceClass,
      minAcu: plan.sandbox.minAcu,
      maxAcu: plan.sandbox.maxAcu,
      ...sandbox,
      ...(engineLifecycleSupport === undefined ? {} : { engineLifecycleSupport }),
    },
    tags: {
      [TAG.drill]: names.drillId,
      [TAG.plan]: plan.plan,
      [TAG.expires]: after(teardownEndAt, EXPIRES_AFTER_SECONDS).toISOString(),
    },
    objectives: plan.objectives,
    deadlines: { checksEndAt: checksEndAt.toISOString(), teardownEndAt: teardownEndAt.toISOString() },
    limits: plan.limits,
    estimate: decisions.estimate,
    expectedSeconds: decisions.expectedSeconds,
    checkCount: plan.checks.length,
    counterproof: decisions.counterproof,
    ...(decisions.keep === undefined ? {} : { keep: decisions.keep }),
    references: [...decisions.references],
    evidencePrefix: evidencePrefix(plan.source.cluster, names.drillId),
    warnings: [...decisions.warnings, ...warningsFor(recoveryPoint, plan.sandbox, decisions.scenario)],
  };
}

const after = (moment: Date, seconds: number): Date => new Date(moment.getTime() + seconds * 1000);

/** "For Aurora, AllocatedStorage always returns 1" is said of clusters; a snapshot's own may be as little. */
const NO_SIZE_GIB = 1;

function warningsFor(
  { arn, copiedFrom, region, sizeGib }: RecoveryPoint,
  sandbox: ParsedPlan["plan"]["sandbox"],
  scenario: Drill["scenario"],
): string[] {
  const warnings: string[] = [];
  if (isContinuous(arn))
    warnings.push(
      "The recovery point is a continuous backup, and AWS Backup does not tell which of its moments was restored: the age is that of its beginning. Which baseline or drill is from before it is not known, so it is compared with none.",
    );
  else if (copiedFrom !== undefined)
    warnings.push(
      `The recovery point is a copy of ${copiedFrom}, and RDS gives only the time of copying: what is in it is older than its age says. Which baseline or drill is from before it is not known, so it is compared with none.`,
    );
  // Where its region is lost, that is where it has to be.
  if (region === sandbox.region && scenario?.lostRegion === undefined)
    warnings.push(`The recovery point is in ${region} already: recovery into another region was not drilled.`);
  if (sizeGib <= NO_SIZE_GIB)
    warnings.push(
      `RDS gives ${sizeGib} GiB as the size of the recovery point, which it may also say of a large one: the estimate then knows no size, and storage and copy may cost more.`,
    );
  if (!isPriced(sandbox.instanceClass))
    warnings.push(`No price is known for ${sandbox.instanceClass}: it is left out of the cost.`);
  return warnings;
}
