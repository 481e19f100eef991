import { BackupClient } from "@aws-sdk/client-backup";
import { DescribeRegionsCommand, EC2Client } from "@aws-sdk/client-ec2";
import { DescribeKeyCommand, KMSClient, NotFoundException } from "@aws-sdk/client-kms";
import {
  type DBCluster,
  DBClusterNotFoundFault,
  DBParameterGroupNotFoundFault,
  DBSubnetGroupNotFoundFault,
  DescribeDBClusterParameterGroupsCommand,
  DescribeDBClusterSnapshotsCommand,
  DescribeDBClustersCommand,
  DescribeDBSubnetGroupsCommand,
  RDSClient,
} from "@aws-sdk/client-rds";
import { mockClient } from "aws-sdk-client-mock";
import "aws-sdk-client-mock-vitest/extend";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { askedChecks } from "../../src/checks/asked-checks.ts";
import {
  CostOverCap,
  NoRecoveryPoint,
  PlanInvalid,
  SandboxRefused,
  SourceNotFound,
  SourceUnsupported,
} from "../../src/errors.ts";
import { Drill } from "../../src/plan/drill.ts";
import { drillOf } from "../../src/plan/names.ts";
import { parsePlan } from "../../src/plan/parse.ts";
import { PlanDrillInput, planDrill } from "../../src/recovery/plan-drill.ts";
import { evidenceBucket } from "../evidence/evidence-bucket.ts";
import { ledgerEntry } from "../evidence/sample-ledger.ts";
import { PLAN_YAML } from "../plan/sample-plan.ts";

const clients = {
  rds: new RDSClient({}),
  ec2: new EC2Client({}),
  kms: new KMSClient({}),
  backup: new BackupClient({}),
};
const rds = mockClient(clients.rds);
const ec2 = mockClient(clients.ec2);
const kms = mockClient(clients.kms);
const KEY_ARN = "arn:aws:kms:eu-central-1:111122223333:key/stack";
const SNAPSHOT_ARN = "arn:aws:rds:eu-west-1:111122223333:cluster-snapshot:rds:orders-production-1";
const EXECUTION = {
  id: "arn:aws:states:eu-west-1:111122223333:execution:restore-drill:weekly-1",
  name: "weekly-1",
  startedAt: "2026-11-21T14:32:05.123Z",
};
const meta = { message: "message of AWS", $metadata: {} };

const STACK = {
  kmsKey: "alias/restore-drill",
  subnetGroup: "restore-drill-isolated",
  securityGroup: "sg-0a1b2c",
  parameterGroup: "restore-drill-postgresql16",
};

let bucket = evidenceBucket();
let askedRegions: string[] = [];

function plan(request: object = {}, yaml = PLAN_YAML, defaults = STACK): Promise<Drill> {
  const asked =
    <Client>(service: string, client: Client) =>
    (region: string): Client => {
      askedRegions.push(`${service} ${region}`);
      return client;
    };
  return planDrill(
    {
      rds: asked("rds", clients.rds),
      ec2: asked("ec2", clients.ec2),
      kms: asked("kms", clients.kms),
      backup: asked("backup", clients.backup),
      store: bucket.store,
      plans: async () => parsePlan(yaml, "drills/orders.yml"),
      defaults,
      counterproof: true,
      now: () => new Date("2026-11-21T14:32:07.000Z"),
    },
    PlanDrillInput.parse({ request: { plan: "orders", ...request }, execution: EXECUTION }),
  );
}

const edited = (line: string, replacement: string): string => {
  expect(PLAN_YAML).toContain(line);
  return PLAN_YAML.replace(line, replacement);
};

const sourceIs = (changes: Partial<DBCluster>) =>
  rds.on(DescribeDBClustersCommand).resolves({
    DBClusters: [
      {
        DBClusterIdentifier: "orders-production",
        DBClusterArn: "arn:aws:rds:eu-west-1:111122223333:cluster:orders-production",
        Engine: "aurora-postgresql",
        EngineVersion: "16.4",
        DBSubnetGroup: "production",
        EngineLifecycleSupport: "open-source-rds-extended-support-disabled",
        ...changes,
      },
    ],
  });
