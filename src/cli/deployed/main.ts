/** `restore-drill`, the command line of the deployed stack. Exit codes are in its usage. */
import { S3Client } from "@aws-sdk/client-s3";
import { SFNClient } from "@aws-sdk/client-sfn";
import { goOnWithoutReader } from "../closed-pipe.ts";
import { EXIT } from "../exit-codes.ts";
import { inOneLine } from "../printable.ts";
import { UsageError } from "../usage-error.ts";
import { type Command, readCommand } from "./arguments.ts";
import { runCommand } from "./command.ts";

async function main(argv: readonly string[]): Promise<number> {
  const interruption = new AbortController();
  try {
    const command = readCommand(argv);
    // A drill goes on without this command, which says so; what only reads is over at once.
    const isWatching = command.command === "run" || command.command === "follow";
    process.once("SIGINT", () =>
      isWatching ? interruption.abort(new Error("interrupted")) : process.exit(EXIT.interrupted),
    );
    const region = regionOf(command);
    const { stdout, stderr } = process;
    const clients = { sfn: new SFNClient({ ...region }), s3: new S3Client({ ...region }) };
    return await runCommand({ ...clients, stdout, stderr, signal: interruption.signal }, command);
  } catch (error) {
    const { name, message } = error instanceof Error ? error : new Error(String(error));
    if (error instanceof UsageError) {
      process.stderr.write(`${message}\nSee restore-drill --help\n`);
      return EXIT.usage;
    }
    const hint = message.includes("Region is missing")
      ? " Say where the stack or the bucket is: --region eu-central-1."
      : "";
    process.stderr.write(`${inOneLine(`${name}: ${message}`)}${hint}\n`);
    return EXIT.errored;
  }
}

/** An execution's ARN says itself where it is. */
function regionOf(command: Command): { region?: string } {
  if (command.command === "help") return {};
  const region = command.region ?? (command.command === "follow" ? command.executionArn.split(":")[3] : undefined);
  return region === undefined ? {} : { region };
}

goOnWithoutReader(process.stdout);
process.exitCode = await main(process.argv.slice(2));
