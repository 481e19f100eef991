/**
 * The embedded local cloud: one account in one process, on real PostgreSQL servers, in which the packaged functions and the deployed
 * state machines run. Not reproduced: Aurora's storage, KMS's cryptography, real networks, real durations.
 */
import { randomBytes } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { DescribeExecutionOutput } from "@aws-sdk/client-sfn";
import type { BundledPlan } from "../../packaging/bundle.ts";
import { ACCOUNT_ID, type Account, closedSecurityGroup, openAccount, prepareSandboxNetworks } from "./account.ts";
import { EVIDENCE_BUCKET, HOME_REGION, localFunction, prepareDeployment, TOPIC_ARN } from "./deployment.ts";
import {
  createLambdaRuntime,
  type LambdaRuntime,
  type LambdaRuntimeOptions,
  type LocalFunction,
} from "./lambda/runtime.ts";
import type { PostgresHost } from "./postgres/postgres-host.ts";
import { ec2Service } from "./services/ec2.ts";
import { kmsService } from "./services/kms.ts";
import type { RdsAdministration } from "./services/rds/administration.ts";
import { DEFAULT_TIME_SCALE } from "./services/rds/durations.ts";
import type { RdsFaults } from "./services/rds/faults.ts";
import type { IntervalListener } from "./services/rds/timeline.ts";
import { type RdsOptions, rdsService } from "./services/rds.ts";
import { s3Service } from "./services/s3.ts";
import { type PublishedMessage, snsService } from "./services/sns.ts";
import { type StatesService, type StatesServiceOptions, statesService } from "./services/states.ts";
import { type EndpointOptions, startEndpoint } from "./wire/endpoint.ts";
import type { CallRecord, Principal } from "./wire/service.ts";

/** Wait states are scaled as RDS's durations are: a wait of AWS's whole second, the least there is, lasts 40 ms. */
const WAIT_SCALE = DEFAULT_TIME_SCALE;
/** Calls kept for whoever asks afterwards. A drill makes a few hundred; the oldest are forgotten first. */
const MAX_CALLS = 20_000;

export interface LocalCloudOptions {
  /** Runs the servers; it is the caller's to close, after the cloud. */
  readonly host: PostgresHost;
  /** Evidence is written below it, in `evidence/`. */
  readonly root: string;
  /** Keeps what is the same for every cloud: the functions' bundles. */
  readonly cacheDirectory: string;
  /** The plans that are deployed. */
  readonly plans: readonly BundledPlan[];
  /** Where the stack's sandbox network is. By default where the stack is. */
  readonly sandboxRegion?: string;
  readonly faults?: RdsFaults;
  /** Sees every call first, and may refuse it by throwing a ServiceError. */
  readonly intercept?: EndpointOptions["intercept"];
  /** Sees every answer last, and may lose it. */
  readonly beforeAnswer?: EndpointOptions["beforeAnswer"];
  readonly alterAnswer?: LambdaRuntimeOptions["alterAnswer"];
  /** Multiplies the waits of state machines. */
  readonly waitScale?: number;
  readonly rds?: Pick<RdsOptions, "durations" | "timeScale" | "dataApiLimits" | "callsPerSecond">;
  readonly onEvent?: StatesServiceOptions["onEvent"];
  /** Every line a function logs. */
  readonly onLog?: (functionName: string, line: string) => void;
  readonly onInterval?: IntervalListener;
}

export interface LocalCloud {
  readonly url: string;
  readonly host: PostgresHost;
  readonly account: Account;
  readonly rds: RdsAdministration;
  readonly lambda: LambdaRuntime;
  readonly states: Pick<StatesService, "endExecution" | "running">;
  readonly calls: readonly CallRecord[];
  readonly messages: readonly PublishedMessage[];
  /** Where the evidence bucket's objects are, as plain files. */
  readonly evidenceDirectory: string;
  /** Signs as a person: may start and watch executions. */
  readonly operator: Principal;
  /** Resolves when the execution has ended, however it ended. */
  finished(executionArn: string): Promise<DescribeExecutionOutput>;
  /** Ends executions, functions and the endpoint. The servers end with their host. */
  close(): Promise<void>;
}

