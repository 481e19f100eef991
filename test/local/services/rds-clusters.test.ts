import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import {
  AddTagsToResourceCommand,
  CreateDBInstanceCommand,
  type CreateDBInstanceCommandInput,
  DeleteDBClusterCommand,
  type DeleteDBClusterCommandInput,
  DeleteDBInstanceCommand,
  DescribeDBClusterParameterGroupsCommand,
  DescribeDBClustersCommand,
  DescribeDBInstancesCommand,
  DescribeDBSubnetGroupsCommand,
  EnableHttpEndpointCommand,
  ListTagsForResourceCommand,
  ModifyDBClusterCommand,
  type RDSClient,
  RestoreDBClusterFromSnapshotCommand,
  type RestoreDBClusterFromSnapshotCommandInput,
} from "@aws-sdk/client-rds";
import { ExecuteStatementCommand } from "@aws-sdk/client-rds-data";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { withClient } from "../../../src/local/postgres/client.ts";
import type { RdsFaults } from "../../../src/local/services/rds/faults.ts";
import {
  clusterStatus,
  DRILL_REGION,
  eventually,
  instanceStatus,
  type RdsCloud,
  refusal,
  SOURCE_REGION,
  startRdsCloud,
} from "./rds-cloud.ts";
import { restoreSandbox } from "./rds-sandbox.ts";

const faults: RdsFaults = {};
let cloud: RdsCloud;
let rds: RDSClient;
beforeAll(async () => {
  cloud = await startRdsCloud({ faults });
  rds = cloud.rds(SOURCE_REGION);
});
afterAll(() => cloud.close());
afterEach(() => {
  faults.outcome = undefined;
  faults.stretch = undefined;
});

const restore = (id: string, more: Partial<RestoreDBClusterFromSnapshotCommandInput> = {}, client = rds) =>
  client.send(
    new RestoreDBClusterFromSnapshotCommand({
      DBClusterIdentifier: id,
      SnapshotIdentifier: cloud.snapshotId,
      Engine: "aurora-postgresql",
      EngineVersion: cloud.host.version,
      ...more,
    }),
  );
const restored = async (id: string, more: Partial<RestoreDBClusterFromSnapshotCommandInput> = {}) => {
  await restore(id, more);
  await eventually(async () => (await clusterStatus(rds, id)) === "available" || undefined);
};
const create = (id: string, more: Partial<CreateDBInstanceCommandInput> = {}) =>
  rds.send(
    new CreateDBInstanceCommand({
      DBInstanceIdentifier: `${id}-writer`,
      DBClusterIdentifier: id,
      DBInstanceClass: "db.r6g.large",
      Engine: "aurora-postgresql",
      ...more,
    }),
  );
const describeCluster = async (id: string) =>
  (await rds.send(new DescribeDBClustersCommand({ DBClusterIdentifier: id }))).DBClusters?.[0];
const deleteCluster = (id: string, more: Partial<DeleteDBClusterCommandInput> = { SkipFinalSnapshot: true }) =>
  rds.send(new DeleteDBClusterCommand({ DBClusterIdentifier: id, ...more }));
const deleteInstance = (id: string) =>
  rds.send(new DeleteDBInstanceCommand({ DBInstanceIdentifier: id, SkipFinalSnapshot: true }));

