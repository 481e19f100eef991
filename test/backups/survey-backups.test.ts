import { Metrics } from "@aws-lambda-powertools/metrics";
import { BackupClient, ListBackupJobsCommand } from "@aws-sdk/client-backup";
import { DescribeDBClusterSnapshotsCommand, DescribeDBClustersCommand, RDSClient } from "@aws-sdk/client-rds";
import { PutObjectCommand } from "@aws-sdk/client-s3";
import { PublishCommand, SNSClient } from "@aws-sdk/client-sns";
import { mockClient } from "aws-sdk-client-mock";
import { describe, expect, it, vi } from "vitest";
import { BackupHistory } from "../../src/backups/backup-history.ts";
import { BackupSurvey } from "../../src/backups/backup-survey.ts";
import { surveyBackups } from "../../src/backups/survey-backups.ts";
import { PlanInvalid } from "../../src/errors.ts";
import { parsePlan } from "../../src/plan/parse.ts";
import { evidenceBucket } from "../evidence/evidence-bucket.ts";
import { ledgerEntry } from "../evidence/sample-ledger.ts";
import { PLAN_YAML } from "../plan/sample-plan.ts";
import { NOW, WEEK } from "./sample-backups.ts";

const TOPIC = "arn:aws:sns:eu-west-1:111122223333:outcomes";
const planned = (plan: string, cluster: string, more = "") =>
  parsePlan(
    PLAN_YAML.replace("plan: orders", `plan: ${plan}`).replace("cluster: orders-production", `cluster: ${cluster}`) +
      more,
    `drills/${plan}.yml`,
  );
type Plans = Readonly<Record<string, ReturnType<typeof planned> | undefined>>;
const ORDERS: Plans = { orders: planned("orders", "orders") };

interface World {
  readonly plans?: Plans;
  readonly documents?: Readonly<Record<string, unknown>>;
  /** How many of the last week's daily recovery points there are, by cluster. */
  readonly daily?: Readonly<Record<string, number>>;
  readonly sizeGib?: number;
  readonly denied?: readonly string[];
  readonly remainingMs?: number;
  /** The days since NOW; backups were made as daily as before it. */
  readonly day?: number;
  /** Whether SNS takes what it is given. */
  readonly isSnsDown?: boolean;
  /** A region that answers nothing. */
  readonly isRdsDown?: boolean;
}
const DAY_MILLISECONDS = 86_400_000;

async function survey({
  plans = ORDERS,
  documents = {},
  daily = {},
  sizeGib = 100,
  denied = [],
  remainingMs = 900_000,
  day = 0,
  isSnsDown = false,
  isRdsDown = false,
}: World = {}) {
  const later = (moment: Date, days = Math.floor(day)) => new Date(moment.getTime() + days * DAY_MILLISECONDS);
  const rdsClient = new RDSClient({ region: "eu-west-1" });
  const rds = mockClient(rdsClient);
  const backupClient = new BackupClient({ region: "eu-west-1" });
  mockClient(backupClient).on(ListBackupJobsCommand).resolves({ BackupJobs: [] });
  const snsClient = new SNSClient({ region: "eu-west-1" });
  const sns = mockClient(snsClient);
  const { store, objects, s3 } = evidenceBucket(documents);
  const readAll = () => Object.fromEntries([...objects].map(([key, text]) => [key, JSON.parse(text)]));
  const whileTelling: Record<string, unknown> = {};
  sns.on(PublishCommand).callsFake(() => {
    Object.assign(whileTelling, readAll());
    if (isSnsDown) throw new Error("SNS is down");
    return { MessageId: "1" };
  });
  rds.on(DescribeDBClustersCommand).callsFake(({ DBClusterIdentifier: id }) => {
    if (isRdsDown) throw Object.assign(new Error("timed out"), { name: "TimeoutError" });
    if (denied.includes(id)) throw new Error("AccessDenied");
    return { DBClusters: [{ Status: "available", BackupRetentionPeriod: 7, StorageEncryptionType: "sse-kms" }] };
  });
  rds.on(DescribeDBClusterSnapshotsCommand).callsFake(({ DBClusterIdentifier: of, SnapshotType }) => ({
    DBClusterSnapshots:
      SnapshotType === "awsbackup"
        ? []
        : WEEK.slice(0, daily[of] ?? 7).map(({ createdAt }) => ({
            DBClusterSnapshotIdentifier: later(createdAt).toISOString(),
            DBClusterSnapshotArn: `arn:aws:rds:eu-west-1:111122223333:cluster-snapshot:${of}:${later(createdAt).toISOString()}`,
            DBClusterIdentifier: of,
            SnapshotType: "automated",
            Status: "available",
            SnapshotCreateTime: later(createdAt),
            AllocatedStorage: sizeGib,
            StorageEncryptionType: "sse-kms",
          })),
  }));
  const emf: Record<string, unknown>[] = [];
  const printed = vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    if (String(text).startsWith("{")) emf.push(JSON.parse(String(text)));
    return true;
  });
  const logger = { warn: vi.fn(), error: vi.fn() };
  const answer = await surveyBackups({
    rds: () => rdsClient,
    backup: () => backupClient,
    sns: snsClient,
    topicArn: TOPIC,
    store,
    metrics: new Metrics({ namespace: "RestoreDrill", serviceName: "restore-drill" }),
    logger,
    now: () => later(NOW, day),
    remainingMs: () => remainingMs,
    plans: {
      names: async () => Object.keys(plans),
      read: async (name) => {
        const plan = plans[name];
        if (plan === undefined) throw new PlanInvalid(`drills/${name}.json is not JSON`);
        return plan;
      },
    },
  })
    .catch((error: Error) => error)
    .finally(() => printed.mockRestore());
  const after = readAll();
  const messages = sns.commandCalls(PublishCommand).map(({ args }) => args[0].input);
  const calls = rds.calls().length;
  const written = s3.commandCalls(PutObjectCommand).map(({ args }) => args[0].input.Key);
  return {
    answer,
    emf,
    messages,
    logger,
    after,
    whileTelling,
    calls,
    written,
    latest: BackupSurvey.parse(after["surveys/latest.json"]),
  };
}

