import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { PgDumpMissing, PgDumpTooOld, SourceImportFailed } from "./errors.ts";

const VERSION_SECONDS = 10;
// A directory of 1 TB takes hours; a hung program must not take days.
const TOOL_SECONDS = 12 * 3600;
const LISTING_LIMIT_BYTES = 64e6;
/** Of 64 workers each tells of its end after the first error. */
const MAX_ERROR_LINES = 100;

export type PostgresTool = "pg_dump" | "pg_restore";

export interface ToolRun {
  readonly args: readonly string[];
  /** libpq's variables: addresses and the password are never arguments. */
  readonly environment: Readonly<Record<string, string>>;
  readonly onLine?: (line: string) => void;
  readonly timeoutSeconds?: number;
  readonly signal?: AbortSignal;
}

/**
 * Finds pg_dump and pg_restore and holds their version against the server's.
 *
 * @param serverMajor undefined before the server was asked: then only their presence is checked
 * @throws PgDumpMissing, PgDumpTooOld, each with what to install
 */
export async function requireTools(serverMajor: number | undefined): Promise<void> {
  for (const tool of ["pg_dump", "pg_restore"] as const) {
    const said = await runTool(tool, { args: ["--version"], environment: {}, timeoutSeconds: VERSION_SECONDS });
    const major = Number(/(\d+)/.exec(said)?.[1]);
    if (serverMajor !== undefined && major < serverMajor) {
      throw new PgDumpTooOld(
        `${tool} on the PATH is version ${major}, older than the source's ${serverMajor}. ${installHint(serverMajor)}`,
      );
    }
  }
}

/**
 * Runs a program of the PostgreSQL client to its end and answers what it printed.
 *
 * @throws PgDumpMissing; SourceImportFailed with its first error line, without row data
 */
export async function runTool(tool: PostgresTool, run: ToolRun): Promise<string> {
  const child = spawn(tool, run.args, {
    // English, so that its lines can be read.
    env: { ...withoutLibpq(process.env), ...run.environment, LC_ALL: "C" },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: (run.timeoutSeconds ?? TOOL_SECONDS) * 1000,
    ...(run.signal === undefined ? {} : { signal: run.signal }),
  });
  const errorLines: string[] = [];
  let printed = "";
  createInterface({ input: child.stderr }).on("line", (line) => {
    const isError = errorLines.length > 0 || /: (error|fatal): /.test(line);
    if (!isError) run.onLine?.(line);
    else if (errorLines.length < MAX_ERROR_LINES) errorLines.push(line);
  });
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    printed += text;
    if (printed.length > LISTING_LIMIT_BYTES) child.kill();
  });
  const [code, signal] = await ended(child, tool);
  if (code === 0) return printed;
  const reason = firstReason(errorLines) ?? (signal === null ? `exit code ${code}` : `ended by ${signal}`);
  throw new SourceImportFailed(`${tool} failed: ${withoutData(reason)}`);
}

/**
 * The first of the lines that an error began. Workers share stderr and write a line in pieces, so the first may be torn by another's; what the server
 * said then comes in a line after it.
 */
export function firstReason(lines: readonly string[]): string | undefined {
  const [first] = lines;
  const isTorn = first !== undefined && /: (error|fatal): pg_(dump|restore): /.test(first);
  return isTorn ? (lines.find((line) => /\b(ERROR|FATAL): /.test(line)) ?? first) : first;
}

async function ended(
  child: ReturnType<typeof spawn>,
  tool: PostgresTool,
): Promise<[number | null, NodeJS.Signals | null]> {
  try {
    const [code, signal] = await once(child, "close");
    return [code, signal];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    throw new PgDumpMissing(`${tool} is not on the PATH. ${installHint(undefined)}`);
  }
}

function installHint(major: number | undefined): string {
  const debian = `sudo apt-get install postgresql-client${major === undefined ? "" : `-${major}`}`;
  const brew =
    major === undefined ? "brew install libpq && brew link --force libpq" : `brew install postgresql@${major}`;
  const repository = major === undefined ? "" : " (newer majors: https://wiki.postgresql.org/wiki/Apt)";
  return `Install it: "${debian}" on Debian and Ubuntu${repository}, "${brew}" on macOS.`;
}

function withoutLibpq(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith("PG")));
}

/** What PostgreSQL calls an object just before its quoted name; a row's value has another word or a colon before it. */
const NAMED = new Set(
  (
    "table relation constraint index type extension schema function column role user language collation sequence view database " +
    "operator trigger server domain parameter option file directory host at"
  ).split(" "),
);

/** An error line as it was worded, with the names of objects, but ending where PostgreSQL quotes the first value of a row. */
export function withoutData(line: string): string {
  for (const { 0: quotation, 1: word = "", 2: gap = "", index } of line.matchAll(/(\w*)(\W*?)"[^"]*"?/g)) {
    if (gap === " " && NAMED.has(word)) continue;
    return `${line.slice(0, index + quotation.indexOf('"'))}"…"`;
  }
  return line;
}
