/** What `serverless deploy` would put into the account, put into the local one: the bundled functions and the state machines. */
import { readFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { parse } from "yaml";
import * as z from "zod/mini";
import { type BundledPlan, functionNames, writePlans } from "../../packaging/bundle.ts";
import { ACCOUNT_ID, FINGERPRINT_KEY, SANDBOX } from "./account.ts";
import { cachedBundles } from "./bundle-cache.ts";
import type { LocalFunction } from "./lambda/runtime.ts";
import type { Principal } from "./wire/service.ts";

const PROJECT_DIRECTORY = resolve(import.meta.dirname, "../..");

/** Where the stack is deployed; source and drill regions are the plan's. */
export const HOME_REGION = "eu-central-1";
export const EVIDENCE_BUCKET = "evidence";
/** Each machine's definition, and the name it is deployed under. */
const MACHINES = [
  { name: "restore-drill", file: "restore-drill" },
  { name: "restore-drill-capture-baseline", file: "capture-baseline" },
] as const;
const machineArn = (name: (typeof MACHINES)[number]["name"]): string =>
  `arn:aws:states:${HOME_REGION}:${ACCOUNT_ID}:stateMachine:${name}`;
export const MACHINE_ARN = machineArn("restore-drill");
export const CAPTURE_ARN = machineArn("restore-drill-capture-baseline");
/** Whether an execution is a drill's. */
export const isDrill = (executionArn: string): boolean =>
  executionArn.startsWith(`${MACHINE_ARN.replace(":stateMachine:", ":execution:")}:`);
export const TOPIC_ARN = `arn:aws:sns:${HOME_REGION}:${ACCOUNT_ID}:restore-drill-outcomes`;

const MEMORY_MB = 512;

const DeclaredFunctions = z.record(z.string(), z.object({ name: z.string(), timeout: z.number() }));

/** A function ready to be run, but for what only the running cloud knows: where it is and who signs. */
interface DeployedFunction {
  readonly name: string;
  readonly bundle: string;
  readonly timeoutSeconds: number;
}

export interface Deployment {
  readonly functions: readonly DeployedFunction[];
  readonly machines: readonly { readonly name: string; readonly definition: object }[];
}

/** The functions as they are deployed, by their deployed names; names and timeouts are those of the infrastructure files. */
async function declaredFunctions(): Promise<Omit<DeployedFunction, "bundle">[]> {
  const text = await readFile(join(PROJECT_DIRECTORY, "infrastructure/functions.yml"), "utf8");
  const functions = DeclaredFunctions.parse(parse(text, { logLevel: "silent" }));
  return Object.values(functions).map(({ name, timeout }) => ({ name, timeoutSeconds: timeout }));
}

/** Puts the functions, with the plans, into `directory`, and substitutes their ARNs into the state machines. */
export async function prepareDeployment(options: {
  readonly directory: string;
  readonly cacheDirectory: string;
  readonly plans: readonly BundledPlan[];
}): Promise<Deployment> {
  await cachedBundles(options.cacheDirectory, options.directory);
  const declared = await declaredFunctions();
  const functions = functionNames().map((file): DeployedFunction => {
    const declaration = declared.find(({ name }) => name === deployedName(file));
    if (declaration === undefined)
      throw new TypeError(`infrastructure/functions.yml does not deploy functions/${file}.ts`);
    return { ...declaration, bundle: join(options.directory, file, "index.cjs") };
  });
  for (const { bundle } of functions) await writePlans(dirname(bundle), options.plans);
  const machines = MACHINES.map(async ({ name, file }) => {
    const text = await readFile(join(PROJECT_DIRECTORY, `statemachines/${file}.asl.json`), "utf8");
    return { name, definition: JSON.parse(substituteArns(text, declared)) as object };
  });
  return { functions, machines: await Promise.all(machines) };
}

const deployedName = (file: string): string => `restore-drill-${file}`;

/** `${PlanDrillArn}` is the ARN of the function `restore-drill-plan-drill`. */
function substituteArns(definition: string, functions: readonly { name: string }[]): string {
  return definition.replace(/\$\{(\w+)Arn\}/g, (placeholder, state: string) => {
    const wanted = deployedName(state.replace(/(?<!^)[A-Z]/g, "-$&").toLowerCase());
    if (!functions.some(({ name }) => name === wanted))
      throw new TypeError(`${placeholder} names no function in infrastructure/functions.yml`);
    return `arn:aws:lambda:${HOME_REGION}:${ACCOUNT_ID}:function:${wanted}`;
  });
}

/** What the packaged template gives every function, and what Lambda itself would. */
export function localFunction(
  { bundle, timeoutSeconds }: DeployedFunction,
  cloud: { endpointUrl: string; principal: Principal; securityGroup: string },
): LocalFunction {
  const environment = {
    AWS_ENDPOINT_URL: cloud.endpointUrl,
    AWS_REGION: HOME_REGION,
    AWS_ACCESS_KEY_ID: cloud.principal.accessKeyId,
    AWS_SECRET_ACCESS_KEY: cloud.principal.secretAccessKey,
    EVIDENCE_BUCKET,
    OUTCOME_TOPIC_ARN: TOPIC_ARN,
    FINGERPRINT_KEY,
    POWERTOOLS_SERVICE_NAME: "restore-drill",
    POWERTOOLS_METRICS_NAMESPACE: "RestoreDrill",
    POWERTOOLS_LOG_LEVEL: "INFO",
    SANDBOX_KMS_KEY: SANDBOX.kmsKey,
    SANDBOX_SUBNET_GROUP: SANDBOX.subnetGroup,
    SANDBOX_PARAMETER_GROUP: SANDBOX.parameterGroup,
    SANDBOX_SECURITY_GROUP: cloud.securityGroup,
    COUNTERPROOF: "on",
  };
  return { bundle, environment, timeoutSeconds, memoryMb: MEMORY_MB };
}
