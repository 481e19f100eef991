/** One drill on the embedded local cloud, from a source to its evidence. */
import { glob, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { PlanInvalid } from "../errors.ts";
import { Report } from "../evidence/report.ts";
import { INDEX_PAGE } from "../index/write-index.ts";
import { SOURCE_KEY } from "../local/account.ts";
import { captureBaselineOf, isCaptured, withReaderSecret } from "../local/capture.ts";
import { type LocalCloud, openLocalCloud } from "../local/cloud.ts";
import { demoDatabase } from "../local/demo/demo-database.ts";
import { FINISH_ARN, isOf, MACHINE_ARN } from "../local/deployment.ts";
import { type ImportOptions, importSource } from "../local/import/import-source.ts";
import { cachedPackage } from "../local/package-cache.ts";
import { openPostgresHost } from "../local/postgres/open-postgres-host.ts";
import type { PostgresHost, PostgresServer } from "../local/postgres/postgres-host.ts";
import { runExecution } from "../local/run-execution.ts";
import type { Sabotage } from "../local/sabotage/sabotage.ts";
import { LostRegions, STAGED } from "../local/scenarios/stage.ts";
import type { IntervalListener } from "../local/services/rds/timeline.ts";
import type { StatesServiceOptions } from "../local/services/states.ts";
import type { DrillRequest } from "../plan/drill.ts";
import { drillIdOf } from "../plan/names.ts";
import { parsePlan } from "../plan/parse.ts";
import { SCENARIO_WORDS, type ScenarioName } from "../plan/scenario.ts";
import { type ParsedPlan, validatePlan } from "../plan/validate.ts";
import { derivePlan } from "./derive-plan.ts";
import { type DrillResult, verdictOf } from "./drill-result.ts";
import { toldOf } from "./told.ts";

export interface RehearsalOptions {
  /** Everything is written below it (`.restore-drill`). */
  readonly root: string;
  readonly source?: string | undefined;
  readonly planFile?: string | undefined;
  readonly sabotage?: Sabotage | undefined;
  /** The exercise to hold, in a world that is as it takes it to be. */
  readonly scenario?: ScenarioName | undefined;
  /** What is being done before the drill starts, for people. */
  readonly onPreparing?: (what: string) => void;
  readonly onEvent?: StatesServiceOptions["onEvent"];
  readonly onLog?: (functionName: string, line: string) => void;
  readonly onInterval?: IntervalListener;
  readonly signal?: AbortSignal;
}

const CACHE = "cache";
const DEMO_PLAN = "drills/orders.yml";
/** The local cloud scales AWS's minutes to seconds; a demo whose objective could not be missed would show nothing. */
const DEMO_RTO = "45s";

/**
 * Prepares a source, drills it and reads what the drill left. Leaves nothing running. Throws the errors of the plan file and of the
 * source; a drill that goes wrong is a verdict, not an error.
 */
export async function rehearse(options: RehearsalOptions): Promise<DrillResult> {
  // Takes seconds after a change of the sources, in which the source is prepared; the cloud waits for it, and says what is wrong with it.
  cachedPackage(join(options.root, CACHE)).catch(() => {});
  const host = await openPostgresHost({ root: options.root });
  try {
    const prepared = await prepareSource(options, host);
    options.signal?.throwIfAborted();
    const lost = new LostRegions();
    const cloud = await openCloud(options, host, prepared.parsed, lost);
    try {
      options.signal?.throwIfAborted();
      const exercise = await stage(options, cloud, prepared, lost);
      // An abort that came while the backup was taken is not announced again.
      options.signal?.throwIfAborted();
      return await orInterrupted(drill(cloud, prepared.parsed.plan.plan, exercise), options.signal);
    } finally {
      await cloud.close();
    }
  } finally {
    await host.close();
  }
}

/** Closing the cloud ends the execution; what it was waiting for is then nobody's any more. */
async function orInterrupted<Answer>(running: Promise<Answer>, signal: AbortSignal | undefined): Promise<Answer> {
  if (signal === undefined) return running;
  const { promise: interrupted, reject } = Promise.withResolvers<never>();
  signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  return Promise.race([running, interrupted]);
}

interface Prepared {
  readonly server: PostgresServer;
  readonly parsed: ParsedPlan;
  /** The moment of the newest backup. */
  readonly backedUpAt: Date;
  /** An older one is a sabotage: a baseline of today says nothing about it. */
  readonly isBackupOfNow: boolean;
}

async function prepareSource(options: RehearsalOptions, host: PostgresHost): Promise<Prepared> {
  const dataDirectory = join(host.runDirectory, "source");
  const given =
    options.planFile === undefined ? undefined : parsePlan(await readPlanFile(options.planFile), options.planFile);
  if (options.source !== undefined) {
    const importing: ImportOptions = {
      onProgress: ({ phase, table }) =>
        options.onPreparing?.(table === undefined ? IMPORTING[phase] : `${IMPORTING[phase]}: ${table}`),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    };
    const { server, database, survey: asDumped } = await importSource(options.source, host, dataDirectory, importing);
    // The copy is as old as the moment it is ready: the backup is taken of it, and freshness counted back from that.
    const survey = { ...asDumped, takenAt: new Date() };
    if (given !== undefined && given.plan.source.database !== database)
      throw new PlanInvalid(
        `${options.planFile}: source.database is "${given.plan.source.database}", and the database of --source is "${database}". Name that one.`,
      );
    const parsed = given ?? parsePlan(JSON.stringify(derivePlan(database, survey)), "the plan derived from the source");
    return { server, parsed, ...backupFrom(survey.takenAt, options, parsed) };
  }
  options.onPreparing?.("making the demo database (kept for the next time)");
  const parsed = given ?? (await demoPlan());
  const backup = backupFrom(new Date(), options, parsed);
  const server = await demoDatabase(host, join(options.root, CACHE), dataDirectory, { at: backup.backedUpAt });
  return { server, parsed, ...backup };
}

async function demoPlan(): Promise<ParsedPlan> {
  const text = await readFile(join(import.meta.dirname, "../..", DEMO_PLAN), "utf8").catch((error: unknown) => {
    throw new PlanInvalid(
      `The demo's plan ${DEMO_PLAN} is not there: git has it. To drill a database of yours, name its plan with --plan and the database with --source.`,
      { cause: error },
    );
  });
  const { file } = parsePlan(text, DEMO_PLAN);
  return validatePlan({ ...file, objectives: { ...file.objectives, rto: DEMO_RTO } }, DEMO_PLAN);
}

function backupFrom(
  now: Date,
  { sabotage }: RehearsalOptions,
  { plan }: ParsedPlan,
): Pick<Prepared, "backedUpAt" | "isBackupOfNow"> {
  const ageSeconds = sabotage?.backupAgeSeconds?.(plan) ?? 0;
  return { backedUpAt: new Date(now.getTime() - ageSeconds * 1000), isBackupOfNow: ageSeconds === 0 };
}

const IMPORTING = {
  connect: "connecting to the source",
  dump: "reading the source with pg_dump",
  restore: "loading it into the local cloud",
  analyze: "analysing the copy",
} as const;

async function readPlanFile(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new PlanInvalid(`The plan file ${file} can not be read: ${message}`, { cause: error });
  }
}

