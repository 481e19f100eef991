import * as z from "zod/mini";

/** The end of a hash chain at one time. Kept outside of the database: nothing within it tells that a tail was cut or written anew. */
export const ChainHead = z.object({
  /** The number of the last row, as the column that orders the chain has it. */
  at: z.string(),
  /** Its hash, in hex. */
  hash: z.string(),
  rows: z.string(),
  /** The number of the first row, and the hash that it holds as the one before it: null when it holds none. */
  from: z.string(),
  genesis: z.nullable(z.string()),
});
export type ChainHead = z.infer<typeof ChainHead>;

/** `chains.json`: the head of each chain, by the name of its table. */
export const Chains = z.object({ heads: z.record(z.string(), ChainHead) });
export type Chains = z.infer<typeof Chains>;
