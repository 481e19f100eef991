import type pg from "pg";
import { flipByte, type PageEdit, postdateRow, zeroPage } from "./page-edits.ts";

export interface Fault {
  readonly id: string;
  /** For people. */
  readonly what: string;
  /** Rows are not what they were: the fingerprints have to say so. */
  readonly isContent: boolean;
  /** Done to source and copy alike, before anything is captured. */
  readonly before?: string;
  /** Done to the copy as a superuser, one after the other, with neither triggers nor foreign keys in the way. */
  readonly statements?: readonly string[];
  /** Done to the copy's files while its server is stopped. */
  readonly page?: (client: pg.Client) => Promise<PageEdit>;
  /** The copy is none, but made by the statements that the source was made by. */
  readonly isMadeAnew?: boolean;
}

export interface Group {
  readonly title: string;
  readonly faults: readonly Fault[];
}

const rows = (id: string, what: string, ...statements: string[]): Fault => ({ id, what, isContent: true, statements });
const structure = (id: string, what: string, ...statements: string[]): Fault => ({
  id,
  what,
  isContent: false,
  statements,
});

/** One of two equal rows. 4710 is in the north, 4711 and 4712 are in the south; no number of a victim can be divided by 100. */
const oneOf = (partition: string, id: number): string =>
  `ctid = (select min(ctid) from shop.${partition} where id = ${id})`;

/** While an index is not ready, what is written is not entered in it. */
const unentered = (index: string, write: string): string[] => [
  `update pg_index set indisready = false, indisvalid = false where indexrelid = '${index}'::regclass`,
  write,
  `update pg_index set indisready = true, indisvalid = true where indexrelid = '${index}'::regclass`,
];

/** While a partition is none, what is written to it is not held to its bounds. */
const unbounded = (partition: string, write: string): string[] => [
  `update pg_class set relispartition = false where oid = '${partition}'::regclass`,
  write,
  `update pg_class set relispartition = true where oid = '${partition}'::regclass`,
];

const ROWS: readonly Fault[] = [
  rows("deleted", "a row deleted", `delete from shop.event_south where ${oneOf("event_south", 4711)}`),
  rows(
    "duplicated",
    "a row deleted, another there twice",
    `delete from shop.event_south where ${oneOf("event_south", 4711)}`,
    `insert into shop.event_south select * from shop.event_south where ${oneOf("event_south", 4712)}`,
  ),
  rows(
    "pair",
    "two equal rows become two other equal rows",
    "update shop.event_south set note = 'event 5000' where id = 4711",
  ),
  rows(
    "character",
    "one character of a toasted text",
    "update shop.document set body = overlay(body placing 'x' from 3000 for 1) where id = 111",
  ),
  rows(
    "swapped",
    "a value swapped between two rows",
    "update shop.customer set city = case id when 4711 then 'city 213' else 'city 211' end where id in (4711, 4713)",
  ),
  rows(
    "shifted",
    "a column shifted by one row",
    "update shop.customer c set name = next.name from shop.customer next where next.id = c.id % 20000 + 1",
  ),
  rows("scale", "1.0 becomes 1.00", "update shop.event set amount = 1.00 where amount = 1.0"),
  rows("empty-text", "NULL becomes ''", "update shop.customer set nickname = '' where id = 4711"),
  rows(
    "misplaced",
    "a row in another partition than its key's",
    ...unbounded(
      "shop.event_south",
      `with gone as (delete from shop.event_north where ${oneOf("event_north", 4710)} returning *)
        insert into shop.event_south select * from gone`,
    ),
  ),
  rows("orphans", "a row deleted that others refer to", "delete from shop.customer where id = 4711"),
  {
    ...structure("unlogged", "an unlogged table, empty as recovery leaves it", "truncate shop.session"),
    before: `create unlogged table shop.session (id bigint primary key, token text not null);
      insert into shop.session select n, md5(n::text) from generate_series(1, 500) n`,
  },
];

/** In a column that no index has; of `note 4711` it makes `note 5711`. */
const HEAP = { relation: "'shop.customer'::regclass", text: "note 4711 ", byte: 5 };
const INDEX = { relation: "'shop.customer_email_key'::regclass", text: "c4711@", byte: 1 };
/** A value's first piece begins with it: 698d51a19d8a121ce581499d7b701668 is what 111 comes to. */
const TOAST = {
  relation: "(select reltoastrelid from pg_class where oid = 'shop.document'::regclass)",
  text: "698d51a19d8a121ce581499d7b701668",
  byte: 9,
};

