/** What `serverless deploy` would put into the account, put into the local one: the service's package, and nothing else. */
import { cp, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type BundledPlan, writePlans } from "../../packaging/bundle.ts";
import {
  ofType,
  type PackagedFunction,
  type PackagedTemplate,
  readPackagedTemplate,
} from "../../packaging/template.ts";
import { ACCOUNT_ID } from "./account.ts";
import type { LocalFunction } from "./lambda/runtime.ts";
import { cachedPackage } from "./package-cache.ts";
import { exchangePlans, packagedPlans } from "./stack/plans.ts";
import type { Principal } from "./wire/service.ts";

/** Where the stack is deployed; source and drill regions are the plan's. */
export const HOME_REGION = "eu-central-1";
/** CloudFormation would make up a name; people look for evidence in this directory. */
export const EVIDENCE_BUCKET = "evidence";

const machineArn = (name: string): string => `arn:aws:states:${HOME_REGION}:${ACCOUNT_ID}:stateMachine:${name}`;
export const MACHINE_ARN = machineArn("restore-drill");
export const FINISH_ARN = machineArn("restore-drill-finish-drill");
export const CAPTURE_ARN = machineArn("restore-drill-capture-baseline");
/** Whether an execution is of that machine. */
export const isOf = (machineArn: string, executionArn: string): boolean =>
  executionArn.startsWith(`${machineArn.replace(":stateMachine:", ":execution:")}:`);

/** A function ready to be run, but for what only the running cloud knows: where it is and who signs. */
export interface DeployedFunction extends PackagedFunction {
  /** The name it is invoked by; `name` is its file's. */
  readonly deployedName: string;
  readonly bundle: string;
}

export interface Deployment {
  readonly template: PackagedTemplate;
  readonly functions: readonly DeployedFunction[];
  /** What `Ref` answers for every resource of the type. */
  readonly refs: (type: string) => string[];
}

/** Packages the service, puts its functions into `directory`, and gives them and the template these plans in place of the packaged ones. */
export async function prepareDeployment(options: {
  readonly directory: string;
  readonly cacheDirectory: string;
  readonly plans: readonly BundledPlan[];
  readonly parameters: Readonly<Record<string, string>>;
}): Promise<Deployment> {
  const packaged = await cachedPackage(options.cacheDirectory);
  const packagedWith = await packagedPlans(packaged);
  const template = await readPackagedTemplate(packaged, {
    accountId: ACCOUNT_ID,
    region: HOME_REGION,
    names: { EvidenceBucket: EVIDENCE_BUCKET },
    // The drills that people watch here show that their checks can fail.
    parameters: { Counterproof: "on", ...options.parameters },
    alter: (template, name) => exchangePlans(template, { packaged: packagedWith, given: options.plans, name }),
  });
  await cp(join(packaged, "functions"), options.directory, { recursive: true });
  const functions = template.functions.map((packagedFunction): DeployedFunction => {
    const { name, arn, handler } = packagedFunction;
    if (handler !== "index.handler") throw new TypeError(`The local Lambda runs index.handler, and not ${handler}.`);
    const bundle = join(options.directory, name, "index.cjs");
    return { ...packagedFunction, deployedName: arn.slice(arn.lastIndexOf(":") + 1), bundle };
  });
  for (const { bundle } of functions) {
    await rm(join(dirname(bundle), "drills"), { recursive: true, force: true });
    await writePlans(dirname(bundle), options.plans);
  }
  return { template, functions, refs: (type) => ofType(template.resources, type).map(({ ref }) => ref) };
}

/** What the template gives the function, and what Lambda itself would. */
export function localFunction(
  { bundle, environment, timeoutSeconds, memoryMegabytes }: DeployedFunction,
  cloud: { readonly endpointUrl: string; readonly principal: Principal },
): LocalFunction {
  return {
    bundle,
    timeoutSeconds,
    memoryMb: memoryMegabytes,
    environment: {
      ...environment,
      AWS_ENDPOINT_URL: cloud.endpointUrl,
      AWS_REGION: HOME_REGION,
      AWS_ACCESS_KEY_ID: cloud.principal.accessKeyId,
      AWS_SECRET_ACCESS_KEY: cloud.principal.secretAccessKey,
    },
  };
}

/** The framework's own bucket, which packages are deployed from, nobody asks here for anything. */
export function bucketsInUse({ functions, refs }: Pick<Deployment, "functions" | "refs">): string[] {
  const settings = new Set(functions.flatMap(({ environment }) => Object.values(environment)));
  return refs("AWS::S3::Bucket").filter((bucket) => settings.has(bucket));
}
