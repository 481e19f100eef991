import { Metrics } from "@aws-lambda-powertools/metrics";
import { BackupClient } from "@aws-sdk/client-backup";
import {
  DescribeRegionsCommand,
  DescribeRouteTablesCommand,
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  EC2Client,
} from "@aws-sdk/client-ec2";
import { DescribeKeyCommand, KMSClient } from "@aws-sdk/client-kms";
import {
  CopyDBClusterSnapshotCommand,
  CreateDBInstanceCommand,
  type DBCluster,
  DBClusterNotFoundFault,
  type DBClusterSnapshot,
  DBClusterSnapshotNotFoundFault,
  type DBInstance,
  DBInstanceNotFoundFault,
  DeleteDBClusterCommand,
  DeleteDBClusterSnapshotCommand,
  DeleteDBInstanceCommand,
  DescribeDBClusterParameterGroupsCommand,
  DescribeDBClusterSnapshotsCommand,
  DescribeDBClustersCommand,
  DescribeDBInstancesCommand,
  DescribeDBSubnetGroupsCommand,
  EnableHttpEndpointCommand,
  ModifyDBClusterCommand,
  RDSClient,
  RestoreDBClusterFromSnapshotCommand,
} from "@aws-sdk/client-rds";
import { ExecuteStatementCommand, RDSDataClient } from "@aws-sdk/client-rds-data";
import { SFNClient } from "@aws-sdk/client-sfn";
import { PublishCommand, SNSClient } from "@aws-sdk/client-sns";
import { mockClient } from "aws-sdk-client-mock";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { RunChecksInput } from "../../src/checks/run-checks.ts";
import { CounterproofAnswer } from "../../src/counterproof/counterproof.ts";
import { ProveChecksInput } from "../../src/counterproof/prove-checks.ts";
import { JournalEntry, STEPS as STEP_NAMES, type StepName, writeJournal } from "../../src/evidence/journal.ts";
import { RecordEvidenceInput, recordEvidence } from "../../src/evidence/record-evidence.ts";
import { EvidenceAnswer, Report } from "../../src/evidence/report.ts";
import { NotifyOutcomeInput, notifyOutcome } from "../../src/notify/notify-outcome.ts";
import { Drill } from "../../src/plan/drill.ts";
import { CopyAnswer, IsolationAnswer, SandboxAnswer, TeardownAnswer } from "../../src/recovery/answers.ts";
import { CopySnapshotInput, copySnapshot } from "../../src/recovery/copy-snapshot.ts";
import { PlanDrillInput, planDrill } from "../../src/recovery/plan-drill.ts";
import { ProveIsolationInput, proveIsolation } from "../../src/recovery/prove-isolation.ts";
import { ProveNetworkInput, proveNetwork } from "../../src/recovery/prove-network.ts";
import { RestoreSandboxInput, restoreSandbox } from "../../src/recovery/restore-sandbox.ts";
import { TearDownInput, tearDown } from "../../src/recovery/tear-down.ts";
import { TakeTurnInput, takeTurn } from "../../src/turns/take-turn.ts";
import { JudgeDrillInput, judgeDrill } from "../../src/verdict/judge-drill.ts";
import { Verdict } from "../../src/verdict/verdict.ts";
import { evidenceBucket } from "../evidence/evidence-bucket.ts";
import { SAMPLE_PLAN } from "../plan/sample-plan.ts";
import { type Handlers, run } from "../statemachines/machine.ts";
import { COUNTERPROOF, checkResult, checkResults, PROOF, STORY } from "../verdict/sample-results.ts";

