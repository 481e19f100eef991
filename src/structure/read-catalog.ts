import { StatementFailed } from "../aws/data-api/statement-failed.ts";
import type { Row } from "../aws/data-api/values.ts";
import type { DataSession } from "../aws/data-api.ts";
import { onlyRow } from "../reading/only-row.ts";
import { type Catalog, type CatalogEntry, sha256Of, sortEntries } from "./catalog.ts";
import { type DeclaredMigrations, readMigrationHeads } from "./migration-heads.ts";
import type { Section } from "./section.ts";
import { DATABASE_SECTIONS } from "./sections/database.ts";
import { GRANT_SECTIONS } from "./sections/grants.ts";
import { RELATION_SECTIONS } from "./sections/relations.ts";
import { ROUTINE_SECTIONS } from "./sections/routines.ts";
import { TYPE_SECTIONS } from "./sections/types.ts";

const SECTIONS = [...DATABASE_SECTIONS, ...TYPE_SECTIONS, ...RELATION_SECTIONS, ...ROUTINE_SECTIONS, ...GRANT_SECTIONS];

/** A longer one is kept as its first part and its SHA-256; in UTF-8 at most 32 kB of a row's 64. */
const MAX_DEFINITION_CHARS = 8000;
const KEPT_DEFINITION_CHARS = 2000;
/** A function of 100 arguments of long type names has 13 kB of signature. */
const MAX_NAME_CHARS = 1000;

/** Of the usual 150 bytes an entry, and 100 around them, 60 % of the Data API's 1 MiB; the smallest page is at its longest 24 x 36 kB = 864 kB. */
const PAGE = 2500;
const SMALLEST_PAGE = 24;

/** A database of 10,000 tables with ten columns each has some 150,000 entries in 25 MB; the Lambda has 512 MB and parses it twice. */
const MAX_ENTRIES = 200_000;
const MAX_CHARS = 32 * 2 ** 20;

/** What else decides how PostgreSQL prints an expression. */
const PRINTING = {
  DateStyle: "ISO, MDY",
  IntervalStyle: "postgres",
  extra_float_digits: "1",
  bytea_output: "hex",
  quote_all_identifiers: "off",
  // Last: seen in every answer, it stands for those before it.
  search_path: "pg_catalog",
};
const SET_PRINTING = `select ${Object.entries(PRINTING)
  .map(([name, value]) => `set_config('${name}', '${value}', true)`)
  .join(", ")}`;

/** Why a structure could not be read as a whole. */
export type CatalogUnread = "time" | "size";

/**
 * Reads the structure of the session's database: what `pg_dump --schema-only` would print of it, with owners and grants, one entry an
 * object. Not in it: comments, security labels, roles and their memberships, tablespaces, subscriptions, user mappings, large objects,
 * text search, operator classes, languages and foreign data wrappers; the order of a table's columns; a sequence's value; what belongs
 * to an extension.
 *
 * The same structure reads the same after a dump and restore, and on PostgreSQL 14 to 18, but for what PostgreSQL itself prints
 * otherwise from one major version to another: expressions of views, defaults and checks (qualified columns, casts), built-in functions
 * that were renamed, the owner and grants of `public` (15), the locale provider of the database (15), versions of extensions. A dump holds
 * the settings of a database only when it was taken with `--create`.
 *
 * `size` when it is beyond 200,000 entries or 32 MiB, `time` when `hasTime` said no. Throws StatementFailed as the session does.
 */
export async function readCatalog(
  session: DataSession,
  hasTime: () => boolean,
  migrationsIn?: DeclaredMigrations,
): Promise<Catalog | CatalogUnread> {
  try {
    const migrations = await readMigrationHeads(session, migrationsIn);
    const about = onlyRow(
      await session.query("select current_setting('server_version'), (extract(epoch from now()) * 1000)::bigint::text"),
    );
    const entries = await readSections(session, hasTime);
    if (typeof entries === "string") return entries;
    const sorted = sortEntries(entries);
    return {
      takenAt: new Date(Number(about.integer(1))).toISOString(),
      engineVersion: about.text(0).split(" ")[0] ?? "",
      sha256: sha256Of(sorted),
      entries: sorted,
      migrations,
    };
  } finally {
    // The next check has its own search_path.
    await session.end();
  }
}

async function readSections(session: DataSession, hasTime: () => boolean): Promise<CatalogEntry[] | CatalogUnread> {
  const entries: CatalogEntry[] = [];
  let chars = 0;
  for (const section of SECTIONS) {
    let after: PagePosition | undefined = { k: 0n, sub: 0n, size: PAGE };
    while (after !== undefined) {
      if (!hasTime()) return "time";
      const page: Page = await readPage(session, section, after);
      for (const entry of page.entries) {
        entries.push(entry);
        chars += entry.name.length + entry.definition.length;
      }
      if (entries.length > MAX_ENTRIES || chars > MAX_CHARS) return "size";
      after = page.next;
    }
  }
  return entries;
}

interface PagePosition {
  readonly k: bigint;
  readonly sub: bigint;
  readonly size: number;
}

interface Page {
  readonly entries: readonly CatalogEntry[];
  readonly next: PagePosition | undefined;
}

async function readPage(session: DataSession, section: Section, position: PagePosition): Promise<Page> {
  const { k, sub, size } = position;
  const name = shortened(section.name, MAX_NAME_CHARS, MAX_NAME_CHARS - 100);
  const definition = shortened(section.definition, MAX_DEFINITION_CHARS, KEPT_DEFINITION_CHARS);
  // The limit is below the definitions: they are written for the page's rows alone. The first condition says nothing more than the
  // second, but is one that an index, a window and a grouping let through.
  const sql = `select current_setting('search_path'), k::text, sub::text, ${name}, ${definition}
from (select * from (${section.rows}) e where k >= ${k}::oid and (k, sub) > (${k}::oid, ${sub}) order by k, sub limit ${size}) p order by p.k, p.sub`;
  const rows = await asPrinted(session, sql).catch((error: unknown) => {
    if (error instanceof StatementFailed && error.fault === "too-large" && size > SMALLEST_PAGE) return undefined;
    throw error;
  });
  if (rows === undefined) return { entries: [], next: { k, sub, size: Math.max(SMALLEST_PAGE, Math.floor(size / 4)) } };
  const last = rows.length < size ? undefined : rows.at(-1);
  return {
    entries: rows.map((row) => ({ kind: section.kind, name: row.text(3), definition: row.text(4) })),
    next: last && { k: last.integer(1), sub: last.integer(2), size },
  };
}

const shortened = (text: string, limit: number, kept: number): string => `(select case when length(v) <= ${limit} then v
  else left(v, ${kept}) || '... sha256 ' || encode(sha256(convert_to(v, getdatabaseencoding())), 'hex') end from (select coalesce(${text}, '') v offset 0) v)`;

/** Settings end with their transaction, and any error ends that: an answer that was printed under others is asked for again. */
async function asPrinted(session: DataSession, sql: string): Promise<Row[]> {
  const rows = await session.query(sql);
  if (rows[0] === undefined || rows[0].text(0) === PRINTING.search_path) return rows;
  await session.query(SET_PRINTING);
  const again = await session.query(sql);
  if (again[0] === undefined || again[0].text(0) === PRINTING.search_path) return again;
  throw new StatementFailed("unavailable", "the connection was lost twice in a row");
}
