import type { Logger } from "@aws-lambda-powertools/logger";
import * as z from "zod/mini";
import type { JsonStore } from "../aws/json-store.ts";
import type { DeployedPlans } from "../plan/library.ts";
import type { FleetIndex } from "./fleet-index.ts";
import { renderIndex } from "./page/render-index.ts";
import { type Fleet, readFleet } from "./read-fleet.ts";

/** Asked for nothing: it looks at everything there is. */
export const WriteIndexInput = z.strictObject({});

export interface WriteIndexServices {
  readonly store: JsonStore;
  readonly plans: DeployedPlans;
  readonly isLocal?: boolean;
  readonly logger: Pick<Logger, "warn">;
  readonly now: () => Date;
}

export interface WriteIndexAnswer {
  readonly at: string;
  readonly databases: number;
  /** Where the page is. */
  readonly page: string;
  readonly bytes: number;
}

export const INDEX_PAGE = "index.html";
export const INDEX_KEY = "index.json";

/** Log message that saved queries rely on. */
const LOG = { unread: "index.unread" } as const;

/** Drills that end at the same time write at the same time; the last one writes whatever happens, and the next drill or morning mends it. */
const MAX_READINGS = 3;
/** What one log line names: 20 sentences of about 300 bytes are well below its 256 kB. */
const MAX_TOLD = 20;

/**
 * Writes `index.json` and `index.html`, beside the folders of the databases. Who finds that another one has written since it began to read, reads again:
 * it may have seen a drill that the other one had not.
 */
export async function writeIndex(services: WriteIndexServices): Promise<WriteIndexAnswer> {
  const { store, logger } = services;
  const { fleet, index } = await readAndWrite(services);
  const page = renderIndex(fleet);
  await store.putText(INDEX_PAGE, page, "text/html; charset=utf-8");
  for (const note of fleet.notes.slice(0, MAX_TOLD)) logger.warn(LOG.unread, { note });
  return { at: index.at, databases: fleet.rows.length, page: INDEX_PAGE, bytes: Buffer.byteLength(page) };
}

async function readAndWrite(services: WriteIndexServices): Promise<{ fleet: Fleet; index: FleetIndex }> {
  const { store, now } = services;
  for (let reading = 1; ; reading += 1) {
    // Whatever is there is replaced: what it says is not asked.
    const version = (await store.getVersioned(INDEX_KEY, z.unknown()))?.version;
    const fleet = await readFleet(services, now());
    const index = indexOf(fleet);
    if (await store.replace(INDEX_KEY, index, version)) return { fleet, index };
    if (reading < MAX_READINGS) continue;
    await store.put(INDEX_KEY, index);
    return { fleet, index };
  }
}

function indexOf({ at, rows, former, notes }: Fleet): FleetIndex {
  return {
    schemaVersion: 1,
    at: at.toISOString(),
    plans: rows.flatMap(({ database, plans }) =>
      plans.map(({ plan, promisedDays, lastPass }) => ({
        plan,
        database,
        promisedDays,
        ...(lastPass === undefined ? {} : { lastPassAt: lastPass.endedAt }),
      })),
    ),
    databases: rows.map(({ database, state, plans, drills }) => {
      const last = drills.at(-1);
      return {
        database,
        state,
        plans: plans.map(({ plan, state: own, dueBy }) => ({
          plan,
          state: own,
          ...(dueBy === undefined ? {} : { dueBy: dueBy.toISOString() }),
        })),
        ...(last === undefined
          ? {}
          : { lastDrill: { drillId: last.drillId, verdict: last.verdict, endedAt: last.endedAt } }),
      };
    }),
    former: former.map(({ database }) => database),
    notes: [...notes],
  };
}
