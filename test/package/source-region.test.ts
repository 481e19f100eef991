import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod/mini";
import { resolveIntrinsics } from "../../packaging/intrinsics.ts";
import { isAllowed, PolicyStatement } from "../../packaging/permissions.ts";
import { planResources } from "../../packaging/plan-resources.ts";
import type { PackagedTemplate } from "../../packaging/template.ts";
import { type Matcher, readPattern } from "../../src/local/events/pattern.ts";
import { isServiceAllowed } from "../../src/local/iam/resource-policy.ts";
import { alarmEvent, threatEvent } from "../start/events.ts";
import { planOf, stackWith } from "../start/starting.ts";
import { faultsOf } from "./iam-reference.ts";
import { PROJECT_DIRECTORY } from "./packaged-service.ts";
import { REGION_TEMPLATE, readSourceTemplate } from "./source-account.ts";

const ROOT = join(PROJECT_DIRECTORY, ".restore-drill/test", "source-region");
/** As the events of test/start say. */
const ACCOUNT = "111122223333";
const STACK = "restore-drill-incidents";
const EVERYTHING = { DrillRegion: "eu-central-1", AlarmNames: "orders-data-loss, gone", GuardDuty: "on" };
const read = (parameters: Readonly<Record<string, string>> = EVERYTHING): Promise<PackagedTemplate> =>
  readSourceTemplate(
    ROOT,
    { region: "eu-west-1", accountId: ACCOUNT, parameters },
    { file: REGION_TEMPLATE, stackName: STACK },
  );
beforeAll(() => mkdir(ROOT, { recursive: true }));
afterAll(() => rm(ROOT, { recursive: true, force: true }));

const Rule = z.object({
  EventPattern: z.unknown(),
  Targets: z.array(
    z.strictObject({
      Id: z.string(),
      Arn: z.string(),
      RoleArn: z.string(),
      DeadLetterConfig: z.object({ Arn: z.string() }),
    }),
  ),
});
const rulesOf = ({ resources }: PackagedTemplate) =>
  Object.values(resources).flatMap(({ type, arn = "", properties }) =>
    type === "AWS::Events::Rule" ? [{ arn, ...z.parse(Rule, properties) }] : [],
  );
const forwards = (template: PackagedTemplate): Matcher => {
  const matchers = rulesOf(template).map(({ EventPattern }) => readPattern(EventPattern));
  return (event) => matchers.some((matches) => matches(event));
};

describe("the template of the source's region", () => {
  it.each([
    ["this account", {}, ACCOUNT],
    ["another account", { DrillAccount: "444455556666" }, "444455556666"],
  ])("sends to the drill region's bus of %s alone, under a role that may do nothing else", async (_, more, account) => {
    const template = await read({ ...EVERYTHING, ...more });
    const bus = `arn:aws:events:eu-central-1:${account}:event-bus/default`;
    const role = template.resources["ForwardRole"]?.arn ?? "";
    const targets = rulesOf(template).flatMap(({ Targets }) => Targets);
    expect(targets).toMatchObject([
      { Arn: bus, RoleArn: role },
      { Arn: bus, RoleArn: role },
    ]);
    const statements = template.roles.get(role) ?? [];
    for (const statement of statements) expect(await faultsOf(statement)).toEqual([]);
    expect(statements.flatMap(({ Action }) => Action)).toEqual(["events:PutEvents"]);
    expect(isAllowed(statements, "events:PutEvents", bus)).toBe(true);
    for (const other of [bus.replace("default", "other"), bus.replace("eu-central-1", "eu-west-1")])
      expect(isAllowed(statements, "events:PutEvents", other), other).toBe(false);
  });

  it("has a role and a queue that its own rules may use, and no other rule", async () => {
    const template = await read();
    const queue = template.resources["DeadLetters"]?.arn ?? "";
    const { AssumeRolePolicyDocument: trust } = z.parse(
      z.object({ AssumeRolePolicyDocument: z.unknown() }),
      template.resources["ForwardRole"]?.properties,
    );
    const { PolicyDocument: taking } = z.parse(
      z.object({ PolicyDocument: z.unknown() }),
      template.resources["DeadLettersPolicy"]?.properties,
    );
    const mayUse = (sourceArn: string): boolean[] => [
      isServiceAllowed(trust, { service: "events.amazonaws.com", action: "sts:AssumeRole", resource: "*", sourceArn }),
      isServiceAllowed(taking, {
        service: "events.amazonaws.com",
        action: "sqs:SendMessage",
        resource: queue,
        sourceArn,
      }),
    ];
    const rules = rulesOf(template);
    expect(rules).toHaveLength(2);
    for (const { arn, Targets } of rules) {
      expect(mayUse(arn), arn).toEqual([true, true]);
      expect(Targets.map(({ DeadLetterConfig }) => DeadLetterConfig.Arn)).toEqual([queue]);
      for (const other of [arn.replace(ACCOUNT, "999988887777"), arn.replace(STACK, "any")])
        expect(mayUse(other), other).toEqual([false, false]);
    }
  });

  it("tells people of what could not be forwarded", async () => {
    const { resources } = await read({ ...EVERYTHING, NotifyEmail: "on-call@example.com" });
    expect(resources["DeadLettersAlarm"]?.properties).toMatchObject({
      Dimensions: [{ Name: "QueueName", Value: `${STACK}-dead-letters` }],
      AlarmActions: [resources["Topic"]?.ref],
    });
    expect(resources["EmailSubscription"]?.properties).toMatchObject({ Endpoint: "on-call@example.com" });
  });

  it.each([
    ["DrillRegion", "Frankfurt"],
    ["DrillRegion", "cn-north-1"],
    ["DrillAccount", "4444-5555-6666"],
    ["AlarmNames", "orders' loss"],
    ["AlarmPrefix", "größe"],
    ["GuardDuty", "true"],
    ["NotifyEmail", "on-call"],
  ])("refuses %s %s", async (parameter, value) => {
    await expect(read({ ...EVERYTHING, [parameter]: value })).rejects.toThrow(parameter);
  });
});

