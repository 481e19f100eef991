import {
  BeginTransactionCommand,
  ExecuteStatementCommand,
  RDSDataClient,
  RollbackTransactionCommand,
} from "@aws-sdk/client-rds-data";
import { mockClient } from "aws-sdk-client-mock";
import { describe, expect, it, vi } from "vitest";
import { StatementFailed, statementFailedBy } from "../../src/aws/data-api/statement-failed.ts";
import { DataSession } from "../../src/aws/data-api.ts";

const ADDRESS = { clusterArn: "arn:cluster", secretArn: "arn:secret", database: "shop" };
const named = (name: string, message = "") => Object.assign(new Error(message), { name });

function sessionWith() {
  const client = new RDSDataClient({ region: "eu-central-1" });
  const mock = mockClient(client);
  mock.on(BeginTransactionCommand).resolves({ transactionId: "t" });
  mock.on(RollbackTransactionCommand).resolves({});
  mock.on(ExecuteStatementCommand).resolves({ records: [[{ stringValue: "1" }]] });
  const waits: number[] = [];
  const session = new DataSession(client, ADDRESS, { pause: async (ms) => void waits.push(ms) });
  return { mock, session, waits };
}

describe("DataSession", () => {
  it("begins read only, with its own settings, and rolls back", async () => {
    const { mock, session } = sessionWith();
    await session.query("select 1");
    await session.end();
    const inputs = mock.commandCalls(ExecuteStatementCommand).map(({ args }) => args[0].input);
    expect(inputs[0]?.sql).toMatch(
      /^select set_config\('transaction_read_only', 'on', true\), set_config\('statement_timeout', '44000', true\)/,
    );
    expect(inputs.every(({ transactionId }) => transactionId === "t")).toBe(true);
    expect(mock.commandCalls(RollbackTransactionCommand)).toHaveLength(1);
    expect(session.calls).toBe(4);
  });

  it("binds each type as the Data API needs it", async () => {
    const { mock, session } = sessionWith();
    await session.query("q", {
      s: "a",
      n: 5n,
      big: 2n ** 60n,
      u: { uuid: "x" },
      b: new Uint8Array([1]),
      f: true,
      z: null,
    });
    expect(mock.commandCalls(ExecuteStatementCommand)[1]?.args[0].input.parameters).toEqual([
      { name: "s", value: { stringValue: "a" } },
      { name: "n", value: { longValue: 5 } },
      { name: "big", value: { stringValue: "1152921504606846976" }, typeHint: "DECIMAL" },
      { name: "u", value: { stringValue: "x" }, typeHint: "UUID" },
      { name: "b", value: { blobValue: new Uint8Array([1]) } },
      { name: "f", value: { booleanValue: true } },
      { name: "z", value: { isNull: true } },
    ]);
  });

  it("reads every type of field", async () => {
    const { mock, session } = sessionWith();
    const array = { arrayValues: [{ longValues: [1, 2] }] };
    mock.on(ExecuteStatementCommand, { sql: "q" }).resolves({
      records: [
        [
          { longValue: 7 },
          { doubleValue: 0.5 },
          { booleanValue: false },
          { isNull: true },
          { arrayValue: array },
          { stringValue: "" },
        ],
      ],
    });
    const [row] = await session.query("q");
    expect(row?.values).toEqual([7n, 0.5, false, null, [[1n, 2n]], ""]);
    expect(row?.integer(0)).toBe(7n);
    expect(() => row?.integer(5)).toThrow(TypeError);
    expect(() => row?.text(3)).toThrow(TypeError);
  });

  it("waits for a database that resumes, but not for ever", async () => {
    const { mock, session, waits } = sessionWith();
    mock
      .on(BeginTransactionCommand)
      .rejectsOnce(named("DatabaseResumingException"))
      .rejectsOnce(named("ThrottlingException"));
    mock.on(BeginTransactionCommand).resolves({ transactionId: "t" });
    mock.on(BeginTransactionCommand).rejectsOnce(named("DatabaseResumingException")).resolves({ transactionId: "t" });
    await session.query("select 1");
    expect(waits).toEqual([1000]);

    const gone = sessionWith();
    gone.mock.on(BeginTransactionCommand).rejects(named("DatabaseUnavailableException"));
    await expect(gone.session.query("select 1")).rejects.toMatchObject({ fault: "unavailable" });
    expect(gone.mock.commandCalls(BeginTransactionCommand).length).toBeLessThanOrEqual(10);
  });

  it("does not begin again behind a call that hung", async () => {
    const { mock, session, waits } = sessionWith();
    let seconds = 0;
    const clock = vi.spyOn(performance, "now").mockImplementation(() => seconds * 1000);
    mock.on(BeginTransactionCommand).callsFake(() => {
      seconds += 120;
      throw named("TimeoutError");
    });
    await expect(session.query("select 1")).rejects.toMatchObject({ fault: "unavailable" });
    clock.mockRestore();
    expect(mock.commandCalls(BeginTransactionCommand)).toHaveLength(1);
    expect(waits).toEqual([]);
  });

  it("passes on what is the drill's own fault, unrenamed", async () => {
    for (const name of [
      "AccessDeniedException",
      "ForbiddenException",
      "SecretsErrorException",
      "DatabaseNotFoundException",
      "HttpEndpointNotEnabledException",
    ]) {
      const { mock, session } = sessionWith();
      const error = named(name);
      mock.on(BeginTransactionCommand).rejects(error);
      await expect(session.query("select 1")).rejects.toBe(error);
      expect(mock.commandCalls(BeginTransactionCommand)).toHaveLength(1);
    }
    const { mock, session } = sessionWith();
    mock.on(ExecuteStatementCommand, { sql: "q" }).rejects(named("BadRequestException", "Invalid resource ARN"));
    await expect(session.query("q")).rejects.toThrow("Invalid resource ARN");
  });
});

