import { CONTINUED, cliCommand } from "../evidence/cli-command.ts";
import type { Outcome } from "./outcome.ts";

/** Where the page of the drill is, for people. */
export interface WhereToLook {
  /** The object in the console, which opens it for who is logged in and may read it. Absent where the console's address is not known. */
  readonly console?: string;
  /** A command of the AWS CLI, version 2. */
  readonly command: string;
}

/** By partition. In another one there is the command. */
const CONSOLE: Readonly<Record<string, (region: string) => string>> = {
  aws: (region) => `https://${region}.console.aws.amazon.com`,
  "aws-us-gov": (region) => `https://${region}.console.amazonaws-us-gov.com`,
  "aws-cn": (region) => `https://${region}.console.amazonaws.cn`,
};

/** The report's page, or, where no evidence could be written, the execution itself. Neither path of the console is documented by AWS. */
export function whereToLook({ evidence, execution }: Outcome): WhereToLook {
  // The bucket is where the stack is, and the execution too.
  const [, partition = "", , region = ""] = execution.id.split(":");
  const console = CONSOLE[partition]?.(region);
  if (evidence === undefined) {
    const path = `/states/home?region=${region}#/v2/executions/details/${encodeURI(execution.id)}`;
    return {
      ...(console === undefined ? {} : { console: `${console}${path}` }),
      command: cliCommand("stepfunctions describe-execution", { region, "execution-arn": execution.id }),
    };
  }
  const key = `${evidence.prefix}/report.html`;
  const path = `/s3/object/${evidence.bucket}?region=${region}&prefix=${key.split("/").map(encodeURIComponent).join("/")}`;
  return {
    ...(console === undefined ? {} : { console: `${console}${path}` }),
    command: [cliCommand("s3 cp", { region }), quotedUri(`s3://${evidence.bucket}/${key}`), "."].join(CONTINUED),
  };
}

const quotedUri = (uri: string): string => `'${uri.replaceAll("'", "'\\''")}'`;