const snapshotIs = (changes: object = {}) =>
  rds.on(DescribeDBClusterSnapshotsCommand).resolves({
    DBClusterSnapshots: [
      {
        DBClusterSnapshotIdentifier: "rds:orders-production-1",
        DBClusterSnapshotArn: SNAPSHOT_ARN,
        DBClusterIdentifier: "orders-production",
        SnapshotCreateTime: new Date("2026-11-21T04:05:00.000Z"),
        SnapshotType: "automated",
        Status: "available",
        Engine: "aurora-postgresql",
        EngineVersion: "16.4",
        AllocatedStorage: 120,
        StorageEncrypted: true,
        StorageEncryptionType: "sse-kms",
        ...changes,
      },
    ],
  });

const parameterFamilyIs = (DBParameterGroupFamily: string) =>
  rds.on(DescribeDBClusterParameterGroupsCommand).resolves({ DBClusterParameterGroups: [{ DBParameterGroupFamily }] });

beforeEach(() => {
  bucket = evidenceBucket();
  askedRegions = [];
  for (const mock of [rds, ec2, kms]) mock.reset();
  vi.stubEnv("AWS_REGION", "eu-west-3");
  ec2.on(DescribeRegionsCommand).resolves({
    Regions: [
      { RegionName: "eu-west-1", OptInStatus: "opt-in-not-required" },
      { RegionName: "eu-central-1", OptInStatus: "opt-in-not-required" },
      { RegionName: "ap-east-1", OptInStatus: "not-opted-in" },
    ],
  });
  sourceIs({});
  snapshotIs();
  kms.on(DescribeKeyCommand).resolves({ KeyMetadata: { KeyId: "stack", Arn: KEY_ARN, Enabled: true } });
  rds.on(DescribeDBSubnetGroupsCommand).resolves({ DBSubnetGroups: [{ VpcId: "vpc-production" }] });
  rds
    .on(DescribeDBSubnetGroupsCommand, { DBSubnetGroupName: "restore-drill-isolated" })
    .resolves({ DBSubnetGroups: [{ VpcId: "vpc-isolated" }] });
  parameterFamilyIs("aurora-postgresql16");
});
afterEach(() => vi.unstubAllEnvs());

