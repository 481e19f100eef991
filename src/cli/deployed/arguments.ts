import { parseArgs } from "node:util";
import * as z from "zod/mini";
import { DrillRequest, Instant } from "../../plan/drill.ts";
import { didYouMean } from "../../plan/suggest.ts";
import { UsageError } from "../usage-error.ts";

interface Common {
  readonly region: string | undefined;
  readonly json: boolean;
}
export type Command =
  | { readonly command: "help" }
  | (Common & {
      readonly command: "run";
      readonly request: Omit<DrillRequest, "trigger">;
      /** What everything in the stack is called by. */
      readonly stack: string;
      readonly wait: boolean;
    })
  | (Common & { readonly command: "follow"; readonly executionArn: string });

const OPTIONS = {
  wait: { type: "boolean", default: false },
  region: { type: "string" },
  stage: { type: "string" },
  name: { type: "string" },
  "recovery-point": { type: "string" },
  "failure-moment": { type: "string" },
  json: { type: "boolean", default: false },
  help: { type: "boolean", short: "h", default: false },
} as const;
const COMMANDS = ["run", "follow"];

export const USAGE = `Starts restore drills in your AWS account, where restore-drill is deployed, and shows how they go.

  restore-drill run PLAN             start a drill of a deployed plan
  restore-drill run PLAN --wait      and show its phases until it has a verdict
  restore-drill follow EXECUTION     the same of a drill that runs, or has ended: its execution's ARN

  --region REGION                    where the stack is; by default as the AWS CLI has it
  --stage STAGE                      which stack; by default prod
  --name NAME                        the same, of a stack that was deployed with --param "name=NAME"
  --recovery-point ID                instead of the plan's: a snapshot's identifier or ARN, latest, automated, manual
  --failure-moment MOMENT            when data is taken to be lost, such as 2026-11-21T14:30:00Z: only what was backed
                                     up before is restored, and RPO counts back from it
  --json                             one JSON document on stdout

Credentials are found as the AWS CLI finds them. Needed: states:ListStateMachines, states:StartExecution; to wait
states:DescribeExecution and states:GetExecutionHistory; s3:GetObject on the evidence bucket for the whole report.

Exit codes: 0 passed (without --wait: started), 1 failed, 2 errored, 3 inconclusive, 64 bad usage.
`;

/** Throws UsageError naming what is not understood. */
export function readCommand(argv: readonly string[]): Command {
  const { values, positionals } = parse(argv);
  const [command, subject, stray] = positionals;
  if (values.help || command === undefined) return { command: "help" };
  if (!COMMANDS.includes(command))
    throw new UsageError(
      `There is no command "${command}".${didYouMean(command, COMMANDS)} There are: ${COMMANDS.join(", ")}.`,
    );
  if (stray !== undefined) throw new UsageError(`"${stray}" is one word too many.`);
  const common = { region: values.region, json: values.json };
  if (command === "follow") return { command, ...common, executionArn: executionArn(subject) };
  if (subject === undefined) throw new UsageError("Name the plan: restore-drill run PLAN.");
  const recoveryPoint = values["recovery-point"];
  const failureMoment = values["failure-moment"];
  const request = {
    plan: subject,
    ...(recoveryPoint === undefined ? {} : { recoveryPoint }),
    ...(failureMoment === undefined ? {} : { failureMoment: instant(failureMoment) }),
  };
  const [issue] = z.safeParse(DrillRequest, request).error?.issues ?? [];
  if (issue !== undefined) throw new UsageError(`"${issue.path.join(".")}": ${issue.message}`);
  return { command: "run", ...common, request, stack: stackOf(values), wait: values.wait };
}

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

function parse(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: OPTIONS, allowPositionals: true });
  } catch (error) {
    throw UsageError.of(error, Object.keys(OPTIONS));
  }
}
