import type { SourceSession } from "./source-session.ts";
import type { SurveyedFreshness } from "./survey.ts";

const CANDIDATES = 25;
const MAX_SECONDS = 5;
const ALL_SECONDS = 30;
// Clocks differ a little; a moment further ahead is an appointment or an expiry, not a sign of life.
const AHEAD_SECONDS = 60;

interface Candidate {
  readonly schema: string;
  readonly table: string;
  readonly column: string;
  readonly type: SurveyedFreshness["type"];
  readonly relation: string;
  readonly quoted: string;
}

/**
 * The column of the newest moment among those named like a record of when a row came to be, indexed columns first (their newest
 * value is one look-up). Partitions are seen through their parent.
 */
export async function findFreshness(session: SourceSession, now: Date): Promise<SurveyedFreshness | undefined> {
  const candidates = await session.client.query<Candidate>(`
    select n.nspname as schema, c.relname as table, a.attname as column, format_type(a.atttypid, null) as type,
      format('%I.%I', n.nspname, c.relname) as relation, quote_ident(a.attname) as quoted
    from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p') and not c.relispartition and not a.attisdropped and a.attnum > 0
      and n.nspname !~ '^(pg_|information_schema$)'
      and a.atttypid in ('timestamptz'::regtype, 'timestamp'::regtype)
      and a.attname ~* '(^|_)(beat|heartbeat|created|inserted|updated|modified|recorded|logged|occurred|placed|received|last_seen|event)?_?(at|on|time|timestamp|date)$|^(ts|created|updated|modified)$|(created|updated|modified)(at|on|date)$'
      and a.attname !~* '(^|_)(expires?|expiry|until|deadline|due|scheduled|birth|valid|ends?|starts?)'
    order by exists (select from pg_index i where i.indrelid = c.oid and i.indkey[0] = a.attnum) desc,
      a.attname ~* 'beat' desc, c.reltuples desc, 1, 2, 3
    limit ${CANDIDATES}`);
  const deadline = Date.now() + ALL_SECONDS * 1000;
  let best: SurveyedFreshness | undefined;
  for (const { schema, table, column, type, relation, quoted } of candidates.rows) {
    const seconds = Math.min(MAX_SECONDS, (deadline - Date.now()) / 1000);
    if (seconds <= 0) break;
    const utc = type === "timestamp with time zone" ? quoted : `${quoted} at time zone 'UTC'`;
    const latest = `select max(${utc}) as newest from ${relation} where isfinite(${quoted})`;
    const newest = (await session.attempt<{ newest: Date | null }>(latest, seconds))?.[0]?.newest;
    if (!newest || newest.getTime() > now.getTime() + AHEAD_SECONDS * 1000) continue;
    if (best === undefined || newest > best.newest) best = { schema, table, column, type, newest };
  }
  return best;
}
