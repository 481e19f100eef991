/** A local cloud with the demo database in production, in which a test file runs many drills: one start for all of them. */
import { glob, readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { parse } from "yaml";
import { Report } from "../../src/evidence/report.ts";
import { SOURCE_KEY } from "../../src/local/account.ts";
import { captureBaselineOf, isCaptured, withReaderSecret } from "../../src/local/capture.ts";
import type { LocalCloud, LocalCloudOptions } from "../../src/local/cloud.ts";
import { demoDatabase } from "../../src/local/demo/demo-database.ts";
import { MACHINE_ARN } from "../../src/local/deployment.ts";
import { runExecution } from "../../src/local/run-execution.ts";
import type { PublishedMessage } from "../../src/local/services/sns.ts";
import { drillIdOf } from "../../src/plan/names.ts";
import { Plan, type PlanFile } from "../../src/plan/plan.ts";
import { ofFewerRows, trimDemo } from "./fewer-rows.ts";
import { CACHE, openOwnCloud } from "./small-cloud.ts";

const PROJECT = resolve(import.meta.dirname, "../..");

const SOURCE = { region: "eu-west-1", cluster: "orders-production", database: "shop" } as const;

export interface EndedDrill {
  readonly status: string | undefined;
  /** The error and cause that the execution ended with; absent when it passed. */
  readonly error: string | undefined;
  readonly cause: string | undefined;
  readonly drillId: string;
  readonly report: Report;
  /** What people were told of the outcome. Another failure of a database whose alarm rings is a page too, which is not in here. */
  readonly messages: readonly PublishedMessage[];
  /** File name to text, below the drill's own prefix. */
  readonly evidence: ReadonlyMap<string, string>;
}

export interface Theatre {
  readonly cloud: LocalCloud;
  /** Runs a deployed plan to its end. */
  drill(plan: string, request?: Record<string, unknown>): Promise<EndedDrill>;
  close(): Promise<void>;
}

/** The demo's plan with changes, its objectives wide enough for a machine that runs other tests at the same time. */
export async function demoPlan(changes: Partial<PlanFile> = {}): Promise<PlanFile> {
  const plan = parse(await readFile(join(PROJECT, "drills/orders.yml"), "utf8")) as PlanFile;
  return withReaderSecret({ ...plan, objectives: { rto: "1h", rpo: "24h" }, ...changes });
}

/** The same plan for a theatre of fewer rows. */
export const smallPlan = async (changes: Partial<PlanFile> = {}): Promise<PlanFile> =>
  ofFewerRows(await demoPlan(changes));

/** Most of a drill's time goes into reading rows: few, where it is not about them. */
export const openSmallTheatre: typeof openTheatre = (name, plans, options) => open(name, plans, options, trimDemo);

/** Plans are deployed as they are given, the wrong ones too. For the first that is right a baseline is captured: it serves the others. */
export function openTheatre(
  name: string,
  plans: Readonly<Record<string, unknown>>,
  options: Partial<LocalCloudOptions> = {},
): Promise<Theatre> {
  return open(name, plans, options);
}

async function open(
  name: string,
  plans: Readonly<Record<string, unknown>>,
  options: Partial<LocalCloudOptions> = {},
  prepare?: typeof trimDemo,
): Promise<Theatre> {
  const { cloud, host, close } = await openOwnCloud(name, plans, { rds: { timeScale: 0.01 }, ...options });
  const server = await demoDatabase(host, CACHE, join(host.runDirectory, "source"));
  await prepare?.(server.connection);
  const source = { region: SOURCE.region, clusterId: SOURCE.cluster };
  await cloud.rds.registerSource({ ...source, databaseName: SOURCE.database, server, kmsKeyId: SOURCE_KEY });
  const captured = Object.entries(plans).find(([, file]) => isCapturable(file))?.[0];
  if (captured !== undefined) await captureBaselineOf(cloud, captured);
  await cloud.rds.takeSnapshot({ ...source, kind: "automated" });
  return {
    cloud,
    drill: (plan, request = {}) => runDrill(cloud, { plan, ...request }),
    close,
  };
}

function isCapturable(file: unknown): boolean {
  const { data } = Plan.safeParse(file);
  if (data?.source.secret === undefined || !isCaptured(data)) return false;
  return (["region", "cluster", "database"] as const).every((member) => data.source[member] === SOURCE[member]);
}

async function runDrill(cloud: LocalCloud, request: Record<string, unknown>): Promise<EndedDrill> {
  const { executionArn, status, error, cause, startDate } = await runExecution(cloud, MACHINE_ARN, request);
  // What was stopped is finished by another execution.
  await cloud.events.settled();
  const drillId = drillIdOf({ id: executionArn, startedAt: (startDate ?? new Date()).toISOString() });
  const evidence = await readFiles(cloud.evidenceDirectory, drillId);
  return {
    status,
    error,
    cause,
    drillId,
    evidence,
    report: Report.parse(JSON.parse(evidence.get("report.json") ?? "null")),
    messages: cloud.messages.filter(
      ({ bodies, topicArn }) =>
        topicArn.endsWith("-outcomes") && JSON.parse(bodies["default"] ?? "{}").drillId === drillId,
    ),
  };
}

async function readFiles(directory: string, drillId: string): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for await (const file of glob(`*/{${drillId}/**/*.{html,json},ledger/${drillId}.json}`, { cwd: directory })) {
    const name = file.includes("/ledger/") ? "ledger.json" : file.slice(file.indexOf(drillId) + drillId.length + 1);
    files.set(name, await readFile(join(directory, file), "utf8"));
  }
  return files;
}
