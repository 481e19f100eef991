import { PutObjectCommand, S3ServiceException } from "@aws-sdk/client-s3";
import { describe, expect, it } from "vitest";
import { alarmEvent, requestedEvent, threatEvent } from "./events.ts";
import { planOf, stackWith } from "./starting.ts";

const alarms = Array.from({ length: 20 }, (_, index) => `orders-${index}`);
const ORDERS = planOf("orders", { incidents: { alarms, guardduty: true, quiet: "6h" } });
const KEY = "incidents/eu-west-1/orders-production.json";
const atSecond = (seconds: number): string =>
  new Date(Date.parse("2026-11-21T14:00:00Z") + seconds * 1000).toISOString();

describe("an incident", () => {
  it("of 500 events at one moment starts one drill", async () => {
    const stack = stackWith([ORDERS, planOf("orders-too", { incidents: { alarms: ["orders-3"] } })]);
    const events = Array.from({ length: 500 }, (_, index) =>
      alarmEvent({ id: `event-${index}`, alarmName: `orders-${index % 20}`, time: atSecond(index % 60) }),
    );
    const answers = await Promise.all(events.map(stack.deliver));
    expect(answers.filter(({ started }) => started)).toHaveLength(1);
    expect(stack.begun.size).toBe(1);
    expect(answers.flatMap(({ drills }) => drills)).toHaveLength(500);
    expect(new Set(answers.flatMap(({ drills }) => drills.map(({ executionArn }) => executionArn))).size).toBe(1);
  });

  it("is joined by every kind of event about its database until its plan's quiet is over", async () => {
    const stack = stackWith([ORDERS]);
    await stack.deliver(alarmEvent({ alarmName: "orders-1", time: atSecond(0), at: atSecond(0) }));
    stack.later(6 * 3600);
    const last = atSecond(6 * 3600 - 1);
    for (const event of [
      alarmEvent({ alarmName: "orders-2", time: last, at: last }),
      threatEvent(),
      requestedEvent({ plan: "orders", at: atSecond(-86_400) }, { time: last }),
    ])
      expect(await stack.deliver(event)).toMatchObject({
        started: false,
        why: expect.stringMatching(/^It joins the incident of 2026-11-21T14:00:00\.989Z, .* start a drill by hand\.$/),
      });
    expect(stack.begun.size).toBe(1);
    const next = atSecond(6 * 3600 + 1);
    expect(await stack.deliver(alarmEvent({ alarmName: "orders-2", time: next, at: next }))).toMatchObject({
      started: true,
    });
    expect([...stack.begun.keys()]).toEqual(["incident-orders-20261121T140000Z", "incident-orders-20261121T200001Z"]);
  });

  it("is joined by what was raised before it and comes late", async () => {
    const stack = stackWith([ORDERS]);
    await stack.deliver(alarmEvent({ alarmName: "orders-1", time: atSecond(30) }));
    expect(await stack.deliver(alarmEvent({ alarmName: "orders-2", time: atSecond(0) }))).toMatchObject({
      started: false,
    });
    expect(stack.begun.size).toBe(1);
  });

  it.each([0, 3600, 7 * 3600, 20 * 3600, 3 * 86_400])(
    "whose event is sent again ten times, %s s later, starts nothing new",
    async (laterSeconds) => {
      const stack = stackWith([ORDERS]);
      const event = alarmEvent({ alarmName: "orders-1" });
      await stack.deliver(event);
      for (const execution of stack.begun.values()) execution.isOver = laterSeconds > 3600;
      stack.later(laterSeconds);
      for (let delivery = 0; delivery < 10; delivery += 1)
        expect(await stack.deliver(event)).toMatchObject({ started: false });
      expect(stack.begun.size).toBe(1);
    },
  );

  it("that was replayed without its document starts no second drill: its name is taken", async () => {
    const stack = stackWith([ORDERS]);
    await stack.deliver(alarmEvent({ alarmName: "orders-1" }));
    for (const execution of stack.begun.values()) execution.isOver = true;
    stack.bucket.objects.delete(KEY);
    expect(await stack.deliver(alarmEvent({ alarmName: "orders-1" }))).toMatchObject({
      started: false,
      why: "incident-orders-20261121T140040Z was started before.",
    });
    expect(stack.begun.size).toBe(1);
  });

  it("that was written down by a call that died before it started the drill is started by the same event", async () => {
    const stack = stackWith([ORDERS]);
    stack.network.isDown = true;
    await expect(stack.deliver(alarmEvent({ alarmName: "orders-1" }))).rejects.toThrow("socket hang up");
    stack.network.isDown = false;
    expect(stack.begun.size).toBe(0);
    const { drills } = await stack.deliver(alarmEvent({ alarmName: "orders-1" }));
    expect(drills).toMatchObject([{ executionArn: expect.stringMatching(/:incident-orders-20261121T140040Z$/) }]);
    expect(stack.begun.size).toBe(1);
  });

  it("that was written down and not started is started by the next event, with the first one's moment", async () => {
    const stack = stackWith([ORDERS]);
    stack.network.isDown = true;
    await expect(stack.deliver(alarmEvent({ alarmName: "orders-1", at: atSecond(0) }))).rejects.toThrow();
    stack.network.isDown = false;
    await stack.deliver(alarmEvent({ alarmName: "orders-2", id: "second" }));
    expect(stack.requests()).toMatchObject([
      { failureMoment: "2026-11-21T14:00:00.989Z", trigger: { by: expect.stringMatching(/^alarm orders-1 at/) } },
    ]);
  });

  it("is claimed by another call when S3 says that two wrote at once", async () => {
    const stack = stackWith([ORDERS]);
    stack.bucket.s3.on(PutObjectCommand).rejectsOnce(conflict());
    expect(await stack.deliver(alarmEvent({ alarmName: "orders-1" }))).toMatchObject({ drills: [{}] });
  });

  it("that can not be claimed for others who write is an error, so that the event is tried again", async () => {
    const stack = stackWith([ORDERS]);
    stack.bucket.s3.on(PutObjectCommand).rejects(conflict());
    await expect(stack.deliver(alarmEvent({ alarmName: "orders-1" }))).rejects.toMatchObject({
      name: "Drill.IncidentContended",
      message: expect.stringMatching(/^incidents\/eu-west-1\/orders-production\.json was written by others 8 times/),
    });
    expect(stack.begun.size).toBe(0);
  });

  it("is not opened where the bucket refuses: nothing is started that could be started twice", async () => {
    const stack = stackWith([ORDERS]);
    stack.bucket.s3.on(PutObjectCommand).rejects(Object.assign(new Error("no"), { name: "AccessDenied" }));
    await expect(stack.deliver(alarmEvent({ alarmName: "orders-1" }))).rejects.toMatchObject({ name: "AccessDenied" });
    expect(stack.begun.size).toBe(0);
  });
});

const conflict = (): S3ServiceException =>
  new S3ServiceException({
    name: "ConditionalRequestConflict",
    $fault: "client",
    $metadata: { httpStatusCode: 409 },
  });
