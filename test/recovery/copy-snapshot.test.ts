import {
  CopyDBClusterSnapshotCommand,
  DBClusterSnapshotAlreadyExistsFault,
  DBClusterSnapshotNotFoundFault,
  DescribeDBClusterSnapshotsCommand,
  KMSKeyNotAccessibleFault,
  RDSClient,
} from "@aws-sdk/client-rds";
import { mockClient } from "aws-sdk-client-mock";
import "aws-sdk-client-mock-vitest/extend";
import { beforeEach, describe, expect, it } from "vitest";
import { CopyFailed, CopyTimedOut, NotOurs } from "../../src/errors.ts";
import type { Drill } from "../../src/plan/drill.ts";
import { TAG } from "../../src/plan/names.ts";
import type { CopyAnswer } from "../../src/recovery/answers.ts";
import { copySnapshot } from "../../src/recovery/copy-snapshot.ts";
import { drillWith, momentAt, SAMPLE_DRILL, TAG_LIST } from "../plan/sample-drill.ts";

const there = new RDSClient({ region: "eu-central-1" });
const mock = mockClient(there);
const { snapshotId } = SAMPLE_DRILL.copy;
const COPY_ARN = `arn:aws:rds:eu-central-1:111122223333:cluster-snapshot:${snapshotId}`;

/** Only the drill region may be asked. */
function rds(region: string): RDSClient {
  expect(region).toBe("eu-central-1");
  return there;
}

const look = (atSeconds: number, copy?: CopyAnswer, drill: Drill = SAMPLE_DRILL) =>
  copySnapshot({ rds, now: () => momentAt(atSeconds) }, { drill, copy });

const seen = (Status: string, PercentProgress = 0, TagList = TAG_LIST) => ({
  DBClusterSnapshots: [{ DBClusterSnapshotArn: COPY_ARN, Status, PercentProgress, TagList }],
});
const missing = new DBClusterSnapshotNotFoundFault({ message: "not found", $metadata: {} });

beforeEach(() => {
  mock.reset();
  mock.on(DescribeDBClusterSnapshotsCommand).rejects(missing);
  mock.on(CopyDBClusterSnapshotCommand).resolves({ DBClusterSnapshot: { Status: "creating" } });
});