describe("RestoreDBClusterFromSnapshot", () => {
  it("makes a cluster without an instance, its Data API off, with only the tags given", async () => {
    const scaling = { MinCapacity: 0.5, MaxCapacity: 2 };
    await restored("bare", { Tags: [{ Key: "mine", Value: "1" }], ServerlessV2ScalingConfiguration: scaling });
    expect(await describeCluster("bare")).toMatchObject({
      Status: "available",
      DBClusterMembers: [],
      HttpEndpointEnabled: false,
      TagList: [{ Key: "mine", Value: "1" }],
      ServerlessV2ScalingConfiguration: scaling,
      DeletionProtection: false,
      StorageEncryptionType: "sse-kms",
      EngineVersion: cloud.host.version,
    });
  });

  it("falls into the default VPC and onto another engine version when they are left out", async () => {
    const { DBCluster } = await restore("careless", { EngineVersion: undefined });
    expect(DBCluster?.DBSubnetGroup).toBe("default");
    expect(DBCluster?.EngineVersion).not.toBe(cloud.host.version);
    const { DBSubnetGroups } = await rds.send(new DescribeDBSubnetGroupsCommand({ DBSubnetGroupName: "default" }));
    const network = cloud.networks.get(SOURCE_REGION);
    const vpcId = DBSubnetGroups?.[0]?.VpcId;
    expect(network?.internetGateways.map((gateway) => gateway.Attachments?.[0]?.VpcId)).toEqual([vpcId]);
    expect(DBCluster?.VpcSecurityGroups?.[0]?.VpcSecurityGroupId).toBe(
      network?.securityGroups.find((group) => group.VpcId === vpcId)?.GroupId,
    );
  });

  it("stands in the network it is given", async () => {
    const drill = cloud.rds(DRILL_REGION);
    const directory = join(cloud.host.runDirectory, "elsewhere");
    await cloud.host.snapshot(cloud.source, directory);
    const place = { region: DRILL_REGION, clusterId: "twin", databaseName: "shop", server: cloud.source };
    await cloud.local.administration.registerSource(place);
    cloud.local.administration.registerSnapshot({ ...place, snapshotId: "here", kind: "manual", directory });
    const given = {
      SnapshotIdentifier: "here",
      DBSubnetGroupName: cloud.network.subnetGroup,
      VpcSecurityGroupIds: [cloud.network.securityGroup],
      DBClusterParameterGroupName: "drill",
      KmsKeyId: "alias/drill",
    };
    const { DBCluster } = await restore("placed", given, drill);
    expect(DBCluster).toMatchObject({
      DBSubnetGroup: "isolated",
      DBClusterParameterGroup: "drill",
      VpcSecurityGroups: [{ VpcSecurityGroupId: cloud.network.securityGroup, Status: "active" }],
      KmsKeyId: cloud.keys.find(DRILL_REGION, "alias/drill")?.arn,
    });
    const refused = async (more: Partial<RestoreDBClusterFromSnapshotCommandInput>) =>
      (await refusal(restore("misplaced", { ...given, ...more }, drill))).name;
    expect(await refused({ DBSubnetGroupName: "absent" })).toBe("DBSubnetGroupNotFoundFault");
    expect(await refused({ VpcSecurityGroupIds: ["sg-absent"] })).toBe("InvalidParameterValue");
    expect(await refused({ DBSubnetGroupName: undefined })).toBe("InvalidVPCNetworkStateFault");
    expect(await refused({ DBClusterParameterGroupName: "absent" })).toBe("DBClusterParameterGroupNotFoundFault");
    expect(await refused({ DBClusterParameterGroupName: "old" })).toBe("InvalidParameterCombination");
    expect(await refused({ KmsKeyId: "alias/production" })).toBe("KMSKeyNotAccessibleFault");
  });

  it.each([
    ["a name that is taken", { DBClusterIdentifier: "shop" }, "DBClusterAlreadyExistsFault"],
    ["a snapshot that is absent", { SnapshotIdentifier: "absent" }, "DBClusterSnapshotNotFoundFault"],
    ["an older engine version", { EngineVersion: "17.4" }, "InvalidParameterCombination"],
    ["another engine", { Engine: "aurora-mysql" }, "InvalidParameterCombination"],
    [
      "a capacity in thirds",
      { ServerlessV2ScalingConfiguration: { MinCapacity: 0.3, MaxCapacity: 1 } },
      "InvalidParameterValue",
    ],
  ])("refuses %s", async (_what, input, name) => {
    expect((await refusal(restore("refused", input))).name).toBe(name);
  });

  it("refuses a snapshot whose key is gone", async () => {
    cloud.keys.scheduleDeletion(SOURCE_REGION, "alias/production");
    try {
      expect((await refusal(restore("keyless"))).name).toBe("KMSKeyNotAccessibleFault");
    } finally {
      cloud.keys.enable(SOURCE_REGION, "alias/production");
    }
  });

  it("refuses a snapshot that is not available", async () => {
    const options = { region: SOURCE_REGION, clusterId: "shop", kind: "manual", directory: "/nowhere" } as const;
    cloud.local.administration.registerSnapshot({ ...options, snapshotId: "broken", status: "failed" });
    const refused = await refusal(restore("from-broken", { SnapshotIdentifier: "broken" }));
    expect(refused.name).toBe("InvalidDBClusterSnapshotStateFault");
  });

  it("can be made to fail, and the wreck be deleted", async () => {
    faults.outcome = (step) => (step === "clusterRestore" ? "restore-failed" : undefined);
    await restore("wreck");
    await eventually(async () => (await clusterStatus(rds, "wreck")) === "restore-failed" || undefined);
    expect((await refusal(create("wreck"))).name).toBe("InvalidDBClusterStateFault");
    await deleteCluster("wreck");
  });
});