describe("planDrill", () => {
  it("decides the whole drill", async () => {
    const drill = await plan({ trigger: { kind: "schedule", by: "weekly" } });
    expect(Drill.parse(JSON.parse(JSON.stringify(drill)))).toEqual(drill);
    expect(drill).toMatchObject({
      drillId: expect.stringMatching(/^20261121-143205-[0-9a-f]{8}$/),
      plan: "orders",
      planSha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      trigger: { kind: "schedule", by: "weekly" },
      startedAt: "2026-11-21T14:32:05.123Z",
      plannedAt: "2026-11-21T14:32:07.000Z",
      failureMoment: "2026-11-21T14:32:05.123Z",
      recoveryPoint: { arn: SNAPSHOT_ARN, storageEncryption: "sse-kms" },
      copy: { needed: true, kmsKeyArn: KEY_ARN },
      sandbox: {
        region: "eu-central-1",
        subnetGroup: "restore-drill-isolated",
        securityGroup: "sg-0a1b2c",
        parameterGroup: "restore-drill-postgresql16",
        kmsKeyArn: KEY_ARN,
        engineLifecycleSupport: "open-source-rds-extended-support-disabled",
      },
      checkCount: 3,
      expectedSeconds: {},
      warnings: [],
    });
  });

  it("holds the drill against what was captured before its recovery point was made, unless that is a copy", async () => {
    const at = "2026-11-21T04:00:00.000Z";
    const captureId = "20261121-040000-3f9a2b1c";
    const names = { captureId, plan: "orders", planSha256: "0", cluster: "orders-production", database: "shop" };
    const moments = { startedAt: at, capturedAt: at, finishedAt: at };
    const prefix = `orders-production/baselines/${captureId}`;
    bucket = evidenceBucket({
      [`${prefix}/baseline.json`]: { ...names, ...moments, engineVersion: "16.4", checks: [], parts: [] },
    });
    expect((await plan()).references).toEqual([{ kind: "baseline", id: captureId, takenAt: at, prefix, sha256: {} }]);
    snapshotIs({ SourceDBClusterSnapshotArn: "arn:of-the-original" });
    expect(await plan()).toMatchObject({ references: [], warnings: [expect.stringContaining("compared with none")] });
  });

  it("gives every resource a name that is this drill's", async () => {
    const { drillId, copy, sandbox } = await plan();
    for (const name of [copy.snapshotId, sandbox.cluster, sandbox.writer]) expect(drillOf(name)).toBe(drillId);
  });

  it("ends the checks at the plan's limit, teardown 6 h later, and lets the sweep take what is there an hour after", async () => {
    const { deadlines, tags, drillId } = await plan();
    expect(deadlines).toEqual({
      checksEndAt: "2026-11-22T02:32:05.123Z",
      teardownEndAt: "2026-11-22T08:32:05.123Z",
    });
    expect(tags).toEqual({
      "restore-drill:drill": drillId,
      "restore-drill:plan": "orders",
      "restore-drill:expires": "2026-11-22T09:32:05.123Z",
    });
  });

  it("damages no sandbox after an incident, whatever the stack and the plan say: people may recover from it", async () => {
    expect(await plan()).toMatchObject({ counterproof: true });
    const yaml = `${PLAN_YAML}counterproof: true\n`;
    expect(await plan({ trigger: { kind: "incident", by: "alarm orders-data-loss" } }, yaml)).toMatchObject({
      counterproof: false,
    });
  });

  it("creates nothing: it describes, and stores the plan as it was written", async () => {
    const { evidencePrefix } = await plan();
    const names = [rds, ec2, kms, bucket.s3].flatMap((mock) =>
      mock.calls().map(({ args }) => args[0].constructor.name),
    );
    expect(names.filter((name) => !/^(Describe|Get|List)/.test(name))).toEqual(["PutObjectCommand"]);
    expect([...bucket.objects.keys()]).toEqual([`${evidencePrefix}/plan.json`]);
  });

  it("stores the plan so that the checks can be read back, the full read before them", async () => {
    const checks = await askedChecks(bucket.store, await plan());
    expect(checks.map(({ kind }) => kind)).toEqual(["full-read", "rows", "freshness", "sql"]);
  });

  it("decides the same again when its answer was lost", async () => {
    expect(await plan()).toEqual(await plan());
  });

  it("asks each region of what is there, and for regions at home", async () => {
    await plan();
    expect(askedRegions).toEqual([
      "ec2 eu-west-3",
      "rds eu-west-1",
      "rds eu-west-1",
      "kms eu-central-1",
      "rds eu-central-1",
    ]);
  });

  it("copies what another account shares also within the region, and asks nothing of the cluster itself", async () => {
    const shared = "arn:aws:rds:eu-west-1:444455556666:cluster-snapshot:drill-share-2026-11-21-04-05";
    snapshotIs({ DBClusterSnapshotIdentifier: shared, DBClusterSnapshotArn: shared, SnapshotType: "shared" });
    const foreign = edited("  region: eu-west-1", '  region: eu-west-1\n  account: "444455556666"');
    const drill = await plan({}, foreign.replace("eu-central-1", "eu-west-1"));
    expect(Drill.parse(drill)).toMatchObject({
      source: { account: "444455556666", clusterArn: "arn:aws:rds:eu-west-1:444455556666:cluster:orders-production" },
      recoveryPoint: { arn: shared, id: "drill-share-2026-11-21-04-05", createdAt: "2026-11-21T04:05:00.000Z" },
      copy: { needed: true, kmsKeyArn: KEY_ARN },
    });
    expect(drill.estimate.items).toContainEqual(expect.objectContaining({ item: "cross-region transfer", usd: 0 }));
    expect(rds).not.toHaveReceivedCommand(DescribeDBClustersCommand);
  });

  it("takes an account that is the stack's own for no other", async () => {
    const own = await plan({}, edited("  region: eu-west-1", '  region: eu-west-1\n  account: "111122223333"'));
    expect(own.recoveryPoint.arn).toBe(SNAPSHOT_ARN);
    expect(own.source).not.toHaveProperty("account");
    expect(rds).toHaveReceivedCommand(DescribeDBClustersCommand);
  });

  it("takes the plan's own key, network and parameters before the stack's", async () => {
    rds
      .on(DescribeDBSubnetGroupsCommand, { DBSubnetGroupName: "mine" })
      .resolves({ DBSubnetGroups: [{ VpcId: "vpc-mine" }] });
    const own = "kmsKey: alias/mine\n  subnetGroup: mine\n  securityGroup: sg-ff\n  parameterGroup: mine16";
    const { sandbox } = await plan({}, edited("  region: eu-central-1", `  region: eu-central-1\n  ${own}`));
    expect(sandbox).toMatchObject({ subnetGroup: "mine", securityGroup: "sg-ff", parameterGroup: "mine16" });
    expect(kms).toHaveReceivedCommandWith(DescribeKeyCommand, { KeyId: "alias/mine" });
  });

  it("takes RDS's own default group also before there is one: RDS makes it with the first cluster of a region", async () => {
    rds.on(DescribeDBClusterParameterGroupsCommand).rejects(new DBParameterGroupNotFoundFault(meta));
    const named = PLAN_YAML.replace("sandbox:\n", "sandbox:\n  parameterGroup: default.aurora-postgresql16\n");
    expect((await plan({}, named)).sandbox.parameterGroup).toBe("default.aurora-postgresql16");
    await expect(plan({}, named.replace("postgresql16", "postgresql15"))).rejects.toThrow(SandboxRefused);
  });

  it("takes the parameter group of the major version that is restored, where a name leaves it open", async () => {
    parameterFamilyIs("aurora-postgresql17");
    snapshotIs({ EngineVersion: "17.5" });
    const open = { ...STACK, parameterGroup: "restore-drill-aurora-postgresql{major}" };
    expect((await plan({}, undefined, open)).sandbox.parameterGroup).toBe("restore-drill-aurora-postgresql17");
    const own = edited("  region: eu-central-1", '  region: eu-central-1\n  parameterGroup: "mine-{major}"');
    expect((await plan({}, own, open)).sandbox.parameterGroup).toBe("mine-17");
  });

  it.each(["sse-rds", "none"])("copies a recovery point of encryption %s without a key", async (type) => {
    snapshotIs({ StorageEncryptionType: type, StorageEncrypted: false });
    expect((await plan()).copy).not.toHaveProperty("kmsKeyArn");
  });
});