describe("copySnapshot", () => {
  it("asks the drill region for a copy of the recovery point's ARN under that region's key, with the drill's tags alone", async () => {
    await look(2);
    const calls = mock.commandCalls(CopyDBClusterSnapshotCommand);
    expect(calls.map(({ args }) => args[0].input)).toEqual([
      {
        SourceDBClusterSnapshotIdentifier: SAMPLE_DRILL.recoveryPoint.arn,
        TargetDBClusterSnapshotIdentifier: snapshotId,
        CopyTags: false,
        Tags: TAG_LIST,
        KmsKeyId: "arn:aws:kms:eu-central-1:111122223333:key/drill",
      },
    ]);
  });

  it("gives no key for a recovery point that would refuse one", async () => {
    await look(2, undefined, drillWith({ copy: { needed: true, snapshotId } }));
    expect(mock.commandCalls(CopyDBClusterSnapshotCommand)[0]?.args[0].input).not.toHaveProperty("KmsKeyId");
  });

  it("is pending from its first look on, though the answer to the request holds no tags yet", async () => {
    expect(await look(2)).toEqual({
      phase: "pending",
      waitSeconds: 1,
      looks: 1,
      startedAt: momentAt(2).toISOString(),
      skipped: false,
      snapshotId,
      snapshotArn: "",
      percent: 0,
    });
  });

  it("asks once, then looks, and remembers when it began", async () => {
    const first = await look(2);
    mock.on(DescribeDBClusterSnapshotsCommand).resolves(seen("copying", 40));
    expect(await look(102, first)).toMatchObject({
      phase: "pending",
      looks: 2,
      startedAt: first.startedAt,
      percent: 40,
      snapshotArn: COPY_ARN,
      waitSeconds: 10,
    });
    expect(mock).toHaveReceivedCommandTimes(CopyDBClusterSnapshotCommand, 1);
  });

  it("sleeps through most of what earlier copies took", async () => {
    expect(await look(2, undefined, drillWith({ expectedSeconds: { copy: 1000 } }))).toMatchObject({
      waitSeconds: 900,
    });
  });

  it("is ready when the copy is available", async () => {
    mock.on(DescribeDBClusterSnapshotsCommand).resolves(seen("available", 99));
    expect(await look(300)).toMatchObject({
      phase: "ready",
      percent: 100,
      snapshotArn: COPY_ARN,
      finishedAt: momentAt(300).toISOString(),
    });
    expect(mock).not.toHaveReceivedCommand(CopyDBClusterSnapshotCommand);
  });

  it("is skipped, without a call, when the recovery point is in the drill region already", async () => {
    const drill = drillWith({ copy: { needed: false, snapshotId } });
    expect(await look(2, undefined, drill)).toMatchObject({
      phase: "ready",
      skipped: true,
      snapshotId: drill.recoveryPoint.id,
      snapshotArn: drill.recoveryPoint.arn,
    });
    expect(mock).not.toHaveReceivedAnyCommand();
  });

  it("takes 'already exists' for a lost answer and looks again", async () => {
    mock
      .on(CopyDBClusterSnapshotCommand)
      .rejects(new DBClusterSnapshotAlreadyExistsFault({ message: "exists", $metadata: {} }));
    expect(await look(2)).toMatchObject({ phase: "pending", waitSeconds: 1 });
  });

  it.each([
    ["another drill's tags", [{ Key: TAG.drill, Value: "20261121-143205-ffffffff" }]],
    ["this drill's plan but not its id", TAG_LIST.filter(({ Key }) => Key !== TAG.drill)],
  ])("leaves a snapshot of its name with %s alone", async (_, tags) => {
    mock.on(DescribeDBClusterSnapshotsCommand).resolves(seen("available", 100, tags));
    const refusal = look(2);
    await expect(refusal).rejects.toThrow(NotOurs);
    await expect(refusal).rejects.toThrow(/It was left as it is/);
  });

  it.each([[undefined], [[]]])(
    "believes nothing of its own copy before its tags are listed, for 5 min: %o",
    async (TagList) => {
      const first = await look(2);
      mock.on(DescribeDBClusterSnapshotsCommand).resolves({ DBClusterSnapshots: [{ Status: "available", TagList }] });
      expect(await look(302, first)).toMatchObject({ phase: "pending", looks: 2 });
      await expect(look(303, first)).rejects.toThrow(NotOurs);
      expect(mock).toHaveReceivedCommandTimes(CopyDBClusterSnapshotCommand, 1);
    },
  );

  it("fails when RDS gives up on the copy, keeping what it knew", async () => {
    mock.on(DescribeDBClusterSnapshotsCommand).resolves(seen("failed", 40));
    const failure = look(60);
    await expect(failure).rejects.toThrow(CopyFailed);
    await expect(failure).rejects.toMatchObject({
      details: { percent: 40, looks: 1, startedAt: momentAt(60).toISOString() },
    });
  });

  it("times out only after the drill's deadline, keeping what it knew", async () => {
    mock.on(DescribeDBClusterSnapshotsCommand).resolves(seen("copying", 60));
    expect(await look(43_200)).toMatchObject({ phase: "pending" });
    const failure = look(43_201);
    await expect(failure).rejects.toThrow(CopyTimedOut);
    await expect(failure).rejects.toThrow(/was copying \(60 %\) when the drill's time \(43200 s\) was up/);
    await expect(failure).rejects.toMatchObject({ details: { percent: 60 } });
  });

  it("is not begun after the deadline", async () => {
    await expect(look(43_201)).rejects.toThrow(/was not begun \(0 %\) when the drill's time/);
    expect(mock).not.toHaveReceivedCommand(CopyDBClusterSnapshotCommand);
  });

  it("is ready even after the deadline when the copy is there", async () => {
    mock.on(DescribeDBClusterSnapshotsCommand).resolves(seen("available"));
    expect(await look(50_000)).toMatchObject({ phase: "ready" });
  });

  it("lets RDS's own refusals through by their name", async () => {
    mock.on(CopyDBClusterSnapshotCommand).rejects(new KMSKeyNotAccessibleFault({ message: "key", $metadata: {} }));
    await expect(look(2)).rejects.toMatchObject({ name: "KMSKeyNotAccessibleFault" });
  });

  it("says in whose account a key is to be granted where another account shares the snapshot", async () => {
    mock.on(CopyDBClusterSnapshotCommand).rejects(new KMSKeyNotAccessibleFault({ message: "key.", $metadata: {} }));
    const refused = look(2, undefined, drillWith({ source: { ...SAMPLE_DRILL.source, account: "444455556666" } }));
    await expect(refused).rejects.toThrow(CopyFailed);
    await expect(refused).rejects.toThrow(/In account 444455556666, let the policy of the snapshot's key allow/);
  });
});
