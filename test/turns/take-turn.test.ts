import { DescribeExecutionCommand, ExecutionDoesNotExist, SFNClient } from "@aws-sdk/client-sfn";
import { mockClient } from "aws-sdk-client-mock";
import { beforeEach, describe, expect, it } from "vitest";
import type { DrillRequest } from "../../src/plan/drill.ts";
import { drillIdOf } from "../../src/plan/names.ts";
import { Plan } from "../../src/plan/plan.ts";
import { type TurnAnswer, takeTurn } from "../../src/turns/take-turn.ts";
import { evidenceBucket } from "../evidence/evidence-bucket.ts";
import { SAMPLE_PLAN } from "../plan/sample-plan.ts";

const client = new SFNClient({});
const sfn = mockClient(client);
let bucket: ReturnType<typeof evidenceBucket>;
let now: Date;
const statuses = new Map<string, string>();

const executionOf = (name: string) => ({
  id: `arn:execution:${name}`,
  name,
  startedAt: `2026-11-21T14:00:0${name.length % 10}.000Z`,
});

/** Plans by name: `orders`, and others of databases of the same name in the same drill region. */
const plans = async (name: string) => {
  const { file } = SAMPLE_PLAN;
  const named = { ...file, plan: name, source: { ...file.source, cluster: name } };
  return { plan: Plan.parse(named), file: named };
};

beforeEach(() => {
  bucket = evidenceBucket();
  now = new Date("2026-11-21T14:00:10.000Z");
  statuses.clear();
  sfn.reset();
  sfn.on(DescribeExecutionCommand).callsFake(({ executionArn }) => {
    const status = statuses.get(executionArn) ?? "RUNNING";
    const stopDate = status === "RUNNING" ? undefined : new Date("2026-11-21T14:00:00.000Z");
    if (status === "gone") throw new ExecutionDoesNotExist({ message: "gone", $metadata: {} });
    return { executionArn, status, stopDate };
  });
});

async function take(execution: string, plan = "orders", turn?: TurnAnswer, maxDrillsPerRegion = 5) {
  return takeAs({ plan }, execution, turn, maxDrillsPerRegion);
}

async function takeAs(request: DrillRequest, execution: string, turn?: TurnAnswer, maxDrillsPerRegion = 5) {
  return takeTurn(
    { store: bucket.store, sfn: client, plans, maxDrillsPerRegion, now: () => now },
    { request, execution: executionOf(execution), turn },
  );
}

