import * as z from "zod/mini";
import { type PartName, Parts } from "../evidence/parts.ts";
import { Fingerprints } from "../fingerprint/fingerprints.ts";

/**
 * What this drill itself found, to hold its own damage against: nothing is left in it, or the next drill would be held against a damaged
 * sandbox. Of the fingerprints there is one table, and no closed range of it: what the plan lets change after a while excuses no damage
 * that was done a moment ago.
 */
export class OwnEvidence extends Parts {
  readonly #only: string | undefined;

  constructor(store: ConstructorParameters<typeof Parts>[0], prefix: string, only: string | undefined) {
    super(store, prefix);
    this.#only = only;
  }

  override async get<Schema extends z.core.$ZodType>(
    part: PartName,
    schema: Schema,
  ): Promise<z.output<Schema> | undefined> {
    if (part === "drift.json") return undefined;
    if (part !== "fingerprints.json") return super.get(part, schema);
    const found = await super.get(part, Fingerprints);
    if (found === undefined) return undefined;
    const tables = found.tables.flatMap(({ closed: _, chunks: __, ...table }) =>
      table.table === this.#only ? [table] : [],
    );
    return z.parse(schema, { ...found, tables });
  }

  override async leave(): Promise<void> {}
}
