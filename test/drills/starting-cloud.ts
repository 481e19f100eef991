/** A local cloud with a handful of small databases, in which drills start by themselves: what starts them is what the template deploys. */
import { glob, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fillSource, SOURCE } from "../../src/chaos/source.ts";
import { Report } from "../../src/evidence/report.ts";
import { SOURCE_KEY } from "../../src/local/account.ts";
import type { LocalCloud, LocalCloudOptions } from "../../src/local/cloud.ts";
import { isOf, MACHINE_ARN } from "../../src/local/deployment.ts";
import type { PublishedMessage } from "../../src/local/services/sns.ts";
import { drillIdOf } from "../../src/plan/names.ts";
import type { PlanFile } from "../../src/plan/plan.ts";
import { openOwnCloud, QUICK } from "./small-cloud.ts";

const HOUR_MS = 3_600_000;

export interface StartedDrill {
  readonly executionArn: string;
  /** `incident-orders-20261121T140000Z` */
  readonly name: string;
  readonly status: string | undefined;
  readonly report: Report;
}

export interface StartingCloud {
  readonly cloud: LocalCloud;
  /** Every drill that somebody started since it was last asked, when all of it has ended. */
  drills(): Promise<StartedDrill[]>;
  /** What went to the topic that pages since it was last asked. */
  pages(): PublishedMessage[];
  close(): Promise<void>;
}

/** A plan as small as one can be: one question, of a database called as the plan. */
export const smallPlan = (plan: string, changes: Partial<PlanFile> = {}): PlanFile => ({
  plan,
  source: { ...SOURCE, cluster: plan },
  sandbox: { region: "eu-central-1" },
  objectives: { rto: "1h", rpo: "24h" },
  counterproof: false,
  checks: [{ kind: "rows", table: "purchase", expect: { equals: 400 } }],
  ...changes,
});

/** Each plan's database has a backup, at each of the moments that are given or two hours ago. */
export async function openStartingCloud(
  name: string,
  plans: readonly { readonly plan: PlanFile; readonly backups?: readonly Date[] }[],
  options: Partial<LocalCloudOptions> = {},
): Promise<StartingCloud> {
  const executions: string[] = [];
  const files = Object.fromEntries(plans.map(({ plan }) => [plan.plan, plan]));
  const { cloud, host, close } = await openOwnCloud(name, files, {
    ...QUICK,
    ...options,
    onEvent: (event) => {
      if (event.type === "ExecutionStarted" && isOf(MACHINE_ARN, event.executionArn))
        executions.push(event.executionArn);
      options.onEvent?.(event);
    },
  });
  const server = await host.create(join(host.runDirectory, "source"));
  await fillSource(server.connection);
  // One copy stands for the backups of all: the databases are alike.
  const directory = join(host.runDirectory, "backup");
  await host.snapshot(server, directory);
  for (const { plan, backups = [new Date(Date.now() - 2 * HOUR_MS)] } of plans) {
    const source = { region: SOURCE.region, clusterId: plan.source.cluster };
    await cloud.rds.registerSource({ ...source, databaseName: SOURCE.database, server, kmsKeyId: SOURCE_KEY });
    for (const createdAt of backups)
      cloud.rds.registerSnapshot({ ...source, kind: "automated", directory, status: "available", createdAt });
  }
  let pagesSeen = 0;
  return {
    cloud,
    async drills() {
      await cloud.events.settled();
      const drills: StartedDrill[] = [];
      for (const executionArn of executions.splice(0)) drills.push(await ended(cloud, executionArn));
      await cloud.events.settled();
      return drills;
    },
    pages: () => {
      const fresh = cloud.messages.slice(pagesSeen).filter(({ topicArn }) => topicArn.endsWith(":restore-drill-pages"));
      pagesSeen = cloud.messages.length;
      return fresh;
    },
    close,
  };
}

async function ended(cloud: LocalCloud, executionArn: string): Promise<StartedDrill> {
  const { status, startDate = new Date() } = await cloud.finished(executionArn);
  const drillId = drillIdOf({ id: executionArn, startedAt: startDate.toISOString() });
  for await (const file of glob(`**/${drillId}/report.json`, { cwd: cloud.evidenceDirectory })) {
    const report = Report.parse(JSON.parse(await readFile(join(cloud.evidenceDirectory, file), "utf8")));
    return { executionArn, name: executionArn.slice(executionArn.lastIndexOf(":") + 1), status, report };
  }
  throw new Error(`${executionArn} ended as ${status} and left no report.`);
}
