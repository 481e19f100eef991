import type * as z from "zod/mini";
import type { JsonStore } from "../aws/json-store.ts";

/** What is known of a database at one time, a document each. Drills leave the same ones as baselines do, so that either can be compared with. */
export const PARTS = ["fingerprints.json", "keys.json", "catalog.json", "chains.json", "heartbeats.json"] as const;
export type PartName = (typeof PARTS)[number] | "drift.json";

/** The parts below one prefix of the evidence bucket. */
export class Parts {
  readonly #store: JsonStore;
  readonly #prefix: string;

  constructor(store: JsonStore, prefix: string) {
    this.#store = store;
    this.#prefix = prefix;
  }

  /** The part, or undefined when it was never left. @throws EvidenceUnreadable when it is not what it should be */
  get<Schema extends z.core.$ZodType>(part: PartName, schema: Schema): Promise<z.output<Schema> | undefined> {
    return this.#store.get(`${this.#prefix}/${part}`, schema);
  }

  async leave(part: PartName, document: unknown): Promise<void> {
    await this.#store.put(`${this.#prefix}/${part}`, document);
  }
}
