import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RegoEngine, TemplateFile } from "@aws/cloudformation-validate";
import { beforeAll, describe, expect, it } from "vitest";
import { type PackagedTemplate, readPackagedTemplate } from "../../packaging/template.ts";
import { asyncFailureProblems, ruleProblems, scheduleProblems } from "./checks/deliveries.ts";
import { altered, type TemplateCheck, without } from "./checks/resources.ts";
import { logProblems, machineProblems, stagelessProblems } from "./checks/stack.ts";
import { packagedService } from "./packaged-service.ts";

let template: PackagedTemplate;
beforeAll(async () => {
  template = await readPackagedTemplate(await packagedService());
});

const CHECKS: Readonly<Record<string, TemplateCheck>> = {
  scheduleProblems,
  ruleProblems,
  asyncFailureProblems,
  logProblems,
  machineProblems,
};

describe("the packaged template", () => {
  it.each(Object.keys(CHECKS))("has no %s", (check) => {
    expect(CHECKS[check]?.(template)).toEqual([]);
  });
});

/** A property of the resource as it must not be, by a path of keys. */
type Break = readonly [id: string, path: readonly string[], value: unknown];

function broken([id, path, value]: Break): PackagedTemplate {
  return altered(template, id, (properties) => {
    const holder = path.slice(0, -1).reduce<unknown>((node, key) => Reflect.get(Object(node), key), properties);
    Reflect.set(Object(holder), path.at(-1) ?? "", value);
  });
}

describe("a schedule", () => {
  it.each<[string, Break]>([
    ["never fires", ["OrdersSchedule", ["ScheduleExpression"], "cron(0 4 31 2 ? *)"]],
    ["Invalid time zone", ["OrdersSchedule", ["ScheduleExpressionTimezone"], "Europe/Atlantis"]],
    ["its group is the stack's", ["OrdersSchedule", ["GroupName"], "elsewhere"]],
    ["a window is 1 to 1440 minutes", ["OrdersSchedule", ["FlexibleTimeWindow", "MaximumWindowInMinutes"], 1441]],
    ["a window is 1 to 1440 minutes", ["OrdersSchedule", ["FlexibleTimeWindow", "Mode"], "OFF"]],
    ["its input is JSON", ["OrdersSchedule", ["Target", "Input"], "{plan: orders}"]],
    [
      "its role may start its target",
      ["OrdersSchedule", ["Target", "RoleArn"], "arn:aws:iam::000000000000:role/other"],
    ],
    ["it is tried 0 to 185 times", ["OrdersSchedule", ["Target", "RetryPolicy", "MaximumRetryAttempts"], 186]],
    ["an event's age is 60 s", ["OrdersSchedule", ["Target", "RetryPolicy", "MaximumEventAgeInSeconds"], 59]],
    ["goes to a queue of the stack", ["OrdersSchedule", ["Target", "DeadLetterConfig"], undefined]],
  ])("is refused when it does not hold: %s", (problem, change) => {
    expect(scheduleProblems(broken(change)).join("\n")).toContain(problem);
  });
});

describe("a rule", () => {
  it.each<[string, Break]>([
    ["beginsWith", ["DrillRequested", ["EventPattern", "source"], [{ beginsWith: "restore" }]]],
    ["empty array", ["DrillRequested", ["EventPattern", "source"], []]],
    ["at most 2048 characters", ["DrillRequested", ["EventPattern", "source"], ["x".repeat(2048)]]],
    ["1 to 5 targets", ["DrillRequested", ["Targets"], []]],
    [
      "it may start its target",
      ["DatabaseAlarmRaisedPermission", ["SourceArn"], "arn:aws:events:eu-central-1:0:rule/x"],
    ],
    ["it may send dead letters", ["DeadLettersPolicy", ["Queues"], []]],
    ["goes to a queue of the stack", ["DrillRequested", ["Targets", "0", "DeadLetterConfig"], undefined]],
  ])("is refused when it does not hold: %s", (problem, change) => {
    expect(ruleProblems(broken(change)).join("\n")).toContain(problem);
  });

  it("needs its own permission: another rule's is none", () => {
    expect(ruleProblems(without(template, "DrillRequestedPermission"))).toEqual([
      "DrillRequested: it may start its target",
    ]);
  });
});

