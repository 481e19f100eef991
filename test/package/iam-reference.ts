import type { PolicyStatement } from "../../packaging/permissions.ts";
import { GLOBAL_KEYS, isKey, referenceOf } from "../../src/local/iam/reference.ts";

/** What is wrong with a statement, in sentences; nothing when AWS would understand all of it. */
export async function faultsOf(statement: PolicyStatement): Promise<string[]> {
  const faults: string[] = [];
  for (const action of statement.Action) {
    const reference = await referenceOf(action);
    if (reference === undefined) {
      faults.push(`${action} is no action`);
      continue;
    }
    const { resourceTypes } = reference;
    for (const resource of statement.Resource) {
      const isAnything = resource === "*";
      if (resourceTypes.length === 0 && !isAnything) faults.push(`${action} has no resource types: ${resource}`);
      if (resourceTypes.length > 0 && isAnything && statement.Effect === "Allow") faults.push(`${action} on *`);
    }
    for (const key of Object.values(statement.Condition).flatMap((tests) => Object.keys(tests))) {
      const known = [...reference.conditionKeys, ...resourceTypes.flatMap(({ conditionKeys }) => conditionKeys)];
      if (!GLOBAL_KEYS.includes(key) && !known.some((each) => isKey(key, each))) faults.push(`${action} has no ${key}`);
    }
  }
  const formats = (await Promise.all(statement.Action.map(referenceOf))).flatMap((each) => each?.resourceTypes ?? []);
  for (const resource of statement.Resource.filter((each) => each !== "*")) {
    if (!formats.some(({ arn }) => arn.test(resource))) faults.push(`no action here takes ${resource}`);
  }
  return faults;
}
