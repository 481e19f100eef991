import * as z from "zod/mini";
import type { Finding } from "../../src/checks/kind.ts";
import { fingerprint } from "../../src/checks/kinds/fingerprint.ts";
import { Fingerprints } from "../../src/fingerprint/fingerprints.ts";
import { Check, type CheckOf } from "../../src/plan/checks.ts";
import { baselineAt, type Comparing, Comparison } from "../checks/comparing.ts";
import type { CheckInput, Sandbox } from "../checks/sandbox.ts";

export type FingerprintInput = Omit<Extract<CheckInput, { kind: "fingerprint" }>, "kind">;

export const checkOf = (input: FingerprintInput = {}): CheckOf<"fingerprint"> => {
  const check = z.parse(Check, { kind: "fingerprint", ...input });
  if (check.kind !== "fingerprint") throw new TypeError("not a fingerprint");
  return check;
};

/** Captures a database, and asks it, or another, later. */
export class Content {
  readonly comparison: Comparison<"fingerprint">;

  constructor(sandbox: Sandbox) {
    this.comparison = new Comparison(sandbox, fingerprint);
  }

  async capture(database: string, input: FingerprintInput = {}, prefix = "baseline", comparing: Comparing = {}) {
    const finding = await this.comparison.capture(database, checkOf(input), prefix, comparing);
    return { finding, fingerprints: await this.fingerprints(prefix) };
  }

  ask(database: string, input: FingerprintInput = {}, comparing: Comparing = {}): Promise<Finding> {
    return this.comparison.ask(database, checkOf(input), "drill", {
      references: [baselineAt("baseline")],
      ...comparing,
    });
  }

  /** Table to `rows hash`, which is all that a comparison goes by. */
  async sums(database: string, input: FingerprintInput = {}): Promise<Record<string, string>> {
    const { fingerprints } = await this.capture(database, input, "sums");
    return Object.fromEntries((fingerprints?.tables ?? []).map(({ table, rows, hash }) => [table, `${rows} ${hash}`]));
  }

  fingerprints(prefix: string): Promise<Fingerprints | undefined> {
    return this.comparison.parts(prefix).get("fingerprints.json", Fingerprints);
  }
}
