import type { DescribeExecutionOutput } from "@aws-sdk/client-sfn";
import { beforeEach, describe, expect, it } from "vitest";
import type { PackagedTemplate } from "../../../packaging/template.ts";
import { openAsyncInvocations } from "../../../src/local/events/async-invocations.ts";
import { type DeadLetterQueues, openDeadLetterQueues } from "../../../src/local/events/dead-letters.ts";
import { type EventBus, openEventBus } from "../../../src/local/events/event-bus.ts";
import { targetStarter } from "../../../src/local/events/start-target.ts";

const place = { accountId: "123456789012", region: "eu-central-1" };
const arn = (service: string, rest: string): string => `arn:aws:${service}:eu-central-1:123456789012:${rest}`;
const NET = arn("states", "stateMachine:net");
const SWEEP = arn("lambda", "function:sweep");
const STARTER = "arn:aws:iam::123456789012:role/starter";

const ended: DescribeExecutionOutput = {
  executionArn: arn("states", "execution:drill:a"),
  stateMachineArn: arn("states", "stateMachine:drill"),
  name: "a",
  status: "ABORTED",
  startDate: new Date(1_795_291_200_123),
  stopDate: new Date(1_795_291_260_456),
  input: '{"plan":"orders"}',
  error: "stopped",
  cause: "by hand",
};
const RED = { source: ["aws.states"], detail: { status: ["ABORTED"], stateMachineArn: [ended.stateMachineArn] } };

const QUEUE = arn("sqs", "dead");
const resource = (type: string, ref: string, properties: object, own = "") => ({
  [`${type}${ref}`]: { type, ref, ...(own === "" ? {} : { arn: own }), deletionPolicy: "Delete", properties },
});
const rule = (ref: string, properties: object) =>
  resource("AWS::Events::Rule", ref, properties, arn("events", `rule/${ref}`));
const schedule = (ref: string, properties: object) =>
  resource("AWS::Scheduler::Schedule", ref, properties, arn("scheduler", `schedule/drills/${ref}`));
const trust = (services: string[], Condition = {}) => ({
  Statement: [{ Effect: "Allow", Principal: { Service: services }, Action: "sts:AssumeRole", Condition }],
});
const ACCOUNT = {
  ...resource(
    "AWS::IAM::Role",
    "starter",
    {
      AssumeRolePolicyDocument: trust(["events.amazonaws.com", "scheduler.amazonaws.com"]),
    },
    STARTER,
  ),
  ...resource("AWS::Lambda::Function", "sweep", { Role: STARTER }, SWEEP),
  ...resource("AWS::SQS::Queue", "dead-url", {}, QUEUE),
};
/** Lets the rule "ended" send. */
const queuePolicy = (rules: string) =>
  resource("AWS::SQS::QueuePolicy", "policy", {
    Queues: ["dead-url"],
    PolicyDocument: {
      Statement: [
        {
          Effect: "Allow",
          Principal: { Service: "events.amazonaws.com" },
          Action: "sqs:SendMessage",
          Resource: QUEUE,
          Condition: { ArnLike: { "aws:SourceArn": arn("events", `rule/${rules}`) } },
        },
      ],
    },
  });

