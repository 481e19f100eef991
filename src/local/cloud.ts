/**
 * The embedded local cloud: one account in one process, on real PostgreSQL servers, in which the packaged functions and the deployed
 * state machines run. Not reproduced: Aurora's storage, KMS's cryptography, real networks, real durations.
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { DescribeExecutionOutput } from "@aws-sdk/client-sfn";
import type { BundledPlan } from "../../packaging/bundle.ts";
import type { PackagedTemplate } from "../../packaging/template.ts";
import {
  ACCOUNT_ID,
  type Account,
  closedSecurityGroup,
  openAccount,
  prepareSandboxNetworks,
  SANDBOX,
} from "./account.ts";
import type { Alarms } from "./alarms/alarms.ts";
import { Metrics } from "./alarms/metrics.ts";
import { type ModelledClock, passingOn } from "./clock.ts";
import {
  bucketsInUse,
  type Deployment,
  EVIDENCE_BUCKET,
  HOME_REGION,
  localFunction,
  prepareDeployment,
} from "./deployment.ts";
import type { DeadLetter } from "./events/dead-letters.ts";
import type { EventBus } from "./events/event-bus.ts";
import { type Authorisation, openAuthoriser } from "./iam/authoriser.ts";
import { liveWorld } from "./iam/live-world.ts";
import { requireInvocable } from "./inner-calls.ts";
import {
  createLambdaRuntime,
  type LambdaRuntime,
  type LambdaRuntimeOptions,
  type LocalFunction,
} from "./lambda/runtime.ts";
import type { PostgresHost } from "./postgres/postgres-host.ts";
import { countExecution, measured, openReactions } from "./reactions.ts";
import { backupService, type LocalBackup } from "./services/backup.ts";
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
import { readSubscriptions, type Subscription } from "./stack/subscriptions.ts";
import { type EndpointOptions, startEndpoint } from "./wire/endpoint.ts";
import { newPrincipal } from "./wire/principal.ts";
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
  /** Keeps what is the same for every cloud: the service's package. */
  readonly cacheDirectory: string;
  /** The plans that are deployed. */
  readonly plans: readonly BundledPlan[];
  /** Where plans that do not say have their sandboxes. By default where the stack is, which makes a network there. */
  readonly sandboxRegion?: string;
  /** Parameters of the stack, by name, where they differ. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** The package's template as it is to be deployed: by default as it is. */
  readonly alterTemplate?: (template: PackagedTemplate) => PackagedTemplate;
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
  /** Opened and closed by the caller. Waits then pass in full by this clock, whatever their scale, once the servers have done what they do. */
  readonly clock?: ModelledClock;
}

export interface LocalCloud {
  readonly url: string;
  readonly host: PostgresHost;
  readonly account: Account;
  readonly rds: RdsAdministration;
  readonly backup: Omit<LocalBackup, "service">;
  readonly lambda: LambdaRuntime;
  readonly states: Pick<StatesService, "endExecution" | "running">;
  readonly calls: readonly CallRecord[];
  /** Every question that IAM was asked about a role, and its answer. */
  readonly authorisations: readonly Authorisation[];
  /** What the deployed rules and schedules do. */
  readonly events: Pick<EventBus, "deliveries" | "put" | "fireSchedule" | "settled">;
  /** What rules, schedules and functions gave up, in the queues that the template gives them. */
  readonly deadLetters: readonly DeadLetter[];
  /** What the template's alarms say of what functions log and services measure. */
  readonly alarms: Alarms;
  readonly subscriptions: readonly Subscription[];
  /** What is deployed. */
  readonly template: PackagedTemplate;
  readonly messages: readonly PublishedMessage[];
  /** Where the evidence bucket's objects are, as plain files. */
  readonly evidenceDirectory: string;
  /** Signs as a person: may start and watch executions. */
  readonly operator: Principal;
  /** What a function signs as, by the name of its file: `tear-down`. Throws for one that is not deployed. */
  principalOf(functionName: string): Principal;
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
  const { clock, host } = options;
  const calls: CallRecord[] = [];
  const messages: PublishedMessage[] = [];
  const authorisations: Authorisation[] = [];
  const operator = newPrincipal("operator");
  const { functions, refs, template } = await deploy(options);
  const stack = { region: HOME_REGION, template };
  const account = openAccount(stack);
  const principals = new Map(functions.map(({ name, deployedName }) => [name, newPrincipal(deployedName)]));
  const principalOf = (name: string): Principal => {
    const principal = principals.get(name);
    if (principal === undefined) throw new TypeError(`The template has no function ${name}.`);
    return principal;
  };

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
  prepareSandboxNetworks(account, rds.administration, host.version.split(".")[0] ?? "", stack);

