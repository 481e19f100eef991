/** What Step Functions tells EventBridge of an execution: https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html */
import { randomUUID } from "node:crypto";
import type { DescribeExecutionOutput } from "@aws-sdk/client-sfn";

export interface AccountEvent {
  readonly version: "0";
  readonly id: string;
  readonly "detail-type": string;
  readonly source: string;
  readonly account: string;
  /** To the second. */
  readonly time: string;
  readonly region: string;
  readonly resources: readonly string[];
  readonly detail: Readonly<Record<string, unknown>>;
}

/** "If the combined escaped input and escaped output exceeds 248KB, then the input will be excluded"; the output alike, for itself. */
const PAYLOAD_LIMIT_BYTES = 248 * 1024;

export function accountEvent(
  what: Pick<AccountEvent, "source" | "detail-type" | "resources" | "detail">,
  where: { readonly accountId: string; readonly region: string },
): AccountEvent {
  const time = `${new Date().toISOString().slice(0, 19)}Z`;
  return { version: "0", id: randomUUID(), account: where.accountId, region: where.region, time, ...what };
}

/** Dates are epoch milliseconds; what an execution does not have is null. */
export function executionEvent(
  execution: DescribeExecutionOutput,
  where: { readonly accountId: string; readonly region: string },
): AccountEvent {
  const { executionArn = "", stateMachineArn, name, status, startDate, stopDate, error, cause } = execution;
  const output = payload(execution.output, 0);
  const input = payload(execution.input, output.bytes);
  const detail = {
    executionArn,
    stateMachineArn,
    name,
    status,
    startDate: startDate?.getTime(),
    stopDate: stopDate?.getTime() ?? null,
    input: input.text,
    inputDetails: input.details,
    output: output.text,
    outputDetails: output.details,
    error: error ?? null,
    cause: cause ?? null,
    redriveCount: 0,
    redriveStatus: status === "RUNNING" || status === "SUCCEEDED" ? "NOT_REDRIVABLE" : "REDRIVABLE",
  };
  const kind = { source: "aws.states", "detail-type": "Step Functions Execution Status Change" } as const;
  return accountEvent({ ...kind, resources: [executionArn], detail }, where);
}

function payload(text: string | undefined, bytesBeside: number) {
  if (text === undefined) return { text: null, details: null, bytes: 0 };
  const bytes = Buffer.byteLength(JSON.stringify(text));
  const included = bytes + bytesBeside <= PAYLOAD_LIMIT_BYTES;
  return { text: included ? text : null, details: { included }, bytes: included ? bytes : 0 };
}