const clients = {
  rds: new RDSClient({}),
  ec2: new EC2Client({}),
  kms: new KMSClient({}),
  data: new RDSDataClient({}),
  sns: new SNSClient({}),
};
const [rds, ec2, kms, data, sns] = [
  mockClient(clients.rds),
  mockClient(clients.ec2),
  mockClient(clients.kms),
  mockClient(clients.data),
  mockClient(clients.sns),
];
const meta = { message: "not found", $metadata: {} };
const SOURCE_SNAPSHOT: DBClusterSnapshot = {
  DBClusterSnapshotIdentifier: "rds:orders-production-1",
  DBClusterSnapshotArn: "arn:aws:rds:eu-west-1:111122223333:cluster-snapshot:rds:orders-production-1",
  DBClusterIdentifier: "orders-production",
  SnapshotCreateTime: new Date("2026-11-21T04:05:00.000Z"),
  SnapshotType: "automated",
  Status: "available",
  Engine: "aurora-postgresql",
  EngineVersion: "16.4",
  AllocatedStorage: 120,
  StorageEncrypted: true,
};

/** What RDS keeps of the drill; everything requested is done at once. */
let made: { copy?: DBClusterSnapshot; cluster?: DBCluster; writer?: DBInstance } = {};
const orMissing = <Resource>(resource: Resource | undefined, fault: Error): Resource => {
  if (resource === undefined) throw fault;
  return resource;
};

function rdsThatObeys(): void {
  rds.on(DescribeDBClusterSnapshotsCommand).callsFake(({ DBClusterSnapshotIdentifier: id }) => ({
    DBClusterSnapshots: [
      id === undefined ? SOURCE_SNAPSHOT : orMissing(made.copy, new DBClusterSnapshotNotFoundFault(meta)),
    ],
  }));
  rds.on(DescribeDBClustersCommand).callsFake(({ DBClusterIdentifier: id }) => ({
    DBClusters: [
      id === "orders-production"
        ? { DBClusterIdentifier: id, DBClusterArn: "arn:source", Engine: "aurora-postgresql", EngineVersion: "16.4" }
        : orMissing(made.cluster, new DBClusterNotFoundFault(meta)),
    ],
  }));
  rds.on(DescribeDBInstancesCommand).callsFake(() => ({
    DBInstances: [orMissing(made.writer, new DBInstanceNotFoundFault(meta))],
  }));
  rds
    .on(DescribeDBSubnetGroupsCommand)
    .resolves({ DBSubnetGroups: [{ VpcId: "vpc-1", Subnets: [{ SubnetIdentifier: "subnet-1" }] }] });
  rds
    .on(DescribeDBClusterParameterGroupsCommand)
    .resolves({ DBClusterParameterGroups: [{ DBParameterGroupFamily: "aurora-postgresql16" }] });
  rds.on(CopyDBClusterSnapshotCommand).callsFake(({ Tags }) => {
    made.copy = { DBClusterSnapshotArn: "arn:copy", Status: "available", TagList: Tags };
    return { DBClusterSnapshot: { Status: "creating" } };
  });
  rds.on(RestoreDBClusterFromSnapshotCommand).callsFake(({ Tags, DBSubnetGroupName, VpcSecurityGroupIds = [] }) => {
    made.cluster = {
      DBClusterArn: "arn:cluster",
      Status: "available",
      TagList: Tags,
      DBSubnetGroup: DBSubnetGroupName,
      VpcSecurityGroups: [{ VpcSecurityGroupId: VpcSecurityGroupIds[0] }],
    };
    return {};
  });
  rds.on(CreateDBInstanceCommand).callsFake(({ Tags, DBInstanceIdentifier, PubliclyAccessible }) => {
    made.writer = { DBInstanceStatus: "available", TagList: Tags, PubliclyAccessible };
    made.cluster = { ...made.cluster, DBClusterMembers: [{ DBInstanceIdentifier }] };
    return {};
  });
  rds.on(ModifyDBClusterCommand).callsFake(() => {
    made.cluster = { ...made.cluster, MasterUserSecret: { SecretArn: "arn:secret", SecretStatus: "active" } };
    return {};
  });
  rds.on(EnableHttpEndpointCommand).callsFake(() => {
    made.cluster = { ...made.cluster, HttpEndpointEnabled: true };
    return {};
  });
  rds.on(DeleteDBInstanceCommand).callsFake(() => forget("writer"));
  rds.on(DeleteDBClusterCommand).callsFake(() => forget("cluster"));
  rds.on(DeleteDBClusterSnapshotCommand).callsFake(() => forget("copy"));
}

