import { createHash } from "node:crypto";
import type { DataSession } from "../aws/data-api.ts";
import type { AskedCheck } from "../checks/asked-checks.ts";
import type { Parts } from "../evidence/parts.ts";
import { displayName, quoteTable, type TableIdentifier } from "../reading/identifiers.ts";
import { USER_SCHEMAS } from "../reading/relations.ts";

/** Tables beyond it are not damaged: the check is asked of it three times over, and its victim is sought in all of its rows. */
const MAX_TABLE_BYTES = 64 * 2 ** 20;

/** A constraint or a missing privilege refuses a damage: so many others are tried. */
export const MAX_TARGETS = 5;

/** What is made for a damage is called this; no restored database has it, and none keeps it. */
export const OWN_NAME = "restore_drill_counterproof";

/** What a damage is looked for with. */
export interface Seeking {
  readonly session: DataSession;
  /** What this drill itself found. */
  readonly parts: Parts;
  /** The drill's id: the same drill chooses the same damages again. */
  readonly seed: string;
}

/** One place where a damage can be done. */
export interface Target {
  /** The table, sequence or index, for people. */
  readonly where: string;
  /** What has to be there for the damage, and is right as it is. */
  readonly stage?: readonly string[];
  /** Statements that fail when they change nothing. */
  readonly statements: readonly string[];
  /** What alone the check is asked, where it would ask everything. */
  readonly only?: string;
}

/** A way to damage a database that a check has to see. */
export interface Damage {
  /** In the words of a report. */
  readonly name: string;
  /** Whether it is one for the check to see. */
  suits(check: AskedCheck): boolean;
  /** Where it can be done, at most `MAX_TARGETS`, in an order that follows from the seed. */
  targets(check: AskedCheck, seeking: Seeking): Promise<Target[]>;
}

export interface VictimTable extends TableIdentifier {
  readonly oid: bigint;
  readonly sqlName: string;
  readonly name: string;
  /** What lets its rows be changed by hand, where triggers would refuse or repair it. Its owner alone may. */
  readonly unguarded: readonly string[];
}

/** Tables of a size that is quickly asked, with rows, for which `condition` holds, on `pg_class c`; in an order that follows from the seed. */
export async function victimTables(
  { session, seed }: Pick<Seeking, "session" | "seed">,
  condition: string,
  limit = MAX_TARGETS,
): Promise<VictimTable[]> {
  const rows = await session.query(
    `select c.oid::bigint::text, n.nspname::text, c.relname::text,
  exists (select from pg_trigger g where g.tgrelid = c.oid and not g.tgisinternal and g.tgenabled <> 'D')
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind = 'r' and c.relpersistence = 'p' and ${USER_SCHEMAS} and pg_relation_size(c.oid) > 0
  and pg_table_size(c.oid) <= ${MAX_TABLE_BYTES}
  and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
  and (${condition})
order by md5(:seed || c.oid::text) limit ${limit}`,
    { seed },
  );
  return rows.map((row) => {
    const identifier = { schema: row.text(1), table: row.text(2) };
    const sqlName = quoteTable(identifier);
    const unguarded = row.flag(3) ? [`alter table ${sqlName} disable trigger user`] : [];
    return { ...identifier, oid: row.integer(0), sqlName, name: displayName(identifier), unguarded };
  });
}

/** A change by a common table expression that fails unless it changes exactly `count` rows. */
export const changing = (change: string, count = 1): string =>
  `with changed as (${change} returning 1) select 1 / (count(*) = ${count})::int from changed`;

/** A number that follows from the seed, evenly spread below `below`. */
export function seeded(seed: string, below: bigint): bigint {
  if (below <= 0n) return 0n;
  return BigInt(`0x${createHash("sha256").update(seed).digest("hex").slice(0, 24)}`) % below;
}

/** The same things in an order that follows from the seed. */
export function shuffled<T>(things: readonly T[], seed: string, nameOf: (thing: T) => string): T[] {
  const place = (thing: T): string =>
    createHash("sha256")
      .update(`${seed} ${nameOf(thing)}`)
      .digest("hex");
  return [...things].sort((a, b) => (place(a) < place(b) ? -1 : 1));
}
