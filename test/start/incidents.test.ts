import { PutObjectCommand, S3ServiceException } from "@aws-sdk/client-s3";
import { describe, expect, it } from "vitest";
import { DrillRequest } from "../../src/plan/drill.ts";
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
      requestedEvent({ plan: "orders" }, { time: last }),
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

  it.each([
    [6 * 3600 - 1, 1],
    [6 * 3600, 2],
  ])("ends with its quiet, to the second: %s s after it there are %s drills", async (seconds, drills) => {
    const stack = stackWith([ORDERS]);
    await stack.deliver(requestedEvent({ plan: "orders" }, { time: atSecond(0) }));
    stack.later(seconds);
    await stack.deliver(requestedEvent({ plan: "orders" }, { time: atSecond(seconds), id: "second" }));
    expect(stack.begun.size).toBe(drills);
  });

  it("is as quiet as the plan that opened it says, whichever plan's event comes next", async () => {
    const stack = stackWith([ORDERS, planOf("nervous", { incidents: { quiet: "1m" } })]);
    await stack.deliver(requestedEvent({ plan: "orders" }, { time: atSecond(0) }));
    const next = requestedEvent({ plan: "nervous" }, { time: atSecond(30 * 60), id: "second" });
    stack.later(30 * 60);
    expect(await stack.deliver(next)).toMatchObject({ started: false });
    // Written by a version that did not know of it.
    const { quietUntil, happenedAt, ...before } = JSON.parse(stack.bucket.objects.get(KEY) ?? "");
    expect({ quietUntil, happenedAt }).toEqual({ quietUntil: atSecond(6 * 3600), happenedAt: atSecond(0) });
    stack.bucket.objects.set(KEY, JSON.stringify(before));
    expect(await stack.deliver(next)).toMatchObject({ started: true });
  });

  it("is not joined by a request of another moment, which is told how to drill that one", async () => {
    const stack = stackWith([planOf("orders", { incidents: { quiet: "6h", lookback: "15m" } })]);
    const mistyped = requestedEvent({ plan: "orders", at: "2025-11-21T13:50:00Z" }, { time: atSecond(0) });
    await stack.deliver(mistyped);
    const corrected = requestedEvent(
      { plan: "orders", at: "2026-11-21T13:50:00Z" },
      { time: atSecond(40), id: "second" },
    );
    const failure = await stack.deliver(corrected).catch((error: Error) => error);
    expect(failure).toMatchObject({
      name: "Drill.IncidentOpen",
      message:
        'Event second is about 2026-11-21T13:50:00.000Z, and the incident of orders-production that is open until 2026-11-21T20:00:00.000Z about 2025-11-21T13:50:00.000Z: its drill, incident-orders-20261121T140000Z, goes back to before that. No drill was started for 2026-11-21T13:50:00.000Z. If that is the right moment, start one by hand, with the input {"plan":"orders","failureMoment":"2026-11-21T13:35:00.000Z","trigger":{"kind":"incident"}}, and stop the other if it is in the way.',
    });
    const [, input = ""] = /with the input (\{.*\}),/.exec(String(failure)) ?? [];
    DrillRequest.parse(JSON.parse(input));
    expect(await stack.deliver(mistyped)).toMatchObject({ started: false });
    expect(await stack.deliver(requestedEvent({ plan: "orders" }, { id: "third" }))).toMatchObject({ started: false });
    expect(stack.begun.size).toBe(1);
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
