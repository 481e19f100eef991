import { createHash } from "node:crypto";
import * as z from "zod/mini";
import { StatementFailed } from "./statement-failed.ts";
import { AnswerUnexpected, type Bind, Row } from "./values.ts";

/** What a plan wrote as SQL is not asked under any other role: without this one it is not asked at all. */
export class NoReader extends Error {
  override readonly name = "NoReader";

  constructor(cause: StatementFailed) {
    const said = cause.sqlState === undefined ? cause.message : `${cause.message}, SQLState ${cause.sqlState}`;
    super(
      `the plan's own SQL runs under a role that can only read, and the sandbox's master user could not make or take it (${said}): it needs PostgreSQL 14 or later, CREATEROLE, pg_read_all_data with ADMIN OPTION, and TEMPORARY on the database`,
      { cause },
    );
  }
}

/** The reader may not, whatever the master user may. */
export class DeniedToReader extends StatementFailed {}

const PREFIX = "restore_drill_reader_";
const READER = /^restore_drill_reader_[0-9a-f]{12}$/;

/** Of one drill: no restored database brings a role of this name, so whoever has it was made by this drill. */
export const readerOf = (drillId: string): string =>
  `${PREFIX}${createHash("sha256").update(drillId).digest("hex").slice(0, 12)}`;

function checked(reader: string): string {
  if (!READER.test(reader)) throw new TypeError(`${JSON.stringify(reader)} is not the name of a drill's reader.`);
  return reader;
}

/**
 * One statement, so that the role is there with all that it may or not at all; another one that makes it at the same time has made it. It
 * skips row security where the master user may hand that on (PostgreSQL 16 with BYPASSRLS of its own): the whole table is what a drill
 * asks about. Elsewhere a table with policies refuses the question, which is then unchecked; rows are never filtered without a word.
 *
 * Run outside of any transaction, and only ever in a sandbox.
 */
export function makingReader(reader: string): string {
  const role = checked(reader);
  return `do $make$
begin
  if exists (select from pg_catalog.pg_roles where rolname = '${role}') then return; end if;
  begin
    create role ${role} nologin bypassrls role current_user;
  exception when insufficient_privilege then
    create role ${role} nologin role current_user;
  end;
  grant pg_read_all_data to ${role};
exception when duplicate_object or unique_violation then null;
end
$make$`;
}

const ASK = "pg_temp.restore_drill_ask";

/**
 * Leaves, in the open transaction alone, a function that belongs to the reader and asks with the reader's rights. `set role` would not do:
 * the plan's statement could set it back, which PostgreSQL refuses inside such a function. What is asked runs in a subtransaction that is
 * read only and always rolled back, and with it every setting it changed; only what identifies its answer comes out.
 *
 * An error inside a function of the database is told by its SQLState alone: what such a function says may be anything.
 * `"$user"` in a search path is the master user still. No colon anywhere: the Data API might take it for a placeholder.
 */
export function askingThrough(reader: string, statementMs: number): string {
  const role = checked(reader);
  return `do $enter$
declare was_role text = pg_catalog.current_setting('role');
begin
  perform pg_catalog.set_config('statement_timeout', '${statementMs}', true);
  if pg_catalog.to_regnamespace(pg_catalog.quote_ident(current_user)) is not null then
    perform pg_catalog.set_config('search_path', pg_catalog.array_to_string(array(
      select pg_catalog.quote_ident(s) from pg_catalog.unnest(pg_catalog.current_schemas(false)) s), ', '), true);
  end if;
  if exists (select from pg_catalog.pg_roles r where r.rolname = '${role}' and (r.rolsuper or r.rolcreaterole or r.rolcreatedb
      or r.rolcanlogin or r.rolreplication or exists (select from pg_catalog.pg_auth_members m join pg_catalog.pg_roles g on g.oid = m.roleid
        where m.member = r.oid and g.rolname <> 'pg_read_all_data'))) then
    raise exception using errcode = 'invalid_role_specification', message = 'the role may more than read';
  end if;
  if not pg_catalog.has_database_privilege('${role}', pg_catalog.current_database(), 'temporary') then
    execute pg_catalog.format('grant temporary on database %I to ${role}', pg_catalog.current_database());
  end if;
  set local role ${role};
  create function ${ASK}(question text, out row_count bigint, out kinds text, out first_row text)
    language plpgsql security definer as $ask$
  declare
    asked record;
    is_done boolean = false;
    context text;
    said text;
    state text;
  begin
    row_count = 0;
    begin
      perform pg_catalog.set_config('transaction_read_only', 'on', true);
      for asked in execute question loop
        row_count = row_count + 1;
        if row_count = 1 then
          first_row = cast(asked as text);
          kinds = (select pg_catalog.json_agg(pg_catalog.json_typeof(c.value)) from pg_catalog.json_each(pg_catalog.row_to_json(asked)) c);
        end if;
      end loop;
      is_done = true;
      raise exception using message = 'undone';
    exception when others then
      perform pg_catalog.pg_advisory_unlock_all();
      if is_done then return; end if;
      get stacked diagnostics context = pg_exception_context, said = message_text, state = returned_sqlstate;
      if (select pg_catalog.count(*) from pg_catalog.regexp_matches(context, '^(PL/|SQL function)', 'gn')) < 2
        or (state ~ '^(53|57|58|XX)' and context !~ ' at RAISE') then raise; end if;
      raise exception using errcode = state, message = case when said ~ '^(function|procedure|aggregate|routine) '
        then 'function that a function of the database calls does not exist' else 'a function of the database failed' end;
    end;
  end
  $ask$;
  perform pg_catalog.set_config('role', was_role, true);
end
$enter$`;
}

