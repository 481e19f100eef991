import { valueAsReader } from "../../aws/data-api/reader.ts";
import { displayName, parseTable, quoteIdentifier, sqlNameOf } from "../../reading/identifiers.ts";
import { Chains } from "../../structure/chains.ts";
import { changing, type Damage, MAX_TARGETS, seeded } from "../damage.ts";

/**
 * A row of the chain that now follows another one than it did, with its own hash worked out again: right by itself, and its links are not.
 * Triggers that keep the table append-only are switched off before.
 */
export const chainRowRewritten: Damage = {
  name: "a chain row rewritten",
  suits: ({ kind }) => kind === "hash-chain",
  async targets(check, { session, parts, seed }) {
    if (check.kind !== "hash-chain") return [];
    const name = displayName(parseTable(check.table));
    const head = (await parts.get("chains.json", Chains))?.heads[name];
    if (head === undefined) return [];
    const table = sqlNameOf(check.table);
    const [order, previous, hash] = [check.orderBy, check.previous, check.hash].map(quoteIdentifier);
    const [about] = await session.query(
      `select pg_typeof(${previous})::text, pg_typeof(${hash})::text,
  exists (select from pg_trigger g where g.tgrelid = to_regclass(:table) and not g.tgisinternal and g.tgenabled <> 'D')
from ${table} limit 1`,
      { table },
    );
    if (about === undefined) return [];
    const digest = (bytes: string, type: string): string =>
      type === "bytea" ? `sha256(${bytes})` : `encode(sha256(${bytes}), 'hex')`;
    const hexAs = (hex: string, type: string): string => (type === "bytea" ? `decode(${hex}, 'hex')` : hex);
    const bytesOf = (column: string | undefined, type: string): string =>
      type === "bytea" ? String(column) : `convert_to(${column}, 'UTF8')`;
    const unguarded = about.flag(2) ? [`alter table ${table} disable trigger user`] : [];
    const [from, to] = [BigInt(head.from), BigInt(head.at)];
    return Array.from({ length: MAX_TARGETS }, (_, nth) => {
      const at = from + seeded(`${seed} chain ${nth}`, to - from + 1n);
      const other = digest(bytesOf(previous, about.text(0)), about.text(0));
      // The plan's expression only ever runs under the reader. It may end in a comment, hence the line of its own.
      const ownHex = `select encode(sha256((\n${check.preimage}\n)), 'hex') from ${table} where ${order} = ${at}`;
      const own = hexAs(valueAsReader(ownHex), about.text(1));
      return {
        where: name,
        statements: [
          ...unguarded,
          changing(`update ${table} set ${previous} = ${other} where ${order} = ${at} and ${previous} is not null`),
          changing(`update ${table} set ${hash} = ${own} where ${order} = ${at}`),
        ],
      };
    });
  },
};
