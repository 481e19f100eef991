import {
  DescribeExecutionCommand,
  GetExecutionHistoryCommand,
  ListExecutionsCommand,
  SFNClient,
  StopExecutionCommand,
} from "@aws-sdk/client-sfn";
import { mockClient } from "aws-sdk-client-mock";
import { beforeEach, describe, expect, it } from "vitest";
import { PlanNotFound } from "../../src/errors.ts";
import { drillSeconds, EXECUTION_SECONDS, FINISH_SECONDS, MAX_TIME_SECONDS } from "../../src/plan/lifetimes.ts";
import { endStuckDrills } from "../../src/sweep/stuck-drills.ts";
import { SAMPLE_DRILL } from "../plan/sample-drill.ts";
import { SAMPLE_PLAN } from "../plan/sample-plan.ts";

const NOW = new Date("2026-11-25T12:00:00.000Z");
const hoursAgo = (hours: number): Date => new Date(NOW.getTime() - hours * 3_600_000);
const machines = { drill: "arn:drill-machine", finish: "arn:finish-machine" };

interface Running {
  readonly hours: number;
  readonly redrivenHours?: number;
  readonly input?: string;
  /** When its checks were to end; absent of one that has no plan yet. */
  readonly checksEndAt?: Date;
}

const client = new SFNClient({ region: "eu-central-1", maxAttempts: 1 });
const sfn = mockClient(client);
let drills: Record<string, Running>;
let finishing: Record<string, number>;
beforeEach(() => {
  drills = {};
  finishing = {};
  sfn.reset();
  sfn.on(ListExecutionsCommand).callsFake(({ stateMachineArn, statusFilter, nextToken }) => {
    expect(statusFilter).toBe("RUNNING");
    const of =
      stateMachineArn === machines.drill
        ? Object.entries(drills)
        : Object.entries(finishing).map(([arn, hours]) => [arn, { hours, redrivenHours: undefined }] as const);
    // One a page.
    const index = Number(nextToken ?? 0);
    const executions = of.slice(index, index + 1).map(([executionArn, { hours, redrivenHours }]) => ({
      executionArn,
      startDate: hoursAgo(hours),
      ...(redrivenHours === undefined ? {} : { redriveDate: hoursAgo(redrivenHours) }),
    }));
    return { executions, ...(index + 1 < of.length ? { nextToken: String(index + 1) } : {}) };
  });
  sfn
    .on(DescribeExecutionCommand)
    .callsFake(({ executionArn }) => ({ input: drills[executionArn]?.input ?? '{"plan":"orders"}' }));
  sfn.on(GetExecutionHistoryCommand).callsFake(({ executionArn }) => {
    const checksEndAt = drills[executionArn]?.checksEndAt?.toISOString();
    const drill =
      checksEndAt === undefined
        ? {}
        : { drill: { ...SAMPLE_DRILL, deadlines: { checksEndAt, teardownEndAt: checksEndAt } } };
    return { events: [{ stateEnteredEventDetails: { name: "RunChecks", input: JSON.stringify(drill) } }] };
  });
  sfn.on(StopExecutionCommand).resolves({});
});

const look = () =>
  endStuckDrills(
    {
      sfn: client,
      machines,
      plans: {
        names: async () => ["orders"],
        read: async (name) => {
          if (name !== "orders") throw new PlanNotFound(`There is no plan "${name}".`);
          return SAMPLE_PLAN;
        },
      },
    },
    NOW,
  );
const stopped = (): (string | undefined)[] =>
  sfn.commandCalls(StopExecutionCommand).map(({ args: [{ input }] }) => input.executionArn);