/** One value of an answer: as PostgreSQL writes it, and what JSON would call it. */
export interface Cell {
  readonly text: string | null;
  readonly kind: string;
}

/** The number of rows, and the values of the first. */
export interface Answer {
  readonly rows: bigint;
  readonly first: readonly Cell[];
}

const Kinds = z.array(z.string());

interface Asks {
  query(sql: string, binds: Readonly<Record<string, Bind>>): Promise<Row[]>;
}

/**
 * What the plan's statement answers, in a session that has a reader.
 *
 * @throws StatementFailed as any query; AnswerUnexpected when what came is no answer; NoReader when there is no such role, and then the statement was not sent
 */
export async function askAsReader(session: Asks, question: string): Promise<Answer> {
  try {
    const [row] = await session.query(`select row_count, kinds, first_row from ${ASK}(:question)`, { question });
    if (row === undefined) throw new AnswerUnexpected("A function with OUT parameters answers one row.");
    const kinds = kindsIn(row.textOrNull(1) ?? "[]");
    const texts = fieldsOf(row.textOrNull(2) ?? "()");
    const first = kinds.map((kind, nth) => ({ kind, text: asWritten(texts[nth] ?? null, kind) }));
    return { rows: row.integer(0), first };
  } catch (error) {
    if (!(error instanceof StatementFailed)) throw error;
    if (error.fault === "denied") throw new DeniedToReader("denied", error.message, error.sqlState);
    if (error.sqlState !== "42P11") throw error;
    throw new StatementFailed("invalid", "it is not one statement that answers rows", error.sqlState);
  }
}

function kindsIn(text: string): readonly string[] {
  try {
    return z.parse(Kinds, JSON.parse(text));
  } catch (cause) {
    throw new AnswerUnexpected("The kinds of an answer's values are no list of texts.", { cause });
  }
}

/** The only row of a statement that is known to answer one, of text. */
export async function rowAsReader(session: Asks, question: string): Promise<Row> {
  const { rows, first } = await askAsReader(session, question);
  if (rows !== 1n) throw new AnswerUnexpected(`The statement answered ${rows} rows instead of one.`);
  return new Row(first.map(({ text }) => (text === null ? { isNull: true } : { stringValue: text })));
}

/** SQL for the one value that a question answers, where no character of it needs quotes in a record: digits, say. */
export const valueAsReader = (question: string): string =>
  `(select btrim(first_row, '()') from ${ASK}(convert_from(decode('${Buffer.from(question).toString("hex")}', 'hex'), 'UTF8')))`;

const asWritten = (text: string | null, kind: string): string | null =>
  kind === "boolean" && text !== null ? String(text.startsWith("t")) : text;

/** A record as PostgreSQL writes it: fields that need quotes have them, with each quote and backslash in them doubled; null is nothing. */
function fieldsOf(record: string): (string | null)[] {
  return [...record.slice(1, -1).matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^",]*))/g)].map(([, quoted, plain = ""]) => {
    if (quoted !== undefined) return quoted.replaceAll('""', '"').replaceAll("\\\\", "\\");
    return plain === "" ? null : plain;
  });
}