function forget(resource: keyof typeof made): object {
  const { [resource]: _, ...others } = made;
  made = others;
  return {};
}

const { store, objects } = evidenceBucket();
let clock = Date.parse("2026-11-21T14:32:06.000Z");
/** A second passes at each look at the clock. */
const now = (): Date => {
  clock += 1000;
  return new Date(clock);
};
const services = {
  rds: () => clients.rds,
  ec2: () => clients.ec2,
  kms: () => clients.kms,
  backup: () => new BackupClient({}),
  data: () => clients.data,
  store,
  now,
  plans: async () => SAMPLE_PLAN,
  counterproof: true,
  logger: { warn: () => {} },
  defaults: { kmsKey: "alias/drill", subnetGroup: "isolated", securityGroup: "sg-1", parameterGroup: "pg16" },
};

/** The steps as they are deployed, but for the checks, whose questions need a database. */
const STEPS: Record<string, [step: StepName, core: (document: unknown) => Promise<object>]> = {
  PlanDrill: ["plan-drill", (document) => planDrill(services, PlanDrillInput.parse(document))],
  ProveNetwork: ["prove-network", (document) => proveNetwork(services, ProveNetworkInput.parse(document))],
  CopySnapshot: ["copy-snapshot", (document) => copySnapshot(services, CopySnapshotInput.parse(document))],
  RestoreSandbox: ["restore-sandbox", (document) => restoreSandbox(services, RestoreSandboxInput.parse(document))],
  ProveIsolation: ["prove-isolation", (document) => proveIsolation(services, ProveIsolationInput.parse(document))],
  RunChecks: [
    "run-checks",
    async (document) => {
      const { drill, sandbox } = RunChecksInput.parse(document);
      expect(sandbox).toMatchObject({ clusterArn: "arn:cluster", secretArn: "arn:secret" });
      const finishedAt = now().toISOString();
      const results = checkResults([checkResult()], { drillId: drill.drillId, fullReadAt: finishedAt, finishedAt });
      await store.put(`${drill.evidencePrefix}/checks.json`, results);
      return { ...STORY.checks, finishedAt };
    },
  ],
  ProveChecks: [
    "prove-checks",
    async (document) => {
      const { drill } = ProveChecksInput.parse(document);
      await store.put(`${drill.evidencePrefix}/counterproof.json`, { ...PROOF, drillId: drill.drillId });
      return COUNTERPROOF;
    },
  ],
  JudgeDrill: [
    "judge-drill",
    (document) =>
      judgeDrill({ ...services, metrics: new Metrics({ namespace: "T" }) }, JudgeDrillInput.parse(document)),
  ],
  TearDown: ["tear-down", (document) => tearDown(services, TearDownInput.parse(document))],
  RecordEvidence: ["record-evidence", (document) => recordEvidence(services, RecordEvidenceInput.parse(document))],
  NotifyOutcome: [
    "notify-outcome",
    (document) =>
      notifyOutcome(
        {
          ...services,
          metrics: new Metrics({ namespace: "T" }),
          sns: clients.sns,
          topicArn: "arn:topic",
          pageTopicArn: "arn:pages",
          logger: { error: () => {} },
        },
        NotifyOutcomeInput.parse(document),
      ),
  ],
};

const HANDLERS: Handlers = {
  // Before there is a drill, so that it has no journal.
  TakeTurn: (document) =>
    takeTurn({ ...services, sfn: new SFNClient({}), maxDrillsPerRegion: 1 }, TakeTurnInput.parse(document)),
  ...Object.fromEntries(
    Object.entries(STEPS).map(([task, [step, core]]) => [
      task,
      async (document: Record<string, unknown>) => {
        const startedAt = now().toISOString();
        const answer = await core(document);
        const { evidencePrefix } = (document["drill"] ?? answer) as { evidencePrefix: string };
        await writeJournal(store, evidencePrefix, { step, startedAt, endedAt: now().toISOString(), answer });
        return answer;
      },
    ]),
  ),
};

