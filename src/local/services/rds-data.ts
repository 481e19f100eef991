/** The RDS Data API on real PostgreSQL servers. */
import type {
  BeginTransactionRequest,
  CommitTransactionRequest,
  ExecuteStatementRequest,
  ExecuteStatementResponse,
  RollbackTransactionRequest,
} from "@aws-sdk/client-rds-data";
import * as rdsData from "@aws-sdk/client-rds-data";
import { type CallContext, type Service, ServiceError } from "../wire/service.ts";
import type { RdsCore } from "./rds/core.ts";
import { accessOf, type DatabaseAccess } from "./rds-data/access.ts";
import { dataApiError } from "./rds-data/database-errors.ts";
import { DATA_API_LIMITS, type DataApiLimits } from "./rds-data/limits.ts";
import { type BoundStatement, bindParameters } from "./rds-data/parameters.ts";
import { changedRows, columnTypes, formattedRecords, metadataOf, recordsOf } from "./rds-data/results.ts";
import { Session } from "./rds-data/session.ts";
import { Transactions } from "./rds-data/transactions.ts";

export type { DataApiLimits } from "./rds-data/limits.ts";

export interface DataService {
  readonly service: Service;
  /** Rolls back what is open. */
  close(): Promise<void>;
}

/** A statement that never returns, for the fault that asks for one: longer than any limit, so that the limit ends it. */
const HANGING: BoundStatement = { text: "select pg_sleep(1000000)", types: [], values: [] };

export function rdsDataService(core: RdsCore, overrides: Partial<DataApiLimits> = {}): DataService {
  const api = new DataApi(core, { ...DATA_API_LIMITS, ...overrides });
  const on =
    <I, O extends object>(operation: (input: I, region: string) => Promise<O>) =>
    (input: I, context: CallContext): Promise<O> =>
      operation(input, context.region).catch((error: unknown) => {
        throw dataApiError(error);
      });
  return {
    service: {
      name: "rds-data",
      sdk: rdsData,
      operations: {
        ExecuteStatement: on((input: ExecuteStatementRequest, region) => api.execute(input, region)),
        BeginTransaction: on((input: BeginTransactionRequest, region) => api.begin(input, region)),
        CommitTransaction: on((input: CommitTransactionRequest, region) => api.commit(input, region)),
        RollbackTransaction: on((input: RollbackTransactionRequest, region) => api.rollback(input, region)),
      },
    },
    close: () => api.close(),
  };
}

class DataApi {
  readonly #core: RdsCore;
  readonly #limits: DataApiLimits;
  readonly #transactions: Transactions;

  constructor(core: RdsCore, limits: DataApiLimits) {
    this.#core = core;
    this.#limits = limits;
    this.#transactions = new Transactions(limits);
  }

  async execute(input: ExecuteStatementRequest, region: string): Promise<ExecuteStatementResponse> {
    refuseSchema(input.schema);
    const access = accessOf(this.#core, region, input);
    const statement = this.#hangs(input.sql ?? "", access)
      ? HANGING
      : bindParameters(input.sql ?? "", input.parameters);
    const run = (session: Session) => this.#runIn(session, statement, input);
    if (input.transactionId !== undefined) return this.#transactions.use(input.transactionId, access.cluster.arn, run);
    const session = await Session.open(access, input.database, this.#limits, this.#core.timeline);
    try {
      return await run(session);
    } finally {
      await session.end();
    }
  }

  async begin(input: BeginTransactionRequest, region: string): Promise<{ transactionId: string }> {
    refuseSchema(input.schema);
    const access = accessOf(this.#core, region, input);
    const session = await Session.open(access, input.database, this.#limits, this.#core.timeline);
    await session.query("begin");
    return { transactionId: this.#transactions.add(session) };
  }

  async commit(input: CommitTransactionRequest, region: string): Promise<{ transactionStatus: string }> {
    const { cluster } = accessOf(this.#core, region, input);
    await this.#transactions.finish(input.transactionId ?? "", cluster.arn, "commit");
    return { transactionStatus: "Transaction Committed" };
  }

  async rollback(input: RollbackTransactionRequest, region: string): Promise<{ transactionStatus: string }> {
    const { cluster } = accessOf(this.#core, region, input);
    await this.#transactions.finish(input.transactionId ?? "", cluster.arn, "rollback");
    return { transactionStatus: "Rollback Complete" };
  }

  close(): Promise<void> {
    return this.#transactions.close();
  }

  #hangs(sql: string, { cluster }: DatabaseAccess): boolean {
    return this.#core.faults.hangs?.(sql, { region: cluster.region, id: cluster.id }) ?? false;
  }

  async #runIn(
    session: Session,
    statement: BoundStatement,
    input: ExecuteStatementRequest,
  ): Promise<ExecuteStatementResponse> {
    const result = await session.run(statement, input.continueAfterTimeout);
    const answer = { numberOfRecordsUpdated: changedRows(result.command) };
    if (result.columns.length === 0) return { ...answer, generatedFields: [] };
    const types = await columnTypes(session, result.columns);
    if (input.formatRecordsAs === "JSON" && result.command.startsWith("SELECT")) {
      return { ...answer, formattedRecords: formattedRecords(result, types, this.#limits.jsonBytes) };
    }
    const records = recordsOf(result, types, input.resultSetOptions);
    if (!input.includeResultMetadata) return { ...answer, records };
    return { ...answer, records, columnMetadata: await metadataOf(session, result.columns, types) };
  }
}

/** "When you include the Schema parameter in an API call, the Data API returns this error" (Serverless v2 and provisioned). */
function refuseSchema(schema: string | undefined): void {
  if (schema === undefined) return;
  throw new ServiceError("ValidationException", "The schema parameter isn't supported", { status: 400 });
}