describe("a function that nobody waits for", () => {
  it("is refused without a place for its failures", () => {
    const configs = Object.entries(template.resources).filter(
      ([, { type }]) => type === "AWS::Lambda::EventInvokeConfig",
    );
    expect(configs).not.toEqual([]);
    const already = asyncFailureProblems(template).length;
    for (const [id] of configs) expect(asyncFailureProblems(without(template, id))).toHaveLength(already + 1);
    const [[id] = [""]] = configs;
    expect(
      asyncFailureProblems(
        broken([id, ["DestinationConfig", "OnFailure", "Destination"], "arn:aws:sqs:eu-central-1:0:x"]),
      ),
    ).toContainEqual(expect.stringContaining("a queue of the stack"));
  });
});

describe("logs, machines and names", () => {
  it.each<[string, TemplateCheck, Break]>([
    ["it forgets", logProblems, ["PlanDrillLogGroup", ["RetentionInDays"], undefined]],
    ["it forgets", logProblems, ["PlanDrillLogGroup", ["RetentionInDays"], 91]],
    ["it has a log group", logProblems, ["PlanDrillLogGroup", ["LogGroupName"], "/aws/lambda/other"]],
    ["begins with restore-drill", stagelessProblems("restore-drill"), ["PageTopic", ["TopicName"], "pages"]],
  ])("are refused when it does not hold: %s", (problem, check, change) => {
    expect(check(broken(change)).join("\n")).toContain(problem);
  });

  it("are refused with a machine that has no end, or a Task that outlives it", () => {
    const ending = (TimeoutSeconds: number | undefined): PackagedTemplate => ({
      ...template,
      stateMachines: template.stateMachines.map((each) => ({
        ...each,
        definition: { ...each.definition, TimeoutSeconds },
      })),
    });
    expect(machineProblems(ending(undefined))).toContainEqual(expect.stringContaining("it has an end within a year"));
    expect(machineProblems(ending(60))).toContainEqual(expect.stringContaining("every Task ends before it"));
  });

  it("are looked for: each check finds the resources that it is about", () => {
    const types = new Set(Object.values(template.resources).map(({ type }) => type));
    for (const type of ["Scheduler::Schedule", "Events::Rule", "Logs::LogGroup", "SQS::QueuePolicy"])
      expect(types).toContain(`AWS::${type}`);
    expect(template.stateMachines.length).toBeGreaterThan(0);
  });
});

describe("AWS's validator, which the template passes", () => {
  it("calls a type, a property and a reference that do not exist errors", async () => {
    const queueWith = (Properties: object) => ({ Type: "AWS::SQS::Queue", Properties });
    const Resources = {
      Good: queueWith({ QueueName: "a" }),
      NoType: { Type: "AWS::SQS::Queu", Properties: {} },
      NoProperty: queueWith({ QueueNam: "a" }),
      NoReference: queueWith({ QueueName: { Ref: "Nothing" } }),
    };
    const directory = await mkdtemp(join(tmpdir(), "validator-"));
    const engine = new RegoEngine();
    try {
      const file = join(directory, "template.json");
      await writeFile(file, JSON.stringify({ Resources }));
      const { diagnostics } = engine.validateStandard(new TemplateFile(file));
      const wrong = diagnostics.flatMap(({ severity, entity }) =>
        /ERROR|FATAL/.test(severity) ? [entity?.logicalId] : [],
      );
      expect([...new Set(wrong)].sort()).toEqual(["NoProperty", "NoReference", "NoType"]);
    } finally {
      engine.free();
      await rm(directory, { recursive: true });
    }
  });
});
