import { BackupClient, DescribeRestoreJobCommand, ResourceNotFoundException } from "@aws-sdk/client-backup";
import { DescribeRegionsCommand, EC2Client } from "@aws-sdk/client-ec2";
import { KMSClient } from "@aws-sdk/client-kms";
import {
  CreateDBInstanceCommand,
  type DBCluster,
  DBClusterNotFoundFault,
  DBClusterSnapshotNotFoundFault,
  DBInstanceNotFoundFault,
  DeleteDBClusterCommand,
  DeleteDBInstanceCommand,
  DescribeDBClusterSnapshotsCommand,
  DescribeDBClustersCommand,
  DescribeDBInstancesCommand,
  DescribeDBSubnetGroupsCommand,
  ModifyDBClusterCommand,
  RDSClient,
} from "@aws-sdk/client-rds";
import { RDSDataClient } from "@aws-sdk/client-rds-data";
import { mockClient } from "aws-sdk-client-mock";
import "aws-sdk-client-mock-vitest/extend";
import { beforeEach, describe, expect, it } from "vitest";
import { NotOurs, RestoreTestMisplaced, RestoreTestRefused, SandboxLost, SourceUnsupported } from "../../src/errors.ts";
import { Drill } from "../../src/plan/drill.ts";
import { TAG } from "../../src/plan/names.ts";
import { parsePlan } from "../../src/plan/parse.ts";
import { isSandboxOf } from "../../src/recovery/ownership.ts";
import { PlanDrillInput, planDrill } from "../../src/recovery/plan-drill.ts";
import { proveIsolation } from "../../src/recovery/prove-isolation.ts";
import { proveNetwork } from "../../src/recovery/prove-network.ts";
import { restoreSandbox } from "../../src/recovery/restore-sandbox.ts";
import { tearDown } from "../../src/recovery/tear-down.ts";
import { phasesOf } from "../../src/verdict/phases.ts";
import { evidenceBucket } from "../evidence/evidence-bucket.ts";
import { drillWith, momentAt, SAMPLE_DRILL, TAG_LIST } from "../plan/sample-drill.ts";
import { PLAN_YAML } from "../plan/sample-plan.ts";
import { COPY, STORY } from "../verdict/sample-results.ts";

const clients = {
  rds: new RDSClient({}),
  ec2: new EC2Client({}),
  kms: new KMSClient({}),
  backup: new BackupClient({}),
  data: new RDSDataClient({}),
};
const [rds, ec2, backup] = [mockClient(clients.rds), mockClient(clients.ec2), mockClient(clients.backup)];
const { store } = evidenceBucket();
const services = {
  rds: () => clients.rds,
  ec2: () => clients.ec2,
  kms: () => clients.kms,
  backup: () => clients.backup,
  data: () => clients.data,
  store,
  now: () => new Date("2026-11-21T14:32:07.000Z"),
};
const meta = { message: "message of AWS", $metadata: {} };

const JOB = "AB123456-78C9-0123-456D-789012E34567";
const CLUSTER = "awsbackup-restore-test-1a2bcd34";
const CLUSTER_ARN = `arn:aws:rds:eu-central-1:111122223333:cluster:${CLUSTER}`;
const SOURCE_ARN = "arn:aws:rds:eu-west-1:111122223333:cluster:orders-production";
const POINT_ARN = "arn:aws:rds:eu-central-1:111122223333:cluster-snapshot:awsbackup:job-4ece7121";
const MARK = [{ Key: "awsbackup-restore-test", Value: "anything" }];
const RESTORED: DBCluster = {
  DBClusterIdentifier: CLUSTER,
  DBClusterArn: CLUSTER_ARN,
  Engine: "aurora-postgresql",
  EngineVersion: "16.4",
  Status: "available",
  DBSubnetGroup: "sandboxes",
  VpcSecurityGroups: [{ VpcSecurityGroupId: "sg-0a1b2c" }],
  DBClusterParameterGroup: "default.aurora-postgresql16",
  StorageEncrypted: true,
  TagList: MARK,
};
const SOURCE: DBCluster = {
  DBClusterIdentifier: "orders-production",
  DBClusterArn: SOURCE_ARN,
  Engine: "aurora-postgresql",
  EngineVersion: "16.4",
};
const TAKEN_OVER = drillWith({
  restoreTest: {
    restoreJobId: JOB,
    clusterArn: CLUSTER_ARN,
    requestedAt: "2026-11-21T13:00:00.000Z",
    restoredAt: "2026-11-21T13:20:00.000Z",
  },
  sandbox: { ...SAMPLE_DRILL.sandbox, cluster: CLUSTER, subnetGroup: "sandboxes" },
  copy: { needed: false, snapshotId: "" },
});

