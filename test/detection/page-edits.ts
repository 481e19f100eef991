/** Damage to the pages of a table or an index, worked out while the server runs and written while it does not. */
import { open } from "node:fs/promises";
import { join } from "node:path";
import type pg from "pg";

const PAGE_BYTES = 8192;
/** Where in a page its checksum is, and where its line pointers begin and end. */
const CHECKSUM_AT = 8;
const LOWER_AT = 12;
const LINE_POINTERS_AT = 24;
const LINE_POINTER_BYTES = 4;
/** Of a line pointer, the part that says where in the page the row is. */
const OFFSET_BITS = 0x7fff;
/** Further off than any transaction of a server that a test made. */
const TO_COME = 0x01010101;

/** A page as it is to be. */
export interface PageEdit {
  /** Below the data directory. */
  readonly path: string;
  readonly block: number;
  readonly page: Buffer;
}

export interface Place {
  /** SQL of the relation's oid. */
  readonly relation: string;
  /** What the page holds. */
  readonly text: string;
  /** Which byte of it is flipped. */
  readonly byte: number;
}

interface Found {
  readonly path: string;
  readonly block: number;
  readonly offset: number;
  readonly page: Buffer;
}

/** Of an index only leaves: the pages above hold copies of keys that no row has any more. */
const FIND = (relation: string): string => `
  select pg_relation_filepath(${relation}) path, n block, position(convert_to($1, 'UTF8') in page) - 1 "offset", page
  from (select n, "Check".get_raw_page((${relation})::regclass::text, n) page
    from generate_series(0, pg_relation_size(${relation}) / ${PAGE_BYTES} - 1) n offset 0) pages
  where position(convert_to($1, 'UTF8') in page) > 0
    and case when (select relkind = 'i' from pg_class where oid = ${relation})
      then (select type = 'l' from "Check".bt_page_stats((${relation})::regclass::text, n)) else true end
  order by n limit 1`;

/** One bit of one byte is another. The page's checksum is that of what is in it now, or `broken`. */
export async function flipByte(client: pg.Client, place: Place, checksum: "fits" | "broken"): Promise<PageEdit> {
  const { path, block, offset, page } = await find(client, place);
  const at = offset + place.byte;
  page.writeUInt8(page.readUInt8(at) ^ 1, at);
  const fitting = await checksumOf(client, page, block);
  page.writeInt16LE(checksum === "fits" ? fitting : ~fitting, CHECKSUM_AT);
  return { path, block, page };
}

/** The row's header says that a transaction wrote it which is still to come. The page's checksum fits. */
export async function postdateRow(client: pg.Client, place: Place): Promise<PageEdit> {
  const { path, block, offset, page } = await find(client, place);
  const rows: number[] = [];
  for (let at = LINE_POINTERS_AT; at < page.readUInt16LE(LOWER_AT); at += LINE_POINTER_BYTES)
    rows.push(page.readUInt32LE(at) & OFFSET_BITS);
  const header = Math.max(...rows.filter((row) => row <= offset));
  page.writeUInt32LE(TO_COME, header);
  page.writeInt16LE(await checksumOf(client, page, block), CHECKSUM_AT);
  return { path, block, page };
}

/** Nothing but zeroes, which to PostgreSQL is a page that was never written to. */
export async function zeroPage(client: pg.Client, place: Place): Promise<PageEdit> {
  const { path, block } = await find(client, place);
  return { path, block, page: Buffer.alloc(PAGE_BYTES) };
}

export async function writePage(dataDirectory: string, { path, block, page }: PageEdit): Promise<void> {
  const file = await open(join(dataDirectory, path), "r+");
  try {
    await file.write(page, 0, page.length, block * PAGE_BYTES);
  } finally {
    await file.close();
  }
}

async function checksumOf(client: pg.Client, page: Buffer, block: number): Promise<number> {
  const { rows } = await client.query<{ sum: number }>('select "Check".page_checksum($1::bytea, $2) sum', [
    page,
    block,
  ]);
  const [row] = rows;
  if (row === undefined) throw new Error("no checksum");
  return row.sum;
}

async function find(client: pg.Client, { relation, text }: Place): Promise<Found> {
  const { rows } = await client.query<Omit<Found, "block"> & { block: string }>(FIND(relation), [text]);
  const [row] = rows;
  if (row === undefined) throw new Error(`${text} is on no page of ${relation}`);
  return { ...row, block: Number(row.block) };
}
