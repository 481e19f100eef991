import { createHash } from "node:crypto";
import type { EC2Client } from "@aws-sdk/client-ec2";
import type { KMSClient } from "@aws-sdk/client-kms";
import { DescribeDBSubnetGroupsCommand, type RDSClient } from "@aws-sdk/client-rds";
import * as z from "zod/mini";
import type { JsonStore } from "../aws/json-store.ts";
import { isPriced, itemise } from "../cost/itemise.ts";
import { CostOverCap } from "../errors.ts";
import { earlierDrills, expectedSeconds } from "../evidence/ledger.ts";
import { type Drill, DrillRequest, Execution } from "../plan/drill.ts";
import { drillIdOf, evidencePrefix, namesOf, TAG } from "../plan/names.ts";
import type { ParsedPlan } from "../plan/parse.ts";
import { assertRegions, assertSubnetGroup, findSource, usableKey } from "./guards.ts";
import { chooseRecoveryPoint } from "./recovery-point.ts";

export const PlanDrillInput = z.object({ request: DrillRequest, execution: Execution });

/** What the stack made in the drill region, used where a plan names nothing of its own. */
export interface SandboxDefaults {
  readonly kmsKey: string;
  readonly subnetGroup: string;
  readonly securityGroup: string;
  readonly parameterGroup: string;
}

interface Services {
  readonly rds: (region: string) => RDSClient;
  readonly ec2: (region: string) => EC2Client;
  readonly kms: (region: string) => KMSClient;
  readonly store: JsonStore;
  readonly plans: (name: string) => Promise<ParsedPlan>;
  readonly defaults: SandboxDefaults;
  readonly now: () => Date;
}

/** Of its own, since a drill that ran out of time must still have time to clean up. AWS's own handler allows deletions hours. */
const TEARDOWN_SECONDS = 6 * 3600;
/** What is left standing longer than this after the drill's own deadlines is the sweep's. */
const EXPIRES_AFTER_SECONDS = 3600;
/** The estimate before the first drill of a database; later ones know better. */
const FIRST_DRILL_HOURS = 2;
/** Measured on a whole drill: planning to notification with its loops. */
const ESTIMATED_TRANSITIONS = 200;
/** Begin, set, ask, roll back; and the chunks of the full read at about one a GiB. */
const CALLS_PER_CHECK = 4;

/**
 * Decides everything about a drill and creates nothing: which recovery point, every name, the deadlines, the estimate.
 * Throws PlanNotFound, PlanInvalid, SourceNotFound, SourceUnsupported, NoRecoveryPoint, SandboxRefused or CostOverCap.
 */