const jobIs = (changes: object = {}) =>
  backup.on(DescribeRestoreJobCommand).resolves({
    RestoreJobId: JOB,
    Status: "COMPLETED",
    ResourceType: "Aurora",
    CreatedBy: { RestoreTestingPlanArn: "arn:aws:backup:eu-central-1:111122223333:restore-testing-plan:weekly" },
    CreatedResourceArn: CLUSTER_ARN,
    SourceResourceArn: SOURCE_ARN,
    RecoveryPointArn: POINT_ARN,
    RecoveryPointCreationDate: new Date("2026-11-21T04:00:00.000Z"),
    CreationDate: new Date("2026-11-21T13:00:00.000Z"),
    CompletionDate: new Date("2026-11-21T13:20:00.000Z"),
    BackupSizeInBytes: 120 * 1024 ** 3,
    ...changes,
  });
const clusterIs = (changes: Partial<DBCluster> = {}) =>
  rds
    .on(DescribeDBClustersCommand, { DBClusterIdentifier: CLUSTER })
    .resolves({ DBClusters: [{ ...RESTORED, ...changes }] });
const clusterIsGone = () =>
  rds.on(DescribeDBClustersCommand, { DBClusterIdentifier: CLUSTER }).rejects(new DBClusterNotFoundFault(meta));

/** The calls that change something. */
const changes = (): string[] =>
  rds
    .calls()
    .map(({ args }) => args[0].constructor.name)
    .filter((name) => !name.startsWith("Describe"));

beforeEach(() => {
  for (const mock of [rds, ec2, backup]) mock.reset();
  ec2.on(DescribeRegionsCommand).resolves({
    Regions: ["eu-west-1", "eu-central-1"].map((RegionName) => ({ RegionName, OptInStatus: "opt-in-not-required" })),
  });
  rds.on(DescribeDBClustersCommand, { DBClusterIdentifier: "orders-production" }).resolves({ DBClusters: [SOURCE] });
  rds.on(DescribeDBInstancesCommand).rejects(new DBInstanceNotFoundFault(meta));
  rds.on(DescribeDBClusterSnapshotsCommand).rejects(new DBClusterSnapshotNotFoundFault(meta));
  rds.on(DescribeDBSubnetGroupsCommand).resolves({ DBSubnetGroups: [] });
  jobIs();
  clusterIs();
});