describe("the request", () => {
  it("overrides the recovery point, which is looked for where its ARN says", async () => {
    const arn = "arn:aws:rds:eu-central-1:111122223333:cluster-snapshot:before-upgrade";
    snapshotIs({ DBClusterSnapshotIdentifier: "before-upgrade", DBClusterSnapshotArn: arn });
    const drill = await plan({ recoveryPoint: arn });
    expect(askedRegions[2]).toBe("rds eu-central-1");
    expect(drill).toMatchObject({ recoveryPoint: { region: "eu-central-1" }, copy: { needed: false } });
  });

  it("sets the moment of failure, from which the recovery point's age is counted", async () => {
    const drill = await plan({ failureMoment: "2026-11-21T05:05:00Z" });
    expect(drill).toMatchObject({ failureMoment: "2026-11-21T05:05:00.000Z", recoveryPoint: { ageSeconds: 3600 } });
  });

  it("may leave out who asked", async () => {
    expect((await plan()).trigger).toEqual({ kind: "manual", by: "weekly-1" });
  });

  it.each([
    ["a key that is not one", { plan: "orders", recoverypoint: "latest" }],
    ["a moment without a zone", { plan: "orders", failureMoment: "2026-11-21T05:05:00" }],
    ["a trigger with control characters", { plan: "orders", trigger: { kind: "manual", by: "me\nSubject: x" } }],
    ["no plan", {}],
    ["a plan's name without end", { plan: "x".repeat(201) }],
  ])("is refused: %s", (_, request) => {
    expect(PlanDrillInput.safeParse({ request, execution: EXECUTION }).success).toBe(false);
  });
});