describe("statementFailedBy", () => {
  it.each([
    [
      "DatabaseErrorException",
      'ERROR: relation "x" does not exist; Position: 15; SQLState: 42P01',
      "missing",
      'relation "x" does not exist',
    ],
    [
      "BadRequestException",
      'ERROR: relation "x" does not exist\n  Position: 15',
      "missing",
      'relation "x" does not exist',
    ],
    [
      "DatabaseErrorException",
      "ERROR: function f() does not exist\n  Hint: No function matches; SQLState: 42883",
      "missing",
      "function f() does not exist",
    ],
    [
      "DatabaseErrorException",
      "ERROR: invalid page in block 3 of relation base/5/16400; SQLState: XX001",
      "corrupt",
      "invalid page in block 3 of relation base/5/16400",
    ],
    [
      "DatabaseErrorException",
      'ERROR: could not open file "base/5/1": No such file or directory; SQLState: 58P01',
      "corrupt",
      'could not open file "base/5/1": No such file or directory',
    ],
    [
      "DatabaseErrorException",
      "ERROR: could not access status of transaction 4040; SQLState: 58P01",
      "corrupt",
      "could not access status of transaction 4040",
    ],
    [
      "DatabaseErrorException",
      "ERROR: MultiXactId 77 does no longer exist -- apparent wraparound; SQLState: XX000",
      "corrupt",
      "MultiXactId 77 does no longer exist -- apparent wraparound",
    ],
    [
      "DatabaseErrorException",
      'ERROR: could not read block 3 in file "base/5/1": Input/output error; SQLState: 58030',
      "corrupt",
      'could not read block 3 in file "base/5/1": Input/output error',
    ],
    [
      "DatabaseErrorException",
      "ERROR: operator does not exist: uuid = text; SQLState: 42883",
      "invalid",
      "operator does not exist: uuid = text",
    ],
    [
      "DatabaseErrorException",
      "ERROR: could not identify an ordering operator for type json; SQLState: 42883",
      "invalid",
      "could not identify an ordering operator for type json",
    ],
    [
      "DatabaseErrorException",
      "ERROR: invalid memory alloc request size 18446744073709551613; SQLState: XX000",
      "corrupt",
      "invalid memory alloc request size 18446744073709551613",
    ],
    [
      "DatabaseErrorException",
      "ERROR: invalid memory alloc request size 1073741824; SQLState: XX000",
      "invalid",
      "invalid memory alloc request size 1073741824",
    ],
    [
      "DatabaseErrorException",
      "ERROR: canceling statement due to statement timeout; SQLState: 57014",
      "timeout",
      "canceling statement due to statement timeout",
    ],
    ["StatementTimeoutException", "Request timed out", "timeout", "StatementTimeoutException"],
    [
      "DatabaseErrorException",
      "ERROR: cannot execute DELETE in a read-only transaction; SQLState: 25006",
      "refused-write",
      "cannot execute DELETE in a read-only transaction",
    ],
    [
      "DatabaseErrorException",
      "ERROR: permission denied for table t; SQLState: 42501",
      "denied",
      "permission denied for table t",
    ],
    ["ValidationException", "Multistatements aren't supported.", "invalid", "Multistatements aren't supported."],
    [
      "BadRequestException",
      "Database returned more than the allowed response size limit",
      "too-large",
      "Database returned more than the allowed response size limit",
    ],
    [
      "UnsupportedResultException",
      "The result exceeds the size limit 1 MB.",
      "too-large",
      "The result exceeds the size limit 1 MB.",
    ],
    [
      "BadRequestException",
      "Packet for query is too large (70000 > 65536)",
      "too-large",
      "Packet for query is too large (70000 > 65536)",
    ],
    [
      "DatabaseErrorException",
      "ERROR: function f() does not exist; Hint: No function matches.; Position: 8; SQLState: 42883",
      "missing",
      "function f() does not exist",
    ],
    [
      "DatabaseErrorException",
      "ERROR: bind message supplies 0 parameters; SQLState: 08P01",
      "invalid",
      "bind message supplies 0 parameters",
    ],
    [
      "UnsupportedResultException",
      "x",
      "invalid",
      "the answer has a type that the Data API can not return: cast it to text",
    ],
    ["TransactionNotFoundException", "x", "unavailable", "TransactionNotFoundException"],
    [
      "DatabaseErrorException",
      "FATAL: the database system is in recovery mode; SQLState: 57P03",
      "unavailable",
      "the database system is in recovery mode",
    ],
    [
      "DatabaseErrorException",
      'ERROR: invalid input syntax for type integer: "card 4111"; SQLState: 22P02',
      "invalid",
      "the statement failed on what it met (SQLState 22P02)",
    ],
    [
      "DatabaseErrorException",
      "ERROR: customer alice is wrong; SQLState: P0001",
      "invalid",
      "the statement failed on what it met (SQLState P0001)",
    ],
    [
      "DatabaseErrorException",
      "something with alice in it",
      "invalid",
      "the statement failed on what it met (SQLState unknown)",
    ],
  ])("%s %s is %s", (name, message, fault, said) => {
    const failed = statementFailedBy(named(name, message));
    expect(failed).toBeInstanceOf(StatementFailed);
    expect([failed?.fault, failed?.message]).toEqual([fault, said]);
  });

  it("does not take a bug or a refused permission for the database's fault", () => {
    expect(statementFailedBy(new TypeError("x is not a function"))).toBeUndefined();
    expect(statementFailedBy(named("AccessDeniedException", "no"))).toBeUndefined();
    expect(statementFailedBy(named("BadRequestException", "Invalid secret ARN"))).toBeUndefined();
  });
});
