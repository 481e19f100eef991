/** What people ask of a restored database who have no tool for it. The answer is what it is compared by. */
import type pg from "pg";

export const NAIVE = ["row count", "1 % sample", "count, min, max, sum"] as const;
export type Naive = (typeof NAIVE)[number];

interface Column {
  readonly name: string;
  readonly isNumber: boolean;
}

/** Tables as an application knows them: a partitioned one is one. */
const TABLES = `select format('%I.%I', n.nspname, c.relname) name,
    json_agg(json_build_object('name', quote_ident(a.attname), 'isNumber', a.atttypid in ('bigint'::regtype, 'numeric'::regtype)) order by a.attnum) columns
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    and a.atttypid in ('bigint'::regtype, 'numeric'::regtype, 'text'::regtype, 'timestamptz'::regtype)
  where n.nspname = 'shop' and c.relkind in ('r', 'p') and not c.relispartition group by 1 order by 1`;

/** The table's own first column numbers its rows. */
const QUESTIONS: Readonly<Record<Naive, (table: string, columns: readonly Column[]) => string>> = {
  "row count": (table) => `select count(*) from ${table}`,
  "1 % sample": (table, [key]) =>
    `select md5(string_agg(t::text, '|' order by t::text)) from ${table} t where ${key?.name} % 100 = 0`,
  "count, min, max, sum": (table, columns) =>
    `select ${columns.map(({ name, isNumber }) => `count(${name}), min(${name}), max(${name})${isNumber ? `, sum(${name})` : ""}`).join(", ")} from ${table}`,
};

/** Every answer in one text; an error is an answer, since nobody overlooks it. */
export async function askNaively(client: pg.Client, naive: Naive): Promise<string> {
  const { rows: tables } = await client.query<{ name: string; columns: Column[] }>(TABLES);
  const answers: unknown[] = [];
  for (const { name, columns } of tables) {
    const text = QUESTIONS[naive](name, columns);
    const answer = await client.query({ text, rowMode: "array" }).catch((error: Error) => ({ rows: error.message }));
    answers.push([name, answer.rows]);
  }
  return JSON.stringify(answers);
}