describe("planning with a restore test", () => {
  const YAML = `${PLAN_YAML}restoreTests: true\n`;
  const plan = (yaml = YAML) =>
    planDrill(
      {
        ...services,
        counterproof: true,
        plans: async () => parsePlan(yaml, "drills/orders.yml"),
        // Where the cluster stands is decided: the stack's own place is not asked for.
        defaults: { kmsKey: "", subnetGroup: "", securityGroup: "", parameterGroup: "" },
      },
      PlanDrillInput.parse({
        request: { plan: "orders", restoreTest: { restoreJobId: JOB } },
        execution: {
          id: "arn:aws:states:eu-central-1:111122223333:execution:restore-drill:restore-test-1",
          name: "restore-test-1",
          startedAt: "2026-11-21T14:32:05.123Z",
        },
      }),
    );

  it("takes everything from AWS Backup's job and from the cluster as it stands, and copies, keeps and damages nothing", async () => {
    const drill = Drill.parse(await plan(`${YAML}keep:\n  when: always\n  for: 1h\n`));
    expect(drill).toMatchObject({
      restoreTest: TAKEN_OVER.restoreTest,
      failureMoment: "2026-11-21T13:00:00.000Z",
      recoveryPoint: {
        arn: POINT_ARN,
        id: "awsbackup:job-4ece7121",
        kind: "awsbackup",
        region: "eu-central-1",
        createdAt: "2026-11-21T04:00:00.000Z",
        ageSeconds: 9 * 3600,
        engineVersion: "16.4",
        sizeGib: 120,
        storageEncryption: "sse-kms",
      },
      copy: { needed: false },
      sandbox: { cluster: CLUSTER, subnetGroup: "sandboxes", securityGroup: "sg-0a1b2c" },
      counterproof: false,
    });
    expect(drill.sandbox.writer).toBe(`restore-drill-${drill.drillId}-writer`);
    expect(drill.keep).toBeUndefined();
  });

  it("damages it where the plan itself says so", async () => {
    expect((await plan(`${YAML}counterproof: true\n`)).counterproof).toBe(true);
  });

  it("asks RDS whether the recovery point is a copy, and of which cluster", async () => {
    rds
      .on(DescribeDBClusterSnapshotsCommand, { DBClusterSnapshotIdentifier: POINT_ARN, SnapshotType: "awsbackup" })
      .resolves({
        DBClusterSnapshots: [{ SourceDBClusterSnapshotArn: "arn:original", DbClusterResourceId: "cluster-A" }],
      });
    expect((await plan()).recoveryPoint).toMatchObject({ copiedFrom: "arn:original", clusterResourceId: "cluster-A" });
  });

  it("says of a continuous backup that its moment is not known, and compares with nothing", async () => {
    jobIs({ RecoveryPointArn: "arn:aws:backup:eu-central-1:111122223333:recovery-point:continuous:cluster-abc-1" });
    const { warnings, references } = await plan();
    expect([warnings[0], references]).toEqual([expect.stringContaining("is a continuous backup"), []]);
  });

  it.each<[what: string, arrange: () => unknown, why: string]>([
    [
      "a job that AWS Backup does not know",
      () => backup.on(DescribeRestoreJobCommand).rejects(new ResourceNotFoundException(meta)),
      "knows no restore job",
    ],
    ["what somebody restored by hand", () => jobIs({ CreatedBy: {} }), "of no restore testing plan"],
    ["a restore that runs", () => jobIs({ Status: "RUNNING" }), "it is RUNNING"],
    [
      "what is no cluster",
      () => jobIs({ CreatedResourceArn: CLUSTER_ARN.replace(":cluster:", ":db:") }),
      "which is no cluster in eu-central-1",
    ],
    [
      "a cluster of another region",
      () => jobIs({ CreatedResourceArn: CLUSTER_ARN.replace("central", "north") }),
      "which is no cluster in eu-central-1",
    ],
    [
      "a backup of another database",
      () => jobIs({ SourceResourceArn: SOURCE_ARN.replace("orders", "invoices") }),
      "the plan's source is orders-production",
    ],
    [
      "a backup of another account",
      () => jobIs({ SourceResourceArn: SOURCE_ARN.replace("1111", "4444") }),
      "the plan's source is orders-production",
    ],
    ["a test that has its result", () => jobIs({ ValidationStatus: "FAILED" }), "its validation is over (FAILED)"],
    ["a job without its times", () => jobIs({ CompletionDate: undefined }), "does not say when"],
    ["a cluster that is gone", clusterIsGone, "ValidationWindowHours"],
    ["a cluster without AWS Backup's tag", () => clusterIs({ TagList: [] }), "has not the name and the tag"],
    [
      "a cluster with another name, tag or not",
      () => clusterIs({ DBClusterIdentifier: "orders" }),
      "has not the name and the tag",
    ],
    ["a cluster with another ARN", () => clusterIs({ DBClusterArn: SOURCE_ARN }), "has not the name and the tag"],
    [
      "a cluster with somebody's instance, also of a version that can not be asked",
      () => clusterIs({ DBClusterMembers: [{ DBInstanceIdentifier: "validator-1" }], EngineVersion: "11.9" }),
      "has an instance that this drill did not add (validator-1)",
    ],
  ])("refuses %s, and touches nothing", async (_, arrange, why) => {
    arrange();
    const refused = plan();
    await expect(refused).rejects.toThrow(RestoreTestRefused);
    await expect(refused).rejects.toThrow(why);
    expect(changes()).toEqual([]);
  });

  it.each<[what: string, changes: Partial<DBCluster>, why: string]>([
    [
      "two security groups",
      { VpcSecurityGroups: [{ VpcSecurityGroupId: "sg-1" }, { VpcSecurityGroupId: "sg-2" }] },
      "sg-1, sg-2",
    ],
    ["production's subnet group", { DBSubnetGroup: "orders-prod" }, "called like production's"],
  ])("refuses the place of a test that it has seen to be its own for %s", async (_, changed, why) => {
    clusterIs(changed);
    const refused = plan();
    await expect(refused).rejects.toThrow(RestoreTestMisplaced);
    await expect(refused).rejects.toThrow(why);
    expect(changes()).toEqual([]);
  });

  it("asks nothing of AWS Backup for a plan that does not say restoreTests", async () => {
    const refused = plan(PLAN_YAML);
    await expect(refused).rejects.toThrow(RestoreTestRefused);
    await expect(refused).rejects.toThrow("restoreTests: true");
    expect(backup.calls()).toEqual([]);
  });

  it("refuses production itself, should AWS Backup ever name it", async () => {
    jobIs({ CreatedResourceArn: SOURCE_ARN.replace("eu-west-1", "eu-central-1") });
    await expect(plan()).rejects.toThrow(RestoreTestRefused);
  });

  it("refuses what this version can not ask", async () => {
    clusterIs({ Engine: "aurora-mysql" });
    await expect(plan()).rejects.toThrow(SourceUnsupported);
  });
});

