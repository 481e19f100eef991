import type { BackupClient } from "@aws-sdk/client-backup";
import type { EC2Client } from "@aws-sdk/client-ec2";
import type { KMSClient } from "@aws-sdk/client-kms";
import type { RDSClient } from "@aws-sdk/client-rds";
import * as z from "zod/mini";
import type { JsonStore } from "../aws/json-store.ts";
import { findReferences } from "../baseline/references.ts";
import { type Cost, itemise } from "../cost/itemise.ts";
import { CostOverCap } from "../errors.ts";
import { earlierDrills, expectedSeconds, isExercise, type LedgerEntry } from "../evidence/ledger.ts";
import { type Drill, DrillRequest, Execution, Instant } from "../plan/drill.ts";
import type { Plan } from "../plan/plan.ts";
import type { ParsedPlan } from "../plan/validate.ts";
import { watchClients } from "../scenarios/barred-region.ts";
import { heldExercise, type OpenExercise, openExercise } from "../scenarios/open-exercise.ts";
import type { Chosen } from "../scenarios/scenario.ts";
import { composeDrill } from "./compose-drill.ts";
import { assertParameterGroup, assertRegions, assertSubnetGroup, usableKey } from "./guards.ts";
import { isCopied, type Origin, ownOrigin, ownSource } from "./origin.ts";
import { restoredForTest, type TakenOver } from "./restore-test-origin.ts";
import { type SandboxDefaults, type SandboxNetwork, sandboxNames } from "./sandbox-names.ts";
import { sharedOrigin } from "./shared-origin.ts";

export const PlanDrillInput = z.object({
  request: DrillRequest,
  execution: Execution,
  turn: z.optional(z.object({ looks: z.int(), takenAt: Instant })),
});

interface Services {
  readonly rds: (region: string) => RDSClient;
  readonly ec2: (region: string) => EC2Client;
  readonly kms: (region: string) => KMSClient;
  readonly backup: (region: string) => BackupClient;
  readonly store: JsonStore;
  readonly plans: (name: string) => Promise<ParsedPlan>;
  readonly defaults: SandboxDefaults;
  /** Whether drills damage their sandboxes to see their checks fail, where the plan does not say. */
  readonly counterproof?: boolean;
  readonly now: () => Date;
}

/** The estimate before the first drill of a database; later ones know better. */
const FIRST_DRILL_HOURS = 2;
/** Which cluster the source is, any drill of it in a year of weekly ones tells. */
const EXERCISE_LEARNS_FROM = 50;
/** What an exercise takes says nothing of the plan's own drills. Enough for a median, few enough that a grown database is noticed. */
const LEARNED_FROM = 5;
/** Measured on a whole drill: planning to notification with its loops. */
const ESTIMATED_TRANSITIONS = 200;
/** Begin, set, ask, roll back; and the chunks of the full read at about one a GiB. */
const CALLS_PER_CHECK = 4;

/**
 * Decides everything about a drill and creates nothing: which recovery point, every name, the deadlines, the estimate.
 * Throws PlanNotFound, PlanInvalid, SourceNotFound, SourceUnsupported, NoRecoveryPoint, RestoreTestRefused,
 * RestoreTestMisplaced, SandboxRefused, CostOverCap, or of an exercise InputInvalid or ExerciseRefused.
 */
