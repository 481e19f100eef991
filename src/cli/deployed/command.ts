import type { S3Client } from "@aws-sdk/client-s3";
import type { SFNClient } from "@aws-sdk/client-sfn";
import type { ExecutionEvent } from "../../local/services/states.ts";
import { drillDocument } from "../drill-document.ts";
import { EXIT } from "../exit-codes.ts";
import { Progress, type Terminal } from "../progress.ts";
import { summarise } from "../summary.ts";
import type { Command } from "./arguments.ts";
import { tellControls } from "./controls.ts";
import { followDrill } from "./follow-drill.ts";
import { sourceAt } from "./place.ts";
import { readDrill } from "./read-drill.ts";
import { findMachine, startByHand } from "./start-by-hand.ts";
import { tellVerified } from "./verify-evidence.ts";

export interface CommandServices {
  readonly sfn: SFNClient;
  readonly s3: S3Client;
  readonly stdout: Terminal;
  readonly stderr: Terminal;
  readonly signal?: AbortSignal;
  readonly lookSeconds?: number;
}

/** Does what was asked for, and resolves to the exit code. Rejects with what AWS refused. */
export async function runCommand(services: CommandServices, command: Command): Promise<number> {
  const { sfn, stdout } = services;
  if (command.command === "help") {
    stdout.write(command.text);
    return EXIT.passed;
  }
  if (command.command === "follow") return follow(services, command);
  if (command.command === "verify-evidence")
    return tellVerified(await sourceAt(command.place, services.s3), { stdout, json: command.json });
  if (command.command === "controls")
    return tellControls(await sourceAt(command.place, services.s3), command, services);
  const executionArn = await startByHand(sfn, await findMachine(sfn, command.stack), command.request);
  if (command.wait) {
    // Also the way back for whoever ends this command: the drill goes on without it.
    services.stderr.write(`Started ${executionArn}\n`);
    return follow(services, { executionArn, json: command.json, isJustStarted: true });
  }
  stdout.write(
    command.json
      ? `${JSON.stringify({ executionArn }, null, 2)}\n`
      : `Started ${executionArn}\nSee how it goes: restore-drill follow ${executionArn}\n`,
  );
  return EXIT.passed;
}

async function follow(
  services: CommandServices,
  {
    executionArn,
    json: isJson,
    isJustStarted = false,
  }: { executionArn: string; json: boolean; isJustStarted?: boolean },
): Promise<number> {
  const { sfn, s3, stdout, stderr, signal, lookSeconds } = services;
  const progress = new Progress(isJson ? stderr : stdout);
  let last: ExecutionEvent | undefined;
  const onEvent = (event: ExecutionEvent): void => {
    progress.take(event);
    if (event.output !== undefined) last = event;
  };
  try {
    const execution = await followDrill(sfn, executionArn, {
      onEvent,
      isJustStarted,
      ...(signal === undefined ? {} : { signal }),
      ...(lookSeconds === undefined ? {} : { lookSeconds }),
    });
    progress.end();
    const drill = await readDrill(s3, execution, last?.output);
    stdout.write(isJson ? `${JSON.stringify(drillDocument(drill), null, 2)}\n` : `\n${summarise(drill)}`);
    return EXIT[drill.verdict];
  } catch (error) {
    progress.end();
    if (signal?.aborted !== true) throw error;
    stderr.write(`The drill goes on. See how: restore-drill follow ${executionArn}\n`);
    return EXIT.interrupted;
  }
}