export async function planDrill(services: Services, input: z.infer<typeof PlanDrillInput>): Promise<Drill> {
  const { request, execution } = input;
  const { plan, file } = await services.plans(request.plan);
  const startedAt = new Date(execution.startedAt);
  const failureMoment = request.failureMoment === undefined ? startedAt : new Date(request.failureMoment);
  const { source, sandbox } = plan;

  // Asked at home: a region that is misspelt has no endpoint to ask, and one that is not opted in to refuses to answer.
  await assertRegions(services.ec2(process.env["AWS_REGION"] ?? source.region), {
    "source.region": source.region,
    "sandbox.region": sandbox.region,
  });
  const cluster = await findSource(services.rds(source.region), source);
  const wanted = request.recoveryPoint ?? plan.recoveryPoint;
  const recoveryPoint = await chooseRecoveryPoint(services.rds(regionOf(wanted) ?? source.region), {
    cluster: source.cluster,
    region: source.region,
    wanted,
    before: failureMoment,
  });
  const kmsKeyArn = await usableKey(
    services.kms(sandbox.region),
    sandbox.kmsKey ?? services.defaults.kmsKey,
    sandbox.region,
  );
  const subnetGroup = sandbox.subnetGroup ?? services.defaults.subnetGroup;
  await assertSubnetGroup(services.rds(sandbox.region), subnetGroup, sandbox.region, {
    region: source.region,
    vpcId: await vpcOf(services.rds(source.region), cluster.DBSubnetGroup),
  });

  const drillId = drillIdOf(execution);
  const names = namesOf(drillId);
  const prefix = evidencePrefix(source.cluster, drillId);
  const learned = await earlierDrills(services.store, source.cluster, startedAt);
  const expected = expectedSeconds(learned.entries);
  const isCopied = recoveryPoint.region !== sandbox.region;
  const estimate = itemise({
    sizeGib: recoveryPoint.sizeGib,
    copied: isCopied,
    ...hoursFrom(expected),
    instanceClass: sandbox.instanceClass,
    maxAcu: sandbox.maxAcu,
    dataApiCalls: plan.checks.length * CALLS_PER_CHECK + recoveryPoint.sizeGib,
    transitions: ESTIMATED_TRANSITIONS,
  });
  if (estimate.usd > plan.limits.costUsd)
    throw new CostOverCap(
      `The drill of ${source.cluster} is estimated at $${estimate.usd.toFixed(2)}, over limits.costUsd of $${plan.limits.costUsd}. Raise the cap, or lower sandbox.maxAcu.`,
      { details: { estimate } },
    );

  const checksEndAt = after(startedAt, plan.limits.timeSeconds);
  const teardownEndAt = after(checksEndAt, TEARDOWN_SECONDS);
  await services.store.put(`${prefix}/plan.json`, { plan: file });
  return {
    drillId,
    plan: plan.plan,
    planSha256: createHash("sha256").update(JSON.stringify(file)).digest("hex"),
    trigger: { kind: request.trigger?.kind ?? "manual", by: request.trigger?.by ?? execution.name },
    startedAt: startedAt.toISOString(),
    plannedAt: services.now().toISOString(),
    failureMoment: failureMoment.toISOString(),
    source: {
      region: source.region,
      cluster: source.cluster,
      clusterArn: cluster.DBClusterArn ?? "",
      database: source.database,
    },
    recoveryPoint,
    copy: {
      needed: isCopied,
      snapshotId: names.snapshotCopy,
      // An unencrypted cluster snapshot refuses a key, and an sse-rds one brings its own.
      ...(recoveryPoint.storageEncryption === "sse-kms" ? { kmsKeyArn } : {}),
    },
    sandbox: {
      region: sandbox.region,
      cluster: names.cluster,
      writer: names.writer,
      instanceClass: sandbox.instanceClass,
      minAcu: sandbox.minAcu,
      maxAcu: sandbox.maxAcu,
      subnetGroup,
      securityGroup: sandbox.securityGroup ?? services.defaults.securityGroup,
      parameterGroup: sandbox.parameterGroup ?? services.defaults.parameterGroup,
      kmsKeyArn,
      ...(cluster.EngineLifecycleSupport === undefined
        ? {}
        : { engineLifecycleSupport: cluster.EngineLifecycleSupport }),
    },
    tags: {
      [TAG.drill]: drillId,
      [TAG.plan]: plan.plan,
      [TAG.expires]: after(teardownEndAt, EXPIRES_AFTER_SECONDS).toISOString(),
    },
    objectives: plan.objectives,
    deadlines: { checksEndAt: checksEndAt.toISOString(), teardownEndAt: teardownEndAt.toISOString() },
    limits: plan.limits,
    estimate,
    expectedSeconds: expected,
    checkCount: plan.checks.length,
    evidencePrefix: prefix,
    warnings: [
      ...learned.warnings,
      ...(recoveryPoint.copiedFrom === undefined
        ? []
        : [
            `The recovery point is a copy of ${recoveryPoint.copiedFrom}, and RDS gives only the time of copying: what is in it is older than its age says.`,
          ]),
      ...(isCopied
        ? []
        : [`The recovery point is in ${sandbox.region} already: recovery into another region was not drilled.`]),
      ...(isPriced(sandbox.instanceClass)
        ? []
        : [`No price is known for ${sandbox.instanceClass}: it is left out of the cost.`]),
    ],
  };
}

const after = (moment: Date, seconds: number): Date => new Date(moment.getTime() + seconds * 1000);

/** The region of a snapshot given by ARN. */
function regionOf(recoveryPoint: string): string | undefined {
  return recoveryPoint.startsWith("arn:") ? recoveryPoint.split(":")[3] : undefined;
}

async function vpcOf(rds: RDSClient, subnetGroup: string | undefined): Promise<string | undefined> {
  if (subnetGroup === undefined) return undefined;
  const answer = await rds.send(new DescribeDBSubnetGroupsCommand({ DBSubnetGroupName: subnetGroup }));
  return answer.DBSubnetGroups?.[0]?.VpcId;
}

function hoursFrom({ copy, restore, checks, teardown }: Drill["expectedSeconds"]): {
  sandboxHours: number;
  copyHours: number;
} {
  if (restore === undefined) return { sandboxHours: FIRST_DRILL_HOURS, copyHours: FIRST_DRILL_HOURS };
  const sandboxSeconds = restore + (checks ?? 0) + (teardown ?? 0);
  return { sandboxHours: sandboxSeconds / 3600, copyHours: (sandboxSeconds + (copy ?? 0)) / 3600 };
}