  const backup = backupService({ accountId: ACCOUNT_ID, rds: rds.administration });
  const authoriser = openAuthoriser({
    roles: template.roles,
    roleOf: new Map(functions.map(({ deployedName, roleArn }) => [deployedName, roleArn])),
    world: liveWorld({
      accountId: ACCOUNT_ID,
      template,
      keys: account.keys,
      rds: rds.administration,
      bucketsDirectory: options.root,
    }),
    onDecision: (authorisation) => keepNewest(authorisations, authorisation),
  });
  let lambda: LambdaRuntime | undefined;
  let onExecutionEvent: EventBus["onExecutionEvent"] | undefined;
  const metrics = new Metrics();
  const invoke = async (arn: string, payload: unknown, invocation: { readonly signal?: AbortSignal } = {}) =>
    lambda && measured(metrics, arn, lambda.invoke(arn, payload, invocation));
  const states = statesService({
    region: HOME_REGION,
    accountId: ACCOUNT_ID,
    machines: template.stateMachines,
    invoke: async (arn, payload, signal, { execution, roleArn }) => {
      await requireInvocable(authoriser, roleArn, execution, arn);
      return invoke(arn, payload, { signal });
    },
    timeScale: options.waitScale ?? WAIT_SCALE,
    ...(clock && passingOn(clock, rds.administration)),
    onEvent: (event) => {
      options.onEvent?.(event);
      countExecution(metrics, event);
      onExecutionEvent?.(event);
    },
  });
  const sns = snsService({ topics: refs("AWS::SNS::Topic"), onPublish: (message) => messages.push(message) });
  const endpoint = await startEndpoint({
    accountId: ACCOUNT_ID,
    principals: [operator, ...principals.values()],
    services: [
      rds.service,
      rds.dataService,
      backup.service,
      s3Service({ directory: options.root, buckets: bucketsInUse({ functions, refs }) }),
      sns,
      kmsService({ keys: account.keys }),
      ec2Service({ networks: account.networks }),
      states,
    ],
    onCall: (call) => keepNewest(calls, call),
    authorise: (call) => authoriser.authorise(call),
    ...(options.intercept === undefined ? {} : { intercept: options.intercept }),
    ...(options.beforeAnswer === undefined ? {} : { beforeAnswer: options.beforeAnswer }),
  });
  closers.push(() => endpoint.close());

  const deployed = functions.map((each): [string, LocalFunction] => {
    const principal = principalOf(each.name);
    return [each.deployedName, localFunction(each, { endpointUrl: endpoint.url, principal })];
  });
  lambda = createLambdaRuntime({
    functions: Object.fromEntries(deployed),
    onLog: (functionName, line) => {
      metrics.readLog(line);
      options.onLog?.(functionName, line);
    },
    ...(options.alterAnswer === undefined ? {} : { alterAnswer: options.alterAnswer }),
    accountId: ACCOUNT_ID,
    clock,
  });
  closers.push(
    async () => lambda?.close(),
    () => states.close(),
  );
  const { alarms, deadLetters, events } = openReactions({ template, authoriser, states, sns, metrics, invoke });
  onExecutionEvent = events.onExecutionEvent;
  closers.push(async () => events.close());
  await lambda.prewarm();

  return {
    url: endpoint.url,
    host,
    account,
    rds: rds.administration,
    backup,
    lambda,
    states,
    calls,
    authorisations,
    events,
    deadLetters,
    alarms,
    subscriptions: readSubscriptions(template),
    template,
    messages,
    evidenceDirectory: join(options.root, EVIDENCE_BUCKET),
    operator,
    principalOf,
    finished: (executionArn) => states.executionFinished(executionArn),
  };
}

async function deploy(options: LocalCloudOptions): Promise<Deployment> {
  const deployment = await prepareDeployment({
    directory: join(options.host.runDirectory, "functions"),
    cacheDirectory: options.cacheDirectory,
    plans: options.plans,
    parameters: { ...sandboxParameters(options), ...options.parameters },
  });
  return { ...deployment, template: options.alterTemplate?.(deployment.template) ?? deployment.template };
}

/** The stack makes what sandboxes need in its own region; in another it is told what is there. */
function sandboxParameters({ host, sandboxRegion = HOME_REGION }: LocalCloudOptions): Record<string, string> {
  if (sandboxRegion === HOME_REGION) return { NewestEngineMajor: host.version.split(".")[0] ?? "" };
  return {
    SandboxSubnetGroup: SANDBOX.subnetGroup,
    SandboxSecurityGroup: closedSecurityGroup(openAccount(), sandboxRegion),
    SandboxParameterGroup: SANDBOX.parameterGroup,
    SandboxKmsKey: SANDBOX.kmsKey,
  };
}

function keepNewest<Item>(items: Item[], item: Item): void {
  items.push(item);
  if (items.length > MAX_CALLS) items.shift();
}