describe("a warning", () => {
  it("is given when no other region takes part", async () => {
    const drill = await plan({}, edited("  region: eu-central-1", "  region: eu-west-1"));
    expect(drill).toMatchObject({
      copy: { needed: false },
      warnings: ["The recovery point is in eu-west-1 already: recovery into another region was not drilled."],
    });
  });

  it("is given for a class without a price, which is left out of the estimate", async () => {
    const { warnings } = await plan(
      {},
      edited("  region: eu-central-1", "  region: eu-central-1\n  instanceClass: db.x9.large"),
    );
    expect(warnings).toEqual(["No price is known for db.x9.large: it is left out of the cost."]);
  });

  it.each([1, 0, undefined])(
    "is given for a recovery point whose size RDS does not tell: %s GiB",
    async (AllocatedStorage) => {
      snapshotIs({ AllocatedStorage });
      expect((await plan()).warnings).toEqual([expect.stringMatching(/estimate .*knows no size/)]);
    },
  );

  it("is given for a recovery point that is a copy", async () => {
    snapshotIs({ SourceDBClusterSnapshotArn: "arn:of-the-original" });
    expect((await plan()).warnings).toEqual([
      expect.stringMatching(/is a copy of arn:of-the-original.*older than its age/),
    ]);
  });

  it("is given for a ledger entry that can not be read, and the others are learned from", async () => {
    bucket = evidenceBucket({
      "orders-production/ledger/20261101-000000-00000001.json": ledgerEntry({
        stepSeconds: { copy: 100, restore: 300 },
      }),
      "orders-production/ledger/20261102-000000-00000002.json": "{ half a docu",
    });
    const drill = await plan();
    expect(drill.expectedSeconds).toEqual({ copy: 100, restore: 300 });
    expect(drill.warnings).toEqual([expect.stringMatching(/20261102-000000-00000002\.json can not be read/)]);
  });
});