async function openCloud(
  options: RehearsalOptions,
  host: PostgresHost,
  { plan, file }: ParsedPlan,
  lost: LostRegions,
): Promise<LocalCloud> {
  const { sabotage } = options;
  options.onPreparing?.("starting the local cloud");
  return openLocalCloud({
    host,
    cacheDirectory: join(options.root, CACHE),
    root: options.root,
    plans: [{ name: plan.plan, json: JSON.stringify(isCaptured(plan) ? withReaderSecret(file) : file) }],
    sandboxRegion: plan.sandbox.region,
    ...(sabotage?.faults === undefined ? {} : { faults: sabotage.faults(plan) }),
    intercept: sabotage?.intercept ?? lost.intercept,
    ...(sabotage?.dataApiLimits === undefined ? {} : { rds: { dataApiLimits: sabotage.dataApiLimits } }),
    ...(options.onEvent === undefined ? {} : { onEvent: ofDrills(options.onEvent) }),
    ...(options.onLog === undefined ? {} : { onLog: options.onLog }),
    ...(options.onInterval === undefined ? {} : { onInterval: options.onInterval }),
  });
}

/** What is shown is the drill's, also where another execution finishes it: the capture of a baseline is one of the preparations. */
const ofDrills =
  (onEvent: NonNullable<RehearsalOptions["onEvent"]>): NonNullable<RehearsalOptions["onEvent"]> =>
  (event) => {
    if ([MACHINE_ARN, FINISH_ARN].some((machine) => isOf(machine, event.executionArn))) onEvent(event);
  };