describe("openEventBus", () => {
  let started: { what: string; input: unknown }[];
  let failures: number;
  let allowed: ReadonlySet<string>;
  let deadLetters: DeadLetterQueues;
  beforeEach(() => {
    started = [];
    failures = 0;
    allowed = new Set([`${STARTER} states:StartExecution ${NET}`, `${STARTER} lambda:InvokeFunction ${SWEEP}`]);
  });

  function busOf(resources: PackagedTemplate["resources"]): EventBus {
    const everything = { ...ACCOUNT, ...resources };
    const template = { functions: [], stateMachines: [], roles: new Map(), outputs: {}, resources: everything };
    const finished = async (): Promise<DescribeExecutionOutput> => ended;
    const authoriser = {
      refusal: async (role: string, _session: string, { action, resource: asked }: Record<string, unknown>) =>
        allowed.has(`${role} ${action} ${asked}`) ? undefined : `not authorized to perform: ${action}`,
    };
    deadLetters = openDeadLetterQueues(template, authoriser);
    const { invoke } = openAsyncInvocations({
      template,
      deadLetters,
      invoke: async (what, input) => {
        started.push({ what, input });
        if (failures-- > 0) throw new Error("out of luck");
      },
    });
    const start = targetStarter({
      template,
      authoriser,
      startExecution: async (what, input) => {
        started.push({ what, input: JSON.parse(input) });
        return "started";
      },
      finished,
      invoke,
    });
    return openEventBus({
      ...place,
      template,
      start,
      deadLetters,
      finished,
      describe: () => ({ ...ended, status: "RUNNING" }),
    });
  }

  const end = async (bus: EventBus): Promise<void> => {
    bus.onExecutionEvent({ executionArn: ended.executionArn ?? "", type: "ExecutionAborted", at: "" });
    await bus.settled();
  };

  it("tells of an ended execution in AWS's shape", async () => {
    const bus = busOf(rule("ended", { EventPattern: RED, Targets: [{ Arn: NET, RoleArn: STARTER }] }));
    await end(bus);
    expect(started).toMatchObject([
      {
        what: NET,
        input: {
          version: "0",
          source: "aws.states",
          "detail-type": "Step Functions Execution Status Change",
          account: "123456789012",
          region: "eu-central-1",
          time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
          resources: [ended.executionArn],
          detail: {
            executionArn: ended.executionArn,
            stateMachineArn: ended.stateMachineArn,
            name: "a",
            status: "ABORTED",
            startDate: 1_795_291_200_123,
            stopDate: 1_795_291_260_456,
            input: '{"plan":"orders"}',
            inputDetails: { included: true },
            output: null,
            outputDetails: null,
            error: "stopped",
            cause: "by hand",
          },
        },
      },
    ]);
    expect(bus.deliveries).toMatchObject([{ by: "ended", targetArn: NET }]);
  });

  it("tells of a started one too, and leaves alone what no enabled rule matches", async () => {
    const bus = busOf({
      ...rule("running", {
        EventPattern: { detail: { status: ["RUNNING"] } },
        Targets: [{ Arn: NET, RoleArn: STARTER }],
      }),
      ...rule("disabled", { State: "DISABLED", EventPattern: RED, Targets: [{ Arn: NET, RoleArn: STARTER }] }),
      ...rule("other", { EventPattern: { source: ["aws.rds"] }, Targets: [{ Arn: NET, RoleArn: STARTER }] }),
    });
    await end(bus);
    expect(started).toEqual([]);
    bus.onExecutionEvent({ executionArn: "a", type: "ExecutionStarted", at: "" });
    await bus.settled();
    expect(bus.deliveries.map(({ by }) => by)).toEqual(["running"]);
  });

  it("invokes a function that permits the rule, three times if it fails", async () => {
    const permission = (source: string) =>
      resource("AWS::Lambda::Permission", source, {
        Action: "lambda:InvokeFunction",
        FunctionName: SWEEP,
        Principal: "events.amazonaws.com",
        SourceArn: arn("events", `rule/${source}`),
      });
    const sweep = rule("ended", { EventPattern: RED, Targets: [{ Arn: SWEEP }] });
    const refused = busOf({ ...sweep, ...permission("another") });
    await end(refused);
    expect(started).toEqual([]);
    expect(refused.deliveries).toMatchObject([{ error: expect.stringContaining("Nothing permits") }]);

    failures = 2;
    const permitted = busOf({ ...sweep, ...permission("ended") });
    await end(permitted);
    expect(started).toHaveLength(3);
    expect(permitted.deliveries[0]).not.toHaveProperty("error");

    failures = 3;
    const failing = busOf({ ...sweep, ...permission("ended") });
    await end(failing);
    expect(failing.deliveries).toMatchObject([{ error: "out of luck" }]);
  });

  it("delivers nothing under a role that may not start the target, and says so", async () => {
    allowed = new Set();
    const bus = busOf(rule("ended", { EventPattern: RED, Targets: [{ Arn: NET, RoleArn: STARTER }] }));
    await end(bus);
    expect(started).toEqual([]);
    expect(bus.deliveries).toMatchObject([{ error: "not authorized to perform: states:StartExecution" }]);
  });

  it("delivers nothing of an event that the target's input can not be made of, and says so", async () => {
    const InputTransformer = { InputPathsMap: { who: "$.detail.who" }, InputTemplate: '{"who": <who>}' };
    const bus = busOf(
      rule("ended", { EventPattern: RED, Targets: [{ Arn: NET, RoleArn: STARTER, InputTransformer }] }),
    );
    await end(bus);
    expect(started).toEqual([]);
    expect(bus.deliveries).toMatchObject([{ by: "ended", error: "The event has nothing at $.detail.who." }]);
  });

  it("fires a schedule as the Scheduler would, under its role", async () => {
    const Input = '{"plan": "orders", "at": "<aws.scheduler.scheduled-time>"}';
    const bus = busOf({
      ...schedule("weekly", { Target: { Arn: NET, RoleArn: STARTER, Input } }),
      ...schedule("hourly", { Target: { Arn: SWEEP, RoleArn: STARTER } }),
      ...schedule("off", { State: "DISABLED", Target: { Arn: NET, RoleArn: STARTER } }),
    });
    await bus.fireSchedule("weekly");
    await bus.fireSchedule("hourly");
    expect(started).toMatchObject([
      { what: NET, input: { plan: "orders", at: expect.stringMatching(/^\d{4}-.*Z$/) } },
      { what: SWEEP, input: {} },
    ]);
    await expect(bus.fireSchedule("off")).rejects.toThrow("DISABLED");
    await expect(bus.fireSchedule("monthly")).rejects.toThrow("no schedule monthly");
    allowed = new Set();
    await expect(bus.fireSchedule("weekly")).rejects.toThrow("not authorized");
  });

  it("starts nothing under a role that does not trust who asks, or not for this group of schedules", async () => {
    const target = { Target: { Arn: NET, RoleArn: STARTER } };
    const trusting = (policy: object) =>
      busOf({
        ...schedule("weekly", target),
        ...resource("AWS::IAM::Role", "starter", { AssumeRolePolicyDocument: policy }, STARTER),
      });
    const ofGroup = (group: string) =>
      trust(["scheduler.amazonaws.com"], {
        StringEquals: { "aws:SourceArn": arn("scheduler", `schedule-group/${group}`) },
      });
    await expect(trusting(trust(["events.amazonaws.com"])).fireSchedule("weekly")).rejects.toThrow("does not trust");
    await expect(trusting(ofGroup("others")).fireSchedule("weekly")).rejects.toThrow("does not trust");
    await trusting(ofGroup("drills")).fireSchedule("weekly");
    expect(started).toHaveLength(1);
  });

  it("delivers one tick as often as it is told, with the same slot", async () => {
    const Input = '{"slot": "<aws.scheduler.scheduled-time>", "id": "<aws.scheduler.execution-id>"}';
    const bus = busOf(schedule("weekly", { Target: { Arn: NET, RoleArn: STARTER, Input } }));
    await bus.fireSchedule("weekly", { slot: new Date("2026-11-24T04:00:00Z"), times: 2 });
    expect(started.map(({ input }) => input)).toMatchObject([
      { slot: "2026-11-24T04:00:00Z" },
      { slot: "2026-11-24T04:00:00Z" },
    ]);
    expect(new Set(started.map(({ input }) => JSON.stringify(input))).size).toBe(2);
  });

  it("takes a document of anybody, and delivers it whole to what matches it", async () => {
    const bus = busOf(
      rule("raised", { EventPattern: { source: ["aws.cloudwatch"] }, Targets: [{ Arn: NET, RoleArn: STARTER }] }),
    );
    const event = { source: "aws.cloudwatch", region: "us-east-1", detail: { alarmName: "a" } };
    bus.put(event);
    bus.put({ source: "aws.guardduty" });
    await bus.settled();
    expect(started).toEqual([{ what: NET, input: event }]);
  });

  describe("dead letters", () => {
    const RAISED = { source: ["aws.cloudwatch"] };
    const event = { source: "aws.cloudwatch", detail: {} };
    const raised = (more: object) => rule("raised", { EventPattern: RAISED, Targets: [{ Arn: SWEEP, ...more }] });
    const put = async (bus: EventBus): Promise<void> => {
      bus.put(event);
      await bus.settled();
    };

    it("keep what a rule could not deliver, where target and queue say so", async () => {
      const DeadLetterConfig = { Arn: QUEUE };
      await put(busOf({ ...raised({}), ...queuePolicy("*") }));
      expect(deadLetters.letters).toEqual([]);

      const refused = busOf({ ...raised({ DeadLetterConfig }), ...queuePolicy("others-*") });
      await put(refused);
      expect(deadLetters.letters).toEqual([]);
      expect(refused.deliveries).toMatchObject([{ error: expect.stringContaining("Its dead letter is lost") }]);

      await put(busOf({ ...raised({ DeadLetterConfig }), ...queuePolicy("rai*") }));
      expect(deadLetters.letters).toMatchObject([
        {
          queueArn: QUEUE,
          from: arn("events", "rule/raised"),
          body: event,
          attributes: { TARGET_ARN: SWEEP, ERROR_MESSAGE: expect.stringContaining("Nothing permits") },
        },
      ]);
    });

    it("keep the tick of a schedule that may start nothing, if its role may send", async () => {
      const Target = { Arn: NET, RoleArn: STARTER, Input: "{}", DeadLetterConfig: { Arn: QUEUE } };
      allowed = new Set();
      await expect(busOf(schedule("weekly", { Target })).fireSchedule("weekly")).rejects.toThrow("states:Start");
      expect(deadLetters.letters).toEqual([]);
      allowed = new Set([`${STARTER} sqs:SendMessage ${QUEUE}`]);
      await expect(busOf(schedule("weekly", { Target })).fireSchedule("weekly")).rejects.toThrow("states:Start");
      expect(deadLetters.letters).toMatchObject([{ body: "{}", attributes: { TARGET_ARN: NET } }]);
    });

    it("keep what a function failed with to the end, as often as the template lets it try", async () => {
      const Config = { FunctionName: "sweep", MaximumRetryAttempts: 1 };
      const DestinationConfig = { OnFailure: { Destination: QUEUE } };
      const configured = (more: object) =>
        busOf({
          ...schedule("hourly", { Target: { Arn: SWEEP, RoleArn: STARTER } }),
          ...resource("AWS::Lambda::EventInvokeConfig", "config", { ...Config, ...more }),
        });
      const fire = async (bus: EventBus): Promise<void> => {
        failures = 2;
        await bus.fireSchedule("hourly");
        await bus.settled();
      };
      allowed = new Set([...allowed, `${STARTER} sqs:SendMessage ${QUEUE}`]);
      await fire(configured({}));
      expect(started).toHaveLength(2);
      expect(deadLetters.letters).toEqual([]);
      await fire(configured({ DestinationConfig }));
      expect(deadLetters.letters).toMatchObject([
        {
          from: SWEEP,
          body: {
            requestContext: { condition: "RetriesExhausted", approximateInvokeCount: 2 },
            requestPayload: {},
            responsePayload: { errorMessage: "Error: out of luck" },
          },
        },
      ]);
    });
  });

  it("delivers nothing once it is closed", async () => {
    const bus = busOf(rule("ended", { EventPattern: RED, Targets: [{ Arn: NET, RoleArn: STARTER }] }));
    bus.close();
    await end(bus);
    expect(bus.deliveries).toEqual([]);
  });

  it("refuses a rule whose target it can not deliver to", () => {
    const topic = { EventPattern: RED, Targets: [{ Arn: arn("sns", "topic") }] };
    expect(() => busOf(rule("ended", topic))).toThrow("can not deliver");
  });
});