describe("isSandboxOf", () => {
  const ownDrill = { ...RESTORED, DBClusterIdentifier: SAMPLE_DRILL.sandbox.cluster, TagList: TAG_LIST };

  it("is true of what the drill made, and of what AWS Backup restored for it", () => {
    expect(isSandboxOf(SAMPLE_DRILL, ownDrill)).toBe(true);
    expect(isSandboxOf(TAKEN_OVER, RESTORED)).toBe(true);
  });

  it.each<[what: string, drill: Drill, cluster: DBCluster]>([
    ["of another restore test", TAKEN_OVER, { ...RESTORED, DBClusterArn: `${CLUSTER_ARN}5` }],
    ["with the tag alone", TAKEN_OVER, { ...RESTORED, DBClusterIdentifier: "orders" }],
    ["with the name alone", TAKEN_OVER, { ...RESTORED, TagList: [] }],
    ["with a drill's tags", TAKEN_OVER, { ...RESTORED, TagList: [{ Key: TAG.drill, Value: TAKEN_OVER.drillId }] }],
    ["that AWS Backup restored, for a drill that made its own", SAMPLE_DRILL, RESTORED],
    [
      "that is the source, whatever is on it",
      { ...TAKEN_OVER, source: { ...TAKEN_OVER.source, clusterArn: CLUSTER_ARN } },
      RESTORED,
    ],
  ])("is false of a cluster %s", (_, drill, cluster) => {
    expect(isSandboxOf(drill, cluster)).toBe(false);
  });
});