describe("endStuckDrills", () => {
  // 8 h for its turn, 12 h of the plan, 6 h of teardown, 3 h for what comes afterwards.
  it("ends a drill once it has run for longer than its plan allows in all, the oldest first, and not before", async () => {
    drills = { young: { hours: 1 }, fine: { hours: 28.9 }, stuck: { hours: 29.1 }, older: { hours: 40 } };
    const found = await look();
    expect(stopped()).toEqual(["older", "stuck"]);
    expect(found.map(({ executionArn, startedAt }) => [executionArn, startedAt])).toEqual([
      ["older", hoursAgo(40).toISOString()],
      ["stuck", hoursAgo(29.1).toISOString()],
    ]);
  });

  it("counts from when a drill was redriven, days after it began", async () => {
    drills = {
      redriven: { hours: 100, redrivenHours: 1, checksEndAt: hoursAgo(80) },
      stuck: { hours: 100, redrivenHours: 29.1, checksEndAt: hoursAgo(80) },
    };
    expect((await look()).map(({ executionArn, startedAt }) => [executionArn, startedAt])).toEqual([
      ["stuck", hoursAgo(29.1).toISOString()],
    ]);
    expect(stopped()).toEqual(["stuck"]);
  });

  it("says why in the execution, which is what its notification is made of", async () => {
    drills = { stuck: { hours: 40, checksEndAt: hoursAgo(20) } };
    const [found] = await look();
    const { error, cause = "" } = sfn.commandCalls(StopExecutionCommand)[0]?.args[0].input ?? {};
    expect(error).toBe("Drill.Stuck");
    expect(cause).toBe(
      `It had run for 40 h, past every deadline of a drill, and stood in RunChecks. Its teardown was to be over at ${hoursAgo(20).toISOString()}.`,
    );
    expect(found?.told).toBe(`was ended. ${cause}`);
  });

  it("lets a drill run whose own deadlines are later than those of its plan as it is deployed now", async () => {
    drills = { longer: { hours: 40, checksEndAt: hoursAgo(8.9) }, over: { hours: 40, checksEndAt: hoursAgo(9.1) } };
    await look();
    expect(stopped()).toEqual(["over"]);
  });

  it.each([
    ["is not deployed any more", '{"plan":"gone"}'],
    ["can not be told from its input", "not JSON"],
  ])("gives the longest time there is to a drill whose plan %s", async (_, input) => {
    drills = { fine: { hours: 52.9, input }, stuck: { hours: 53.1, input } };
    await look();
    expect(stopped()).toEqual(["stuck"]);
    expect(drillSeconds(MAX_TIME_SECONDS)).toBeLessThan(EXECUTION_SECONDS);
  });

  it("tells of what finishes a drill for too long, and ends none of it", async () => {
    finishing = { fine: 9, stuck: 9.2 };
    expect(await look()).toEqual([
      {
        executionArn: "stuck",
        startedAt: hoursAgo(9.2).toISOString(),
        told: expect.stringMatching(/^has finished a drill for 9 h/),
      },
    ]);
    expect(stopped()).toEqual([]);
    // statemachines/finish-drill.asl.json
    expect(FINISH_SECONDS).toBeLessThan(43_200);
  });

  it("goes on with the others when one can not be ended, and says so", async () => {
    drills = { refused: { hours: 50 }, stuck: { hours: 40 } };
    sfn.on(StopExecutionCommand, { executionArn: "refused" }).rejects(new Error("denied"));
    expect((await look()).map(({ executionArn, told }) => [executionArn, told])).toEqual([
      [
        "refused",
        expect.stringMatching(/^could not be ended \(Error: denied\): stop it by hand\. It had run for 50 h/),
      ],
      ["stuck", expect.stringMatching(/^was ended/)],
    ]);
  });

  it("ends one whose state is out of sight, and none of which nothing is known", async () => {
    drills = { stuck: { hours: 40 } };
    sfn.on(GetExecutionHistoryCommand).resolves({ events: [], nextToken: "more" });
    expect((await look())[0]?.told).toContain("stood in an unknown state.");
    sfn.on(GetExecutionHistoryCommand).rejects(new Error("denied"));
    await expect(look()).rejects.toThrow("denied");
  });

  it("ends 20 at a time", async () => {
    drills = Object.fromEntries(Array.from({ length: 22 }, (_, index) => [`stuck-${index}`, { hours: 50 }]));
    expect(await look()).toHaveLength(20);
  });
});
