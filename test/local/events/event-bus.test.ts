import type { DescribeExecutionOutput } from "@aws-sdk/client-sfn";
import { beforeEach, describe, expect, it } from "vitest";
import type { PackagedTemplate } from "../../../packaging/template.ts";
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

const resource = (type: string, ref: string, properties: object) => ({
  [`${type}${ref}`]: { type, ref, deletionPolicy: "Delete", properties },
});
const rule = (ref: string, properties: object) => resource("AWS::Events::Rule", ref, properties);

describe("openEventBus", () => {
  let started: { what: string; input: unknown }[];
  let failures: number;
  let allowed: ReadonlySet<string>;
  beforeEach(() => {
    started = [];
    failures = 0;
    allowed = new Set([`${STARTER} states:StartExecution ${NET}`, `${STARTER} lambda:InvokeFunction ${SWEEP}`]);
  });

  function busOf(resources: PackagedTemplate["resources"]): EventBus {
    const template = { functions: [], stateMachines: [], roles: new Map(), outputs: {}, resources };
    const finished = async (): Promise<DescribeExecutionOutput> => ended;
    const start = targetStarter({
      template,
      authoriser: {
        authorise: async () => {},
        refusal: async (role, _session, { action, resource: asked }) =>
          allowed.has(`${role} ${action} ${asked}`) ? undefined : `not authorized to perform: ${action}`,
      },
      startExecution: async (what, input) => {
        started.push({ what, input: JSON.parse(input) });
        return "started";
      },
      finished,
      invoke: async (what, input) => {
        started.push({ what, input });
        if (failures-- > 0) throw new Error("out of luck");
      },
    });
    return openEventBus({ ...place, template, start, finished, describe: () => ({ ...ended, status: "RUNNING" }) });
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
      ...resource("AWS::Scheduler::Schedule", "weekly", { Target: { Arn: NET, RoleArn: STARTER, Input } }),
      ...resource("AWS::Scheduler::Schedule", "hourly", { Target: { Arn: SWEEP, RoleArn: STARTER } }),
      ...resource("AWS::Scheduler::Schedule", "off", { State: "DISABLED", Target: { Arn: NET, RoleArn: STARTER } }),
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