export async function openLocalCloud(options: LocalCloudOptions): Promise<LocalCloud> {
  await mkdir(options.root, { recursive: true });
  const closers: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    return { ...(await openServices(options, closers)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function openServices(
  options: LocalCloudOptions,
  closers: (() => Promise<void>)[],
): Promise<Omit<LocalCloud, "close">> {
  const { host } = options;
  const account = openAccount();
  const calls: CallRecord[] = [];
  const messages: PublishedMessage[] = [];
  const operator = newPrincipal("operator");
  const deployment = await prepareDeployment({
    directory: join(host.runDirectory, "functions"),
    cacheDirectory: options.cacheDirectory,
    plans: options.plans,
  });
  const principals = new Map(deployment.functions.map(({ name }) => [name, newPrincipal(name)]));

  const rds = rdsService({
    accountId: ACCOUNT_ID,
    host,
    directory: join(host.runDirectory, "rds"),
    keys: account.keys,
    vpcs: account.vpcs,
    ...options.rds,
    ...(options.faults === undefined ? {} : { faults: options.faults }),
    ...(options.onInterval === undefined ? {} : { onInterval: options.onInterval }),
  });
  closers.push(() => rds.close());
  prepareSandboxNetworks(account, rds.administration, host.version.split(".")[0] ?? "");

  let lambda: LambdaRuntime | undefined;
  const states = statesService({
    region: HOME_REGION,
    accountId: ACCOUNT_ID,
    machines: deployment.machines,
    invoke: async (arn, payload, signal) => lambda?.invoke(arn, payload, { signal }),
    timeScale: options.waitScale ?? WAIT_SCALE,
    ...(options.onEvent === undefined ? {} : { onEvent: options.onEvent }),
  });
  const endpoint = await startEndpoint({
    accountId: ACCOUNT_ID,
    principals: [operator, ...principals.values()],
    services: [
      rds.service,
      rds.dataService,
      s3Service({ directory: options.root, buckets: [EVIDENCE_BUCKET] }),
      snsService({ topics: [TOPIC_ARN], onPublish: (message) => messages.push(message) }),
      kmsService({ keys: account.keys }),
      ec2Service({ networks: account.networks }),
      states,
    ],
    onCall: (call) => {
      calls.push(call);
      if (calls.length > MAX_CALLS) calls.shift();
    },
    ...(options.intercept === undefined ? {} : { intercept: options.intercept }),
    ...(options.beforeAnswer === undefined ? {} : { beforeAnswer: options.beforeAnswer }),
  });
  closers.push(() => endpoint.close());

  const securityGroup = closedSecurityGroup(account, options.sandboxRegion ?? HOME_REGION);
  const functions = deployment.functions.map((deployed): [string, LocalFunction] => {
    const principal = principals.get(deployed.name) ?? operator;
    return [deployed.name, localFunction(deployed, { endpointUrl: endpoint.url, principal, securityGroup })];
  });
  lambda = createLambdaRuntime({
    functions: Object.fromEntries(functions),
    onLog: options.onLog ?? (() => {}),
    ...(options.alterAnswer === undefined ? {} : { alterAnswer: options.alterAnswer }),
    accountId: ACCOUNT_ID,
  });
  closers.push(
    async () => lambda?.close(),
    () => states.close(),
  );
  await lambda.prewarm();

  return {
    url: endpoint.url,
    host,
    account,
    rds: rds.administration,
    lambda,
    states,
    calls,
    messages,
    evidenceDirectory: join(options.root, EVIDENCE_BUCKET),
    operator,
    finished: (arn) => states.executionFinished(arn),
  };
}

function newPrincipal(name: string): Principal {
  const accessKeyId = `AKIA${randomBytes(8).toString("hex").toUpperCase()}`;
  return { name, accessKeyId, secretAccessKey: randomBytes(20).toString("hex") };
}