/** What of a request an exercise is. */
type Exercise = Pick<DrillRequest, "scenario" | "failureMoment">;

/** The account before the drill: the source in production, what was captured of it, its newest automated backup, and what happened then. */
async function stage(
  { sabotage, scenario, onPreparing, signal }: RehearsalOptions,
  cloud: LocalCloud,
  { server, parsed, backedUpAt, isBackupOfNow }: Prepared,
  lost: LostRegions,
): Promise<Exercise> {
  const staged = scenario === undefined ? undefined : STAGED[scenario];
  const { plan } = parsed;
  const { region, cluster: clusterId, database: databaseName } = plan.source;
  await cloud.rds.registerSource({ region, clusterId, databaseName, server, kmsKeyId: SOURCE_KEY });
  let createdAt = backedUpAt;
  if (isBackupOfNow && isCaptured(plan)) {
    onPreparing?.("capturing a baseline of the source");
    // Nobody writes to the source here: a backup of the moment that was captured is one of now.
    createdAt = await orInterrupted(captureBaselineOf(cloud, plan.plan), signal);
    if (staged?.isOfCopy === true) {
      onPreparing?.("waiting for the next minute: of a copied backup, RDS tells the minute");
      createdAt = await nextMinute(createdAt, signal);
    }
  }
  onPreparing?.("taking the backup that will be drilled");
  const snapshotId = await cloud.rds.takeSnapshot({ region, clusterId, kind: "automated", createdAt });
  sabotage?.prepare?.({ cloud, plan });
  if (scenario === undefined || staged === undefined) return {};
  onPreparing?.(`staging the exercise: ${SCENARIO_WORDS[scenario].title.toLowerCase()}`);
  const moment = await staged.stage({ cloud, plan, server, snapshotId }, lost);
  return { scenario: { name: scenario }, failureMoment: moment.toISOString() };
}

/** A backup that is known to the minute is known to be from after a baseline once that one's minute is over. */
async function nextMinute(after: Date, signal: AbortSignal | undefined): Promise<Date> {
  const next = new Date((Math.floor(after.getTime() / 60_000) + 1) * 60_000);
  await sleep(Math.max(0, next.getTime() - Date.now()), undefined, { ...(signal === undefined ? {} : { signal }) });
  return next;
}

async function drill(cloud: LocalCloud, plan: string, exercise: Exercise): Promise<DrillResult> {
  const request = { plan, trigger: { kind: "manual", by: "npm run drill" }, ...exercise };
  const ended = await runExecution(cloud, MACHINE_ARN, request);
  const { executionArn } = ended;
  // What was stopped is finished by another execution.
  await cloud.events.settled();
  const drillId = drillIdOf({ id: executionArn, startedAt: (ended.startDate ?? new Date()).toISOString() });
  const found = await readEvidence(cloud.evidenceDirectory, drillId);
  return {
    drillId,
    plan,
    verdict: verdictOf(ended) ?? found.report?.verdict.verdict ?? "errored",
    // Why somebody stopped it is in the report.
    cause: ended.status === "FAILED" ? ended.cause : undefined,
    notifications: cloud.messages,
    told: toldOf(cloud.messages),
    executionArn,
    isLocal: true,
    page: join(cloud.evidenceDirectory, INDEX_PAGE),
    ...found,
  };
}

/** A drill is filed under its database, which a refused drill may not have known: the id finds it. */
async function readEvidence(directory: string, drillId: string): Promise<Pick<DrillResult, "report" | "evidence">> {
  const evidence: string[] = [];
  for await (const file of glob(`*/{${drillId}/*.{html,json},ledger/${drillId}.json}`, { cwd: directory }))
    evidence.push(join(directory, file));
  const reportFile = evidence.find((file) => file.endsWith("/report.json"));
  const report = reportFile === undefined ? undefined : Report.parse(JSON.parse(await readFile(reportFile, "utf8")));
  // The page for people comes first.
  const isPage = (file: string): boolean => file.endsWith(".html");
  return { report, evidence: evidence.sort((a, b) => Number(isPage(b)) - Number(isPage(a)) || (a < b ? -1 : 1)) };
}
