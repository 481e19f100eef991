import {
  BeginTransactionCommand,
  ExecuteStatementCommand,
  RDSDataClient,
  RollbackTransactionCommand,
} from "@aws-sdk/client-rds-data";
import { mockClient } from "aws-sdk-client-mock";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { SnapshotLost } from "../../src/aws/data-api.ts";
import { HeldSnapshot } from "../../src/baseline/held-snapshot.ts";

const ADDRESS = { clusterArn: "arn:cluster", secretArn: "arn:secret", database: "shop" };
const MOMENT = {
  snapshotId: "00000006-00000002-1",
  transactionId: "t1",
  capturedAt: "2026-11-21T02:30:00.001Z",
  settledAt: "2026-11-21T02:20:00.000Z",
};
const data = new RDSDataClient({ region: "eu-west-1" });
const mock = mockClient(data);
const asked = (): number =>
  mock.commandCalls(ExecuteStatementCommand).filter(({ args }) => args[0].input.sql === "select 1").length;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  mock.reset();
  let begun = 0;
  mock.on(BeginTransactionCommand).callsFake(() => {
    begun += 1;
    return { transactionId: `t${begun}` };
  });
  mock.on(RollbackTransactionCommand).resolves({});
  const fields = [
    { stringValue: MOMENT.snapshotId },
    { stringValue: MOMENT.capturedAt },
    { stringValue: MOMENT.settledAt },
  ];
  mock.on(ExecuteStatementCommand).resolves({ records: [fields] });
});
afterEach(() => void vi.useRealTimers());

describe("HeldSnapshot", () => {
  it("asks often enough for the Data API, which drops a transaction after 3 idle minutes, until it is left", async () => {
    const held = await HeldSnapshot.take(data, ADDRESS);
    expect(held.moment).toEqual(MOMENT);
    for (let minutes = 0; minutes < 6; minutes += 1) await vi.advanceTimersByTimeAsync(60_000);
    expect(asked()).toBeGreaterThanOrEqual(4);
    await held.leave();
    const before = asked();
    await vi.advanceTimersByTimeAsync(600_000);
    expect(asked()).toBe(before);
    expect(mock.commandCalls(RollbackTransactionCommand)).toEqual([]);
  });

  it("goes on in the transaction of another invocation, and ends it when it is released", async () => {
    const held = await HeldSnapshot.resume(data, ADDRESS, MOMENT);
    expect(mock.commandCalls(BeginTransactionCommand)).toEqual([]);
    await held.release();
    expect(mock.commandCalls(RollbackTransactionCommand)[0]?.args[0].input.transactionId).toBe("t1");
  });

  it("is lost, and holds nothing, when that transaction has ended meanwhile", async () => {
    const gone = Object.assign(new Error("gone"), { name: "TransactionNotFoundException" });
    mock.on(ExecuteStatementCommand, { transactionId: "t0" }).rejects(gone);
    const resumed = HeldSnapshot.resume(data, ADDRESS, { ...MOMENT, transactionId: "t0" });
    await expect(resumed).rejects.toBeInstanceOf(SnapshotLost);
    expect(mock.commandCalls(RollbackTransactionCommand).map(({ args }) => args[0].input.transactionId)).toEqual([
      "t1",
    ]);
  });
});