beforeEach(() => {
  made = {};
  rdsThatObeys();
  ec2.onAnyCommand().resolves({});
  ec2.on(DescribeRegionsCommand).resolves({
    Regions: ["eu-west-1", "eu-central-1"].map((RegionName) => ({ RegionName, OptInStatus: "opt-in-not-required" })),
  });
  ec2.on(DescribeSecurityGroupsCommand).resolves({ SecurityGroups: [{ GroupId: "sg-1", VpcId: "vpc-1" }] });
  ec2
    .on(DescribeSubnetsCommand)
    .resolves({ Subnets: [{ SubnetId: "subnet-1", VpcId: "vpc-1", MapPublicIpOnLaunch: false }] });
  ec2
    .on(DescribeRouteTablesCommand)
    .resolves({ RouteTables: [{ Associations: [{ Main: true }], Routes: [{ GatewayId: "local" }] }] });
  kms.on(DescribeKeyCommand).resolves({ KeyMetadata: { KeyId: "k", Arn: "arn:key", Enabled: true } });
  data.on(ExecuteStatementCommand).resolves({});
  sns.on(PublishCommand).resolves({ MessageId: "message-1" });
  vi.spyOn(process.stdout, "write").mockReturnValue(true);
});
afterEach(() => vi.restoreAllMocks());

describe("the steps of a drill", () => {
  it("understand each other's answers from the plan to the notification, through the machine and as JSON", async () => {
    const { status, error, cause, output } = await run(HANDLERS);
    expect({ status, error, cause }).toEqual({ status: "SUCCEEDED", error: undefined, cause: undefined });
    const document = JSON.parse(output ?? "{}") as Record<string, unknown>;

    const drill = Drill.parse(document["drill"]);
    expect(IsolationAnswer.parse(document["network"]).facts.every(({ holds }) => holds)).toBe(true);
    expect(CopyAnswer.parse(document["copy"])).toMatchObject({ phase: "ready", snapshotArn: "arn:copy" });
    expect(SandboxAnswer.parse(document["sandbox"]).looks).toBe(5);
    expect(IsolationAnswer.parse(document["isolation"]).facts.every(({ holds }) => holds)).toBe(true);
    expect(CounterproofAnswer.parse(document["counterproof"])).toMatchObject({ tried: 1, detected: 1 });
    expect(Verdict.parse(document["verdict"]).phases).toHaveLength(7);
    expect(Verdict.parse(document["verdict"]).summary).toContain("1 of 1 planted damage was detected");
    expect(TeardownAnswer.parse(document["teardown"]).deleted).toHaveLength(3);
    const evidence = EvidenceAnswer.parse(document["evidence"]);
    expect(document["outcome"]).toMatchObject({ verdict: "passed", messageId: "message-1" });

    expect(made).toEqual({});
    for (const file of evidence.files) expect(objects.has(file)).toBe(true);
    const report = Report.parse(JSON.parse(objects.get(`${drill.evidencePrefix}/report.json`) ?? "{}"));
    expect(report.counterproof?.planted).toEqual(PROOF.planted);
    expect(evidence.files).toContain(`${drill.evidencePrefix}/counterproof.json`);
    expect(report).toMatchObject({
      drillId: drill.drillId,
      drill,
      network: document["network"],
      isolation: document["isolation"],
      leftovers: [],
    });
  });

  it("leave a journal entry each, that can be read", async () => {
    const entries = [...objects].filter(([key]) => STEP_NAMES.some((step) => key.endsWith(`/journal/${step}.json`)));
    // All but the answer to a restore test, which this is none of: test/drills/restore-test.test.ts.
    expect(entries).toHaveLength(STEP_NAMES.length - 1);
    for (const [, text] of entries) expect(() => JournalEntry.parse(JSON.parse(text))).not.toThrow();
  });
});