describe("CreateDBInstance", () => {
  it("is refused before the cluster is available", async () => {
    faults.stretch = (step) => (step === "clusterRestore" ? 1e6 : undefined);
    await restore("early");
    expect((await refusal(create("early"))).name).toBe("InvalidDBClusterStateFault");
  });

  it.each([
    ["a T class", { DBInstanceClass: "db.t4g.medium" }, "InvalidParameterCombination"],
    ["serverless without a scaling configuration", { DBInstanceClass: "db.serverless" }, "InvalidDBClusterStateFault"],
    ["a cluster that is absent", { DBClusterIdentifier: "absent" }, "DBClusterNotFoundFault"],
    ["a name that is taken", { DBInstanceIdentifier: "shop-writer" }, "DBInstanceAlreadyExistsFault"],
  ])("refuses %s", async (_what, input, name) => {
    expect((await refusal(create("shop", { DBInstanceIdentifier: "new", ...input }))).name).toBe(name);
  });

  it("makes the first instance the writer, public unless told otherwise in the default VPC", async () => {
    await restored("first");
    const { DBInstance } = await create("first");
    expect(DBInstance?.PubliclyAccessible).toBe(true);
    await create("first", { DBInstanceIdentifier: "first-reader", PubliclyAccessible: false });
    expect((await describeCluster("first"))?.DBClusterMembers).toMatchObject([
      { DBInstanceIdentifier: "first-writer", IsClusterWriter: true },
      { DBInstanceIdentifier: "first-reader", IsClusterWriter: false },
    ]);
    const { DBInstances } = await rds.send(
      new DescribeDBInstancesCommand({ Filters: [{ Name: "db-cluster-id", Values: ["first"] }] }),
    );
    expect(DBInstances?.map((instance) => instance.PubliclyAccessible)).toEqual([false, true]);
  });

  it("can end in a terminal state", async () => {
    faults.outcome = (step) => (step === "instanceCreate" ? "incompatible-parameters" : undefined);
    await restored("sick");
    await create("sick");
    await eventually(async () => (await instanceStatus(rds, "sick-writer")) === "incompatible-parameters" || undefined);
  });
});

