import * as z from "zod/mini";
import { Place } from "../reading/ranges.ts";

const Rows = z.object({ rows: z.string(), hash: z.string() });

/** One table's content at one time. Numbers are exact and decimal; a hash is two sums of 64-bit words, `first:second`. */
export const TableFingerprint = z.object({
  table: z.string(),
  /** Of a partition: the partitioned table at the top. */
  partOf: z.optional(z.string()),
  /** Of its columns and their types: hashes over others can not be compared. */
  shape: z.string(),
  ...Rows.shape,
  /** Of the rows whose column `by` is before a moment: those of an append-only table do not change any more. */
  closed: z.optional(z.object({ by: z.string(), before: z.iso.datetime(), ...Rows.shape })),
  /** The same of ranges of the table, in their order, to find where a mismatch is; absent when it was asked in one. */
  chunks: z.optional(z.array(z.object({ from: Place, ...Rows.shape, closed: z.optional(Rows) }))),
});
export type TableFingerprint = z.infer<typeof TableFingerprint>;

/** `fingerprints.json`: the content of every table of a database. */
export const Fingerprints = z.object({
  mode: z.enum(["fast", "strong"]),
  columnOrder: z.enum(["table", "name"]),
  /** What a strong fingerprint's key was made for. The key itself is stored nowhere. */
  keyLabel: z.optional(z.string()),
  /** PostgreSQL promises the hash of a fast fingerprint within one major version only. */
  majorVersion: z.int(),
  takenAt: z.iso.datetime(),
  /** The oldest transaction (xid8) that was not over: what is in a later copy with this or a later number was written since. */
  transaction: z.string(),
  /** Of a drill: what was restored. */
  recoveryPoint: z.optional(z.string()),
  tables: z.array(TableFingerprint),
  /** Tables that have no fingerprint, and why. */
  unhashed: z.array(z.object({ table: z.string(), why: z.string() })),
});
export type Fingerprints = z.infer<typeof Fingerprints>;
