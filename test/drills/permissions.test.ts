import { ModifyDBClusterCommand, RDSClient } from "@aws-sdk/client-rds";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod/mini";
import type { PolicyStatement } from "../../packaging/permissions.ts";
import type { PackagedTemplate } from "../../packaging/template.ts";
import { closedSecurityGroup, openAccount } from "../../src/local/account.ts";
import { isDrill, MACHINE_ARN } from "../../src/local/deployment.ts";
import type { Authorisation } from "../../src/local/iam/authoriser.ts";
import { referenceOf } from "../../src/local/iam/reference.ts";
import { runExecution } from "../../src/local/run-execution.ts";
import { demoPlan, type EndedDrill, openTheatre, type Theatre } from "./theatre.ts";
import { OF_EVERY_FUNCTION, OF_EVERY_MACHINE, UNUSED_GRANTS } from "./unused-grants.ts";

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

  beforeAll(async () => {
    let isProtected = false;
    let running = "";
    theatre = await openTheatre(
      "permissions",
      {
        orders: await demoPlan(),
        "same-region": await demoPlan({
          plan: "same-region",
          counterproof: false,
          sandbox: { region: "eu-west-1", securityGroup: closedSecurityGroup(openAccount(), "eu-west-1") },
        }),
      },
      {
        faults: { outcome: (step) => (mishap === "writer fails" && step === "instanceCreate" ? "failed" : undefined) },
        onEvent: ({ type, executionArn }) => {
          if (type === "ExecutionStarted" && isDrill(executionArn)) running = executionArn;
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
    drills["cross-region"] = await theatre.drill("orders");
    drills["same-region"] = await theatre.drill("same-region");
    mishap = "writer fails";
    drills["failing"] = await theatre.drill("orders");
    mishap = "stopped";
    await runExecution(cloud, MACHINE_ARN, { plan: "same-region" });
    await cloud.events.settled();
    for (const name of enabledSchedules(template)) await cloud.events.fireSchedule(name);
    await cloud.events.settled();
    asked = [...cloud.authorisations];
  });
  afterAll(() => theatre?.close());

  it("allow a drill across regions, one at home, and one whose writer fails with its cluster protected", () => {
    const verdicts = Object.entries(drills).map(([name, { report }]) => [name, report.verdict.verdict]);
    expect(Object.fromEntries(verdicts)).toEqual({
      "cross-region": "passed",
      "same-region": "passed",
      failing: "failed",
    });
    expect(drills["failing"]?.report.teardown?.leftovers).toEqual([]);
    const denied = asked.filter(({ decision }) => decision !== "allowed");
    expect(denied.map(({ role, action, resource }) => `${role} ${action} ${resource}`)).toEqual([]);
    expect(
      theatre.cloud.events.deliveries.flatMap(({ by, error }) => (error === undefined ? [] : [by, error])),
    ).toEqual([]);
  });

  it("are each asked something", () => {
    const silent = template.functions.filter(({ roleArn }) => asked.every(({ role }) => role !== nameOf(roleArn)));
    expect(silent.map(({ name }) => name)).toEqual([]);
  });

  it("are asked of every type of resource that AWS asks of", async () => {
    const missing = new Set<string>();
    const questions = Map.groupBy(asked, ({ call, action }) => `${call} ${action}`);
    for (const [{ action }, resources] of [...questions.values()].flatMap(([first, ...more]) =>
      first === undefined ? [] : [[first, [first, ...more].map(({ resource }) => resource)] as const],
    )) {
      // DescribeExecution is documented as if an execution were a standard and an express one at once.
      if (action.startsWith("states:")) continue;
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

  it("fail a drill that lacks one permission, by name, and nothing is left of it", async () => {
    const { roleArn = "" } = template.functions.find(({ name }) => name === "restore-sandbox") ?? {};
    const statements = roles.get(roleArn) ?? [];
    roles.set(
      roleArn,
      statements.filter(({ Sid }) => Sid !== "AddWriter"),
    );
    const { status, report } = await theatre.drill("same-region").finally(() => roles.set(roleArn, statements));
    expect(status).toBe("FAILED");
    expect(report.verdict).toMatchObject({ verdict: "errored", reason: "drill" });
    expect(JSON.stringify(report)).toContain(
      "is not authorized to perform: rds:CreateDBInstance on resource: arn:aws:rds:eu-west-1:",
    );
    await theatre.cloud.events.settled();
    expect(theatre.cloud.rds.leftovers()).toEqual([]);
  });
});

/** Someone protects the sandbox before it is torn down: the one call of teardown that a good drill does not make. */
async function protect({ cloud }: Theatre, region: string, cluster: string): Promise<void> {
  const { accessKeyId, secretAccessKey } = cloud.operator;
  const rds = new RDSClient({ region, endpoint: cloud.url, credentials: { accessKeyId, secretAccessKey } });
  const command = new ModifyDBClusterCommand({ DBClusterIdentifier: cluster, DeletionProtection: true });
  await rds.send(command);
}

const nameOf = (roleArn: string): string => roleArn.replace(/^.*:role\//, "");

/** Whose role it is, and what every role of that kind may do unused. */
function ownerOf(roleArn: string, { functions, stateMachines }: PackagedTemplate): [string, object] {
  const owner = functions.find((each) => each.roleArn === roleArn);
  if (owner !== undefined) return [owner.name, OF_EVERY_FUNCTION];
  const machine = stateMachines.find((each) => each.roleArn === roleArn);
  if (machine !== undefined) return [machine.name, OF_EVERY_MACHINE];
  return [nameOf(roleArn), {}];
}

const Scheduled = z.object({
  State: z._default(z.string(), "ENABLED"),
  ScheduleExpression: z.optional(z.string()),
});

function enabledSchedules({ resources }: PackagedTemplate): string[] {
  const kinds = ["AWS::Scheduler::Schedule", "AWS::Events::Rule"];
  return Object.values(resources).flatMap(({ type, ref, properties }) => {
    if (!kinds.includes(type)) return [];
    const { State, ScheduleExpression } = z.parse(Scheduled, properties);
    return State === "DISABLED" || ScheduleExpression === undefined ? [] : [ref];
  });
}
