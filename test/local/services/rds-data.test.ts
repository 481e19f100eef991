import {
  BeginTransactionCommand,
  CommitTransactionCommand,
  ExecuteStatementCommand,
  type ExecuteStatementCommandInput,
  type RDSDataClient,
  RollbackTransactionCommand,
} from "@aws-sdk/client-rds-data";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RdsFaults } from "../../../src/local/services/rds/faults.ts";
import { type RdsCloud, refusal, SOURCE_REGION, startRdsCloud } from "./rds-cloud.ts";
import { restoreSandbox, type Sandbox } from "./rds-sandbox.ts";

const faults: RdsFaults = {};
let cloud: RdsCloud;
let sandbox: Sandbox;
let data: RDSDataClient;

beforeAll(async () => {
  cloud = await startRdsCloud({ faults, dataApiLimits: { statementSeconds: 4, transactionIdleSeconds: 3 } });
  sandbox = await restoreSandbox(cloud);
  data = cloud.data(SOURCE_REGION);
});
afterAll(() => cloud.close());

function execute(sql: string, more: Partial<ExecuteStatementCommandInput> = {}) {
  return data.send(new ExecuteStatementCommand({ ...sandbox, database: "shop", sql, ...more }));
}

async function field(expression: string, more: Partial<ExecuteStatementCommandInput> = {}) {
  const { records } = await execute(`select ${expression}`, more);
  return records?.[0]?.[0];
}

describe("ExecuteStatement: results", () => {
  it.each([
    ["null::int", { isNull: true }],
    ["true", { booleanValue: true }],
    ["9007199254740991", { longValue: 9_007_199_254_740_991 }],
    ["1.5::float8", { doubleValue: 1.5 }],
    ["1.50::numeric", { stringValue: "1.50" }],
    [`'{"a": 1}'::jsonb`, { stringValue: '{"a": 1}' }],
    ["'\\x00ff'::bytea", { blobValue: new Uint8Array([0, 255]) }],
    ["'6ec0bd7f-11c0-43da-975e-2a8ad9ebae0b'::uuid", { stringValue: "6ec0bd7f-11c0-43da-975e-2a8ad9ebae0b" }],
    ["'2024-01-15 12:34:56+09'::timestamptz", { stringValue: "2024-01-15 03:34:56" }],
    ["'2024-01-15 12:34:56.5'::timestamp", { stringValue: "2024-01-15 12:34:56.500" }],
    ["'calm'::mood", { stringValue: "calm" }],
    ["pg_sleep(0)", { stringValue: "" }],
    ["array[1, null, 3]", { arrayValue: { longValues: [1, null, 3] } }],
    ["array['a,b', 'NULL', null]", { arrayValue: { stringValues: ["a,b", "NULL", null] } }],
    ["array['calm']::mood[]", { arrayValue: { stringValues: ["calm"] } }],
  ])("returns %s", async (expression, expected) => {
    expect(await field(expression)).toEqual(expected);
  });

  it.each([
    ["'1 day'::interval", "The result contains the unsupported data type INTERVAL."],
    ["1::money", "The result contains the unsupported data type MONEY."],
    ["point(1, 2)", "The result contains the unsupported data type POINT."],
    ["'orders'::regclass", "The result contains the unsupported data type regclass."],
    ["int4multirange(int4range(1, 2))", "The result contains the unsupported data type int4multirange."],
    ["row(1, 2)", "The result contains the unsupported data type record."],
    ["array[[1], [2]]", "The result contains a multidimensional array."],
  ])("refuses to return %s", async (expression, message) => {
    expect(await refusal(execute(`select ${expression}`))).toMatchObject({
      name: "UnsupportedResultException",
      message,
      status: 400,
    });
  });

  it.each([
    ["7", { longReturnType: "STRING" }, { stringValue: "7" }],
    ["7::int2", { longReturnType: "STRING" }, { stringValue: "7" }],
    ["9223372036854775807", { longReturnType: "STRING" }, { stringValue: "9223372036854775807" }],
    ["9007199254740991", { longReturnType: "LONG" }, { longValue: 9_007_199_254_740_991 }],
    ["1.50::numeric", { longReturnType: "STRING" }, { stringValue: "1.50" }],
    ["1.50::numeric", { decimalReturnType: "STRING" }, { stringValue: "1.50" }],
    ["1.50::numeric", { decimalReturnType: "DOUBLE_OR_LONG" }, { doubleValue: 1.5 }],
    ["12::numeric", { decimalReturnType: "DOUBLE_OR_LONG" }, { longValue: 12 }],
    ["12::numeric", { decimalReturnType: "DOUBLE_OR_LONG", longReturnType: "STRING" }, { stringValue: "12" }],
    ["1.5::float8", { longReturnType: "STRING", decimalReturnType: "STRING" }, { doubleValue: 1.5 }],
    ["null::int8", { longReturnType: "STRING" }, { isNull: true }],
  ] as const)("returns %s with %j in the form that was asked for", async (expression, resultSetOptions, expected) => {
    expect(await field(expression, { resultSetOptions })).toEqual(expected);
  });

  it("describes the columns on request", async () => {
    const { columnMetadata } = await execute("select id, total as sum, 1 as one from orders limit 0", {
      includeResultMetadata: true,
    });
    expect(columnMetadata).toMatchObject([
      { name: "id", label: "id", typeName: "int4", nullable: 0, tableName: "orders", schemaName: "public" },
      { label: "sum", typeName: "numeric", nullable: 1, precision: 12, scale: 2 },
      { label: "one", typeName: "int4", tableName: "" },
    ]);
  });

  it("counts the rows that a statement changed, and none for a query", async () => {
    expect((await execute("update orders set note = note where id <= 7")).numberOfRecordsUpdated).toBe(7);
    expect((await execute("select * from orders")).numberOfRecordsUpdated).toBe(0);
  });

  it("formats records as JSON, unless two columns share a label", async () => {
    const answer = await execute("select id, note, total from orders where id = 1", { formatRecordsAs: "JSON" });
    expect(answer.records).toBeUndefined();
    expect(JSON.parse(answer.formattedRecords ?? "")).toEqual([{ id: 1, note: "order 1", total: 1.5 }]);
    expect(await refusal(execute("select 1 a, 2 a", { formatRecordsAs: "JSON" }))).toMatchObject({
      name: "UnsupportedResultException",
    });
  });
});

