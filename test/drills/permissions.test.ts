import { ModifyDBClusterCommand, RDSClient } from "@aws-sdk/client-rds";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isAllowed } from "../../packaging/permissions.ts";
import { type PackagedTemplate, readPackagedTemplate } from "../../packaging/template.ts";
import { ACCOUNT_ID, closedSecurityGroup, openAccount } from "../../src/local/account.ts";
import { HOME_REGION } from "../../src/local/deployment.ts";
import type { CallRecord } from "../../src/local/wire/service.ts";
import { isKey, referenceOf } from "../package/iam-reference.ts";
import { type PackagedService, packageService } from "../package/packaged-service.ts";
import { deployedWorld } from "./deployed-world.ts";
import type { IamRequest } from "./iam-requests.ts";
import { demoPlan, type EndedDrill, openTheatre, type Theatre } from "./theatre.ts";
import { UNUSED_GRANTS } from "./unused-grants.ts";

interface Asked extends IamRequest {
  /** As in `functions/<name>.ts`. */
  readonly role: string;
  readonly call: CallRecord;
}

describe("the calls of drills", () => {
  let theatre: Theatre;
  let service: PackagedService;
  let template: PackagedTemplate;
  const drills: Record<string, EndedDrill> = {};
  let asked: readonly Asked[];

  beforeAll(async () => {
    let isFailing = false;
    let isProtected = false;
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
        faults: { outcome: (step) => (isFailing && step === "instanceCreate" ? "failed" : undefined) },
        intercept: async ({ principal, operation, region, input }) => {
          if (isProtected || !isFailing || principal !== "restore-drill-tear-down") return;
          isProtected = operation === "DescribeDBClusters";
          if (isProtected) await protect(theatre, region, String(input["DBClusterIdentifier"]));
        },
      },
    );
    drills["cross-region"] = await theatre.drill("orders");
    drills["same-region"] = await theatre.drill("same-region");
    isFailing = true;
    drills["failing"] = await theatre.drill("orders");
    service = await packageService();
    template = await readPackagedTemplate(service.directory, { accountId: ACCOUNT_ID, region: HOME_REGION });
    asked = requestsOf(theatre.cloud.calls, template);
  });
  afterAll(async () => {
    await theatre?.close();
    await service?.remove();
  });

  const statementsOf = (role: string) => template.functions.find(({ name }) => name === role)?.statements ?? [];

  it("are those of a drill across regions, one at home, and one whose writer fails with its cluster protected", () => {
    const verdicts = Object.entries(drills).map(([name, { report }]) => [name, report.verdict.verdict]);
    expect(Object.fromEntries(verdicts)).toEqual({
      "cross-region": "passed",
      "same-region": "passed",
      failing: "failed",
    });
    expect(drills["failing"]?.report.teardown?.leftovers).toEqual([]);
    expect(theatre.cloud.rds.leftovers()).toEqual([]);
    expect([...new Set(asked.map(({ role }) => role))].sort()).toEqual(template.functions.map(({ name }) => name));
  });

  it("are each allowed by the role of the function that makes them", async () => {
    const denied = new Set<string>();
    for (const { role, call, action, resource, context } of asked) {
      const known = await keysThatIamHas(action, resource, context);
      if (!isAllowed(statementsOf(role), action, resource, known))
        denied.add(`${role}: ${action} on ${withoutDrill(resource)} (${call.operation})`);
    }
    expect([...denied]).toEqual([]);
  });

  it("are asked of every type of resource that AWS asks of", async () => {
    const missing = new Set<string>();
    for (const { call } of asked) {
      const same = asked.filter((each) => each.call === call);
      for (const action of new Set(same.map((each) => each.action))) {
        const resources = same.filter((each) => each.action === action).map(({ resource }) => resource);
        const required = (await referenceOf(action))?.resourceTypes.filter(({ isRequired }) => isRequired) ?? [];
        for (const { name, arn } of required)
          if (!resources.some((resource) => arn.test(resource))) missing.add(`${action} without ${name}`);
      }
    }
    expect([...missing]).toEqual([]);
  });

  it("use every action that a role grants, but for those that have a reason", () => {
    const unused = template.functions.map(({ name, statements }) => {
      const granted = statements.filter(({ Effect }) => Effect === "Allow").flatMap(({ Action }) => Action);
      const used = new Set(asked.filter(({ role }) => role === name).map(({ action }) => action));
      return [name, [...new Set(granted)].filter((action) => !used.has(action)).sort()];
    });
    const explained = Object.entries(UNUSED_GRANTS).map(([name, reasons]) => [name, Object.keys(reasons).sort()]);
    expect(Object.fromEntries(unused)).toEqual(Object.fromEntries(explained));
  });
});

/** Someone protects the sandbox before it is torn down: the one call of teardown that a good drill does not make. */
async function protect({ cloud }: Theatre, region: string, cluster: string): Promise<void> {
  const { accessKeyId, secretAccessKey } = cloud.operator;
  const rds = new RDSClient({ region, endpoint: cloud.url, credentials: { accessKeyId, secretAccessKey } });
  const command = new ModifyDBClusterCommand({ DBClusterIdentifier: cluster, DeletionProtection: true });
  await rds.send(command);
}

const FUNCTION = /^restore-drill-/;

/** What IAM was asked, in the order of the calls: a resource has its tags only once it was made with them. */
function requestsOf(calls: readonly CallRecord[], template: PackagedTemplate): Asked[] {
  const { authorise } = deployedWorld(template);
  return calls
    .filter(({ principal }) => FUNCTION.test(principal))
    .flatMap((call) =>
      authorise(call).map((request) => ({ ...request, role: call.principal.replace(FUNCTION, ""), call })),
    );
}

/** A key that AWS does not list for the action or the type of resource is absent when a policy asks for it. */
async function keysThatIamHas(action: string, resource: string, context: IamRequest["context"]) {
  const reference = await referenceOf(action);
  if (reference === undefined) throw new Error(`${action} is no action.`);
  const types = reference.resourceTypes.filter(({ arn }) => arn.test(resource));
  const known = [...reference.conditionKeys, ...types.flatMap(({ conditionKeys }) => conditionKeys)];
  return Object.fromEntries(Object.entries(context).filter(([key]) => known.some((each) => isKey(key, each))));
}

/** One line for the same call of each drill. */
const withoutDrill = (resource: string): string => resource.replace(/\d{8}-\d{6}-[0-9a-f]{8}/g, "<drill>");
