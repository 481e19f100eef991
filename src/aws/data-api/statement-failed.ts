import { toldMessage } from "./told.ts";

/**
 * - `missing`: a table, column, function, schema, type or the database itself is not there.
 * - `corrupt`: what is on disk can not be read.
 * - `timeout`: cancelled by the 45 s of the Data API or by our own statement timeout.
 * - `refused-write`: the read-only transaction refused it.
 * - `denied`: the role may not.
 * - `too-large`: the answer is over the Data API's 1 MiB.
 * - `invalid`: the statement is wrong, or fails on the data it meets.
 * - `unavailable`: the database did not answer, after retries.
 */
export type StatementFault =
  | "missing"
  | "corrupt"
  | "timeout"
  | "refused-write"
  | "denied"
  | "too-large"
  | "invalid"
  | "unavailable";

/** A statement was not answered, and the statement or the database is why. Its message holds no row data. */
export class StatementFailed extends Error {
  override readonly name = "StatementFailed";
  readonly fault: StatementFault;
  readonly sqlState: string | undefined;

  constructor(fault: StatementFault, message: string, sqlState?: string) {
    super(message);
    this.fault = fault;
    this.sqlState = sqlState;
  }
}

const BY_STATE: Readonly<Record<string, StatementFault>> = {
  "42P01": "missing",
  "42703": "missing",
  "42704": "missing",
  "3F000": "missing",
  "3D000": "missing",
  XX001: "corrupt",
  XX002: "corrupt",
  "58030": "corrupt",
  "57014": "timeout",
  "57P05": "timeout",
  "55P03": "timeout",
  "25006": "refused-write",
  "42501": "denied",
  "53200": "unavailable",
  "53300": "unavailable",
  // A placeholder in the statement that nothing is bound to.
  "08P01": "invalid",
  "57P01": "unavailable",
  "57P02": "unavailable",
  "57P03": "unavailable",
};

/** For messages that carry no SQLState, or one that says less than the message. */
const BY_MESSAGE: readonly (readonly [RegExp, StatementFault])[] = [
  [/response size|size limit|more than the allowed|too large \(/i, "too-large"],
  // A length of 11 digits and more was never asked for: it was read from a damaged tuple.
  [
    /invalid page|could not read block|could not open file|(missing|unexpected) chunk|is corrupt|invalid memory alloc request size \d{11}/,
    "corrupt",
  ],
  // A row names a transaction whose status (pg_xact, pg_multixact) did not come back with it.
  [/could not access status of transaction|MultiXactId \d+ (does no longer exist|has not been created yet)/, "corrupt"],
  [/read-only transaction/, "refused-write"],
  [/could not access file|(relation|column|function|schema|type|database) .*does not exist/, "missing"],
  [/permission denied|row-level security/, "denied"],
  [/canceling statement|statement timeout/i, "timeout"],
  [
    /starting up|shutting down|recovery mode|terminating connection|connection (was |is )?(closed|lost|reset)|Transaction .*(not found|expired)/i,
    "unavailable",
  ],
];

/** States whose messages speak of the statement and the catalog. Others (22 data, 23 constraint, P0 raised) may repeat a value of a row. */
const QUOTABLE_CLASSES = new Set(["08", "0A", "25", "3D", "3F", "42", "53", "54", "55", "57", "58", "XX"]);
const MAX_MESSAGE_CHARS = 200;

/** What these quote is a name in the catalog: a privilege that is not there, storage that can not be read. */
const NAMES_ONLY = new Set(["42501", "XX001", "XX002"]);

/** These carry PostgreSQL's own error text. */
const SQL_ERRORS = new Set(["DatabaseErrorException", "BadRequestException", "ValidationException"]);

const BY_NAME: Readonly<Record<string, StatementFault>> = {
  StatementTimeoutException: "timeout",
  DatabaseUnavailableException: "unavailable",
  DatabaseResumingException: "unavailable",
  InternalServerErrorException: "unavailable",
  ServiceUnavailableError: "unavailable",
  ServiceUnavailableException: "unavailable",
  ThrottlingException: "unavailable",
  TooManyRequestsException: "unavailable",
  TransactionNotFoundException: "unavailable",
  TimeoutError: "unavailable",
};

const CONNECTION_LOST = new Set(["ECONNRESET", "ECONNREFUSED", "EPIPE", "ETIMEDOUT", "ENOTFOUND", "EAI_AGAIN"]);

/**
 * What the error says about the statement (`asked`, with what was bound to it), or undefined when it says that the drill itself is at fault (permissions, secret, ARN,
 * endpoint): such errors are passed on. Error names and texts: the Data API's model and, for SQLState, PostgreSQL's appendix A.
 */
export function statementFailedBy(error: unknown, asked?: string): StatementFailed | undefined {
  if (error instanceof StatementFailed) return error;
  if (!(error instanceof Error)) return undefined;
  const known = BY_NAME[error.name];
  if (known !== undefined) return new StatementFailed(known, error.name);
  if (error.name === "UnsupportedResultException") return readUnsupported(error);
  if (SQL_ERRORS.has(error.name)) return readSqlError(error, asked);
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  return CONNECTION_LOST.has(code) ? new StatementFailed("unavailable", code) : undefined;
}

/** One error for two reasons: the answer's size (Aurora Serverless v2 and provisioned), or a type that the Data API has no field for. */
function readUnsupported({ message }: Error): StatementFailed {
  if (/size limit/i.test(message)) return new StatementFailed("too-large", message.slice(0, MAX_MESSAGE_CHARS));
  return new StatementFailed("invalid", "the answer has a type that the Data API can not return: cast it to text");
}

function readSqlError(error: Error, asked: string | undefined): StatementFailed | undefined {
  const [line = ""] = error.message.split("\n");
  const state = /SQLState:?\s*([0-9A-Z]{5})/i.exec(error.message)?.[1];
  const text = line
    .replace(/;\s*(Detail|Hint|Position|Where|Context|Internal \w+|SQLState):?.*$/i, "")
    .replace(/^(ERROR|FATAL|PANIC):\s*/, "")
    .trim();
  const byMessage = BY_MESSAGE.find(([pattern]) => pattern.test(text))?.[1];
  const isAboutTheCall = error.name !== "DatabaseErrorException" && state === undefined && byMessage === undefined;
  if (isAboutTheCall && /arn|secret|credential|endpoint/i.test(text)) return undefined;
  const fault = faultOfState(state, text) ?? byMessage ?? "invalid";
  const isQuotable =
    state === undefined ? byMessage !== undefined || isAboutTheCall : QUOTABLE_CLASSES.has(state.slice(0, 2));
  const message = isQuotable
    ? (asked === undefined || NAMES_ONLY.has(state ?? "") ? text : toldMessage(text, asked)).slice(0, MAX_MESSAGE_CHARS)
    : `the statement failed on what it met (SQLState ${state ?? "unknown"})`;
  return new StatementFailed(fault, message, state);
}

function faultOfState(state: string | undefined, text: string): StatementFault | undefined {
  if (state === undefined) return undefined;
  // An operator that is not there, or an ordering, is a question put to the wrong type.
  if (state === "42883") return /^(function|procedure|aggregate|routine) /.test(text) ? "missing" : "invalid";
  return BY_STATE[state] ?? (state.startsWith("08") ? "unavailable" : undefined);
}
