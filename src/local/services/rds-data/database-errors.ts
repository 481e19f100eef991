import { ServiceError } from "../../wire/service.ts";

interface PostgresError {
  readonly severity?: string;
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  readonly position?: string;
}

/**
 * A failure as the Data API words it: `ERROR: <message>; Hint: <hint>; Position: <n>; SQLState: <code>`, without PostgreSQL's DETAIL
 * (captured from the live service by the pgwire proxy for the Data API). Anything else passes through.
 */
export function dataApiError(error: unknown): unknown {
  if (error instanceof ServiceError || !isPostgresError(error)) return error;
  if (error.code === "42601" && /cannot insert multiple commands/.test(error.message)) {
    return new ServiceError("ValidationException", "Multistatements aren't supported.", { status: 400 });
  }
  const parts = [`${error.severity ?? "ERROR"}: ${error.message}`];
  if (error.hint) parts.push(`Hint: ${error.hint}`);
  if (error.position) parts.push(`Position: ${error.position}`);
  parts.push(`SQLState: ${error.code}`);
  return new ServiceError("DatabaseErrorException", parts.join("; "));
}

/** PostgreSQL's `query_canceled`: what a cancelled statement ends with. */
export function isCancelled(error: unknown): boolean {
  return isPostgresError(error) && error.code === "57014";
}

/** An SQLSTATE has five characters and a severity; Node's own errors (`ECONNREFUSED`) have codes without one. */
function isPostgresError(error: unknown): error is Error & PostgresError {
  return error instanceof Error && "severity" in error && "code" in error && /^[0-9A-Z]{5}$/.test(String(error.code));
}