describe("ExecuteStatement: limits", () => {
  // 42 bytes a row of one uuid: 2 for the row, 4 for the column, 36 for the text.
  const uuids = (rows: number) => execute(`select gen_random_uuid() from generate_series(1, ${rows})`);

  it("returns a result just below 1 MiB", async () => {
    expect((await uuids(24_900)).records).toHaveLength(24_900);
  });

  it("refuses a result above 1 MiB", async () => {
    expect(await refusal(uuids(25_000))).toMatchObject({
      name: "UnsupportedResultException",
      message: "The result exceeds the size limit 1 MB.",
    });
  });

  it("stops fetching a result that grows too large", async () => {
    await execute("create sequence fetched");
    await refusal(execute("select nextval('fetched'), repeat('x', 20000) from generate_series(1, 1000000)"));
    expect((await execute("select last_value < 100 from fetched")).records).toEqual([[{ booleanValue: true }]]);
  });

  it("refuses a row above 64 KB", async () => {
    expect(await field("length(repeat('x', 65000))")).toEqual({ longValue: 65_000 });
    expect(await refusal(execute("select repeat('x', 65531)"))).toMatchObject({ name: "BadRequestException" });
  });

  it("cancels a statement in the server when its time is up", async () => {
    const refused = await refusal(execute("select pg_sleep(30) as dozing"));
    expect(refused.name).toBe("StatementTimeoutException");
    const { records } = await execute(
      "select count(*) from pg_stat_activity where query like '%as dozing' and pid <> pg_backend_pid()",
    );
    expect(records).toEqual([[{ longValue: 0 }]]);
  });

  it("lets a statement run on when asked to, though the call fails", async () => {
    await execute("create table slow (n int)");
    const insert = "insert into slow select 1 from pg_sleep(5)";
    expect((await refusal(execute(insert, { continueAfterTimeout: true }))).name).toBe("StatementTimeoutException");
    await expect
      .poll(async () => (await execute("select n from slow")).records, { timeout: 15_000, interval: 250 })
      .toHaveLength(1);
  });

  it("makes a statement hang on demand", async () => {
    faults.hangs = (sql) => sql.includes("orders");
    try {
      expect((await refusal(execute("select count(*) from orders"))).name).toBe("StatementTimeoutException");
      expect(await field("1")).toEqual({ longValue: 1 });
    } finally {
      faults.hangs = undefined;
    }
  });
});