const PAGES: readonly Fault[] = [
  {
    id: "heap-byte",
    what: "a byte of a table's page, its checksum made to fit",
    isContent: true,
    page: (client) => flipByte(client, HEAP, "fits"),
  },
  {
    id: "toast-byte",
    what: "a byte of a TOAST page, its checksum made to fit",
    isContent: true,
    page: (client) => flipByte(client, TOAST, "fits"),
  },
  {
    id: "index-byte",
    what: "a byte of an index's page, its checksum made to fit",
    isContent: false,
    page: (client) => flipByte(client, INDEX, "fits"),
  },
  {
    id: "heap-checksum",
    what: "a byte of a table's page, under a checksum",
    isContent: true,
    page: (client) => flipByte(client, HEAP, "broken"),
  },
  {
    id: "toast-checksum",
    what: "a byte of a TOAST page, under a checksum",
    isContent: true,
    page: (client) => flipByte(client, TOAST, "broken"),
  },
  {
    id: "index-checksum",
    what: "a byte of an index's page, under a checksum",
    isContent: false,
    page: (client) => flipByte(client, INDEX, "broken"),
  },
  {
    id: "header",
    what: "a row's header, naming a transaction still to come",
    isContent: false,
    page: (client) => postdateRow(client, HEAP),
  },
  { id: "heap-zeroes", what: "a table's page all zeroes", isContent: true, page: (client) => zeroPage(client, HEAP) },
];

const STRUCTURE: readonly Fault[] = [
  structure(
    "entry",
    "an index without the entry of a row",
    ...unentered(
      "shop.customer_email_key",
      `with gone as (delete from shop.customer where id = 4711 returning *)
        insert into shop.customer select * from gone`,
    ),
  ),
  structure(
    "invalid",
    "an index left invalid",
    "update pg_index set indisvalid = false where indexrelid = 'shop.customer_name'::regclass",
  ),
  structure("trigger", "a trigger disabled", "alter table shop.customer disable trigger touch"),
  structure("grant", "a grant lost", "revoke update on shop.customer from app"),
  structure("policy", "a policy lost", "drop policy own on shop.customer"),
  structure("row-security", "row security off", "alter table shop.customer disable row level security"),
  structure("sequence", "a sequence set back", "select setval('shop.customer_id_seq', 100)"),
  {
    ...structure(
      "not-valid",
      "a constraint NOT VALID, and violated",
      "alter table shop.customer drop constraint city_named",
      "update shop.customer set city = '' where id = 4711",
      "alter table shop.customer add constraint city_named check (length(city) > 1) not valid",
    ),
    isContent: true,
  },
  structure(
    "collation",
    "a collation of another version",
    "update pg_collation set collversion = '1.2.3' where collname = 'german' and collnamespace = 'shop'::regnamespace",
  ),
];

const CHAIN: readonly Fault[] = [
  rows("chain-edited", "a row edited", "update shop.audit_log set actor = 'ada' where seq = 1711"),
  rows(
    "chain-rehashed",
    "a row edited, with its hash",
    "update shop.audit_log set actor = 'ada', self_hash = sha256(shop.audit_preimage(seq, at, 'ada', prev_hash)) where seq = 1711",
  ),
  rows("chain-deleted", "a row deleted", "delete from shop.audit_log where seq = 1711"),
  rows("chain-cut", "the tail cut", "delete from shop.audit_log where seq > 1990"),
  rows(
    "chain-rewritten",
    "all of it written anew, every hash right",
    "delete from shop.audit_log",
    "select shop.extend_log(1, 2000, 1)",
  ),
];

const HARMLESS: readonly Fault[] = [
  structure("nothing", "nothing at all"),
  structure(
    "reordered",
    "every row written anew in another order",
    "with gone as (delete from shop.customer returning *) insert into shop.customer select * from gone order by md5(email)",
    "with gone as (delete from shop.event_south returning *) insert into shop.event_south select * from gone order by md5(note)",
    "with gone as (delete from shop.document returning *) insert into shop.document select * from gone order by md5(body)",
  ),
  structure("cluster", "CLUSTER", "cluster shop.customer"),
  structure("vacuum-full", "VACUUM FULL", "vacuum full"),
  structure("freeze", "VACUUM FREEZE, ANALYZE", "vacuum (freeze, analyze)"),
  structure("reindex", "REINDEX", "reindex schema shop"),
  {
    id: "anew",
    what: "made by the same statements again, with other oids",
    isContent: false,
    isMadeAnew: true,
  },
];

export const GROUPS: readonly Group[] = [
  { title: "Rows", faults: ROWS },
  { title: "Files", faults: PAGES },
  { title: "Structure", faults: STRUCTURE },
  { title: "A table that is a hash chain", faults: CHAIN },
  { title: "Harmless: must not be seen", faults: HARMLESS },
];
