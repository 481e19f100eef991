/** A baseline of a source in the local cloud, by the machine that captures them on AWS. */
import * as z from "zod/mini";
import { capturedChecks } from "../baseline/captured-checks.ts";
import { BaselineFailed } from "../errors.ts";
import type { Plan, PlanFile } from "../plan/plan.ts";
import { ACCOUNT_ID } from "./account.ts";
import type { LocalCloud } from "./cloud.ts";
import { CAPTURE_ARN } from "./deployment.ts";
import { runExecution } from "./run-execution.ts";
import { readerSecretArn } from "./services/rds/identifiers.ts";

/** Whether there is anything to capture for the plan. */
export const isCaptured = (plan: Plan): boolean => capturedChecks(plan).length > 0;

/** The plan as it is deployed here: the secret of its source is the local account's, whatever it is on AWS. */
export function withReaderSecret(file: PlanFile): PlanFile {
  const { source } = file;
  return { ...file, source: { ...source, secret: readerSecretArn(source.region, ACCOUNT_ID, source.cluster) } };
}

const Captured = z.object({ baseline: z.object({ capturedAt: z.iso.datetime() }) });
const Failure = z.object({ errorType: z.string(), errorMessage: z.string() });

/** Resolves to the moment that the baseline is of. Throws BaselineFailed saying why there is none. */
export async function captureBaselineOf(cloud: LocalCloud, plan: string): Promise<Date> {
  const { status, output, error, cause } = await runExecution(cloud, CAPTURE_ARN, { plan });
  if (status === "SUCCEEDED") return new Date(Captured.parse(JSON.parse(output ?? "null")).baseline.capturedAt);
  throw new BaselineFailed(messageOf(cause) ?? `Capturing the baseline ended as ${status} (${error}).`);
}

/** What the function threw, as Lambda tells Step Functions. */
function messageOf(cause: string | undefined): string | undefined {
  try {
    const { errorType, errorMessage } = Failure.parse(JSON.parse(cause ?? ""));
    return errorType === "Drill.BaselineFailed" ? errorMessage : `${errorType}: ${errorMessage}`;
  } catch {
    return cause;
  }
}
