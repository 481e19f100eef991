import * as z from "zod/mini";
import type { CheckOf } from "../../plan/checks.ts";
import { ChunkPosition, FIRST_CHUNK, readChunk } from "../../reading/chunks.ts";
import { displayName, parseTable, regclassOf, sqlNameOf } from "../../reading/identifiers.ts";
import { onlyRow } from "../../reading/only-row.ts";
import { RELATION_COLUMNS, type Relation, relationOf } from "../../reading/relations.ts";
import { countOf, describeExpectation, meets } from "../expectation.ts";
import { type Asking, found, type KindOfCheck, type Progress } from "../kind.ts";

/** Read cold at 20 MB/s, this takes 13 s of the 45 that a statement has. Larger tables are counted by ranges of blocks. */
const ONE_STATEMENT_BYTES = 256 * 2 ** 20;

/** 100,000 partitions of one table are not a table. One page of the listing is below the Data API's 1 MiB. */
const MAX_PARTITIONS = 4000;

/** The table itself and all that `select count(*) from table` reads with it: partitions and inheriting tables. */
const FAMILY = `with recursive family(oid) as (
  select to_regclass(:table)::oid union select i.inhrelid from pg_inherits i join family on i.inhparent = family.oid)
select ${RELATION_COLUMNS} from family join pg_class c on c.oid = family.oid join pg_namespace n on n.oid = c.relnamespace
order by c.oid limit ${MAX_PARTITIONS + 1}`;

/** Where the count got to. `oid`: the family member being counted. */
const RowsCursor = z.object({ oid: z.string(), position: ChunkPosition, counted: z.string() });
type RowsCursor = z.infer<typeof RowsCursor>;

/** How many rows a table has, against what it should have. */
export const rows: KindOfCheck<"rows"> = {
  expected: ({ expect }) => describeExpectation(expect, "row"),

  async ask(check, asking, cursor) {
    const table = sqlNameOf(check.table);
    const family = (await asking.session.query(FAMILY, { table: regclassOf(check.table) })).map(relationOf);
    if (family.length === 0) {
      return found("failed", `${displayName(parseTable(check.table))} is not in the restored database`, {
        fault: "missing",
      });
    }
    const foreign = family.find(({ kind }) => kind === "f");
    if (foreign !== undefined) {
      return found(
        "unchecked",
        `${foreign.name} is a foreign table: its rows are kept elsewhere and no backup of this database holds them`,
      );
    }
    const sql = `select count(*)::text from ${table}`;
    if (!isCountedInParts(family)) {
      return judge(check, onlyRow(await asking.session.query(sql)).integer(0), sql);
    }
    const counted = await countInParts(family, asking, cursor);
    return typeof counted === "bigint" ? judge(check, counted, sql) : counted;
  },
};

/** A view has no blocks of its own, and a family beyond the page is left to the one statement. */
function isCountedInParts(family: readonly Relation[]): boolean {
  const bytes = family.reduce((sum, relation) => sum + relation.blocks * 8192, 0);
  const haveBlocks = family.every(({ kind }) => ["r", "p", "m"].includes(kind));
  return bytes > ONE_STATEMENT_BYTES && haveBlocks && family.length <= MAX_PARTITIONS;
}

async function countInParts(family: readonly Relation[], asking: Asking, stored: unknown): Promise<bigint | Progress> {
  const members = family.filter(({ kind }) => kind !== "p");
  let cursor: RowsCursor | undefined = stored === undefined ? undefined : z.parse(RowsCursor, stored);
  let counted = BigInt(cursor?.counted ?? 0);
  for (const member of members) {
    if (cursor !== undefined && member.oid < BigInt(cursor.oid)) continue;
    let position: ChunkPosition | undefined = cursor?.oid === String(member.oid) ? cursor.position : FIRST_CHUNK;
    while (position !== undefined) {
      cursor = { oid: String(member.oid), position, counted: String(counted) };
      if (!asking.hasTime()) return { cursor };
      const chunk = await readChunk(asking.session, member, "count(*)::text", position);
      if (chunk.step === "unread") throw chunk.failed;
      if (chunk.step === "read") counted += chunk.row.integer(0);
      position = chunk.next;
      if (position !== undefined) await asking.reached({ ...cursor, position, counted: String(counted) });
    }
  }
  return counted;
}

function judge(check: CheckOf<"rows">, count: bigint, sql: string): Progress {
  const observed = countOf(count, "row");
  if (!meets(check.expect, count)) return found("failed", observed, { sql });
  // Zero rows that were merely allowed prove nothing; zero rows that were asked for do.
  return found(count === 0n && check.expect.equals !== 0 ? "empty" : "held", observed, { sql });
}
