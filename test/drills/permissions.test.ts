import {
  AddTagsToResourceCommand,
  CopyDBClusterSnapshotCommand,
  DescribeDBClusterSnapshotsCommand,
  ModifyDBClusterCommand,
  RDSClient,
} from "@aws-sdk/client-rds";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isAllowed, type PolicyStatement } from "../../packaging/permissions.ts";
import type { PackagedTemplate } from "../../packaging/template.ts";
import { ACCOUNT_ID, closedSecurityGroup, openAccount } from "../../src/local/account.ts";
import { isOf, MACHINE_ARN } from "../../src/local/deployment.ts";
import type { Authorisation } from "../../src/local/iam/authoriser.ts";
import { referenceOf } from "../../src/local/iam/reference.ts";
import { namesOf, TAG } from "../../src/plan/names.ts";
import { requestedEvent } from "../start/events.ts";
import { demoPlan, type EndedDrill, openTheatre, type Theatre } from "./theatre.ts";
import { OF_EVERY_FUNCTION, OF_EVERY_MACHINE, OF_WHAT_IS_DELIVERED, UNUSED_GRANTS } from "./unused-grants.ts";
import { UNUSED_RESOURCES } from "./unused-resources.ts";

/** What befalls the drill that is running. */
type Mishap = "writer fails" | "stopped" | undefined;