describe("what is forwarded", () => {
  const here = { region: "eu-west-1" };

  it("is the alarms that are named when they ring, and findings about databases that are not of low severity", async () => {
    const isForwarded = forwards(await read());
    expect(isForwarded(alarmEvent({ ...here, alarmName: "gone" }))).toBe(true);
    expect(isForwarded(alarmEvent({ ...here, alarmName: "other" }))).toBe(false);
    expect(isForwarded(alarmEvent({ ...here, alarmName: "gone", value: "OK" }))).toBe(false);
    expect(isForwarded(threatEvent({ severity: 4 }))).toBe(true);
    expect(isForwarded(threatEvent({ severity: 3.9 }))).toBe(false);
    const { detail, ...finding } = threatEvent();
    expect(isForwarded({ ...finding, detail: { ...detail, resource: { resourceType: "S3Bucket" } } })).toBe(false);
  });

  it("is every alarm of a prefix where there is one, and without alarms or findings no rule", async () => {
    const isForwarded = forwards(await read({ ...EVERYTHING, AlarmPrefix: "orders-" }));
    expect(isForwarded(alarmEvent({ ...here, alarmName: "orders-anything" }))).toBe(true);
    expect(isForwarded(alarmEvent({ ...here, alarmName: "gone" }))).toBe(false);
    expect(rulesOf(await read({ DrillRegion: "eu-central-1" }))).toEqual([]);
  });

  it("starts a drill where it arrives as it is: the stack's rules match it, and the plan of the source has the drill", async () => {
    const plan = planOf("orders", { incidents: { alarms: ["orders-data-loss"], guardduty: true } });
    const rules = Object.values(planResources([plan], { name: "restore-drill" })).filter(
      ({ Type }) => Type === "AWS::Events::Rule",
    );
    const isForwarded = forwards(await read());
    for (const event of [alarmEvent(here), threatEvent(here)]) {
      expect(isForwarded(event)).toBe(true);
      expect(rules.filter(({ Properties }) => readPattern(Properties["EventPattern"])(event))).toHaveLength(1);
      const { drills } = await stackWith([plan]).deliver(event);
      expect(drills.map((drill) => drill.plan)).toEqual(["orders"]);
    }
  });
});

describe("the bus of the drill region", () => {
  it("takes from an account that a plan names what AWS said there and a rule forwarded, and nothing else", async () => {
    const plan = planOf("theirs", { source: { account: "222233334444" }, incidents: { guardduty: true } });
    const policy = planResources([plan], { name: "restore-drill" })["IncidentsOf222233334444"]?.Properties["Statement"];
    const place: Record<string, string> = {
      "AWS::Partition": "aws",
      "AWS::Region": "eu-central-1",
      "AWS::AccountId": ACCOUNT,
    };
    const scope = { ref: (name: string) => place[name], attribute: () => undefined, condition: () => true };
    const resolved = z.parse(z.looseObject({ Principal: z.unknown() }), resolveIntrinsics(policy, scope));
    expect(resolved.Principal).toEqual({ AWS: "arn:aws:iam::222233334444:root" });
    const { Principal: _, ...rest } = resolved;
    const statement = z.parse(PolicyStatement, { Sid: "IncidentsOf222233334444", ...rest });
    expect(await faultsOf(statement)).toEqual([]);

    const bus = `arn:aws:events:eu-central-1:${ACCOUNT}:event-bus/default`;
    const forwarded = {
      "events:source": "aws.cloudwatch",
      "events:detail-type": "CloudWatch Alarm State Change",
      "events:eventBusInvocation": "true",
    };
    expect(isAllowed([statement], "events:PutEvents", bus, forwarded)).toBe(true);
    for (const [key, value] of [
      ["events:source", "restore-drill"],
      ["events:detail-type", "Restore Drill Requested"],
      ["events:eventBusInvocation", "false"],
    ])
      expect(isAllowed([statement], "events:PutEvents", bus, { ...forwarded, [String(key)]: String(value) })).toBe(
        false,
      );
    expect(isAllowed([statement], "events:PutRule", bus, forwarded)).toBe(false);
  });
});
