import {
  BeginTransactionCommand,
  DatabaseErrorException,
  ExecuteStatementCommand,
  RDSDataClient,
  RollbackTransactionCommand,
} from "@aws-sdk/client-rds-data";
import { mockClient } from "aws-sdk-client-mock";
import { describe, expect, it, vi } from "vitest";
import { DataSession, SnapshotLost, type View } from "../../src/aws/data-api.ts";

const ADDRESS = { clusterArn: "arn:cluster", secretArn: "arn:secret", database: "shop" };
const SHARED: View = { kind: "shared", snapshotId: "00000006-00000002-1" };

function sessionWith(view?: View) {
  const client = new RDSDataClient({ region: "eu-central-1" });
  const mock = mockClient(client);
  mock.on(BeginTransactionCommand).resolves({ transactionId: "t" });
  mock.on(RollbackTransactionCommand).resolves({});
  mock.on(ExecuteStatementCommand).resolves({ records: [[{ stringValue: "1" }]] });
  const session = new DataSession(client, ADDRESS, { pause: async () => {} }, view);
  const statements = () => mock.commandCalls(ExecuteStatementCommand).map(({ args }) => args[0].input.sql ?? "");
  return { mock, session, statements };
}

const refusing = (message: string) => new DatabaseErrorException({ message, $metadata: {} });

describe("a session's view", () => {
  it("is set before any query: the first one takes a snapshot", async () => {
    const { session, statements } = sessionWith(SHARED);
    await session.query("select 2");
    expect(statements()).toEqual([
      "set transaction isolation level repeatable read, read only",
      "set transaction snapshot '00000006-00000002-1'",
      expect.stringMatching(/^select set_config\('transaction_read_only', 'on', true\)/),
      "select 2",
    ]);
  });

  it("of its own goes on in the transaction that it is given", async () => {
    const { session, statements } = sessionWith({ kind: "own", transactionId: "earlier" });
    await session.query("select 2");
    expect(statements()).toEqual(["select 2"]);
    expect(session.transactionId).toBe("earlier");
  });

  it.each(["", "1'; drop table a --", "00000006-00000002-1\n", "00000006"])(
    "takes no other text for a snapshot's id: %j",
    (snapshotId) => {
      expect(() => sessionWith({ kind: "shared", snapshotId })).toThrow("is not the id of an exported snapshot");
    },
  );

  it.each([
    'ERROR: invalid snapshot identifier: "00000006-00000002-1"; SQLState: 22023',
    'ERROR: snapshot "00000006-00000002-1" does not exist; SQLState: 42704',
    "ERROR: could not import the requested snapshot; SQLState: 55000",
  ])("is lost when the server says %s", async (message) => {
    const { mock, session } = sessionWith(SHARED);
    mock
      .on(ExecuteStatementCommand, { sql: "set transaction snapshot '00000006-00000002-1'" })
      .rejects(refusing(message));
    await expect(session.query("select 2")).rejects.toBeInstanceOf(SnapshotLost);
    expect(mock.commandCalls(RollbackTransactionCommand)).toHaveLength(1);
  });

  it("that is shared is let go of after a statement of seconds, with the locks on what was read, and looked at again", async () => {
    vi.useFakeTimers({ toFake: ["performance"] });
    try {
      const { mock, session } = sessionWith(SHARED);
      await session.query("select 2");
      await session.query("select 3");
      expect(mock.commandCalls(RollbackTransactionCommand)).toHaveLength(0);
      mock.on(ExecuteStatementCommand, { sql: "select 4" }).callsFake(() => {
        vi.advanceTimersByTime(2500);
        return { records: [] };
      });
      await session.query("select 4");
      expect(mock.commandCalls(RollbackTransactionCommand)).toHaveLength(1);
      await session.query("select 5");
      expect(mock.commandCalls(BeginTransactionCommand)).toHaveLength(2);
      const own = sessionWith({ kind: "own" });
      own.mock.on(ExecuteStatementCommand, { sql: "select 4" }).callsFake(() => {
        vi.advanceTimersByTime(2500);
        return { records: [] };
      });
      await own.session.query("select 4");
      expect(own.mock.commandCalls(RollbackTransactionCommand)).toHaveLength(0);
    } finally {
      vi.useRealTimers();
    }
  });

  it("is not lost when the database only did not answer", async () => {
    const { mock, session } = sessionWith(SHARED);
    const sql = "set transaction snapshot '00000006-00000002-1'";
    const down = Object.assign(new Error("down"), { name: "DatabaseUnavailableException" });
    mock.on(ExecuteStatementCommand, { sql }).rejectsOnce(down).resolves({});
    expect(await session.query("select 2")).toHaveLength(1);
  });
});

describe("a session's settings", () => {
  it("decide every text form that a value can have, and not the search path", async () => {
    const { session, statements } = sessionWith();
    await session.query("select 2");
    const [settings = ""] = statements();
    for (const pinned of [
      "'TimeZone', 'UTC'",
      "'DateStyle', 'ISO'",
      "'IntervalStyle', 'postgres'",
      "'extra_float_digits', '1'",
      "'bytea_output', 'hex'",
      "'client_encoding', 'UTF8'",
      "'lc_monetary', 'C'",
      "'xmloption', 'content'",
      "'row_security', 'off'",
    ])
      expect(settings).toContain(pinned);
    expect(settings).not.toContain("search_path");
  });
});