describe("surveyBackups", () => {
  it("tells nobody where all is well, publishes the numbers, and leaves what it saw for the next one", async () => {
    const { answer, emf, messages, latest, after } = await survey();
    expect(answer).toEqual({ at: NOW.toISOString(), databases: 1, wrong: [], told: false });
    expect(messages).toEqual([]);
    expect(emf).toContainEqual(
      expect.objectContaining({
        service: "restore-drill",
        database: "orders",
        BackupProblems: 0,
        NewestBackupAgeHours: 3,
        BackupRetentionDays: 7,
        BackupSuccessPercent: 100,
        BackupSizeChangePercent: 0,
        UnencryptedBackups: 0,
      }),
    );
    expect(emf).toContainEqual(expect.objectContaining({ SurveyedDatabases: 1, UnsurveyedPlans: 0 }));
    expect(latest.databases).toMatchObject([{ database: "orders", region: "eu-west-1", plans: ["orders"] }]);
    const history = BackupHistory.parse(after["surveys/eu-west-1/orders.json"]);
    expect(history.points).toHaveLength(7);
    expect(history.retention).toEqual([{ at: NOW.toISOString(), days: 7 }]);
  });

  it("sees from one survey to the next what was deleted, tells it, and that it is over the day after", async () => {
    const first = await survey();
    const second = await survey({ documents: first.after, daily: { orders: 0 }, day: 1 });
    expect(second.answer).toMatchObject({ wrong: ["orders"], told: true });
    expect(second.emf).toContainEqual(expect.objectContaining({ BackupsDeletedOutsidePolicy: 6, BackupProblems: 3 }));
    expect(second.messages).toMatchObject([
      {
        TopicArn: TOPIC,
        Subject: "BACKUPS: 1 of 1 database needs attention, 1 newly",
        MessageStructure: "json",
        MessageAttributes: {
          summary: { DataType: "String", StringValue: "backups" },
          severity: { DataType: "String", StringValue: "critical" },
        },
      },
    ]);
    const third = await survey({ documents: second.after, day: 2 });
    expect(third.messages).toMatchObject([{ Subject: "BACKUPS: nothing wrong any more, 1 database" }]);
    expect((await survey({ documents: third.after, day: 3 })).messages).toEqual([]);
  });

  it("says the same when it is tried again on the same day, and tells nobody twice", async () => {
    const first = await survey();
    const second = await survey({ documents: first.after, daily: { orders: 3 }, day: 0.1 });
    expect(second.written.at(-1)).toBe("surveys/told.json");
    const again = await survey({ documents: second.after, daily: { orders: 3 }, day: 0.1 });
    expect(again.emf).toContainEqual(expect.objectContaining({ BackupsDeletedOutsidePolicy: 4 }));
    expect(again.latest).toEqual(second.latest);
    expect(again.messages).toEqual([]);
    expect(again.answer).toMatchObject({ wrong: ["orders"], told: false });
    // What is deleted after it is news, of the same day and of the next.
    const more = await survey({ documents: again.after, daily: { orders: 2 }, day: 0.2 });
    expect(more.messages[0]?.Message).toContain("NEW: 5 recovery points");
    const nextDay = await survey({ documents: more.after, daily: { orders: 1 }, day: 1 });
    expect(nextDay.messages[0]?.Message).toContain("NEW: 2 recovery points");
  });

  it("tells at the next try what SNS did not take, with what was gone at the first", async () => {
    const first = await survey();
    const failed = await survey({ documents: first.after, daily: { orders: 3 }, day: 0.1, isSnsDown: true });
    expect(failed.answer).toMatchObject({ message: "SNS is down" });
    const again = await survey({ documents: failed.after, daily: { orders: 3 }, day: 0.1 });
    expect(again.messages).toHaveLength(1);
    expect(again.messages[0]?.Message).toContain("NEW: 4 recovery points that the last survey saw are gone");
  });

  it("tells at the next try what the function was ended while telling", async () => {
    const first = await survey();
    const told = await survey({ documents: first.after, daily: { orders: 3 }, day: 0.1 });
    const { whileTelling: ended } = await survey({ documents: told.after, daily: { orders: 2 }, day: 0.2 });
    expect(ended["surveys/told.json"]).toEqual({
      ...told.after["surveys/told.json"],
      pending: "2026-11-22T10:48:00.000Z",
    });
    const again = await survey({ documents: ended, daily: { orders: 2 }, day: 0.3 });
    expect(again.messages).toHaveLength(1);
    expect(again.messages[0]?.Message).toContain("NEW: 5 recovery points");
    expect(again.after["surveys/told.json"]).not.toHaveProperty("pending");
  });

  it("publishes each database as soon as it was looked at, and gives up a region that answers none", async () => {
    const names = Array.from({ length: 20 }, (_, index) => `database-${String(index).padStart(2, "0")}`);
    const plans = Object.fromEntries(names.map((name) => [name, planned(name, name)]));
    const { emf, latest, calls } = await survey({ plans, isRdsDown: true });
    expect(calls).toBe(5);
    expect(emf.filter((each) => each["BackupProblems"] === 1)).toHaveLength(20);
    expect(latest.databases[19]).toMatchObject({
      failures: [expect.stringContaining("did not answer 3 times in a row in this survey")],
      facts: expect.arrayContaining([expect.objectContaining({ fact: "newest", state: "not-known" })]),
    });
    expect(latest.databases[19]?.facts).toHaveLength(8);
  });

  it("takes no exercise for the last drill", async () => {
    const drills = [100, 100, 100, 100, 40].map((rowsRead, day) => {
      const drillId = `2026110${day + 1}-120000-00000000`;
      const scenario = day === 4 ? { scenario: "corruption" } : {};
      return [`orders/ledger/${drillId}.json`, ledgerEntry({ drillId, rowsRead, ...scenario })] as const;
    });
    const { latest } = await survey({ sizeGib: 1, documents: Object.fromEntries(drills) });
    expect(latest.databases[0]?.facts.find(({ fact }) => fact === "size")).toMatchObject({ state: "ok", value: 0 });
  });

  it("takes no drill of a past moment for the last one", async () => {
    const drills = [100, 100, 100, 40, 100].map((rowsRead, day) => {
      const drillId = `2026110${day + 1}-120000-00000000`;
      const recoveryPointAt = day === 3 ? "2020-01-01T03:00:00.000Z" : `2026-11-0${day + 1}T03:00:00.000Z`;
      return [`orders/ledger/${drillId}.json`, ledgerEntry({ drillId, rowsRead, recoveryPointAt })] as const;
    });
    const sizeOf = async (documents: World["documents"] = {}) =>
      (await survey({ sizeGib: 1, documents })).latest.databases[0]?.facts.find(({ fact }) => fact === "size");
    expect(await sizeOf(Object.fromEntries(drills))).toMatchObject({ state: "ok", value: 0 });
    expect(await sizeOf(Object.fromEntries(drills.slice(0, 4)))).toMatchObject({ state: "not-known" });
  });

  it("looks at the others when one database can not be looked at, and counts it as wrong", async () => {
    const plans = { billing: planned("billing", "billing"), ...ORDERS };
    const first = await survey({ plans });
    const { latest, emf, answer, after } = await survey({ plans, documents: first.after, denied: ["billing"] });
    expect(answer).toMatchObject({ wrong: ["billing"] });
    expect(latest.databases).toMatchObject([
      { database: "billing", failures: ["It can not be looked at: Error: AccessDenied."] },
      { database: "orders", failures: [] },
    ]);
    expect(emf).toContainEqual(expect.objectContaining({ database: "billing", BackupProblems: 1 }));
    // What the last survey saw is still known.
    expect(after["surveys/eu-west-1/billing.json"]).toEqual(first.after["surveys/eu-west-1/billing.json"]);
  });

  it("looks at a database of two plans once, by what the stricter one wants", async () => {
    const plans = {
      deep: planned("deep", "orders", "backups: { retention: 14d }\n"),
      orders: planned("orders", "orders", "backups: { newest: 2h }\n"),
    };
    const { latest } = await survey({ plans });
    expect(latest.databases).toHaveLength(1);
    const [{ facts, plans: of } = { facts: [], plans: [] }] = latest.databases;
    expect(of).toEqual(["deep", "orders"]);
    expect(facts.filter(({ state }) => state === "wrong").map(({ fact, wanted }) => [fact, wanted])).toEqual([
      ["newest", "at most 2 h"],
      ["retention", "at least 14 d"],
    ]);
  });

  it("says a plan that can not be read, and looks at the others", async () => {
    const { latest, messages, emf } = await survey({ plans: { ...ORDERS, broken: undefined } });
    expect(latest.unreadPlans).toEqual([{ plan: "broken", reason: expect.stringContaining("Drill.PlanInvalid") }]);
    expect(emf).toContainEqual(expect.objectContaining({ SurveyedDatabases: 1, UnsurveyedPlans: 1 }));
    expect(messages).toMatchObject([{ Subject: "BACKUPS: 1 plan could not be read" }]);
  });

  it("says documents that are damaged, replaces them, and takes neither for what was seen", async () => {
    const documents = { "surveys/told.json": "{", "surveys/eu-west-1/orders.json": { points: "none" } };
    const { logger, latest, after, messages } = await survey({ documents });
    expect(logger.warn.mock.calls.map(([, { warning }]) => warning)).toEqual([
      expect.stringContaining("surveys/eu-west-1/orders.json can not be read"),
      expect.stringContaining("surveys/told.json can not be read"),
    ]);
    expect(latest.databases[0]?.facts.find(({ fact }) => fact === "deletions")?.state).toBe("not-known");
    expect(BackupHistory.safeParse(after["surveys/eu-west-1/orders.json"]).success).toBe(true);
    expect(messages).toEqual([]);
  });

  it("takes the rows of drills where RDS gives no size", async () => {
    const drills = [100, 100, 100, 40].map((rowsRead, day) => {
      const drillId = `2026110${day + 1}-120000-00000000`;
      return [`orders/ledger/${drillId}.json`, ledgerEntry({ drillId, rowsRead })];
    });
    const { latest } = await survey({ sizeGib: 1, documents: Object.fromEntries(drills) });
    expect(latest.databases[0]?.facts.find(({ fact }) => fact === "size")).toMatchObject({
      state: "wrong",
      value: -60,
    });
  });

  it("ends in time: what it could not look at is wrong, not well", async () => {
    const { latest, answer } = await survey({ remainingMs: 60_000 });
    expect(latest.databases).toMatchObject([{ failures: ["The survey ran out of time before it."] }]);
    expect(answer).toMatchObject({ told: true });
  });

  it("asks another account's database for nothing but what is shared", async () => {
    const plans = {
      orders: parsePlan(
        PLAN_YAML.replace("region: eu-west-1", 'region: eu-west-1\n  account: "444455556666"'),
        "f.yml",
      ),
    };
    const { latest, after } = await survey({ plans });
    expect(latest.databases).toMatchObject([{ account: "444455556666" }]);
    expect(Object.keys(after)).toContain("surveys/444455556666/eu-west-1/orders-production.json");
  });
});