describe("a drill that is refused", () => {
  const refused = async (request: object = {}, yaml = PLAN_YAML): Promise<unknown> => {
    const error = await plan(request, yaml).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect([...bucket.objects.keys()]).toEqual([]);
    return error;
  };

  it.each(["source", "sandbox"])("is one whose %s region is misspelt", async (which) => {
    const right = which === "source" ? "eu-west-1" : "eu-central-1";
    const error = await refused({}, edited(`  region: ${right}`, `  region: ${right.replace("1", "9")}`));
    expect(error).toBeInstanceOf(PlanInvalid);
    expect(error).toMatchObject({
      message: `${which}.region is "${right.replace("1", "9")}", which is not an AWS region. Did you mean "${right}"?`,
    });
  });

  it("is one in a region that the account has not opted in to", async () => {
    const error = await refused({}, edited("  region: eu-central-1", "  region: ap-east-1"));
    expect(error).toBeInstanceOf(SandboxRefused);
    expect(error).toMatchObject({ message: expect.stringMatching(/not opted in to\. Enable the region/) });
  });

  it("is one of a cluster that is not there, with the nearest and the others", async () => {
    rds.on(DescribeDBClustersCommand).resolves({
      DBClusters: [{ DBClusterIdentifier: "order-production" }, { DBClusterIdentifier: "payments" }],
    });
    rds
      .on(DescribeDBClustersCommand, { DBClusterIdentifier: "orders-production" })
      .rejects(new DBClusterNotFoundFault(meta));
    const error = await refused();
    expect(error).toBeInstanceOf(SourceNotFound);
    expect(error).toMatchObject({
      message:
        'source.cluster is "orders-production", which is not in eu-west-1. Did you mean "order-production"? There are: order-production, payments.',
    });
  });

  it.each([
    [{ Engine: "aurora-mysql" }, /runs aurora-mysql; this version drills aurora-postgresql only/],
    [{ Engine: "postgres" }, /runs postgres/],
    [{ EngineVersion: "12.22" }, /runs Aurora PostgreSQL 12\.22, .*no Data API/],
    [{ EngineVersion: "13.10" }, /13\.10/],
    [{ EngineVersion: "17.3" }, /It begins with 13\.11, 14\.8, 15\.3, 16\.1, 17\.4/],
    [{ EngineVersion: undefined }, /no Data API/],
  ])("is one of a source that can not be drilled: %o", async (changes, message) => {
    sourceIs(changes as Partial<DBCluster>);
    const error = await refused();
    expect(error).toBeInstanceOf(SourceUnsupported);
    expect(error).toMatchObject({ message: expect.stringMatching(message) });
  });

  it.each(["13.11", "14.8", "15.10", "16.1", "17.4", "18.1"])(
    "is not one of Aurora PostgreSQL %s",
    async (EngineVersion) => {
      sourceIs({ EngineVersion });
      await expect(plan()).resolves.toBeDefined();
    },
  );

  it("is one of a recovery point from before an upgrade, older than the Data API", async () => {
    snapshotIs({ EngineVersion: "13.10" });
    const error = await refused();
    expect(error).toBeInstanceOf(SourceUnsupported);
    expect(error).toMatchObject({
      message: expect.stringMatching(
        /^The recovery point rds:orders-production-1 is of Aurora PostgreSQL 13\.10, .*no Data API/,
      ),
    });
  });

  it("is one without a recovery point", async () => {
    rds.on(DescribeDBClusterSnapshotsCommand).resolves({ DBClusterSnapshots: [] });
    expect(await refused()).toBeInstanceOf(NoRecoveryPoint);
  });

  it.each([
    ["its name", "restore-drill-20261121-143205-3f9a2b1c", []],
    ["a tag", "orders-production", [{ Key: "restore-drill:drill", Value: "20261121-143205-3f9a2b1c" }]],
  ])("is one whose source is a drill's sandbox, by %s", async (_, cluster, TagList) => {
    sourceIs({ DBClusterIdentifier: cluster, TagList });
    const error = await refused({}, edited("cluster: orders-production", `cluster: ${cluster}`));
    expect(error).toBeInstanceOf(PlanInvalid);
    expect(error).toMatchObject({
      message: expect.stringMatching(
        `^source.cluster is "${cluster}", which drill 20261121-143205-3f9a2b1c made as its own sandbox: .*Name the database`,
      ),
    });
  });

  it("is one whose key is disabled or being deleted", async () => {
    kms
      .on(DescribeKeyCommand)
      .resolves({ KeyMetadata: { KeyId: "stack", Arn: KEY_ARN, Enabled: false, KeyState: "PendingDeletion" } });
    const error = await refused();
    expect(error).toBeInstanceOf(SandboxRefused);
    expect(error).toMatchObject({
      message: expect.stringMatching(/alias\/restore-drill in eu-central-1 is PendingDeletion/),
    });
  });

  it("is one whose key is not in the drill region", async () => {
    kms.on(DescribeKeyCommand).rejects(new NotFoundException(meta));
    const error = await refused();
    expect(error).toBeInstanceOf(SandboxRefused);
    expect(error).toMatchObject({ message: expect.stringMatching(/no key alias\/restore-drill in eu-central-1/) });
  });

  it("is one whose subnet group is not in the drill region", async () => {
    rds
      .on(DescribeDBSubnetGroupsCommand, { DBSubnetGroupName: "restore-drill-isolated" })
      .rejects(new DBSubnetGroupNotFoundFault(meta));
    const error = await refused();
    expect(error).toBeInstanceOf(SandboxRefused);
    expect(error).toMatchObject({
      message: expect.stringMatching(/no DB subnet group restore-drill-isolated in eu-central-1/),
    });
  });

  it("is one whose parameter group is not in the drill region: RDS would say so only once the copy is paid for", async () => {
    rds.on(DescribeDBClusterParameterGroupsCommand).rejects(new DBParameterGroupNotFoundFault(meta));
    const error = await refused();
    expect(error).toBeInstanceOf(SandboxRefused);
    expect(error).toMatchObject({
      message: expect.stringMatching(
        /no DB cluster parameter group restore-drill-postgresql16 in eu-central-1; .* 16\.4\. .*sandbox\.parameterGroup.*newestEngineMajor/,
      ),
    });
  });

  it("is one whose parameter group is of another major version than the recovery point, whatever the source runs by now", async () => {
    snapshotIs({ EngineVersion: "15.7" });
    const error = await refused();
    expect(error).toBeInstanceOf(SandboxRefused);
    expect(error).toMatchObject({
      message: expect.stringMatching(/of the family aurora-postgresql16, .* 15\.7\. .*the family aurora-postgresql15/),
    });
  });

  it("is one in the network of the source", async () => {
    rds
      .on(DescribeDBSubnetGroupsCommand, { DBSubnetGroupName: "restore-drill-isolated" })
      .resolves({ DBSubnetGroups: [{ VpcId: "vpc-production" }] });
    const error = await refused({}, edited("  region: eu-central-1", "  region: eu-west-1"));
    expect(error).toBeInstanceOf(SandboxRefused);
    expect(error).toMatchObject({ message: expect.stringMatching(/lies in vpc-production, the VPC of the source/) });
  });

  it.each([
    ["kmsKey", "alias/production"],
    ["subnetGroup", "orders-prod-isolated"],
  ])("is one whose %s is called like production's, by the plan or by the stack", async (field, name) => {
    const error = await refused({}, edited("  region: eu-central-1", `  region: eu-central-1\n  ${field}: ${name}`));
    expect(error).toBeInstanceOf(SandboxRefused);
    expect(error).toMatchObject({
      message: expect.stringMatching(
        `^sandbox.${field} is "${name}", which is called like production's\\. .*name it in`,
      ),
    });
    await expect(plan({}, PLAN_YAML, { ...STACK, [field]: name })).rejects.toThrow(
      `sandbox.${field} is "${name}", by the stack's parameters, which is called like production's.`,
    );
  });

  it("is none for sharing production's parameters: they are what it would be recovered with", async () => {
    const shared = edited(
      "  region: eu-central-1",
      "  region: eu-central-1\n  parameterGroup: production-postgresql16",
    );
    expect((await plan({}, shared)).sandbox.parameterGroup).toBe("production-postgresql16");
  });

  it.each(Object.keys(STACK))(
    "is one for which neither plan nor stack names a %s: RDS would choose one",
    async (field) => {
      const refusal = plan({}, PLAN_YAML, { ...STACK, [field]: "" });
      await expect(refusal).rejects.toThrow(SandboxRefused);
      await expect(refusal).rejects.toThrow(`Neither the plan (sandbox.${field}) nor the stack names one`);
    },
  );

  it("counts the hours that a failed drill would keep the sandbox, so that no outcome costs more than the cap", async () => {
    const error = await refused({}, `${PLAN_YAML}keep: { for: 72h }\n`);
    expect(error).toBeInstanceOf(CostOverCap);
    expect((error as Error).message).toContain("or keep.for");
    const { keep, estimate } = await plan({}, `${PLAN_YAML}keep: { for: 6h }\n`);
    expect(keep).toEqual({ when: "failed", seconds: 21_600 });
    const without = await plan();
    expect(without).not.toHaveProperty("keep");
    expect(estimate.usd - without.estimate.usd).toBeCloseTo(
      6 * (8 * 0.12 + (without.recoveryPoint.sizeGib * 0.1) / 730),
      6,
    );
  });

  it("is one over the plan's cap, with the estimate", async () => {
    const error = await refused({}, `${PLAN_YAML}limits:\n  costUsd: 1\n`);
    expect(error).toBeInstanceOf(CostOverCap);
    expect(error).toMatchObject({
      message: expect.stringMatching(/estimated at \$\d+\.\d\d, over limits\.costUsd of \$1\. Raise the cap/),
      details: {
        estimate: { items: expect.arrayContaining([expect.objectContaining({ item: "cross-region transfer" })]) },
      },
    });
  });

  it("is one whose plan can not be stored: nothing could be asked later", async () => {
    bucket.s3.rejects(new Error("no bucket"));
    await expect(plan()).rejects.toThrow("no bucket");
  });
});