describe("takeTurn", () => {
  it("is ready at once where nobody runs, and says when", async () => {
    expect(await take("a")).toMatchObject({ phase: "ready", waitSeconds: 0, takenAt: now.toISOString(), looks: 1 });
  });

  it("is ready again with the same moment when its answer was lost", async () => {
    const first = await take("a");
    now = new Date("2026-11-21T14:05:00.000Z");
    expect((await take("a")).takenAt).toBe(first.takenAt);
    expect(JSON.parse(bucket.objects.get("turns.json") ?? "").turns).toHaveLength(1);
  });

  it("waits while another drill of the database runs, and names it", async () => {
    await take("a");
    const waiting = await take("bb");
    expect(waiting).toMatchObject({ phase: "pending", waitSeconds: 1 });
    expect(waiting.waitingFor).toContain(`drill ${drillIdOf(executionOf("a"))} of the same database`);
    expect(waiting.takenAt).toBeUndefined();
  });

  it.each(["SUCCEEDED", "gone"])(
    "goes on when the execution of the other one is %s, which gave nothing back",
    async (status) => {
      await take("a");
      statuses.set(executionOf("a").id, status);
      expect(await take("bb")).toMatchObject({ phase: "ready" });
      expect(JSON.parse(bucket.objects.get("turns.json") ?? "").turns).toHaveLength(1);
    },
  );

  it.each(["FAILED", "ABORTED", "TIMED_OUT"])(
    "waits for one whose execution is %s until people were told of it, for at most 7 h",
    async (status) => {
      await take("a");
      statuses.set(executionOf("a").id, status);
      const waiting = await take("bb");
      expect(waiting).toMatchObject({ phase: "pending" });
      const told = { state: "sent", at: now.toISOString(), verdict: "errored" };
      const key = `orders/${drillIdOf(executionOf("a"))}/outcome/notification.json`;
      bucket.objects.set(key, JSON.stringify({ ...told, state: "sending" }));
      expect(await take("bb")).toMatchObject({ phase: "pending" });
      bucket.objects.set(key, JSON.stringify(told));
      expect(await take("bb")).toMatchObject({ phase: "ready" });
    },
  );

  it("does not wait for a drill that nobody finished in 7 h", async () => {
    await take("a");
    statuses.set(executionOf("a").id, "ABORTED");
    now = new Date("2026-11-21T21:00:01.000Z");
    expect(await take("bb")).toMatchObject({ phase: "ready" });
  });

  it("waits where the region has as many drills as it takes, whatever their databases", async () => {
    await take("a", "orders", undefined, 2);
    await take("bb", "billing", undefined, 2);
    const third = await take("ccc", "stock", undefined, 2);
    expect(third).toMatchObject({ phase: "pending" });
    expect(third.waitingFor).toMatch(/one of the 2 drills in eu-central-1 to end .*; the stack allows 2/);
    statuses.set(executionOf("bb").id, "SUCCEEDED");
    expect(await take("ccc", "stock", third, 2)).toMatchObject({ phase: "ready", looks: 2 });
  });

  it("lets one of those go that look at the same moment", async () => {
    const answers = await Promise.all(["a", "bb", "ccc", "dddd"].map((name) => take(name)));
    expect(answers.filter(({ phase }) => phase === "ready")).toHaveLength(1);
  });

  it("looks less often the longer it waits, at most every 5 min", async () => {
    await take("a");
    const startedAt = "2026-11-21T12:00:00.000Z";
    expect(await take("bb", "orders", { phase: "pending", waitSeconds: 1, looks: 9, startedAt })).toMatchObject({
      waitSeconds: 300,
      looks: 10,
    });
  });

  it("gives up after 8 h, saying what it waited for and what to do", async () => {
    await take("a");
    now = new Date("2026-11-21T23:00:00.000Z");
    const waited = { phase: "pending", waitSeconds: 300, looks: 90, startedAt: "2026-11-21T14:00:00.000Z" } as const;
    await expect(take("bb", "orders", waited)).rejects.toMatchObject({
      name: "Drill.TurnTimedOut",
      message: expect.stringMatching(/waited 8 h for its turn: drill .* Stop that drill/),
    });
  });

  it("does not run over a document that is half written: it names it", async () => {
    bucket.objects.set("turns.json", '{"turns": [{');
    await expect(take("a")).rejects.toMatchObject({
      name: "Drill.EvidenceUnreadable",
      message: expect.stringContaining("s3://evidence/turns.json"),
    });
  });
});

