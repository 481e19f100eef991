import { StatementFailed } from "../../aws/data-api/statement-failed.ts";
import type { DataSession } from "../../aws/data-api.ts";
import { listOf } from "../expectation.ts";
import { explain } from "../fault.ts";
import { found, type KindOfCheck } from "../kind.ts";

/** Names are up to 200 bytes, so this many are far below the Data API's 1 MiB. */
const MAX_FOUND = 2000;

/**
 * Names only: `subconninfo`, `srvoptions` and a job's command hold addresses and secrets. A subscription of another database of the
 * cluster acts as well; one that is disabled, or a publication, does nothing by itself.
 */
const OF_THE_CATALOG = `select 'prepared transaction ' || gid from pg_prepared_xacts
union all select 'replication slot ' || slot_name from pg_replication_slots
union all select 'subscription ' || subname from pg_subscription where subenabled
union all select 'foreign server ' || srvname from pg_foreign_server
order by 1 limit ${MAX_FOUND}`;

const HAS_CRON = "select exists (select from pg_extension where extname = 'pg_cron')";
const CRON_JOBS = `select 'cron job ' || jobid from cron.job where active order by jobid limit ${MAX_FOUND}`;

/** What would act on other systems, or hold locks, as soon as a copy of the database runs somewhere that can reach them. */
export const outbound: KindOfCheck<"outbound"> = {
  expected: ({ allow }) =>
    allow.length === 0
      ? "nothing that acts beyond the database"
      : `nothing that acts beyond the database but ${listOf(allow)}`,

  async ask({ allow }, { session }) {
    const ofCatalog = (await session.query(OF_THE_CATALOG)).map((row) => row.text(0));
    const jobs = await cronJobs(session);
    const all = [...ofCatalog, ...("names" in jobs ? jobs.names : [])];
    const unexpected = all.filter((name) => !allow.includes(name));
    const unasked = "unasked" in jobs ? `cron jobs could not be asked: ${jobs.unasked}` : undefined;
    if (unexpected.length > 0) {
      const rest = unasked === undefined ? "" : `; ${unasked}`;
      return found("failed", `acts beyond the database: ${listOf(unexpected)}${rest}`, { sql: OF_THE_CATALOG });
    }
    if (unasked !== undefined) return found("unchecked", unasked);
    const observed = all.length === 0 ? "nothing acts beyond the database" : `allowed: ${listOf(all)}`;
    return found("held", observed, { sql: OF_THE_CATALOG });
  },
};

/** Jobs are behind row security: a role that would see only its own is refused. */
async function cronJobs(session: DataSession): Promise<{ readonly names: string[] } | { readonly unasked: string }> {
  const [row] = await session.query(HAS_CRON);
  if (!row?.flag(0)) return { names: [] };
  try {
    return { names: (await session.query(CRON_JOBS)).map((job) => job.text(0)) };
  } catch (error) {
    if (!(error instanceof StatementFailed) || error.fault === "unavailable") throw error;
    return { unasked: explain(error) };
  }
}