describe("the way to an answer", () => {
  it("gives a secret only once an instance is available", async () => {
    await restored("secretive");
    const manage = new ModifyDBClusterCommand({ DBClusterIdentifier: "secretive", ManageMasterUserPassword: true });
    expect((await refusal(rds.send(manage))).name).toBe("InvalidDBInstanceStateFault");
  });

  it("enables the Data API on an available cluster only", async () => {
    faults.stretch = (step) => (step === "clusterRestore" ? 1e6 : undefined);
    const { DBCluster } = await restore("waiting");
    const enable = (ResourceArn: string) => refusal(rds.send(new EnableHttpEndpointCommand({ ResourceArn })));
    expect((await enable(DBCluster?.DBClusterArn ?? "")).name).toBe("InvalidResourceStateFault");
    expect((await enable(`${DBCluster?.DBClusterArn}x`)).name).toBe("ResourceNotFoundFault");
  });

  it("ends at the very rows of the snapshot", async () => {
    const sandbox = await restoreSandbox(cloud, "whole");
    expect(sandbox.secretArn).toMatch(
      /^arn:aws:secretsmanager:eu-central-1:123456789012:secret:rds!cluster-[0-9a-f-]{36}-[A-Za-z0-9]{6}$/,
    );
    const { records } = await cloud
      .data(SOURCE_REGION)
      .send(new ExecuteStatementCommand({ ...sandbox, database: "shop", sql: "select count(*) from orders" }));
    expect(records).toEqual([[{ longValue: 100 }]]);
  });

  it("lets a hook change a restored server before its writer answers, once", async () => {
    const seen: string[] = [];
    cloud.local.administration.onRestored(async (cluster, server) => {
      if (cluster.id !== "tampered") return;
      seen.push(cluster.databaseName ?? "");
      await withClient(server.connection, "shop", (client) => client.query("delete from orders where id > 90"));
      await server.stop();
      expect(existsSync(join(server.dataDirectory, "postmaster.pid"))).toBe(false);
    });
    const sandbox = await restoreSandbox(cloud, "tampered");
    await create("tampered", { DBInstanceIdentifier: "tampered-reader" });
    const { records } = await cloud
      .data(SOURCE_REGION)
      .send(new ExecuteStatementCommand({ ...sandbox, database: "shop", sql: "select count(*) from orders" }));
    expect(records).toEqual([[{ longValue: 90 }]]);
    expect(seen).toEqual(["shop"]);
  });
});

describe("tearing down", () => {
  it("takes the instance first, then the cluster, and removes server, files and secret", async () => {
    const { resourceArn, secretArn } = await restoreSandbox(cloud, "doomed");
    expect((await refusal(deleteCluster("doomed"))).name).toBe("InvalidDBClusterStateFault");
    faults.stretch = (step) => (step === "instanceDelete" ? 150 : undefined);
    await deleteInstance("doomed-writer");
    expect(await instanceStatus(rds, "doomed-writer")).toBe("deleting");
    expect((await refusal(deleteInstance("doomed-writer"))).name).toBe("InvalidDBInstanceStateFault");
    expect((await refusal(deleteCluster("doomed", {}))).name).toBe("InvalidParameterCombination");
    await deleteCluster("doomed");
    expect((await refusal(deleteCluster("doomed"))).name).toBe("InvalidDBClusterStateFault");
    await eventually(async () => {
      const gone = await refusal(describeCluster("doomed")).catch(() => undefined);
      return gone?.name === "DBClusterNotFoundFault" || undefined;
    });
    expect((await refusal(instanceStatus(rds, "doomed-writer"))).name).toBe("DBInstanceNotFoundFault");
    const files = readdirSync(join(cloud.host.runDirectory, "rds", SOURCE_REGION, "clusters"));
    expect(files.filter((name) => name.startsWith("doomed"))).toEqual([]);
    const sql = { resourceArn, secretArn, sql: "select 1" };
    expect((await refusal(cloud.data(SOURCE_REGION).send(new ExecuteStatementCommand(sql)))).name).toBe(
      "HttpEndpointNotEnabledException",
    );
  });

  it("stops at deletion protection", async () => {
    await restored("protected", { DeletionProtection: true });
    expect(await refusal(deleteCluster("protected"))).toMatchObject({
      name: "InvalidParameterCombination",
      message: "Cannot delete protected Cluster, please disable deletion protection and try again.",
    });
    await rds.send(new ModifyDBClusterCommand({ DBClusterIdentifier: "protected", DeletionProtection: false }));
    await deleteCluster("protected");
  });

  it("protects production", async () => {
    expect((await refusal(deleteCluster("shop"))).name).toBe("InvalidParameterCombination");
  });

  it("keeps a final snapshot when asked to", async () => {
    await restored("keeping");
    await deleteCluster("keeping", { FinalDBSnapshotIdentifier: "keepsake" });
    await cloud.local.administration.settled();
    const kept = cloud.local.administration.resources().find(({ id }) => id === "keepsake");
    expect(kept).toMatchObject({ kind: "snapshot", status: "available" });
  });

  it("counts what the API made and is still there", async () => {
    await restored("left");
    const leftovers = () => cloud.local.administration.leftovers().filter(({ id }) => id.startsWith("left"));
    expect(leftovers()).toEqual([{ kind: "cluster", region: SOURCE_REGION, id: "left", status: "available" }]);
    await create("left");
    await eventually(async () => (await instanceStatus(rds, "left-writer")) === "available" || undefined);
    expect(leftovers().map(({ kind }) => kind)).toEqual(["instance", "cluster", "server"]);
    await deleteInstance("left-writer");
    await deleteCluster("left");
    await eventually(async () => leftovers().length === 0 || undefined);
    expect(cloud.local.administration.leftovers().map(({ id }) => id)).not.toContain("shop");
  });
});

