/** How a recovery goes wrong in a cloud that many drills share: what one of them meets ends with it. */
import { SOURCE_KEY } from "../local/account.ts";
import type { LocalCloud, LocalCloudOptions } from "../local/cloud.ts";
import { withClient } from "../local/postgres/client.ts";
import { SABOTAGES } from "../local/sabotage/sabotages.ts";
import type { RestoredServer, RestoreHook } from "../local/services/rds/core.ts";
import { Plan } from "../plan/plan.ts";
import type { YearDatabase } from "./databases.ts";
import type { Trouble, YearDrill } from "./story.ts";

/** A restore of ten modelled minutes takes a good hour. */
const SLOW = 7;

export class Troubles {
  #now: Trouble | undefined;
  #onRestored: RestoreHook | undefined;

  /** For the cloud that is opened. */
  readonly options = {
    faults: {
      outcome: (step) => (this.#now === "restore-fails" && step === "clusterRestore" ? "restore-failed" : undefined),
      stretch: (step) => (this.#now === "slow" && step === "clusterRestore" ? SLOW : undefined),
    },
    intercept: (call) => SABOTAGES.find(({ name }) => name === this.#now)?.intercept?.(call),
  } satisfies Partial<LocalCloudOptions>;

  attach({ rds }: LocalCloud): void {
    rds.onRestored(async (cluster, server) => this.#onRestored?.(cluster, server));
  }

  begin(cloud: LocalCloud, { trouble, plan }: YearDrill): void {
    this.#now = trouble;
    const { database } = plan;
    if (trouble === "no-heartbeat") this.#onRestored = (_, server) => emptyHeartbeat(server, database);
    const onRestored = (hook: RestoreHook): void => {
      this.#onRestored = hook;
    };
    const rds: LocalCloud["rds"] = Object.assign(Object.create(cloud.rds), { onRestored });
    SABOTAGES.find(({ name }) => name === trouble)?.prepare?.({
      cloud: { ...cloud, rds },
      plan: Plan.parse(plan.file),
    });
  }

  end(cloud: LocalCloud, { plan }: YearDrill): void {
    this.#now = undefined;
    this.#onRestored = undefined;
    cloud.account.keys.enable(plan.database.region, SOURCE_KEY);
  }
}

const emptyHeartbeat = ({ connection }: RestoredServer, { name }: YearDatabase): Promise<void> =>
  withClient(connection, name, async (client) => {
    await client.query(`truncate ${name}.heartbeat`);
  });
