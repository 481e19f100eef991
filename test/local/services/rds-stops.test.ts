/** Stopping, protecting and adding to a sandbox, as somebody in the account might, and teardown of what came of it. */
import {
  CreateDBInstanceCommand,
  DeleteDBClusterCommand,
  DeleteDBInstanceCommand,
  ModifyDBClusterCommand,
  type RDSClient,
  RestoreDBClusterFromSnapshotCommand,
  StartDBClusterCommand,
  StopDBClusterCommand,
} from "@aws-sdk/client-rds";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { namesOf } from "../../../src/plan/names.ts";
import type { TeardownAnswer } from "../../../src/recovery/answers.ts";
import { tearDown } from "../../../src/recovery/tear-down.ts";
import { drillWith, SAMPLE_DRILL } from "../../plan/sample-drill.ts";
import {
  clusterStatus,
  eventually,
  instanceStatus,
  type RdsCloud,
  refusal,
  SOURCE_REGION,
  startRdsCloud,
} from "./rds-cloud.ts";

const { cluster, writer } = namesOf(SAMPLE_DRILL.drillId);
const tags = Object.entries(SAMPLE_DRILL.tags).map(([Key, Value]) => ({ Key, Value }));
const drill = drillWith({
  sandbox: { ...SAMPLE_DRILL.sandbox, region: SOURCE_REGION },
  copy: { needed: false, snapshotId: "none" },
});

let cloud: RdsCloud;
let rds: RDSClient;
beforeAll(async () => {
  cloud = await startRdsCloud();
  rds = cloud.rds(SOURCE_REGION);
});
afterAll(() => cloud?.close());

const is = (status: string) => eventually(async () => (await clusterStatus(rds, cluster)) === status || undefined);
const create = async (id: string, more: object = {}): Promise<void> => {
  await rds.send(
    new CreateDBInstanceCommand({
      DBInstanceIdentifier: id,
      DBClusterIdentifier: cluster,
      DBInstanceClass: "db.r6g.large",
      Engine: "aurora-postgresql",
      ...more,
    }),
  );
  await eventually(async () => (await instanceStatus(rds, id)) === "available" || undefined);
};

async function sandbox(): Promise<void> {
  await rds.send(
    new RestoreDBClusterFromSnapshotCommand({
      DBClusterIdentifier: cluster,
      SnapshotIdentifier: cloud.snapshotId,
      Engine: "aurora-postgresql",
      EngineVersion: cloud.host.version,
      Tags: tags,
    }),
  );
  await is("available");
  await create(writer, { Tags: tags });
}
const protect = () => rds.send(new ModifyDBClusterCommand({ DBClusterIdentifier: cluster, DeletionProtection: true }));
const stop = async (): Promise<void> => {
  await rds.send(new StopDBClusterCommand({ DBClusterIdentifier: cluster }));
  await is("stopped");
};
const deleteCluster = () =>
  rds.send(new DeleteDBClusterCommand({ DBClusterIdentifier: cluster, SkipFinalSnapshot: true }));
const deleteInstance = (id: string) =>
  rds.send(new DeleteDBInstanceCommand({ DBInstanceIdentifier: id, SkipFinalSnapshot: true }));

/** With the waits that the machine would make, shortened as the cloud's own times are. */
async function tornDown(): Promise<TeardownAnswer> {
  let teardown: TeardownAnswer | undefined;
  return eventually(async () => {
    teardown = await tearDown({ rds: () => rds, now: () => new Date() }, { drill, teardown });
    return teardown.phase === "ready" ? teardown : undefined;
  });
}

describe("a stopped cluster", () => {
  it("is neither deleted nor are its instances, nor changed, until it is started again", async () => {
    await sandbox();
    await stop();
    expect(await instanceStatus(rds, writer)).toBe("stopped");
    for (const call of [() => deleteInstance(writer), deleteCluster, protect])
      expect(await refusal(call())).toMatchObject({ name: "InvalidDBClusterStateFault" });
    await rds.send(new StartDBClusterCommand({ DBClusterIdentifier: cluster }));
    expect(await refusal(deleteInstance(writer))).toMatchObject({ name: "InvalidDBClusterStateFault" });
    await is("available");
    expect(await refusal(rds.send(new StartDBClusterCommand({ DBClusterIdentifier: cluster })))).toMatchObject({
      name: "InvalidDBClusterStateFault",
    });
  });

  it("is torn down all the same, protected and stopped as it is", async () => {
    await protect();
    await stop();
    const { leftovers, deleted } = await tornDown();
    expect(leftovers).toEqual([]);
    expect(deleted.map(({ id }) => id).sort()).toEqual([cluster, writer]);
    expect(cloud.local.administration.leftovers()).toEqual([]);
  });
});

describe("a protected cluster", () => {
  it("keeps its last instance", async () => {
    await sandbox();
    await protect();
    expect(await refusal(deleteInstance(writer))).toMatchObject({ name: "InvalidParameterCombination" });
  });
});

describe("a reader that no drill made", () => {
  it("is not touched, and keeps the cluster, which is left over with its name; without it, the next look deletes the cluster", async () => {
    await create("application-autoscaling-1");
    const { leftovers } = await tornDown();
    expect(leftovers).toMatchObject([
      { kind: "cluster", reason: expect.stringContaining("application-autoscaling-1") },
    ]);
    expect(await instanceStatus(rds, "application-autoscaling-1")).toBe("available");
    await rds.send(new ModifyDBClusterCommand({ DBClusterIdentifier: cluster, DeletionProtection: false }));
    await deleteInstance("application-autoscaling-1");
    await eventually(async () => ((await tornDown()).leftovers.length === 0 ? true : undefined));
    expect(cloud.local.administration.leftovers()).toEqual([]);
  });
});
