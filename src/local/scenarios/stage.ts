import { setTimeout as sleep } from "node:timers/promises";
import type { Plan } from "../../plan/plan.ts";
import type { ScenarioName } from "../../plan/scenario.ts";
import type { LocalCloud, LocalCloudOptions } from "../cloud.ts";
import type { PostgresServer } from "../postgres/postgres-host.ts";
import { loseRows } from "../sabotage/damage.ts";
import { ServiceError } from "../wire/service.ts";

/** A key of another name than production's: `alias/standing-copies` in the region of a copy. */
const COPIES_KEY = "alias/standing-copies";

/** An account after its newest right backup, in which an exercise's misfortune is about to happen. */
export interface World {
  readonly cloud: LocalCloud;
  readonly plan: Plan;
  /** The source's own. */
  readonly server: PostgresServer;
  readonly snapshotId: string;
}

/** What makes the world that an exercise takes to be so. */
export interface StagedScenario {
  /** A copy is restored: RDS tells to the minute when that was taken which it was made of. */
  readonly isOfCopy: boolean;
  /** Resolves to the moment at which it is taken to have happened. */
  readonly stage: (world: World, lost: LostRegions) => Promise<Date>;
}

/** Regions that refuse every call from the moment on at which they are lost. */
export class LostRegions {
  readonly #lost = new Set<string>();

  lose(region: string): void {
    this.#lost.add(region);
  }

  /** For the cloud: sees every call first. */
  readonly intercept: NonNullable<LocalCloudOptions["intercept"]> = ({ region }) => {
    if (this.#lost.has(region))
      throw new ServiceError("ServiceUnavailable", `${region} is lost: nothing answers there.`, { status: 503 });
  };
}

export const STAGED: Readonly<Record<ScenarioName, StagedScenario>> = {
  corruption: {
    isOfCopy: false,
    stage: async (world) => {
      const moment = await momentAfter();
      await damage(world);
      await backUp(world, "automated", "with-the-damage");
      return moment;
    },
  },
  "region-lost": {
    isOfCopy: true,
    stage: async (world, lost) => {
      const { source, sandbox } = world.plan;
      await copyTo(world, sandbox.region);
      const moment = await momentAfter();
      lost.lose(source.region);
      return moment;
    },
  },
  "accidental-deletion": {
    isOfCopy: false,
    stage: async (world) => {
      const { cloud, plan } = world;
      await backUp(world, "manual", "by-hand");
      const moment = await momentAfter();
      cloud.rds.removeSource(plan.source.region, plan.source.cluster);
      return moment;
    },
  },
  ransomware: {
    isOfCopy: true,
    stage: async (world) => {
      await copyTo(world, world.plan.source.region);
      const moment = await momentAfter();
      await damage(world);
      await backUp(world, "automated", "with-the-damage");
      await backUp(world, "manual", "by-hand-with-the-damage");
      return moment;
    },
  },
};

/** Nothing that was made before it is from its own millisecond, and nothing that is made after it either. */
async function momentAfter(): Promise<Date> {
  await sleep(2);
  const moment = new Date();
  await sleep(2);
  return moment;
}

/** Of the source, or of what stands here for it: a database that is imported is never touched where it came from. */
const damage = ({ plan, server }: World): Promise<void> => loseRows(plan.source.database, server);

async function backUp({ cloud, plan }: World, kind: "automated" | "manual", name: string): Promise<void> {
  const { region, cluster: clusterId } = plan.source;
  const snapshotId = kind === "automated" ? `rds:${clusterId}-${name}` : `${clusterId}-${name}`;
  await cloud.rds.takeSnapshot({ region, clusterId, kind, snapshotId });
}

async function copyTo({ cloud, plan, snapshotId }: World, region: string): Promise<void> {
  cloud.account.keys.create(region, { aliases: [COPIES_KEY] });
  await cloud.rds.standCopy({
    from: { region: plan.source.region, snapshotId },
    region,
    snapshotId: `${plan.source.cluster}-standing-copy`,
    kind: "manual",
    kmsKeyId: COPIES_KEY,
  });
}