/** A permission that is missing fails a drill by itself: every call is authorised. These are the drills that make every call there is. */
describe("the roles of drills", () => {
  let theatre: Theatre;
  let template: PackagedTemplate;
  let mishap: Mishap;
  const roles = new Map<string, readonly PolicyStatement[]>();
  const drills: Record<string, EndedDrill> = {};
  let asked: readonly Authorisation[];
  let told: readonly string[];

  beforeAll(async () => {
    let isProtected = false;
    let running = "";
    theatre = await openTheatre(
      "permissions",
      {
        // Without a schedule: it is due.
        "cross-region": await demoPlan({ plan: "cross-region", cadence: { every: "8d" } }),
        // As the packaged plan is called, whose schedule starts it.
        orders: await demoPlan({
          keep: { when: "always", for: "1h" },
          counterproof: false,
          // What started it is an incident of this moment, and so is the backup.
          incidents: { lookback: "0s" },
          // There is none, and so the survey has something to tell.
          backups: { copyIn: "eu-central-1" },
          sandbox: { region: "eu-west-1", securityGroup: closedSecurityGroup(openAccount(), "eu-west-1") },
        }),
      },
      {
        parameters: { ScheduleState: "ENABLED", BaselineScheduleState: "ENABLED" },
        faults: { outcome: (step) => (mishap === "writer fails" && step === "instanceCreate" ? "failed" : undefined) },
        onEvent: ({ type, executionArn }) => {
          if (type === "ExecutionStarted" && isOf(MACHINE_ARN, executionArn)) running = executionArn;
        },
        intercept: async ({ principal, operation, region, input }) => {
          if (mishap === "stopped" && operation === "CreateDBInstance") {
            mishap = undefined;
            void theatre.cloud.states.endExecution(running, "ABORTED");
          }
          if (isProtected || mishap !== "writer fails" || principal !== "restore-drill-tear-down") return;
          isProtected = operation === "DescribeDBClusters";
          if (isProtected) await protect(theatre, region, String(input["DBClusterIdentifier"]));
        },
        alterTemplate: (packaged) => {
          for (const [arn, statements] of packaged.roles) roles.set(arn, statements);
          return { ...packaged, roles };
        },
      },
    );
    const { cloud } = theatre;
    ({ template } = cloud);
    // Who starts a drill for an event or by a schedule does not wait for it.
    const started = async (): Promise<void> => {
      await cloud.events.settled();
      await cloud.finished(running);
      await cloud.events.settled();
    };
    // The second look sees that it runs.
    for (const _ of ["starts", "sees"]) await cloud.events.fireSchedule("restore-drill-start-due-drills");
    await started();
    mishap = "writer fails";
    drills["failing"] = await theatre.drill("cross-region");
    // Has the drill that failed been told of?
    await cloud.events.fireSchedule("restore-drill-start-due-drills");
    mishap = "stopped";
    cloud.events.put(requestedEvent({ plan: "orders" }, { id: "stopped", time: new Date().toISOString() }));
    await started();
    await cloud.events.fireSchedule("restore-drill-orders");
    await started();
    for (const name of [
      "restore-drill-daily-baseline",
      "restore-drill-watchdog",
      "restore-drill-survey-backups",
      "restore-drill-write-index",
    ]) {
      await cloud.events.fireSchedule(name);
      await cloud.events.settled();
    }
    await leaveBehind(theatre);
    for (let sweeps = 0; sweeps < MAX_SWEEPS && cloud.rds.leftovers().length > 0; sweeps += 1) {
      await cloud.events.fireSchedule("restore-drill-hourly-sweep");
      await cloud.events.settled();
      await cloud.rds.settled();
    }
    asked = [...cloud.authorisations];
    told = cloud.messages.map(({ bodies }) => {
      const { startedBy, trigger, verdict, summary } = JSON.parse(bodies["default"] ?? "{}");
      if (verdict === undefined) return `summary of ${summary}`;
      return trigger === "schedule" ? `${startedBy}: ${verdict}` : `${trigger}: ${verdict}`;
    });
    // Six executions of drills and captures, one after the other, beside whatever else runs.
  }, 900_000);
  afterAll(() => theatre?.close());

  it("allow drills across regions and at home, due, failing, stopped, scheduled and kept, and the sweep of what is left", () => {
    const verdicts = Object.entries(drills).map(([name, { report }]) => [name, report.verdict.verdict]);
    expect(Object.fromEntries(verdicts)).toEqual({ failing: "failed" });
    expect(told).toEqual([
      "start-due-drills: passed",
      "manual: failed",
      "incident: errored",
      "restore-drill-orders: passed",
      "summary of backups",
    ]);
    expect(drills["failing"]?.report.teardown?.leftovers).toEqual([]);
    expect(theatre.cloud.rds.leftovers()).toEqual([]);
    const denied = asked.filter(({ decision }) => decision !== "allowed");
    expect(denied.map(({ role, action, resource }) => `${role} ${action} ${resource}`)).toEqual([]);
    expect(
      theatre.cloud.events.deliveries.flatMap(({ by, error }) => (error === undefined ? [] : [by, error])),
    ).toEqual([]);
  });

  it("are each asked something", () => {
    const silent = template.functions.filter(({ roleArn }) => asked.every(({ role }) => role !== nameOf(roleArn)));
    // Only a restore test is answered: test/drills/restore-test.test.ts.
    expect(silent.map(({ name }) => name)).toEqual(["answer-restore-test"]);
  });

  it("are asked of every type of resource that AWS asks of", async () => {
    const missing = new Set<string>();
    const questions = Map.groupBy(asked, ({ call, action }) => `${call} ${action}`);
    for (const same of questions.values()) {
      const { action = "" } = same[0] ?? {};
      const resources = same.map(({ resource }) => resource);
      const required = (await referenceOf(action))?.resourceTypes.filter(({ isRequired }) => isRequired) ?? [];
      for (const { name, arn } of required)
        if (!resources.some((resource) => arn.test(resource))) missing.add(`${action} without ${name}`);
    }
    expect([...missing]).toEqual([]);
  });

  it("grant only what these drills use, but for what has a reason", () => {
    const unused = [...roles].map(([arn, statements]) => {
      const granted = statements.filter(({ Effect }) => Effect === "Allow").flatMap(({ Action }) => Action);
      const used = new Set(asked.filter(({ role }) => role === nameOf(arn)).map(({ action }) => action));
      const [owner, common] = ownerOf(arn, template);
      const surplus = [...new Set(granted)].filter((action) => !used.has(action) && !(action in common));
      return [owner, surplus.sort()] as const;
    });
    const explained = Object.entries(UNUSED_GRANTS).map(([owner, reasons]) => [owner, Object.keys(reasons).sort()]);
    expect(Object.fromEntries(unused.filter(([, surplus]) => surplus.length > 0))).toEqual(
      Object.fromEntries(explained),
    );
  });

  // What a counterproof reads depends on the damage that it chooses: a reason may go unused in a run, but not a resource without one.
  it("name only resources that these drills use, but for what has a reason", () => {
    const named: string[] = [];
    const unused: string[] = [];
    for (const [arn, statements] of roles) {
      const [owner, common] = ownerOf(arn, template);
      const own = asked.filter(({ role }) => role === nameOf(arn));
      for (const { Sid, Effect, Action, Resource, ...statement } of statements) {
        if (Effect !== "Allow" || Action.every((action) => action in common)) continue;
        for (const resource of Resource) {
          const one = { ...statement, Effect, Action, Resource: [resource] };
          const name = `${owner}: ${Sid}: ${withoutPlace(resource)}`;
          named.push(name);
          if (!own.some((each) => isAllowed([one], each.action, each.resource, each.context))) unused.push(name);
        }
      }
    }
    const explained = Object.entries(UNUSED_RESOURCES).flatMap(([owner, reasons]) =>
      Object.keys(reasons).map((resource) => `${owner}: ${resource}`),
    );
    expect(unused.filter((name) => !explained.includes(name))).toEqual([]);
    expect(explained.filter((name) => !named.includes(name))).toEqual([]);
  });

  it("fail a drill that lacks one permission, by name, and nothing is left of it", async () => {
    const { roleArn = "" } = template.functions.find(({ name }) => name === "restore-sandbox") ?? {};
    const statements = roles.get(roleArn) ?? [];
    roles.set(
      roleArn,
      statements.filter(({ Sid }) => Sid !== "AddWriter"),
    );
    const { status, report } = await theatre.drill("orders").finally(() => roles.set(roleArn, statements));
    expect(status).toBe("FAILED");
    expect(report.verdict).toMatchObject({ verdict: "errored", reason: "drill" });
    expect(JSON.stringify(report)).toContain(
      "is not authorized to perform: rds:CreateDBInstance on resource: arn:aws:rds:eu-west-1:",
    );
    await theatre.cloud.events.settled();
    expect(theatre.cloud.rds.leftovers()).toEqual([]);
  });
});

