import { parseArgs } from "node:util";
import { UsageError } from "./usage-error.ts";

export interface DrillArguments {
  /** `history`: no drill, but what came of those before. */
  readonly command: "drill" | "history";
  /** A PostgreSQL connection string; by default the demo database. */
  readonly source: string | undefined;
  /** A plan file; by default the demo's, or one derived from the source's catalog. */
  readonly plan: string | undefined;
  readonly sabotage: string | undefined;
  readonly scenario: string | undefined;
  readonly json: boolean;
  readonly help: boolean;
}

const OPTIONS = {
  source: { type: "string" },
  plan: { type: "string" },
  sabotage: { type: "string" },
  scenario: { type: "string" },
  json: { type: "boolean", default: false },
  help: { type: "boolean", short: "h", default: false },
} as const;

export const USAGE = `Runs a whole restore drill on the embedded local cloud. No AWS account is needed or used.

  npm run drill                                the demo database
  npm run drill -- --source postgres://user@host/db
                                               your own PostgreSQL; it is only read
  npm run drill -- --plan drills/orders.yml    the checks of a plan file
  npm run drill -- --sabotage missing-rows     a recovery that is bad on purpose; "list" explains them
  npm run drill -- --scenario region-lost      an exercise, with a scorecard; "list" explains them
  npm run drill -- history                     all databases that were drilled here, as a page
  npm run -s drill -- --json                   one JSON document on stdout (-s keeps npm's own lines out)

Exit codes: 0 passed, 1 failed, 2 errored, 3 inconclusive, 64 bad usage.
`;

/** Throws UsageError naming what is not understood. */
export function readArguments(argv: readonly string[]): DrillArguments {
  const { values, positionals } = parse(argv);
  const command = positionals[0] === "history" ? "history" : "drill";
  const stray = positionals[command === "history" ? 1 : 0];
  if (stray !== undefined) throw new UsageError(strayWord(stray));
  const { source, plan, sabotage, scenario, json, help } = values;
  if (sabotage !== undefined && sabotage !== "list" && scenario !== undefined && scenario !== "list")
    throw new UsageError("A sabotage spoils a recovery, and an exercise is about a right one: choose one of the two.");
  if (command === "history" && [source, plan, sabotage, scenario].some((option) => option !== undefined))
    throw new UsageError('"history" drills nothing: of the options it knows --json.');
  return { command, source, plan, sabotage, scenario, json, help };
}

/** npm takes options before its own "--" for itself and hands on the words between them. A connection string holds a password: not repeated. */
function strayWord(word: string): string {
  const said = /^\w+:\/\//.test(word) ? "A connection string alone" : `"${word}"`;
  return `${said} is not understood: options begin with "--", and npm passes on only what follows a "--" of its own.`;
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: OPTIONS, allowPositionals: true });
  } catch (error) {
    throw UsageError.of(error, Object.keys(OPTIONS));
  }
}
