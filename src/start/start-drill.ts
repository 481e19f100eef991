import { createHash } from "node:crypto";
import { ExecutionAlreadyExists, type SFNClient, StartExecutionCommand } from "@aws-sdk/client-sfn";
import type { DrillRequest } from "../plan/drill.ts";

/** https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html */
const MAX_NAME_CHARS = 80;
const HASH_CHARS = 8;

export interface DrillStarter {
  readonly sfn: SFNClient;
  /** Of the machine that drills. */
  readonly stateMachineArn: string;
}

export interface StartedDrill {
  readonly executionArn: string;
  /** False where an execution of that name has ended, or has another input. One that runs with the same input is answered like a new one. */
  readonly isNew: boolean;
}

/**
 * Starts the drill of that name. Names come from what starts a drill, so the same start again is no second drill: Step Functions answers with the
 * one that runs, and knows the name for 90 days after its end. Throws what StartExecution throws otherwise.
 */
export async function startDrill(
  { sfn, stateMachineArn }: DrillStarter,
  name: string,
  request: DrillRequest,
): Promise<StartedDrill> {
  try {
    const { executionArn = "" } = await sfn.send(
      new StartExecutionCommand({ stateMachineArn, name, input: JSON.stringify(request) }),
    );
    return { executionArn, isNew: true };
  } catch (error) {
    if (error instanceof ExecutionAlreadyExists)
      return { executionArn: executionArnOf(stateMachineArn, name), isNew: false };
    throw error;
  }
}

/** `arn:aws:states:eu-central-1:111122223333:execution:restore-drill:incident-orders-20261121T140000Z` */
export const executionArnOf = (stateMachineArn: string, name: string): string =>
  `${stateMachineArn.replace(":stateMachine:", ":execution:")}:${name}`;

/** `incident-orders-20261121T140000Z`: at most 12 + 1 + 40 + 1 + 16 = 70 characters of a name's 80. */
export function executionName(kind: "manual" | "schedule" | "due" | "incident", plan: string, moment: Date): string {
  return `${kind}-${plan}-${moment.toISOString().slice(0, 19).replace(/[-:]/g, "")}Z`;
}

/** What somebody else names: characters that no name may have are replaced, and a hash keeps apart what that, or the limit, makes alike. */
export function executionNameFor(kind: "restore-test", id: string): string {
  const plain = `${kind}-${id.replace(/[^A-Za-z0-9_-]/g, "-")}`;
  if (plain === `${kind}-${id}` && plain.length <= MAX_NAME_CHARS) return plain;
  const hash = createHash("sha256").update(id).digest("hex").slice(0, HASH_CHARS);
  return `${plain.slice(0, MAX_NAME_CHARS - HASH_CHARS - 1)}-${hash}`;
}
