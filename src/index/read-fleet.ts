import type * as z from "zod/mini";
import type { JsonStore } from "../aws/json-store.ts";
import { BackupSurvey, LATEST_SURVEY_KEY } from "../backups/backup-survey.ts";
import { COVERAGE_KEY, Coverage } from "../cadence/coverage.ts";
import { historyOf, type Remembered } from "../evidence/history.ts";
import type { DeployedPlans } from "../plan/library.ts";
import { type DatabaseRow, inOrder, type Promised, rowOf } from "./rows.ts";

/** Everything the index is made of. */
export interface Fleet {
  readonly at: Date;
  /** Drills on the local cloud: there is no account of which to know anything. */
  readonly isLocal?: boolean;
  /** Databases that a plan covers, the worst first. */
  readonly rows: readonly DatabaseRow[];
  /** Databases with evidence that no plan covers now, by name. */
  readonly former: readonly DatabaseRow[];
  /** What the account has beside what the plans drill. Absent where nobody has listed it yet. */
  readonly coverage?: Coverage;
  readonly survey?: BackupSurvey;
  /** What could not be read, in sentences. */
  readonly notes: readonly string[];
}

interface FleetServices {
  readonly store: JsonStore;
  readonly plans: DeployedPlans;
  readonly isLocal?: boolean;
}

/**
 * 1,000 histories of 30 kB, 25 at a time and 30 ms each, are 1.2 s of waiting, and within the 50 connections that a client has. What is kept of each is
 * its row.
 */
const DATABASES_AT_A_TIME = 25;

/** Reads what is known of every database. What can not be read is said in `notes`, and everything else is there all the same. */
export async function readFleet({ store, plans, isLocal = false }: FleetServices, at: Date): Promise<Fleet> {
  const notes: string[] = [];
  const promised = await promisedBy(plans, notes);
  const byDatabase = Map.groupBy(promised, ({ database }) => database);
  const { folders, isCutOff } = await store.folders();
  if (isCutOff)
    notes.push(
      `The bucket has more than ${folders.length} folders: databases without a plan beyond them are not shown.`,
    );
  const former = folders.filter((folder) => !byDatabase.has(folder));
  const databases = [...byDatabase.keys(), ...former];
  const rows: DatabaseRow[] = [];
  for (let first = 0; first < databases.length; first += DATABASES_AT_A_TIME) {
    const some = databases.slice(first, first + DATABASES_AT_A_TIME);
    const looks = some.map(async (database) => {
      const seen = await look(store, database, at, notes);
      return rowOf(database, byDatabase.get(database) ?? [], seen, at);
    });
    rows.push(...(await Promise.all(looks)));
  }
  const coverage = await readOrNote(store, COVERAGE_KEY, Coverage, notes);
  const survey = await readOrNote(store, LATEST_SURVEY_KEY, BackupSurvey, notes);
  return {
    at,
    isLocal,
    rows: inOrder(rows.filter(({ plans: own }) => own.length > 0)),
    former: rows.filter(({ plans: own, drills }) => own.length === 0 && drills.length > 0),
    ...(coverage === undefined ? {} : { coverage }),
    ...(survey === undefined ? {} : { survey }),
    notes: notes.sort(),
  };
}

async function promisedBy({ names, read }: DeployedPlans, notes: string[]): Promise<Promised[]> {
  const found = (await names()).map(async (name): Promise<Promised[]> => {
    try {
      const { plan } = await read(name);
      return [{ plan: plan.plan, database: plan.source.cluster, everySeconds: plan.cadence.everySeconds }];
    } catch (error) {
      notes.push(`The plan ${name} can not be read, and its database may be missing here: ${messageOf(error)}`);
      return [];
    }
  });
  return (await Promise.all(found)).flat();
}

async function look(store: JsonStore, database: string, at: Date, notes: string[]): Promise<Remembered | undefined> {
  try {
    const seen = await historyOf(store, database, at);
    notes.push(...seen.warnings);
    return seen;
  } catch (error) {
    notes.push(`What drills left of ${database} can not be read: ${messageOf(error)}`);
    return undefined;
  }
}

async function readOrNote<Schema extends z.core.$ZodType>(
  store: JsonStore,
  key: string,
  schema: Schema,
  notes: string[],
): Promise<z.output<Schema> | undefined> {
  try {
    return await store.get(key, schema);
  } catch (error) {
    notes.push(messageOf(error));
    return undefined;
  }
}

const messageOf = (error: unknown): string =>
  error instanceof Error ? `${error.name}: ${error.message}` : String(error);