/** A sweep takes one step of each removal. */
const MAX_SWEEPS = 10;

function operatorsRds({ cloud }: Theatre, region: string): RDSClient {
  const { accessKeyId, secretAccessKey } = cloud.operator;
  return new RDSClient({ region, endpoint: cloud.url, credentials: { accessKeyId, secretAccessKey } });
}

/** Someone protects the sandbox before it is torn down: the one call of teardown that a good drill does not make. */
async function protect(theatre: Theatre, region: string, cluster: string): Promise<void> {
  const command = new ModifyDBClusterCommand({ DBClusterIdentifier: cluster, DeletionProtection: true });
  await operatorsRds(theatre, region).send(command);
}

/** The time of the sandbox that was kept is over, and it is protected; and there is a copy of a drill that nothing tore down. */
async function leaveBehind(theatre: Theatre): Promise<void> {
  const kept = theatre.cloud.rds.leftovers();
  const region = "eu-west-1";
  const rds = operatorsRds(theatre, region);
  const expired = { Key: TAG.expires, Value: new Date(Date.now() - 1000).toISOString() };
  for (const { kind, id } of kept.filter((each) => each.kind === "cluster" || each.kind === "instance")) {
    const ResourceName = `arn:aws:rds:${region}:${ACCOUNT_ID}:${kind === "cluster" ? "cluster" : "db"}:${id}`;
    await rds.send(new AddTagsToResourceCommand({ ResourceName, Tags: [expired] }));
    if (kind === "cluster") await protect(theatre, region, id);
  }
  const { snapshotCopy, drillId } = namesOf("20261120-143205-3f9a2b1c");
  const { DBClusterSnapshots = [] } = await rds.send(new DescribeDBClusterSnapshotsCommand({}));
  await rds.send(
    new CopyDBClusterSnapshotCommand({
      SourceDBClusterSnapshotIdentifier: DBClusterSnapshots[0]?.DBClusterSnapshotIdentifier,
      TargetDBClusterSnapshotIdentifier: snapshotCopy,
      Tags: [expired, { Key: TAG.drill, Value: drillId }, { Key: TAG.plan, Value: "orders" }],
    }),
  );
}

/** `rds cluster:*` of an ARN, which is of the account wherever it is. */
const withoutPlace = (arn: string): string => arn.replace(/^arn:aws:([\w-]+):[^:]*:[^:]*:/, "$1 ");

const nameOf = (roleArn: string): string => roleArn.replace(/^.*:role\//, "");

/** Whose role it is, and what every role of that kind may do unused. */
function ownerOf(roleArn: string, { functions, stateMachines }: PackagedTemplate): [string, object] {
  const owner = functions.find((each) => each.roleArn === roleArn);
  if (owner !== undefined) return [owner.name, { ...OF_EVERY_FUNCTION, ...OF_WHAT_IS_DELIVERED }];
  const machine = stateMachines.find((each) => each.roleArn === roleArn);
  if (machine !== undefined) return [machine.name, OF_EVERY_MACHINE];
  return [nameOf(roleArn), OF_WHAT_IS_DELIVERED];
}
