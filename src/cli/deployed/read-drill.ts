import type { S3Client } from "@aws-sdk/client-s3";
import type { DescribeExecutionOutput } from "@aws-sdk/client-sfn";
import * as z from "zod/mini";
import { JsonStore } from "../../aws/json-store.ts";
import { EvidenceAnswer, Report } from "../../evidence/report.ts";
import { drillIdOf } from "../../plan/names.ts";
import { Verdict } from "../../verdict/verdict.ts";
import { type DrillResult, verdictOf } from "../drill-result.ts";

/** What the last state of a drill left in the document of its execution. */
const LastDocument = z.object({
  request: z.optional(z.object({ plan: z.string() })),
  verdict: z.optional(Verdict),
  evidence: z.optional(EvidenceAnswer),
  outcome: z.optional(z.object({ subject: z.string() })),
});

/**
 * A drill on AWS that has ended: its verdict from the execution, and its report from the evidence bucket, as far as whoever asks may read it.
 * `document` is the output of the last state that was left.
 */
export async function readDrill(
  s3: S3Client,
  execution: DescribeExecutionOutput,
  document: unknown,
): Promise<DrillResult> {
  const { executionArn = "", startDate = new Date(), status } = execution;
  const last: z.infer<typeof LastDocument> = z.safeParse(LastDocument, document).data ?? {};
  const { evidence, outcome, verdict } = last;
  const read = await readReport(s3, evidence);
  const machine = executionArn.split(":")[6];
  const isEndedFromOutside = status === "ABORTED" || status === "TIMED_OUT";
  return {
    drillId: drillIdOf({ id: executionArn, startedAt: startDate.toISOString() }),
    plan: last.request?.plan ?? "",
    verdict: verdictOf(execution) ?? "errored",
    cause: isEndedFromOutside
      ? `The execution ${status === "ABORTED" ? "was stopped" : "ran out of time"}. ${machine}-finish-drill tears down what it made, records it and tells people.`
      : execution.cause,
    ...read,
    told:
      verdict === undefined || evidence === undefined
        ? undefined
        : {
            reason: verdict.reason,
            rtoSeconds: verdict.objectives.rto?.measuredSeconds,
            rpoSeconds: verdict.objectives.rpo?.measuredSeconds,
            leftovers: evidence.leftovers,
          },
    notifications: outcome === undefined ? [] : [{ subject: outcome.subject, bodies: {} }],
    evidence: (evidence?.files ?? []).map((file) => `s3://${evidence?.bucket}/${file}`),
    executionArn,
    isLocal: false,
  };
}

async function readReport(
  s3: S3Client,
  evidence: EvidenceAnswer | undefined,
): Promise<Pick<DrillResult, "report" | "whyNoReport">> {
  if (evidence === undefined) return { report: undefined };
  const { bucket, prefix } = evidence;
  const key = `${prefix}/report.json`;
  try {
    return { report: await new JsonStore(s3, bucket).get(key, Report) };
  } catch (error) {
    const { name, message } = error instanceof Error ? error : new Error(String(error));
    return { report: undefined, whyNoReport: `The report s3://${bucket}/${key} can not be shown: ${name}: ${message}` };
  }
}
