import type { JsonStore } from "../aws/json-store.ts";
import { CheckResults } from "../checks/result.ts";
import { Counterproof } from "../counterproof/counterproof.ts";

export interface ReadResults {
  readonly results: CheckResults | undefined;
  readonly counterproof: Counterproof | undefined;
}

/**
 * What the checks and the counterproof left. Once a required check is known to have failed, from its results or by name (`failing`), what can
 * not be read is undefined: bad data is told as bad data whatever else breaks. Otherwise throws what reading threw.
 */
export async function readResults(store: JsonStore, prefix: string, failing: readonly string[]): Promise<ReadResults> {
  const [results, counterproof] = await Promise.allSettled([
    store.get(`${prefix}/checks.json`, CheckResults),
    store.get(`${prefix}/counterproof.json`, Counterproof),
  ]);
  const found = results.status === "fulfilled" ? results.value : undefined;
  const isBad =
    failing.length > 0 || found?.results.some(({ required, outcome }) => required && outcome === "failed") === true;
  for (const look of [results, counterproof]) if (look.status === "rejected" && !isBad) throw look.reason;
  return { results: found, counterproof: counterproof.status === "fulfilled" ? counterproof.value : undefined };
}
