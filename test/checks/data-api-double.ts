import {
  BadRequestException,
  BeginTransactionCommand,
  DatabaseErrorException,
  ExecuteStatementCommand,
  type ExecuteStatementCommandInput,
  type Field,
  RDSDataClient,
  RollbackTransactionCommand,
  type SqlParameter,
  TransactionNotFoundException,
} from "@aws-sdk/client-rds-data";
import { mockClient } from "aws-sdk-client-mock";
import pg from "pg";
import type { PostgresConnection } from "../../src/local/postgres/postgres-host.ts";

const MAX_ANSWER_BYTES = 2 ** 20;
const INTEGERS = new Set([20, 21, 23]);

/** The plumbing between RDSDataClient and a real server: a transaction is a connection, errors and limits are worded as the Data API does. */
export interface DataApiDouble {
  readonly client: RDSDataClient;
  /** Every statement executed, in order; of one that asks what the plan wrote, what it wrote. */
  readonly statements: string[];
  readonly calls: () => number;
  /** Set to answer statements before they reach the server. */
  intercept: ((sql: string) => Promise<void> | void) | undefined;
  close(): Promise<void>;
}

export function openDataApiDouble(connection: () => PostgresConnection): DataApiDouble {
  const client = new RDSDataClient({ region: "eu-central-1" });
  const mock = mockClient(client);
  const open = new Map<string, pg.Client>();
  let opened = 0;
  const double: DataApiDouble = {
    client,
    statements: [],
    calls: () => mock.calls().length,
    intercept: undefined,
    close: async () => void (await Promise.all([...open.values()].map((connected) => connected.end()))),
  };
  const connect = async (database: string | undefined): Promise<pg.Client> => {
    const connected = new pg.Client({ ...connection(), database });
    connected.on("error", () => {});
    await connected.connect().catch(fail);
    return connected;
  };
  mock.on(BeginTransactionCommand).callsFake(async ({ database }) => {
    const connected = await connect(database);
    await connected.query("begin");
    opened += 1;
    open.set(`t${opened}`, connected);
    return { transactionId: `t${opened}` };
  });
  mock.on(ExecuteStatementCommand).callsFake(async (input: ExecuteStatementCommandInput) => {
    const connected = input.transactionId === undefined ? await connect(input.database) : open.get(input.transactionId);
    if (connected === undefined) throw new TransactionNotFoundException({ message: "gone", $metadata: {} });
    const sql = input.sql ?? "";
    const question = input.parameters?.find(({ name }) => name === "question")?.value?.stringValue;
    double.statements.push(question ?? sql);
    try {
      await double.intercept?.(question ?? sql);
      return { records: await execute(connected, sql, input.parameters ?? []) };
    } finally {
      if (input.transactionId === undefined) await connected.end();
    }
  });
  mock.on(RollbackTransactionCommand).callsFake(async ({ transactionId }) => {
    const connected = open.get(transactionId);
    open.delete(transactionId);
    await connected?.query("rollback").catch(() => {});
    await connected?.end();
    return {};
  });
  return double;
}

async function execute(connected: pg.Client, sql: string, parameters: readonly SqlParameter[]): Promise<Field[][]> {
  const names = parameters.map(({ name }) => name);
  const text = sql.replace(/(?<!:):([a-z]\w*)/g, (whole, name) => {
    const index = names.indexOf(name);
    return index < 0 ? whole : `$${index + 1}::${typeOf(parameters[index])}`;
  });
  const values = parameters.map(
    ({ value }) => value?.stringValue ?? value?.longValue ?? value?.booleanValue ?? blobOf(value),
  );
  // Extended, as the Data API: the server itself refuses two statements.
  const query = {
    text,
    values,
    rowMode: "array" as const,
    queryMode: "extended",
    types: { getTypeParser: () => (raw: unknown) => raw },
  };
  const answer = await connected.query<(string | null)[]>(query as never).catch(fail);
  const { rows, fields } = answer as unknown as pg.QueryArrayResult<(string | null)[]>;
  const size = rows.reduce((sum, row) => sum + row.reduce((bytes, value) => bytes + (value?.length ?? 0), 0), 0);
  if (size > MAX_ANSWER_BYTES) {
    throw new BadRequestException({
      message: "Database returned more than the allowed response size limit",
      $metadata: {},
    });
  }
  return rows.map((row) => row.map((value, column) => fieldOf(value, fields[column]?.dataTypeID ?? 0)));
}

const blobOf = (value: SqlParameter["value"]): Buffer | null =>
  value?.blobValue === undefined ? null : Buffer.from(value.blobValue);

function typeOf(parameter: SqlParameter | undefined): string {
  if (parameter?.typeHint === "UUID") return "uuid";
  if (parameter?.typeHint === "DECIMAL") return "numeric";
  if (parameter?.value?.longValue !== undefined) return "bigint";
  if (parameter?.value?.blobValue !== undefined) return "bytea";
  return parameter?.value?.booleanValue === undefined ? "varchar" : "boolean";
}

function fieldOf(value: string | null, type: number): Field {
  if (value === null) return { isNull: true };
  if (type === 16) return { booleanValue: value === "t" };
  if (type === 701) return { doubleValue: Number(value) };
  if (type === 17) return { blobValue: Buffer.from(value.slice(2), "hex") };
  // longReturnType STRING for what the session asks; a small integer stays a long, as either may come back.
  if (INTEGERS.has(type) && type !== 20) return { longValue: Number(value) };
  return { stringValue: value };
}

function fail(error: unknown): never {
  if (!(error instanceof pg.DatabaseError)) throw Object.assign(new Error("socket hang up"), { code: "ECONNRESET" });
  if (/multiple commands/.test(error.message)) {
    throw Object.assign(new Error("Multistatements aren't supported."), { name: "ValidationException" });
  }
  const detail = error.detail === undefined ? "" : `\n  Detail: ${error.detail}`;
  throw new DatabaseErrorException({
    message: `ERROR: ${error.message}${detail}; SQLState: ${error.code}`,
    $metadata: {},
  });
}
