import { Metrics } from "@aws-lambda-powertools/metrics";
import { BackupClient, ListBackupJobsCommand } from "@aws-sdk/client-backup";
import { DescribeDBClusterSnapshotsCommand, DescribeDBClustersCommand, RDSClient } from "@aws-sdk/client-rds";
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
}

async function survey({
  plans = ORDERS,
  documents = {},
  daily = {},
  sizeGib = 100,
  denied = [],
  remainingMs = 900_000,
}: World = {}) {
  const rdsClient = new RDSClient({ region: "eu-west-1" });
  const rds = mockClient(rdsClient);
  const backupClient = new BackupClient({ region: "eu-west-1" });
  mockClient(backupClient).on(ListBackupJobsCommand).resolves({ BackupJobs: [] });
  const snsClient = new SNSClient({ region: "eu-west-1" });
  const sns = mockClient(snsClient);
  sns.on(PublishCommand).resolves({ MessageId: "1" });
  rds.on(DescribeDBClustersCommand).callsFake(({ DBClusterIdentifier: id }) => {
    if (denied.includes(id)) throw new Error("AccessDenied");
    return { DBClusters: [{ Status: "available", BackupRetentionPeriod: 7, StorageEncryptionType: "sse-kms" }] };
  });
  rds.on(DescribeDBClusterSnapshotsCommand).callsFake(({ DBClusterIdentifier: of, SnapshotType }) => ({
    DBClusterSnapshots:
      SnapshotType === "awsbackup"
        ? []
        : WEEK.slice(0, daily[of] ?? 7).map(({ id, createdAt }) => ({
            DBClusterSnapshotIdentifier: id,
            DBClusterSnapshotArn: `arn:aws:rds:eu-west-1:111122223333:cluster-snapshot:${of}:${id}`,
            DBClusterIdentifier: of,
            SnapshotType: "automated",
            Status: "available",
            SnapshotCreateTime: createdAt,
            AllocatedStorage: sizeGib,
            StorageEncryptionType: "sse-kms",
          })),
  }));
  const emf: Record<string, unknown>[] = [];
  const printed = vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    if (String(text).startsWith("{")) emf.push(JSON.parse(String(text)));
    return true;
  });
  const { store, objects } = evidenceBucket(documents);
  const logger = { warn: vi.fn(), error: vi.fn() };
  const answer = await surveyBackups({
    rds: () => rdsClient,
    backup: () => backupClient,
    sns: snsClient,
    topicArn: TOPIC,
    store,
    metrics: new Metrics({ namespace: "RestoreDrill", serviceName: "restore-drill" }),
    logger,
    now: () => NOW,
    remainingMs: () => remainingMs,
    plans: {
      names: async () => Object.keys(plans),
      read: async (name) => {
        const plan = plans[name];
        if (plan === undefined) throw new PlanInvalid(`drills/${name}.json is not JSON`);
        return plan;
      },
    },
  }).finally(() => printed.mockRestore());
  const after = Object.fromEntries([...objects].map(([key, text]) => [key, JSON.parse(text)]));
  const messages = sns.commandCalls(PublishCommand).map(({ args }) => args[0].input);
  return { answer, emf, messages, logger, after, latest: BackupSurvey.parse(after["surveys/latest.json"]) };
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
    const second = await survey({ documents: first.after, daily: { orders: 3 } });
    expect(second.answer).toMatchObject({ wrong: ["orders"], told: true });
    expect(second.emf).toContainEqual(expect.objectContaining({ BackupsDeletedOutsidePolicy: 4, BackupProblems: 2 }));
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
    const third = await survey({ documents: second.after });
    expect(third.messages).toMatchObject([{ Subject: "BACKUPS: nothing wrong any more, 1 database" }]);
    expect((await survey({ documents: third.after })).messages).toEqual([]);
  });

  it("looks at the others when one database can not be looked at, and counts it as wrong", async () => {
    const plans = { billing: planned("billing", "billing"), ...ORDERS };
    const first = await survey({ plans });
    const { latest, emf, answer, after } = await survey({ plans, documents: first.after, denied: ["billing"] });
    expect(answer.wrong).toEqual(["billing"]);
    expect(latest.databases).toMatchObject([
      { database: "billing", facts: [], failures: ["It can not be looked at: Error: AccessDenied."] },
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
    const documents = { "surveys/latest.json": "{", "surveys/eu-west-1/orders.json": { points: "none" } };
    const { logger, latest, after, messages } = await survey({ documents });
    expect(logger.warn.mock.calls.map(([, { warning }]) => warning)).toEqual([
      expect.stringContaining("surveys/latest.json can not be read"),
      expect.stringContaining("surveys/eu-west-1/orders.json can not be read"),
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
    expect(latest.databases).toMatchObject([{ facts: [], failures: ["The survey ran out of time before it."] }]);
    expect(answer.told).toBe(true);
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