describe("ExecuteStatement: statements", () => {
  it("takes one statement a call", async () => {
    expect(await refusal(execute("select 1; drop table orders"))).toMatchObject({
      name: "ValidationException",
      message: "Multistatements aren't supported.",
    });
    expect(await field("1;")).toEqual({ longValue: 1 });
  });

  it("words an SQL error as the service does", async () => {
    expect(await refusal(execute("select * from no_such_table"))).toMatchObject({
      name: "DatabaseErrorException",
      message: 'ERROR: relation "no_such_table" does not exist; Position: 15; SQLState: 42P01',
      status: 400,
    });
  });

  it("begins a new session with every call", async () => {
    await execute("set statement_timeout = '77s'");
    expect(await field("current_setting('statement_timeout')")).toEqual({ stringValue: "0" });
  });

  it("refuses the schema parameter", async () => {
    expect(await refusal(execute("select 1", { schema: "public" }))).toMatchObject({ name: "ValidationException" });
  });

  it("reads tables whose names need quotes", async () => {
    const { records } = await execute(`select count(*) from "Odd ""Name"""`);
    expect(records).toEqual([[{ longValue: 0 }]]);
  });

  it("signs in as the master user, who is no superuser but reads and writes everything", async () => {
    expect(await field("current_user::text")).toEqual({ stringValue: "postgres" });
    expect(await field("rolsuper from pg_roles where rolname = current_user")).toEqual({ booleanValue: false });
    await execute("create role reader");
    await execute("grant pg_read_all_data to reader");
    await execute("alter table orders add column extra int");
  });
});

describe("ExecuteStatement: parameters", () => {
  const text = (name: string, stringValue: string) => ({ name, value: { stringValue } });

  it("binds by name, and the same name twice", async () => {
    const parameters = [{ name: "id", value: { longValue: 7 } }];
    expect((await execute("select note from orders where id = :id and :id = 7", { parameters })).records).toEqual([
      [{ stringValue: "order 7" }],
    ]);
  });

  it("leaves strings, quoted names, comments and casts alone", async () => {
    const sql = `select ':a' as ":b", /* :c */ '1'::int + :d::int, E'it\\'s :e' -- :f`;
    const { records } = await execute(sql, { parameters: [text("d", "2")] });
    expect(records).toEqual([[{ stringValue: ":a" }, { longValue: 3 }, { stringValue: "it's :e" }]]);
  });

  it("replaces what looks like a parameter in a dollar quote, as the service does", async () => {
    expect(await field("$$a :b c$$")).toEqual({ stringValue: "a $1 c" });
  });

  it("binds a string as varchar: a uuid needs a hint or a cast", async () => {
    const id = "6ec0bd7f-11c0-43da-975e-2a8ad9ebae0b";
    const sql = `select count(*) from "Odd ""Name""" where id = :id`;
    const refused = await refusal(execute(sql, { parameters: [text("id", id)] }));
    expect(refused.message).toMatch(
      /operator does not exist: uuid = character varying; Hint: .*; Position: \d+; SQLState: 42883/,
    );
    await execute(sql, { parameters: [{ ...text("id", id), typeHint: "UUID" }] });
    await execute(`${sql}::uuid`, { parameters: [text("id", id)] });
  });

  it.each([
    ["DATE", "2024-02-29", "date"],
    ["DECIMAL", "1.10", "numeric"],
    ["JSON", "{}", "json"],
    ["TIME", "10:00:00", "time without time zone"],
    ["TIMESTAMP", "2024-02-29 10:00:00", "timestamp without time zone"],
  ] as const)("hints %s", async (typeHint, value, type) => {
    const parameters = [{ ...text("p", value), typeHint }];
    expect(await field("pg_typeof(:p)::text", { parameters })).toEqual({ stringValue: type });
  });

  it("binds blobs, booleans, doubles and null", async () => {
    const parameters = [
      { name: "blob", value: { blobValue: new Uint8Array([1, 2]) } },
      { name: "yes", value: { booleanValue: true } },
      { name: "half", value: { doubleValue: 0.5 } },
      { name: "none", value: { isNull: true } },
    ];
    const { records } = await execute("select :blob, :yes, :half, :none::int", { parameters });
    expect(records).toEqual([
      [{ blobValue: new Uint8Array([1, 2]) }, { booleanValue: true }, { doubleValue: 0.5 }, { isNull: true }],
    ]);
  });

  it("refuses arrays, and parameters that the statement does not have", async () => {
    const array = [{ name: "a", value: { arrayValue: { longValues: [1] } } }];
    expect((await refusal(execute("select :a", { parameters: array }))).name).toBe("BadRequestException");
    expect((await refusal(execute("select 1", { parameters: [text("a", "x")] }))).message).toBe(
      "Cannot find parameter: a",
    );
  });
});

