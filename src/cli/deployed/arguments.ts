import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import * as z from "zod/mini";
import type { Period } from "../../evidence/controls/control-summary.ts";
import { DrillRequest, Instant } from "../../plan/drill.ts";
import { problemIn } from "../../plan/scenario.ts";
import { didYouMean } from "../../plan/suggest.ts";
import { scenarioNamed } from "../scenario-named.ts";
import { UsageError } from "../usage-error.ts";
import { periodOf } from "./period.ts";
import { type Place, placeOf } from "./place.ts";
import { COMMAND_USAGE, USAGE } from "./usage.ts";

interface Common {
  readonly region: string | undefined;
  readonly json: boolean;
}
export type Command =
  | { readonly command: "help"; readonly text: string }
  | (Common & {
      readonly command: "run";
      readonly request: Omit<DrillRequest, "trigger">;
      /** What everything in the stack is called by. */
      readonly stack: string;
      readonly wait: boolean;
    })
  | (Common & { readonly command: "follow"; readonly executionArn: string })
  | (Common & { readonly command: "verify-evidence"; readonly place: Place })
  | (Pick<Common, "region"> & {
      readonly command: "controls";
      readonly place: Place;
      readonly period: Period;
      readonly output: "drills" | "summary" | "json";
    });

const HELP = { help: { type: "boolean", short: "h", default: false } } as const;
const COMMON = { ...HELP, region: { type: "string" }, json: { type: "boolean", default: false } } as const;

/** What each command takes. An option that two commands take means the same in both. */
const OPTIONS = {
  run: {
    ...COMMON,
    wait: { type: "boolean", default: false },
    stage: { type: "string" },
    name: { type: "string" },
    "recovery-point": { type: "string" },
    "failure-moment": { type: "string" },
    scenario: { type: "string" },
  },
  follow: COMMON,
  "verify-evidence": COMMON,
  controls: {
    ...HELP,
    region: COMMON.region,
    from: { type: "string" },
    to: { type: "string" },
    format: { type: "string", default: "csv" },
    summary: { type: "boolean", default: false },
  },
} as const satisfies Record<keyof typeof COMMAND_USAGE, ParseArgsOptionsConfig>;
type CommandName = keyof typeof OPTIONS;
type Values<Name extends CommandName> = ReturnType<typeof parse<(typeof OPTIONS)[Name]>>["values"];

/** Throws UsageError naming what is not understood. */
export function readCommand(argv: readonly string[], now: Date = new Date()): Command {
  const { name, subject, isHelp } = readWords(argv);
  if (name === undefined) return { command: "help", text: USAGE };
  if (isHelp) return { command: "help", text: COMMAND_USAGE[name] };
  switch (name) {
    case "run":
      return runCommand(subject, parse(argv, OPTIONS.run).values);
    case "follow":
      return followCommand(subject, parse(argv, OPTIONS.follow).values);
    case "verify-evidence":
      return { command: name, ...commonOf(parse(argv, OPTIONS[name]).values), place: placeOf(name, subject) };
    case "controls":
      return controlsCommand(placeOf(name, subject), parse(argv, OPTIONS.controls).values, now);
  }
}

function runCommand(subject: string | undefined, values: Values<"run">): Command {
  if (subject === undefined) throw new UsageError("Name the plan: restore-drill run PLAN.");
  const recoveryPoint = values["recovery-point"];
  const failureMoment = values["failure-moment"];
  const request = {
    plan: subject,
    ...(recoveryPoint === undefined ? {} : { recoveryPoint }),
    ...(failureMoment === undefined ? {} : { failureMoment: instant(failureMoment) }),
    ...(values.scenario === undefined ? {} : { scenario: { name: scenarioNamed(values.scenario) } }),
  };
  const problem = problemIn(request);
  if (problem !== undefined) throw new UsageError(problem);
  const [issue] = z.safeParse(DrillRequest, request).error?.issues ?? [];
  if (issue !== undefined) throw new UsageError(`"${issue.path.join(".")}": ${issue.message}`);
  return { command: "run", ...commonOf(values), request, stack: stackOf(values), wait: values.wait };
}

function followCommand(subject: string | undefined, values: Values<"follow">): Command {
  return { command: "follow", ...commonOf(values), executionArn: executionArn(subject) };
}

function controlsCommand(place: Place, { region, format, summary, from, to }: Values<"controls">, now: Date): Command {
  if (format !== "csv" && format !== "json") throw new UsageError(`--format is "${format}": it is csv or json.`);
  if (format === "json" && summary) throw new UsageError("--summary chooses what of it is csv: json has both.");
  const period = periodOf({ from, to }, now);
  return {
    command: "controls",
    region,
    place,
    period,
    output: format === "json" ? "json" : summary ? "summary" : "drills",
  };
}

const commonOf = ({ region, json }: Values<"follow">): Common => ({ region, json });

/** As serverless.yml calls the stack of a stage, where no parameter calls it otherwise. */
function stackOf({ stage, name }: { stage?: string | undefined; name?: string | undefined }): string {
  if (name !== undefined && stage !== undefined)
    throw new UsageError("--stage and --name both say which stack it is: leave one of them out.");
  return name ?? (stage === undefined || stage === "prod" ? "restore-drill" : `restore-drill-${stage}`);
}

function executionArn(text: string | undefined): string {
  if (text !== undefined && /^arn:[\w-]+:states:[\w-]+:\d{12}:execution:[^:]+:[^:]+$/.test(text)) return text;
  throw new UsageError(
    text === undefined
      ? "Name the execution: restore-drill follow ARN."
      : `"${text}" is not the ARN of an execution: arn:aws:states:<region>:<account>:execution:<machine>:<name>.`,
  );
}

function instant(text: string): string {
  if (z.safeParse(Instant, text).success) return text;
  throw new UsageError(`--failure-moment is "${text}": write a moment in UTC, such as 2026-11-21T14:30:00Z.`);
}

/** The command and its subject, wherever they stand between options. An option that only other commands take is refused. */
function readWords(argv: readonly string[]): {
  readonly name: CommandName | undefined;
  readonly subject: string | undefined;
  readonly isHelp: boolean;
} {
  const { values, positionals, tokens } = parse(argv, ALL_OPTIONS);
  const [word, subject, stray] = positionals;
  const isHelp = values["help"] === true;
  if (word === undefined) return { name: undefined, subject, isHelp };
  const name = NAMES.find((each) => each === word);
  if (name === undefined)
    throw new UsageError(`There is no command "${word}".${didYouMean(word, NAMES)} There are: ${NAMES.join(", ")}.`);
  if (stray !== undefined) throw new UsageError(`"${stray}" is one word too many.`);
  const foreign = tokens.find((token) => token.kind === "option" && !(token.name in OPTIONS[name]));
  if (foreign?.kind === "option") {
    const takers = NAMES.filter((each) => foreign.name in OPTIONS[each]);
    throw new UsageError(`${foreign.rawName} goes with ${takers.join(" and ")}, not with ${name}.`);
  }
  return { name, subject, isHelp };
}

const NAMES = Object.keys(OPTIONS) as CommandName[];
const ALL_OPTIONS: ParseArgsOptionsConfig = Object.assign({}, ...Object.values(OPTIONS));

function parse<Options extends ParseArgsOptionsConfig>(argv: readonly string[], options: Options) {
  try {
    return parseArgs({ args: [...argv], options, allowPositionals: true, tokens: true });
  } catch (error) {
    throw UsageError.of(error, Object.keys(options));
  }
}
