import type { DataSession } from "../aws/data-api.ts";

/**
 * How a value of a type gets into a hash:
 * - `binary`: as it is, by the type's own lossless binary output, which no session setting changes.
 * - `cast`: the same, as the type below a domain, whose name is SQL.
 * - `send`: through the type's output function, whose name is SQL. A type that the database made itself has another oid after a logical
 *   restore, and `record_send` writes the oids of its columns.
 * - `text`: a type without binary output, or one that has oids inside.
 */
export type TypeForm =
  | { readonly form: "binary" }
  | { readonly form: "cast"; readonly to: string }
  | { readonly form: "send"; readonly by: string }
  | { readonly form: "text" };

interface Type {
  readonly oid: bigint;
  readonly sqlName: string;
  readonly kind: string;
  readonly isRegistered: boolean;
  readonly send: string | undefined;
  /** Of an array its element, of a domain its base, of a range its subtype. */
  readonly inner: bigint | undefined;
}

/** Oids below are PostgreSQL's own, the same in every database (FirstNormalObjectId). */
const FIRST_USER_OID = 16_384n;
/** A domain over a domain over an array: deeper than this nobody nests. */
const MAX_DEPTH = 16;
/** Distinct types of 1,000 tables; a row of the answer is below 300 characters. */
const MAX_TYPES = 3000;

const TYPES = `with recursive used(oid) as (
  select unnest(string_to_array(:oids, ',')::oid[])
  union
  select case when t.typtype = 'd' then t.typbasetype when t.typtype = 'r' then r.rngsubtype when t.typtype = 'm' then m.rngsubtype else t.typelem end
  from used join pg_type t on t.oid = used.oid
    left join pg_range r on r.rngtypid = t.oid left join pg_range m on m.rngmultitypid = t.oid
  where t.typtype in ('d', 'r', 'm') or (t.typelem <> 0 and t.typcategory = 'A'))
select t.oid::bigint::text, format('%I.%I', n.nspname, t.typname),
  case when t.typelem <> 0 and t.typcategory = 'A' then 'A' else t.typtype::text end,
  t.typname like 'reg%' and t.typnamespace = 'pg_catalog'::regnamespace,
  case when t.typsend = 0 then null else (select format('%I.%I', pn.nspname, p.proname) from pg_proc p join pg_namespace pn on pn.oid = p.pronamespace where p.oid = t.typsend) end,
  (case when t.typtype = 'd' then t.typbasetype when t.typtype = 'r' then r.rngsubtype when t.typtype = 'm' then m.rngsubtype else t.typelem end)::bigint::text
from used join pg_type t on t.oid = used.oid join pg_namespace n on n.oid = t.typnamespace
  left join pg_range r on r.rngtypid = t.oid left join pg_range m on m.rngmultitypid = t.oid
order by t.oid limit ${MAX_TYPES + 1}`;

/** The form of every type, by its oid. @throws RangeError with more than 3,000 types */
export async function typeForms(session: DataSession, oids: Iterable<bigint>): Promise<ReadonlyMap<bigint, TypeForm>> {
  const wanted = [...new Set(oids)];
  if (wanted.length === 0) return new Map();
  const rows = await session.query(TYPES, { oids: wanted.join(",") });
  if (rows.length > MAX_TYPES) throw new RangeError(`The tables have columns of more than ${MAX_TYPES} types.`);
  const types = new Map<bigint, Type>();
  for (const row of rows)
    types.set(row.integer(0), {
      oid: row.integer(0),
      sqlName: row.text(1),
      kind: row.text(2),
      isRegistered: row.flag(3),
      send: row.textOrNull(4) ?? undefined,
      inner: row.integer(5) === 0n ? undefined : row.integer(5),
    });
  return new Map(wanted.map((oid) => [oid, formOf(types, oid, 0)]));
}

function formOf(types: ReadonlyMap<bigint, Type>, oid: bigint, depth: number): TypeForm {
  const type = types.get(oid);
  if (type === undefined || depth > MAX_DEPTH) return { form: "text" };
  const inner = type.inner === undefined ? undefined : formOf(types, type.inner, depth + 1);
  switch (type.kind) {
    case "d": {
      const base = type.inner === undefined ? undefined : types.get(type.inner);
      if (inner?.form === "binary" && base !== undefined) return { form: "cast", to: base.sqlName };
      // A base that is a domain itself has its own cast; a send function takes the domain as it is.
      return inner ?? { form: "text" };
    }
    case "A":
    case "r":
    case "m":
      return type.oid < FIRST_USER_OID && inner?.form === "binary" ? inner : { form: "text" };
    case "b":
      if (type.isRegistered || type.send === undefined) return { form: "text" };
      return type.oid < FIRST_USER_OID ? { form: "binary" } : { form: "send", by: type.send };
    default:
      return { form: "text" };
  }
}

/** The column, by its alias, as it is hashed. */
export function hashedAs(alias: string, form: TypeForm): string {
  switch (form.form) {
    case "binary":
      return alias;
    case "cast":
      return `${alias}::${form.to}`;
    case "send":
      return `${form.by}(${alias})`;
    case "text":
      return `${alias}::text`;
  }
}