describe("transactions", () => {
  const begin = async () => {
    const { transactionId } = await data.send(new BeginTransactionCommand({ ...sandbox, database: "shop" }));
    return transactionId ?? "";
  };
  const commit = (transactionId: string) => {
    const { resourceArn, secretArn } = sandbox;
    return data.send(new CommitTransactionCommand({ resourceArn, secretArn, transactionId }));
  };

  it("keep a session, and their changes only after a commit", async () => {
    await execute("create table kept (n int)");
    const transactionId = await begin();
    await execute("set local application_name = 'mine'", { transactionId });
    await execute("insert into kept values (1)", { transactionId });
    expect(await field("current_setting('application_name')", { transactionId })).toEqual({ stringValue: "mine" });
    expect((await execute("select * from kept")).records).toEqual([]);
    expect((await commit(transactionId)).transactionStatus).toBe("Transaction Committed");
    expect((await execute("select * from kept")).records).toHaveLength(1);
    expect((await refusal(commit(transactionId))).name).toBe("TransactionNotFoundException");
  });

  it("can be read only, and then refuse to write", async () => {
    const transactionId = await begin();
    await execute("set transaction read only", { transactionId });
    expect((await refusal(execute("delete from orders", { transactionId }))).message).toContain("SQLState: 25006");
    expect((await refusal(execute("select 1", { transactionId }))).message).toContain("SQLState: 25P02");
    const { resourceArn, secretArn } = sandbox;
    const answer = await data.send(new RollbackTransactionCommand({ resourceArn, secretArn, transactionId }));
    expect(answer.transactionStatus).toBe("Rollback Complete");
  });

  it("survive a result that is too large", async () => {
    const transactionId = await begin();
    const sql = "select repeat('x', 20000) from generate_series(1, 1000)";
    expect((await refusal(execute(sql, { transactionId }))).name).toBe("UnsupportedResultException");
    expect(await field("1", { transactionId })).toEqual({ longValue: 1 });
    await commit(transactionId);
  });

  it("take one call at a time", async () => {
    const transactionId = await begin();
    const first = execute("select pg_sleep(0.5)", { transactionId });
    await new Promise((done) => setTimeout(done, 150));
    expect((await refusal(execute("select 1", { transactionId }))).message).toBe(
      "Transaction is still running a query",
    );
    await first;
    await commit(transactionId);
  });

  it("are rolled back when nobody uses them for too long", async () => {
    await execute("create table forgotten (n int)");
    const transactionId = await begin();
    await execute("insert into forgotten values (1)", { transactionId });
    await new Promise((done) => setTimeout(done, 3500));
    expect((await refusal(execute("select 1", { transactionId }))).name).toBe("TransactionNotFoundException");
    expect((await execute("select * from forgotten")).records).toEqual([]);
  });
});

describe("who is let in", () => {
  it("needs a secret that is there", async () => {
    const secretArn = `arn:aws:secretsmanager:${SOURCE_REGION}:123456789012:secret:rds!cluster-x-AAAAAA`;
    expect((await refusal(execute("select 1", { secretArn }))).name).toBe("SecretsErrorException");
  });

  it("does not tell a cluster that is absent from one whose endpoint is off", async () => {
    const absent = sandbox.resourceArn.replace("sandbox", "absent");
    expect(await refusal(execute("select 1", { resourceArn: absent }))).toMatchObject({
      name: "HttpEndpointNotEnabledException",
      message: `HttpEndpoint is not enabled for resource ${absent}`,
    });
  });

  it("answers PostgreSQL's own refusal for a database that does not exist", async () => {
    expect(await refusal(execute("select 1", { database: "absent" }))).toMatchObject({
      name: "DatabaseErrorException",
      message: 'FATAL: database "absent" does not exist; SQLState: 3D000',
    });
  });

  it("answers PostgreSQL's own refusal for the secret of another cluster", async () => {
    const other = await restoreSandbox(cloud, "other");
    const refused = await refusal(execute("select 1", { secretArn: other.secretArn }));
    expect(refused).toMatchObject({
      name: "DatabaseErrorException",
      message: 'FATAL: password authentication failed for user "postgres"; SQLState: 28P01',
    });
  });
});
