import type { DBCluster } from "@aws-sdk/client-rds";
import { DatabaseErrorException, ExecuteStatementCommand, type RDSDataClient } from "@aws-sdk/client-rds-data";
import { type StatementFault, statementFailedBy } from "../aws/data-api/statement-failed.ts";
import { FirstQueryFailed } from "../errors.ts";
import type { Drill } from "../plan/drill.ts";

/**
 * A login that is refused just after the secret became active is accepted minutes later, and an instance that is `available` may still be in
 * recovery. What a database says for longer than this, it means.
 */
const SETTLING_SECONDS = 30 * 60;

/** The database, or the Data API in front of it, is on its way. What SQLState says so (57P03, 53300, ...) is asked of its fault. */
const NOT_YET = new Set([
  "DatabaseResumingException",
  "DatabaseUnavailableException",
  "DatabaseNotFoundException",
  "HttpEndpointNotEnabledException",
  "InvalidResourceStateException",
]);

/** What waiting does not mend. */
const DEFINITE = new Set<StatementFault | undefined>(["missing", "corrupt", "denied"]);

/**
 * True once the sandbox's own database answers a query with the managed secret; false while it can not yet.
 * `upSeconds` is the time since the Data API was enabled. Throws FirstQueryFailed for what the database will not mend by itself, at once for
 * a database that is not there and after 30 min for the rest, or the SDK's own error.
 */
export async function isAnswering(
  data: RDSDataClient,
  drill: Drill,
  { cluster, upSeconds }: { cluster: DBCluster; upSeconds: number },
): Promise<boolean> {
  try {
    await data.send(
      new ExecuteStatementCommand({
        resourceArn: cluster.DBClusterArn,
        secretArn: cluster.MasterUserSecret?.SecretArn,
        database: drill.source.database,
        sql: "select 1",
      }),
    );
    return true;
  } catch (error) {
    const fault = statementFailedBy(error)?.fault;
    if (isNotYet(error) || fault === "unavailable") return false;
    if (!(error instanceof DatabaseErrorException)) throw error;
    if (!DEFINITE.has(fault) && upSeconds <= SETTLING_SECONDS) return false;
    throw new FirstQueryFailed(
      `The sandbox is up, but database "${drill.source.database}" does not answer: ${error.message}. Compare source.database in the plan with the databases of the source.`,
      { cause: error },
    );
  }
}

/** The older form of HttpEndpointNotEnabledException is a BadRequestException with this text. */
function isNotYet(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return NOT_YET.has(error.name) || /HttpEndpoint is not enabled/i.test(error.message);
}
