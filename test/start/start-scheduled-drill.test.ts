import { StartExecutionCommand } from "@aws-sdk/client-sfn";
import "aws-sdk-client-mock-vitest/extend";
import { describe, expect, it } from "vitest";
import { DrillRequest } from "../../src/plan/drill.ts";
import { executionNameFor } from "../../src/start/start-drill.ts";
import { StartScheduledDrillInput, startScheduledDrill } from "../../src/start/start-scheduled-drill.ts";
import { parseInput } from "../../src/step.ts";
import { executions, STATE_MACHINE } from "./starting.ts";

const SLOT = { plan: "orders", schedule: "restore-drill-orders", slot: "2026-11-24T04:00:00Z" };
const started = (step: ReturnType<typeof executions>, event: object = SLOT) =>
  startScheduledDrill(
    { sfn: step.client, stateMachineArn: STATE_MACHINE },
    parseInput("start-scheduled-drill", StartScheduledDrillInput, event),
  );

describe("startScheduledDrill", () => {
  it("starts the plan's drill, named after the slot, and says which schedule did", async () => {
    const step = executions();
    expect(await started(step)).toMatchObject({
      started: true,
      executionArn: "arn:aws:states:eu-central-1:111122223333:execution:restore-drill:schedule-orders-20261124T040000Z",
    });
    expect(step.sfn).toHaveReceivedCommandExactlyOnceWith(StartExecutionCommand, {
      stateMachineArn: STATE_MACHINE,
      name: "schedule-orders-20261124T040000Z",
      input: JSON.stringify({ plan: "orders", trigger: { kind: "schedule", by: "restore-drill-orders" } }),
    });
    for (const { input } of step.begun.values()) DrillRequest.parse(JSON.parse(input));
  });

  it("starts one drill of a slot that is delivered ten times, while the drill runs and when it has ended", async () => {
    const step = executions();
    for (let delivery = 0; delivery < 5; delivery += 1) await started(step);
    for (const execution of step.begun.values()) execution.isOver = true;
    for (let delivery = 0; delivery < 5; delivery += 1)
      expect(await started(step)).toMatchObject({
        started: false,
        executionArn: expect.stringMatching(/:execution:restore-drill:schedule-orders-20261124T040000Z$/),
      });
    expect(step.begun.size).toBe(1);
  });

  it("takes a slot for the same whatever its seconds, and another minute for another slot", async () => {
    const step = executions();
    await started(step, { ...SLOT, slot: "2026-11-24T04:00:00.000Z" });
    await started(step, { ...SLOT, slot: "2026-11-24T04:00:43Z" });
    expect(step.begun.size).toBe(1);
    await started(step, { ...SLOT, slot: "2026-11-24T04:01:00Z" });
    expect(step.begun.size).toBe(2);
  });

  it("has a name that Step Functions takes for the longest plan", async () => {
    const step = executions();
    await started(step, { ...SLOT, plan: `o${"r".repeat(39)}` });
    for (const name of step.begun.keys()) expect(name).toMatch(/^[A-Za-z0-9_-]{1,80}$/);
  });

  it("is an error when Step Functions refuses: the schedule's retries and dead letters are there for that", async () => {
    const step = executions();
    step.sfn.on(StartExecutionCommand).rejects(Object.assign(new Error("no"), { name: "AccessDeniedException" }));
    await expect(started(step)).rejects.toMatchObject({ name: "AccessDeniedException" });
  });

  it.each([
    ["slot", "<aws.scheduler.scheduled-time>", /"slot": is no moment such as 2026-11-24T04:00:00Z/],
    ["slot", "2026-11-24T04:00:00+02:00", /"slot"/],
    ["slot", "2026-02-30T04:00:00Z", /"slot"/],
    ["slot", undefined, /"slot"/],
    ["plan", "../orders", /"plan": needs lower-case letters/],
    ["plan", undefined, /"plan"/],
    ["schedule", "a b", /"schedule": is not the name of a schedule/],
    ["at", "2026-11-24", /"at"/],
  ])("refuses an input whose %s is %s, and names it", async (field, value, message) => {
    const step = executions();
    await expect(async () => started(step, { ...SLOT, [field]: value })).rejects.toMatchObject({
      name: "Drill.InputInvalid",
      message: expect.stringMatching(message),
    });
    expect(step.begun.size).toBe(0);
  });
});

describe("executionNameFor", () => {
  it("keeps an id that a name may hold", () => {
    expect(executionNameFor("restore-test", "AB123456-78C9-0123-456D-789012E34567")).toBe(
      "restore-test-AB123456-78C9-0123-456D-789012E34567",
    );
  });

  it("keeps ids apart that are alike once they are cleaned or cut", () => {
    const ids = ["job.1", "job:1", "job-1", "x".repeat(100), "x".repeat(101)];
    const names = ids.map((id) => executionNameFor("restore-test", id));
    expect(new Set(names).size).toBe(ids.length);
    for (const name of names) expect(name).toMatch(/^restore-test-[A-Za-z0-9_-]{1,67}$/);
  });
});
