import { USER_SCHEMAS } from "../reading/relations.ts";

/**
 * One catalog's share of the structure, read page by page: `rows` finds the objects, `definition` describes only those of one page.
 * Everything is SQL; `p` is the page's row.
 */
export interface Section {
  readonly kind: string;
  /** Answers `k` (oid) and `sub` (int), in whose order it is paged and that are unique together, and what `name` and `definition` need. */
  readonly rows: string;
  readonly name: string;
  readonly definition: string;
}

/** What an extension brought is its version's business and not the user's. */
export const notOfExtension = (catalog: string, oid: string): string =>
  `not exists (select from pg_depend x where x.classid = '${catalog}'::regclass and x.objid = ${oid} and x.deptype = 'e')`;

/** The user's relations: `pg_class c`, `pg_namespace n`. */
export const OWN_RELATIONS = `pg_class c join pg_namespace n on n.oid = c.relnamespace
  and ${USER_SCHEMAS} and ${notOfExtension("pg_class", "c.oid")}`;

/** Nor what came with a type: the constructors and casts of a range. */
export const notOfAnother = (catalog: string, oid: string): string =>
  `not exists (select from pg_depend x where x.classid = '${catalog}'::regclass and x.objid = ${oid} and x.deptype in ('e', 'i'))`;

/** What of another catalog lies in a user's schema: `alias`, `pg_namespace n`. */
export const own = (catalog: string, alias: string, prefix: string): string =>
  `${catalog} ${alias} join pg_namespace n on n.oid = ${alias}.${prefix}namespace and ${USER_SCHEMAS} and ${notOfAnother(catalog, `${alias}.oid`)}`;

/** The user's types, those of tables and arrays included: `pg_type t`, `pg_namespace n`. */
export const OWN_TYPES = own("pg_type", "t", "typ");

/** `a; b`, without what is null or empty. */
export const parts = (...expressions: readonly string[]): string =>
  `concat_ws('; ', ${expressions.map((expression) => `nullif(${expression}, '')`).join(", ")})`;

/** The text when the condition holds, else null. */
export const when = (condition: string, text: string): string => `case when ${condition} then ${text} end`;

export const ownedBy = (oid: string): string => `'owner ' || quote_ident(pg_get_userbyid(${oid}))`;

/** Elements of a text array in an order that no collation decides. */
export const sorted = (array: string): string =>
  `(select string_agg(o, ', ' order by o collate "C") from unnest(${array}) o)`;

/** A definition that may hold a secret, or that is only ever compared. */
export const hashed = (text: string): string =>
  `'sha256 ' || encode(sha256(convert_to(${text}, getdatabaseencoding())), 'hex')`;

/** A qualified and quoted name out of a catalog of names within schemas. */
export const named = (catalog: string, prefix: string, oid: string): string =>
  `(select format('%I.%I', nn.nspname, o.${prefix}name) from ${catalog} o join pg_namespace nn on nn.oid = o.${prefix}namespace where o.oid = ${oid})`;

/** In the letters of `tgenabled`, `ev_enabled` and `evtenabled`: origin, disabled, replica, always. */
export const firing = (letter: string): string =>
  `case ${letter} when 'O' then null when 'D' then 'disabled' when 'R' then 'fires on a replica only' else 'fires always' end`;
