/** What the clock decides. */
import {
  CopyDBClusterSnapshotCommand,
  DescribeDBClusterSnapshotsCommand,
  DescribeDBClustersCommand,
  RestoreDBClusterFromSnapshotCommand,
} from "@aws-sdk/client-rds";
import { afterEach, expect, it } from "vitest";
import { clusterStatus, DRILL_REGION, type RdsCloud, refusal, SOURCE_REGION, startRdsCloud } from "./rds-cloud.ts";

let cloud: RdsCloud;
afterEach(() => cloud.close());

/** Stands still but when told to go on. */
function stoppedClock() {
  let time = Date.now();
  return {
    now: () => time,
    pass: (seconds: number) => {
      time += seconds * 1000;
    },
  };
}

function copyTo(id: string) {
  return cloud.rds(DRILL_REGION).send(
    new CopyDBClusterSnapshotCommand({
      SourceDBClusterSnapshotIdentifier: `arn:aws:rds:${SOURCE_REGION}:123456789012:cluster-snapshot:${cloud.snapshotId}`,
      TargetDBClusterSnapshotIdentifier: id,
      KmsKeyId: "alias/drill",
    }),
  );
}

it("a copy waits in line, makes progress and is available when its time has passed and its files are there", async () => {
  const clock = stoppedClock();
  cloud = await startRdsCloud({ now: clock.now, timeScale: 1, durations: {} });
  await copyTo("paced");
  await cloud.local.administration.settled();
  const look = async () => {
    const input = { DBClusterSnapshotIdentifier: "paced" };
    const { DBClusterSnapshots } = await cloud.rds(DRILL_REGION).send(new DescribeDBClusterSnapshotsCommand(input));
    return [DBClusterSnapshots?.[0]?.Status, DBClusterSnapshots?.[0]?.PercentProgress];
  };
  clock.pass(3);
  expect(await look()).toEqual(["creating", 0]);
  clock.pass(20);
  // 23 of 40 seconds, of which the first 4 were spent waiting.
  expect(await look()).toEqual(["copying", 52]);
  clock.pass(17);
  expect(await look()).toEqual(["available", 100]);
});

it("a cluster that was just restored is not described for a moment, though its name is taken", async () => {
  const clock = stoppedClock();
  cloud = await startRdsCloud({ now: clock.now, timeScale: 1, durations: {} });
  const rds = cloud.rds(SOURCE_REGION);
  const restore = () =>
    rds.send(
      new RestoreDBClusterFromSnapshotCommand({
        DBClusterIdentifier: "new",
        SnapshotIdentifier: cloud.snapshotId,
        Engine: "aurora-postgresql",
        EngineVersion: cloud.host.version,
      }),
    );
  await restore();
  expect((await refusal(clusterStatus(rds, "new"))).name).toBe("DBClusterNotFoundFault");
  const { DBClusters } = await rds.send(new DescribeDBClustersCommand({}));
  expect(DBClusters?.map((cluster) => cluster.DBClusterIdentifier)).toEqual(["shop"]);
  expect((await refusal(restore())).name).toBe("DBClusterAlreadyExistsFault");
  clock.pass(4);
  expect(await clusterStatus(rds, "new")).toBe("creating");
});

it("calls over the budget are throttled, and the budget comes back", async () => {
  const clock = stoppedClock();
  cloud = await startRdsCloud({ now: clock.now, callsPerSecond: 2 });
  const rds = cloud.rds(SOURCE_REGION);
  const calls = Array.from({ length: 12 }, () => rds.send(new DescribeDBClustersCommand({})));
  const answers = await Promise.allSettled(calls);
  const refused = answers.filter((answer) => answer.status === "rejected");
  // Two seconds' worth pass at once.
  expect(refused).toHaveLength(8);
  expect(new Set(refused.map(({ reason }) => reason.name))).toEqual(new Set(["Throttling"]));
  clock.pass(2);
  await rds.send(new DescribeDBClustersCommand({}));
});

it("tells whose time passes: modelled transitions at their length, PostgreSQL's as it took", async () => {
  const intervals: { kind: string; seconds: number }[] = [];
  cloud = await startRdsCloud({
    timeScale: 0.01,
    onInterval: (kind, start, end) => intervals.push({ kind, seconds: (end - start) / 1000 }),
  });
  intervals.length = 0;
  await copyTo("measured");
  await cloud.local.administration.settled();
  expect(intervals.map(({ kind }) => kind)).toEqual(["modelled", "postgres"]);
  expect(intervals[0]?.seconds).toBeCloseTo(0.4, 3);
});