export async function planDrill(given: Services, input: z.infer<typeof PlanDrillInput>): Promise<Drill> {
  const { request, execution, turn } = input;
  const { plan, file } = await given.plans(request.plan);
  // What a drill waited for others is nothing that a recovery would wait for.
  const startedAt = new Date(turn?.takenAt ?? execution.startedAt);
  const { source } = plan;
  const homeRegion = process.env["AWS_REGION"] ?? source.region;
  const exercise = request.scenario && openExercise(request.scenario.name, { plan, request, startedAt, homeRegion });
  const { clients, asked } = watchClients(given, exercise?.lostRegion);
  const services = { ...given, ...clients };

  // Asked at home: a region that is misspelt has no endpoint to ask, and one that is not opted in to refuses to answer.
  await assertRegions(services.ec2(homeRegion), {
    "source.region": source.region,
    "sandbox.region": plan.sandbox.region,
  });
  const takenOver =
    request.restoreTest && (await restoredForTest(services, plan, { ...request, ...request.restoreTest }));
  // Without another one, data is lost when recovery begins.
  const failureMoment =
    exercise?.moment ?? new Date(request.failureMoment ?? takenOver?.restoreTest.requestedAt ?? startedAt);
  const learned = await earlierDrills(services.store, source.cluster, startedAt, exercise && EXERCISE_LEARNS_FROM);
  const ordinary = learned.entries.filter((entry) => !isExercise(entry));
  const choice = { request, execution, before: failureMoment, takenOver, exercise, earlier: ordinary };
  const chosen = await choose(services, plan, choice);
  const { origin } = chosen;
  const { recoveryPoint } = origin;
  const sandbox = takenOver?.sandbox ?? (await prepareSandbox(services, plan, origin));
  const references = await findReferences(services.store, {
    plan: plan.plan,
    cluster: source.cluster,
    database: source.database,
    clusterResourceId: recoveryPoint.clusterResourceId,
    // Of a copy, the time is that of copying: what was captured before that may have been written after its data.
    before: recoveryPoint.copiedFrom === undefined ? new Date(recoveryPoint.createdAt) : undefined,
    now: startedAt,
    earlier: learned.entries,
  });
  const expected = expectedSeconds(ordinary.slice(-LEARNED_FROM));
  // AWS Backup deletes what it restored: nothing of it can be kept.
  const keep = takenOver === undefined ? keepFor(plan, request.trigger?.kind) : undefined;
  const estimate = estimateFor(plan, keep, origin, expected);
  const drill = composeDrill({
    request,
    execution,
    turnLooks: turn?.looks ?? 0,
    parsed: { plan, file },
    startedAt,
    failureMoment,
    plannedAt: services.now(),
    origin,
    restoreTest: takenOver?.restoreTest,
    scenario: exercise && heldExercise(exercise, { plan, chosen, asked: asked() }),
    sandbox,
    keep,
    expectedSeconds: expected,
    estimate,
    references: references.points,
    counterproof: isProven(services, plan, request),
    warnings: [...learned.warnings, ...references.warnings],
  });
  await services.store.put(`${drill.evidencePrefix}/plan.json`, { plan: file });
  return drill;
}

interface Choice {
  readonly request: DrillRequest;
  readonly execution: Execution;
  readonly before: Date;
  readonly takenOver: TakenOver | undefined;
  readonly exercise: OpenExercise | undefined;
  /** Drills of the database that were no exercises. */
  readonly earlier: readonly LedgerEntry[];
}

/** The source, and the recovery point that is chosen, or that AWS Backup has restored from. */
async function choose(
  { rds }: Pick<Services, "rds">,
  plan: Plan,
  { request, execution, before, takenOver, exercise, earlier }: Choice,
): Promise<Chosen> {
  const { region } = plan.source;
  const [, , , , ownAccount = ""] = execution.id.split(":");
  const account = plan.source.account === ownAccount ? undefined : plan.source.account;
  if (exercise !== undefined)
    return exercise.scenario.choose({
      plan,
      rds,
      moment: before,
      account,
      ownAccount,
      recoveryPoint: request.recoveryPoint,
      resourceIds: earlier.flatMap(({ recoveryPath: path, sourceResourceId: id }) =>
        id !== undefined && path?.fromRegion === region && path.account === account ? [id] : [],
      ),
    });
  const wanted = { recoveryPoint: request.recoveryPoint ?? plan.recoveryPoint, before };
  if (takenOver === undefined)
    return asChosen(
      account === undefined
        ? await ownOrigin(rds, plan, wanted)
        : await sharedOrigin(rds, plan, { ...wanted, account }),
    );
  const { recoveryPoint, source, engineLifecycleSupport } = takenOver;
  const { clusterArn, vpcId } = account === undefined ? await ownSource(rds(region), plan) : source;
  return asChosen({
    clusterArn,
    ...(vpcId === undefined ? {} : { vpcId }),
    ...(engineLifecycleSupport === undefined ? {} : { engineLifecycleSupport }),
    recoveryPoint,
  });
}