describe("a cluster that is taken over", () => {
  const look = () => restoreSandbox(services, { drill: TAKEN_OVER, copy: COPY, sandbox: undefined });

  it("is given the range that a serverless writer needs, then the writer, which alone has the drill's tags", async () => {
    expect((await look()).waitingFor).toBe("the capacity range that a serverless writer needs");
    clusterIs({ ServerlessV2ScalingConfiguration: { MinCapacity: 0.5, MaxCapacity: 8 } });
    await look();
    expect(changes()).toEqual(["ModifyDBClusterCommand", "CreateDBInstanceCommand"]);
    expect(rds).toHaveReceivedCommandWith(ModifyDBClusterCommand, {
      DBClusterIdentifier: CLUSTER,
      ServerlessV2ScalingConfiguration: { MinCapacity: 0.5, MaxCapacity: 8 },
    });
    expect(rds).toHaveReceivedCommandWith(CreateDBInstanceCommand, {
      DBClusterIdentifier: CLUSTER,
      DBInstanceIdentifier: TAKEN_OVER.sandbox.writer,
      PubliclyAccessible: false,
      Tags: TAG_LIST,
    });
  });

  it("is left alone once its tag is gone", async () => {
    clusterIs({ TagList: TAG_LIST });
    await expect(look()).rejects.toThrow(NotOurs);
    expect(changes()).toEqual([]);
  });

  it("is left to somebody else who has come to test it since, before and after its own writer is there", async () => {
    const members = [TAKEN_OVER.sandbox.writer, "validator-1"].map((id) => ({ DBInstanceIdentifier: id }));
    for (const DBClusterMembers of [members.slice(1), members]) {
      clusterIs({ DBClusterMembers });
      await expect(look()).rejects.toThrow("somebody else tests it");
      await expect(proveIsolation(services, { drill: TAKEN_OVER })).rejects.toThrow(RestoreTestRefused);
    }
    expect(changes()).toEqual([]);
  });

  it("is not made anew when AWS Backup has deleted it", async () => {
    clusterIsGone();
    const lost = look();
    await expect(lost).rejects.toThrow(SandboxLost);
    await expect(lost).rejects.toThrow("ValidationWindowHours");
    expect(changes()).toEqual([]);
  });

  it("that was moved since it was planned with is refused before anything is added", async () => {
    clusterIs({ VpcSecurityGroups: [{ VpcSecurityGroupId: "sg-open" }] });
    await expect(proveNetwork(services, { drill: TAKEN_OVER })).rejects.toThrow(
      "the cluster's security groups: expected sg-0a1b2c, observed sg-open",
    );
  });

  it("stays: the writer alone is deleted", async () => {
    const writer = {
      DBInstanceIdentifier: TAKEN_OVER.sandbox.writer,
      DBInstanceStatus: "available",
      TagList: TAG_LIST,
    };
    rds.on(DescribeDBInstancesCommand).resolves({ DBInstances: [writer] });
    const answer = await tearDown(services, {
      drill: { ...TAKEN_OVER, keep: { when: "always", seconds: 3600 } },
      verdict: { verdict: "passed" },
      isolation: undefined,
    });
    expect(answer.remaining).toMatchObject([{ kind: "instance" }]);
    expect(rds).toHaveReceivedCommand(DeleteDBInstanceCommand);
    expect(rds).not.toHaveReceivedCommand(DeleteDBClusterCommand);
  });

  it("counts as restored from when AWS Backup was asked, for as long as AWS Backup and the drill took", () => {
    const own = phasesOf(SAMPLE_DRILL, STORY, undefined).find(({ name }) => name === "restore");
    const taken = phasesOf(TAKEN_OVER, STORY, undefined).find(({ name }) => name === "restore");
    expect(taken).toEqual({ ...own, startedAt: "2026-11-21T13:00:00.000Z", seconds: (own?.seconds ?? 0) + 1200 });
    expect(momentAt(0).toISOString()).toBe(TAKEN_OVER.startedAt);
  });
});