describe("a drill after an incident", () => {
  const urgent = (plan: string): DrillRequest => ({
    plan,
    trigger: { kind: "incident", by: "alarm orders-data-loss" },
  });
  const later = (seconds: number): void => {
    now = new Date(now.getTime() + seconds * 1000);
  };
  const waiting = (): { drillId: string }[] => JSON.parse(bucket.objects.get("turns.json") ?? "").waiting;

  it("goes before another that waited for the database longer", async () => {
    await take("a");
    await take("bb");
    const incident = await takeAs(urgent("orders"), "ccc");
    expect(incident.waitingFor).toContain(`drill ${drillIdOf(executionOf("a"))} of the same database`);
    statuses.set(executionOf("a").id, "SUCCEEDED");
    const other = await take("bb");
    expect(other).toMatchObject({ phase: "pending" });
    expect(other.waitingFor).toBe(
      `drill ${drillIdOf(executionOf("ccc"))} of the same database, which goes first after an incident`,
    );
    expect(await takeAs(urgent("orders"), "ccc", incident)).toMatchObject({ phase: "ready" });
    expect(waiting()).toEqual([]);
    expect((await take("bb")).waitingFor).toContain("which began at");
  });

  it("goes before others that wait for its region, which keep what else is free there", async () => {
    await take("a", "orders", undefined, 2);
    await take("bb", "billing", undefined, 2);
    const incident = await takeAs(urgent("stock"), "ccc", undefined, 2);
    expect(incident.waitingFor).toMatch(/one of the 2 drills in eu-central-1 to end/);
    statuses.set(executionOf("bb").id, "SUCCEEDED");
    const other = await take("dddd", "users", undefined, 2);
    expect(other).toMatchObject({ phase: "pending" });
    expect(other.waitingFor).toContain(`those that go first after an incident (${drillIdOf(executionOf("ccc"))})`);
    expect(await take("dddd", "users", undefined, 3)).toMatchObject({ phase: "ready" });
  });

  it("waits for no other incident's drill that waits: whoever looks first of those takes the turn", async () => {
    await take("a");
    await takeAs(urgent("orders"), "bb");
    await takeAs(urgent("orders"), "ccc");
    expect(waiting()).toHaveLength(2);
    statuses.set(executionOf("a").id, "SUCCEEDED");
    expect(await takeAs(urgent("orders"), "ccc")).toMatchObject({ phase: "ready" });
    expect(waiting()).toMatchObject([{ drillId: drillIdOf(executionOf("bb")) }]);
  });

  it("stops nothing that runs", async () => {
    await take("a");
    expect(await takeAs(urgent("orders"), "bb")).toMatchObject({ phase: "pending" });
    expect(JSON.parse(bucket.objects.get("turns.json") ?? "").turns).toHaveLength(1);
  });

  it("is forgotten when it was not seen for 10 min: its execution may have been stopped", async () => {
    await take("a");
    await takeAs(urgent("orders"), "bb");
    statuses.set(executionOf("a").id, "SUCCEEDED");
    later(600);
    expect(await take("ccc")).toMatchObject({ phase: "pending" });
    later(1);
    expect(await take("ccc")).toMatchObject({ phase: "ready" });
    expect(waiting()).toEqual([]);
  });

  it("is seen again at each look, at least every 2 min", async () => {
    await take("a");
    const startedAt = "2026-11-21T12:00:00.000Z";
    await takeAs(urgent("orders"), "bb", { phase: "pending", waitSeconds: 1, looks: 9, startedAt });
    later(500);
    const answer = await takeAs(urgent("orders"), "bb", { phase: "pending", waitSeconds: 1, looks: 9, startedAt });
    expect(answer).toMatchObject({ phase: "pending", waitSeconds: 120 });
    expect(waiting()).toMatchObject([{ drillId: drillIdOf(executionOf("bb")), seenAt: now.toISOString() }]);
  });

  it("waits like any other where 50 incidents are ahead of it", async () => {
    const place = { database: "eu-west-1/x", region: "eu-north-1", seenAt: now.toISOString() };
    const others = Array.from({ length: 50 }, (_, index) => ({ ...place, drillId: `other-${index}` }));
    bucket.objects.set("turns.json", JSON.stringify({ turns: [], waiting: others }));
    await take("a");
    expect(await takeAs(urgent("orders"), "bb")).toMatchObject({ phase: "pending" });
    expect(waiting()).toHaveLength(50);
  });

  it("reads a document of before anybody went first", async () => {
    bucket.objects.set("turns.json", JSON.stringify({ turns: [] }));
    expect(await take("a")).toMatchObject({ phase: "ready" });
  });
});

describe("databases of one name", () => {
  it("are one where a plan names the stack's own account and another names none", async () => {
    const own = async (name: string) => {
      const { plan, file } = await plans("orders");
      return { plan: name === "own" ? { ...plan, source: { ...plan.source, account: "111122223333" } } : plan, file };
    };
    const services = { store: bucket.store, sfn: client, plans: own, maxDrillsPerRegion: 5, now: () => now };
    const executionIn = (name: string) => ({
      ...executionOf(name),
      id: `arn:aws:states:eu-central-1:111122223333:execution:restore-drill:${name}`,
    });
    const looks = ["orders", "own"].map((plan) => ({ request: { plan }, execution: executionIn(plan) }));
    const phases: string[] = [];
    for (const look of looks) phases.push((await takeTurn(services, look)).phase);
    expect(phases).toEqual(["ready", "pending"]);
  });

  it("in two accounts are two", async () => {
    const ofAccount = async (name: string) => {
      const { plan, file } = await plans("orders");
      return { plan: { ...plan, source: { ...plan.source, account: name.padStart(12, "1") } }, file };
    };
    const [services, looks] = [
      { store: bucket.store, sfn: client, maxDrillsPerRegion: 5, now: () => now },
      ["1", "22"],
    ];
    for (const account of looks)
      expect(
        await takeTurn(
          { ...services, plans: ofAccount },
          { request: { plan: account }, execution: executionOf(account) },
        ),
      ).toMatchObject({ phase: "ready" });
  });
});