const asChosen = (origin: Origin): Chosen => ({ origin, setAside: [] });

/** The names that the sandbox will be made with, each looked up in the drill region first. */
async function prepareSandbox(
  services: Services,
  plan: Plan,
  { vpcId, recoveryPoint }: Origin,
): Promise<SandboxNetwork & { kmsKeyArn: string }> {
  const { source, sandbox } = plan;
  const { kmsKey, ...network } = sandboxNames(sandbox, services.defaults, recoveryPoint.engineVersion);
  const kmsKeyArn = await usableKey(services.kms(sandbox.region), kmsKey, sandbox.region);
  const rds = services.rds(sandbox.region);
  await assertSubnetGroup(rds, network.subnetGroup, sandbox.region, { region: source.region, vpcId });
  await assertParameterGroup(rds, network.parameterGroup, sandbox.region, recoveryPoint.engineVersion);
  return { ...network, kmsKeyArn };
}

/** Throws CostOverCap when the estimate is over the plan's cap. */
function estimateFor(plan: Plan, keep: Drill["keep"], origin: Origin, expected: Drill["expectedSeconds"]): Cost {
  const { sandbox, limits, source, checks } = plan;
  const { recoveryPoint } = origin;
  const estimate = itemise({
    sizeGib: recoveryPoint.sizeGib,
    copied: isCopied(origin, sandbox.region),
    transferred: recoveryPoint.region !== sandbox.region,
    ...hoursFrom(expected),
    // Also when only a failed drill would keep it: the cap holds for every outcome.
    keptHours: (keep?.seconds ?? 0) / 3600,
    instanceClass: sandbox.instanceClass,
    maxAcu: sandbox.maxAcu,
    dataApiCalls: checks.length * CALLS_PER_CHECK + recoveryPoint.sizeGib,
    transitions: ESTIMATED_TRANSITIONS,
  });
  if (estimate.usd <= limits.costUsd) return estimate;
  throw new CostOverCap(
    `The drill of ${source.cluster} is estimated at $${estimate.usd.toFixed(2)}, over limits.costUsd of $${limits.costUsd}. Raise the cap, or lower sandbox.maxAcu${keep === undefined ? "" : " or keep.for, after an incident incidents.keep"}.`,
    { details: { estimate } },
  );
}

/** An incident has no time for it, and its sandbox is what people may recover from. What AWS Backup restored is damaged only where the plan itself says so. */
function isProven({ counterproof = false }: Services, plan: Plan, { trigger, restoreTest }: DrillRequest): boolean {
  if (trigger?.kind === "incident") return false;
  return plan.counterproof ?? (restoreTest === undefined && counterproof);
}

/** The sandbox of an incident's drill is a candidate to recover from, whatever its verdict: that is for people to weigh. */
function keepFor({ keep, incidents }: Plan, trigger: string | undefined): Drill["keep"] {
  if (trigger !== "incident" || incidents.keepSeconds === undefined) return keep;
  return { when: "always", seconds: incidents.keepSeconds };
}

function hoursFrom({ copy, restore, checks, teardown }: Drill["expectedSeconds"]): {
  sandboxHours: number;
  copyHours: number;
} {
  if (restore === undefined) return { sandboxHours: FIRST_DRILL_HOURS, copyHours: FIRST_DRILL_HOURS };
  const sandboxSeconds = restore + (checks ?? 0) + (teardown ?? 0);
  return { sandboxHours: sandboxSeconds / 3600, copyHours: (sandboxSeconds + (copy ?? 0)) / 3600 };
}
