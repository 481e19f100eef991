import { createHash } from "node:crypto";
import type * as z from "zod/mini";
import type { JsonStore } from "../aws/json-store.ts";
import { EvidenceUnreadable } from "../errors.ts";

/** What is known of a database at one time, a document each. Drills leave the same ones as baselines do, so that either can be compared with. */
export const PARTS = ["fingerprints.json", "keys.json", "catalog.json", "chains.json", "heartbeats.json"] as const;
export type PartName = (typeof PARTS)[number] | "drift.json";

/** The parts below one prefix of the evidence bucket. */
export class Parts {
  readonly #store: JsonStore;
  readonly #prefix: string;
  readonly #sha256: Readonly<Record<string, string>>;

  /** `sha256`: of the parts as they were left, where that is known. */
  constructor(store: JsonStore, prefix: string, sha256: Readonly<Record<string, string>> = {}) {
    this.#store = store;
    this.#prefix = prefix;
    this.#sha256 = sha256;
  }

  /** The part, or undefined when it was never left. @throws EvidenceUnreadable when it is not what it should be, or not what was left */
  async get<Schema extends z.core.$ZodType>(part: PartName, schema: Schema): Promise<z.output<Schema> | undefined> {
    const key = `${this.#prefix}/${part}`;
    const left = this.#sha256[part];
    if (left !== undefined)
      assertSame(`s3://${this.#store.bucket}/${key}`, (await this.#store.getText(key)) ?? "", left);
    return this.#store.get(key, schema);
  }

  async leave(part: PartName, document: unknown): Promise<void> {
    await this.#store.put(`${this.#prefix}/${part}`, document);
  }
}

function assertSame(address: string, text: string, left: string): void {
  const sha256 = createHash("sha256").update(text).digest("hex");
  if (sha256 === left) return;
  throw new EvidenceUnreadable(
    `${address} is not what was left there: its SHA-256 is ${sha256}, and was ${left}. Restore that version of the object, and find out who wrote the other.`,
  );
}
