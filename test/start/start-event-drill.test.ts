import { PutObjectCommand } from "@aws-sdk/client-s3";
import { StartExecutionCommand } from "@aws-sdk/client-sfn";
import "aws-sdk-client-mock-vitest/extend";
import { describe, expect, it } from "vitest";
import { DrillRequest } from "../../src/plan/drill.ts";
import { alarmEvent, requestedEvent, restoreTestEvent, threatEvent } from "./events.ts";
import { planOf, stackWith } from "./starting.ts";

const ORDERS = planOf("orders", { incidents: { alarms: ["orders-data-loss"], guardduty: true, lookback: "15m" } });
const BILLING = planOf("billing", { source: { cluster: "billing" }, incidents: { alarms: ["billing-data-loss"] } });
const INCIDENT = "incidents/eu-west-1/orders-production.json";

describe("an alarm that rings", () => {
  it("starts a drill of the plan that names it, back to before the alarm by the plan's lookback", async () => {
    const stack = stackWith([BILLING, ORDERS]);
    expect(await stack.deliver(alarmEvent())).toMatchObject({
      started: true,
      drills: [
        {
          plan: "orders",
          executionArn:
            "arn:aws:states:eu-central-1:111122223333:execution:restore-drill:incident-orders-20261121T140040Z",
        },
      ],
    });
    expect(stack.requests()).toEqual([
      {
        plan: "orders",
        failureMoment: "2026-11-21T13:45:40.989Z",
        trigger: {
          kind: "incident",
          by: "alarm orders-data-loss at 2026-11-21T14:00:40.989Z (event c4c1c1c9-6542-e61b-6ef0-8c4d36933a92)",
        },
      },
    ]);
    for (const request of stack.requests()) DrillRequest.parse(request);
    expect(stack.logged).toMatchObject([["event.answered", { started: true }]]);
  });

  it("starts one drill a database where plans of several name it, the first plan's by name", async () => {
    const alarms = { incidents: { alarms: ["region-lost"] } };
    const stack = stackWith([
      planOf("orders-small", alarms),
      planOf("orders", alarms),
      planOf("stock", { ...alarms, source: { cluster: "stock" } }),
      planOf("stock-far", { ...alarms, source: { cluster: "stock", region: "eu-west-3" } }),
      planOf("stock-theirs", { ...alarms, source: { cluster: "stock", account: "222233334444" } }),
    ]);
    const { drills } = await stack.deliver(alarmEvent({ alarmName: "region-lost" }));
    expect(drills.map(({ plan }) => plan)).toEqual(["orders", "stock", "stock-far", "stock-theirs"]);
    expect(stack.begun.size).toBe(4);
    expect([...stack.bucket.objects.keys()]).toContain("incidents/222233334444/eu-west-1/stock.json");
  });

  it("starts the other databases' drills where one's incident can not be read, and is an error then", async () => {
    const alarms = { incidents: { alarms: ["region-lost"] } };
    const stack = stackWith([planOf("orders", alarms), planOf("stock", { ...alarms, source: { cluster: "stock" } })]);
    stack.bucket.objects.set(INCIDENT, '{"openedAt": ');
    await expect(stack.deliver(alarmEvent({ alarmName: "region-lost" }))).rejects.toMatchObject({
      name: "Drill.EvidenceUnreadable",
      message: expect.stringContaining(INCIDENT),
    });
    expect([...stack.begun.keys()]).toEqual(["incident-stock-20261121T140040Z"]);
    expect(stack.logged).toMatchObject([
      ["event.answered", { started: true, drills: [{ plan: "stock" }] }],
      ["event.failed", { plan: "orders", reason: expect.stringMatching(/^Drill\.EvidenceUnreadable: .*orders-prod/) }],
    ]);
  });

  it("names every database that has no drill, those first", async () => {
    const alarms = { incidents: { alarms: ["region-lost"] } };
    const stack = stackWith([planOf("orders", alarms), planOf("stock", { ...alarms, source: { cluster: "stock" } })]);
    stack.network.isDown = true;
    await expect(stack.deliver(alarmEvent({ alarmName: "region-lost" }))).rejects.toMatchObject({
      name: "AggregateError",
      message:
        "2 databases of this event have no drill, those of the plans orders, stock. orders: Error: socket hang up stock: Error: socket hang up",
      errors: [expect.any(Error), expect.any(Error)],
    });
    expect(stack.logged).toMatchObject([
      ["event.failed", { plan: "orders" }],
      ["event.failed", { plan: "stock" }],
    ]);
  });

  it("takes a plan that names the stack's own account, and one that names none, for one database", async () => {
    const alarms = { incidents: { alarms: ["region-lost"] } };
    const stack = stackWith([
      planOf("orders", alarms),
      planOf("own", { ...alarms, source: { account: "111122223333" } }),
    ]);
    expect(await stack.deliver(alarmEvent({ alarmName: "region-lost" }))).toMatchObject({
      drills: [{ plan: "orders" }],
    });
    expect(await stack.deliver(requestedEvent({ plan: "own" }))).toMatchObject({ started: false });
    expect([...stack.begun.keys()]).toEqual(["incident-orders-20261121T140040Z"]);
    expect([...stack.bucket.objects.keys()]).toEqual([INCIDENT]);
  });

  it("in the region and account of a source starts the drill of that source alone, whatever else has an alarm of its name", async () => {
    const alarms = { incidents: { alarms: ["lost"] } };
    const stack = stackWith([
      planOf("near", { ...alarms, source: { cluster: "near" } }),
      planOf("far", { ...alarms, source: { cluster: "far", region: "us-east-1" } }),
      planOf("theirs", { ...alarms, source: { cluster: "theirs", account: "222233334444" } }),
    ]);
    const drillsOf = async (where: { region: string; account?: string }) =>
      (await stack.deliver(alarmEvent({ alarmName: "lost", ...where }))).drills.map(({ plan }) => plan);
    expect(await drillsOf({ region: "us-east-1" })).toEqual(["far"]);
    expect(await drillsOf({ region: "eu-west-1" })).toEqual(["near"]);
    expect(await drillsOf({ region: "eu-west-1", account: "222233334444" })).toEqual(["theirs"]);
    expect(await drillsOf({ region: "us-east-1", account: "222233334444" })).toEqual([]);
  });

  it("is where its ARN says, whatever surrounds it", async () => {
    const stack = stackWith([planOf("orders", { incidents: { alarms: ["lost"] } })]);
    const resources = ["arn:aws:cloudwatch:us-east-1:111122223333:alarm:lost"];
    expect(await stack.deliver({ ...alarmEvent({ alarmName: "lost" }), resources })).toEqual({
      started: false,
      why: expect.stringMatching(/^The alarm lost is in us-east-1 of the account 111122223333: neither/),
      drills: [],
    });
  });

  it.each([
    ["went back", alarmEvent({ value: "OK" }), /went to OK, not to ALARM/],
    ["lost its data", alarmEvent({ value: "INSUFFICIENT_DATA" }), /went to INSUFFICIENT_DATA/],
    ["is muted", alarmEvent({ detail: { muteDetail: { mutedByArn: "arn:mute" } } }), /is muted by arn:mute/],
    [
      "is suppressed",
      alarmEvent({
        detail: {
          state: { value: "ALARM", timestamp: "2026-11-21T14:00:40.989+0000", actionsSuppressedBy: "WaitPeriod" },
        },
      }),
      /are suppressed by WaitPeriod/,
    ],
  ])("does nothing where it %s, and says so", async (_, event, why) => {
    const stack = stackWith([ORDERS]);
    expect(await stack.deliver(event)).toEqual({ started: false, why: expect.stringMatching(why), drills: [] });
    expect(stack.begun.size).toBe(0);
    expect(stack.bucket.objects.size).toBe(0);
  });

  it("that no plan names is an error with its name, those there are, and the fix", async () => {
    const stack = stackWith([ORDERS, BILLING]);
    await expect(stack.deliver(alarmEvent({ alarmName: "orders-data-los" }))).rejects.toMatchObject({
      name: "Drill.NoPlanForEvent",
      message:
        'No plan is for the alarm "orders-data-los", so no drill was started. Did you mean "orders-data-loss"? Plans name: billing-data-loss, orders-data-loss. Write it into incidents.alarms of the plan whose database it is about, and deploy; or do not send it here.',
    });
    expect(stack.sfn).not.toHaveReceivedCommand(StartExecutionCommand);
  });

  it("names twenty of many alarms at most", async () => {
    const many = Array.from({ length: 5 }, (_, plan) =>
      planOf(`p${plan}`, { incidents: { alarms: Array.from({ length: 20 }, (_, alarm) => `a-${plan}-${alarm}`) } }),
    );
    await expect(stackWith(many).deliver(alarmEvent({ alarmName: "zzzzzzzzzzzzzz" }))).rejects.toThrow(
      /, and 80 more\./,
    );
  });

  it("with the longest name that CloudWatch has still fits what a drill is told", async () => {
    const alarmName = `${"é".repeat(254)}x`;
    const stack = stackWith([planOf("orders", { incidents: { alarms: [alarmName] } })]);
    await stack.deliver(alarmEvent({ alarmName }));
    const [request] = stack.requests();
    const by = DrillRequest.parse(request).trigger?.by ?? "";
    expect(by).toMatch(/^alarm é+\.\.\. at 2026-11-21T14:00:40\.989Z \(event c4c1/);
    expect(by.length).toBeLessThanOrEqual(200);
  });
});

describe("a finding of GuardDuty", () => {
  it("starts a drill back to before the first thing that was seen", async () => {
    const stack = stackWith([ORDERS]);
    expect(await stack.deliver(threatEvent())).toMatchObject({ started: true });
    expect(stack.requests()).toMatchObject([
      {
        plan: "orders",
        failureMoment: "2026-11-21T13:37:13.000Z",
        trigger: {
          by: expect.stringMatching(/^GuardDuty CredentialAccess:RDS\/.+ of orders-production at 2026-11-21T13:52/),
        },
      },
    ]);
  });

  it("was seen no later than it was created: clocks differ", async () => {
    const stack = stackWith([ORDERS]);
    await stack.deliver(threatEvent({ service: { eventFirstSeen: "2026-11-21T14:00:10.000Z" } }));
    expect(stack.requests()).toMatchObject([{ failureMoment: "2026-11-21T13:44:58.201Z" }]);
  });

  it("is one incident for as long as it goes on: its later words start nothing", async () => {
    const stack = stackWith([ORDERS]);
    await stack.deliver(threatEvent());
    for (const time of ["2026-11-21T20:00:00Z", "2026-11-22T08:00:00Z", "2027-03-01T08:00:00Z"]) {
      stack.now = new Date(time);
      const count = { count: 40, eventLastSeen: time };
      expect(await stack.deliver(threatEvent({ id: "another", time, service: count }))).toMatchObject({
        started: false,
        why: expect.stringContaining("It joins the incident of 2026-11-21T13:59:58.201Z"),
      });
    }
    expect(stack.begun.size).toBe(1);
  });

  it("is not started again once Step Functions has forgotten its name", async () => {
    const stack = stackWith([ORDERS]);
    await stack.deliver(threatEvent());
    stack.begun.clear();
    stack.later(61 * 86_400);
    await stack.deliver(threatEvent({ time: stack.now.toISOString() }));
    expect(stack.begun.size).toBe(0);
  });

  it.each([
    ["a sample", { additionalInfo: { sample: true } }],
    ["a sample in words", { additionalInfo: { type: "default", value: '{"sample":true}' } }],
    ["archived", { archived: true }],
  ])("that is %s starts nothing", async (_, service) => {
    const stack = stackWith([ORDERS]);
    expect(await stack.deliver(threatEvent({ service }))).toMatchObject({ started: false, drills: [] });
    expect(stack.begun.size).toBe(0);
  });

  it.each([
    ["another cluster", { cluster: "users" }],
    ["a cluster whose plan does not ask for findings", { cluster: "billing" }],
  ])("about %s is an error that says whose findings start drills", async (_, other) => {
    const stack = stackWith([ORDERS, BILLING]);
    await expect(stack.deliver(threatEvent(other))).rejects.toMatchObject({
      name: "Drill.NoPlanForEvent",
      message: expect.stringMatching(
        /No plan is for the GuardDuty findings about the cluster .* Plans name: orders-production\./,
      ),
    });
    expect(stack.begun.size).toBe(0);
  });

  it.each([
    ["another region", { region: "eu-north-1" }, /in eu-north-1 of the account 111122223333/],
    ["a member's account", { accountId: "999988887777" }, /in eu-west-1 of the account 999988887777/],
  ])("about a namesake in %s starts nothing, and nobody is called for it", async (_, other, why) => {
    const stack = stackWith([ORDERS]);
    expect(await stack.deliver(threatEvent(other))).toEqual({
      started: false,
      why: expect.stringMatching(why),
      drills: [],
    });
    expect(stack.begun.size).toBe(0);
  });

  it("about a source in another account is for the plan that names that account", async () => {
    const theirs = planOf("theirs", { source: { account: "222233334444" }, incidents: { guardduty: true } });
    const stack = stackWith([ORDERS, theirs]);
    const { drills } = await stack.deliver(threatEvent({ accountId: "222233334444" }));
    expect(drills.map(({ plan }) => plan)).toEqual(["theirs"]);
  });
});

describe("a request on the bus", () => {
  it("starts the plan's drill, back to the moment that it names, with its reason", async () => {
    const stack = stackWith([ORDERS, BILLING]);
    const event = requestedEvent({ plan: "orders", at: "2026-11-18T09:30:00Z", reason: "wrong\nmigration" });
    expect(await stack.deliver(event)).toMatchObject({ started: true });
    expect(stack.requests()).toMatchObject([
      {
        plan: "orders",
        failureMoment: "2026-11-18T09:15:00.000Z",
        trigger: {
          kind: "incident",
          by: expect.stringMatching(/^request: wrong migration at 2026-11-18T09:30:00\.000Z/),
        },
      },
    ]);
  });

  it("starts the drill of a database, from now on where it names no moment", async () => {
    const stack = stackWith([ORDERS, BILLING]);
    await stack.deliver(requestedEvent({ database: "billing" }));
    expect(stack.requests()).toMatchObject([{ plan: "billing", failureMoment: "2026-11-21T14:00:40.000Z" }]);
  });

  it.each([
    [
      { plan: "ordres" },
      /plan "ordres", .* Did you mean "orders"\? Plans name: billing, orders\. Add drills\/ordres\.yml/,
    ],
    [
      { database: "users" },
      /database "users", .* Plans name: billing, orders-production\. Add a plan with that source\.cluster/,
    ],
  ])("for %j is an error that names what there is", async (detail, message) => {
    const stack = stackWith([ORDERS, BILLING]);
    await expect(stack.deliver(requestedEvent(detail))).rejects.toMatchObject({
      name: "Drill.NoPlanForEvent",
      message: expect.stringMatching(message),
    });
    expect(stack.begun.size).toBe(0);
  });
});

describe("a restore test of AWS Backup", () => {
  it("starts a drill named after its job, once", async () => {
    const stack = stackWith([{ ...ORDERS, restoreTests: true }]);
    expect(await stack.deliver(restoreTestEvent())).toMatchObject({ started: true, drills: [{ plan: "orders" }] });
    await stack.deliver(restoreTestEvent());
    expect([...stack.begun.keys()]).toEqual(["restore-test-AB123456-78C9-0123-456D-789012E34567"]);
    for (const request of stack.requests())
      expect(DrillRequest.parse(request)).toMatchObject({ plan: "orders", trigger: { kind: "restore-test" } });
    expect(stack.bucket.objects.size).toBe(0);
  });

  it("of nothing that a plan is for starts nothing, and says why", async () => {
    const stack = stackWith([ORDERS]);
    expect(await stack.deliver(restoreTestEvent({ resourceType: "EBS" }))).toMatchObject({
      started: false,
      why: expect.stringContaining("EBS"),
      drills: [],
    });
    expect(stack.begun.size).toBe(0);
  });
});

describe("an event with a field that is missing or wrong", () => {
  const { detail, ...withoutDetail } = alarmEvent();
  it.each([
    ["detail-type", { ...alarmEvent(), "detail-type": "CloudWatch Alarm Configuration Change" }],
    ["detail-type", {}],
    ["source", { ...alarmEvent(), source: "my.monitoring" }],
    ["detail", withoutDetail],
    ["time", { ...alarmEvent(), time: "yesterday" }],
    ["time", alarmEvent({ time: "1" })],
    ["id", { ...alarmEvent(), id: undefined }],
    ["detail.alarmName", { ...alarmEvent(), detail: { state: detail.state } }],
    ["detail.alarmName", alarmEvent({ alarmName: "" })],
    ["detail.state", { ...alarmEvent(), detail: { alarmName: "orders-data-loss" } }],
    ["detail.state.timestamp", alarmEvent({ detail: { state: { value: "ALARM" } } })],
    ["detail.resource.rdsDbInstanceDetails", { ...threatEvent(), detail: { ...threatEvent().detail, resource: {} } }],
    ["detail.accountId", { ...threatEvent(), detail: { ...threatEvent().detail, accountId: undefined } }],
    ["detail", requestedEvent({})],
    ["detail", requestedEvent({ plan: "orders", database: "orders-production" })],
    ["detail.at", requestedEvent({ plan: "orders", at: "14:00" })],
    ["databse", requestedEvent({ plan: "orders", databse: "orders" })],
    ["detail.restoreJobId", restoreTestEvent({ restoreJobId: undefined })],
  ])('names "%s", and starts nothing', async (field, event) => {
    const stack = stackWith([ORDERS]);
    await expect(stack.deliver(event)).rejects.toMatchObject({
      name: "Drill.InputInvalid",
      message: expect.stringContaining(`"${field}"`),
    });
    expect(stack.sfn).not.toHaveReceivedCommand(StartExecutionCommand);
    expect(stack.bucket.s3).not.toHaveReceivedCommand(PutObjectCommand);
  });

  it.each([
    [
      "of tomorrow",
      alarmEvent({ time: "2026-11-22T14:00:00Z" }),
      /is of the future: "time" says 2026-11-22T14:00:00\.000Z/,
    ],
    [
      "of a finding of tomorrow",
      { ...threatEvent(), detail: { ...threatEvent().detail, createdAt: "2026-11-22T14:00:00Z" } },
      /is of the future: "detail" says 2026-11-22/,
    ],
    [
      "about tomorrow",
      requestedEvent({ plan: "orders", at: "2026-11-22T14:00:00Z" }),
      /is of the future: "detail" says 2026-11-22/,
    ],
    [
      "of the day before yesterday",
      alarmEvent({ time: "2026-11-20T14:00:59Z" }),
      /"time" is 2026-11-20T14:00:59\.000Z, more than 24 h ago/,
    ],
  ])("is refused when it is %s", async (_, event, message) => {
    const stack = stackWith([ORDERS]);
    await expect(stack.deliver(event)).rejects.toMatchObject({
      name: "Drill.InputInvalid",
      message: expect.stringMatching(message),
    });
    expect(stack.begun.size).toBe(0);
    expect(stack.bucket.objects.size).toBe(0);
  });
});