describe("tags", () => {
  it("are added and listed by ARN, and belong to what they were given to", async () => {
    const { DBCluster } = await restore("tagged", { Tags: [{ Key: "a", Value: "1" }] });
    const ResourceName = DBCluster?.DBClusterArn ?? "";
    await rds.send(new AddTagsToResourceCommand({ ResourceName, Tags: [{ Key: "b", Value: "2" }] }));
    const { TagList } = await rds.send(new ListTagsForResourceCommand({ ResourceName }));
    expect(TagList).toEqual([
      { Key: "a", Value: "1" },
      { Key: "b", Value: "2" },
    ]);
    const list = (name: string) => refusal(rds.send(new ListTagsForResourceCommand({ ResourceName: name })));
    expect((await list("tagged")).name).toBe("InvalidParameterValue");
    expect((await list(`${ResourceName}x`)).name).toBe("DBClusterNotFoundFault");
  });
});

describe("groups", () => {
  it("of subnets cover two zones", () => {
    const subnets = ["a", "b"].map((id) => ({ id: `subnet-${id}`, availabilityZone: `${DRILL_REGION}a` }));
    const group = { name: "narrow", description: "", vpcId: "vpc-1" };
    for (const few of [[], subnets.slice(1), subnets])
      expect(() => cloud.local.administration.createSubnetGroup(DRILL_REGION, { ...group, subnets: few })).toThrow(
        "AZ coverage",
      );
  });

  it("are described, and refused by name where they are not", async () => {
    const drill = cloud.rds(DRILL_REGION);
    const { DBSubnetGroups } = await drill.send(new DescribeDBSubnetGroupsCommand({}));
    expect(DBSubnetGroups?.map((group) => group.DBSubnetGroupName)).toEqual(["default", "isolated"]);
    const absent = { DBSubnetGroupName: "absent" };
    expect((await refusal(drill.send(new DescribeDBSubnetGroupsCommand(absent)))).name).toBe(
      "DBSubnetGroupNotFoundFault",
    );
    const named = { DBClusterParameterGroupName: "drill" };
    const { DBClusterParameterGroups } = await drill.send(new DescribeDBClusterParameterGroupsCommand(named));
    expect(DBClusterParameterGroups).toMatchObject([{ DBParameterGroupFamily: "aurora-postgresql18" }]);
    const missing = new DescribeDBClusterParameterGroupsCommand({ DBClusterParameterGroupName: "absent" });
    expect((await refusal(drill.send(missing))).name).toBe("DBParameterGroupNotFoundFault");
  });
});
