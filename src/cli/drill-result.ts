import type { Report } from "../evidence/report.ts";
import { OUTCOME_ERROR, VERDICTS, type Verdict } from "../verdict/verdict.ts";
import type { Told } from "./told.ts";

/** A drill that has ended, wherever it ran. */
export interface DrillResult {
  readonly drillId: string;
  readonly plan: string;
  readonly verdict: Verdict["verdict"];
  /** What the execution ended with, for one that ended red. */
  readonly cause: string | undefined;
  readonly report: Report | undefined;
  /** Why there is no report to show, where it is known. */
  readonly whyNoReport?: string;
  /** What people were told, for a drill without a report. */
  readonly told: Told | undefined;
  readonly notifications: readonly {
    readonly subject?: string;
    readonly bodies: Readonly<Record<string, string>>;
  }[];
  /** Files that can be opened, or where they are in the evidence bucket. */
  readonly evidence: readonly string[];
  /** The page over all databases, where it is a file here. */
  readonly page?: string;
  readonly executionArn: string;
  /** In the embedded local cloud, which ends with the command. */
  readonly isLocal: boolean;
}

/** A red execution ends with the verdict's own error; one that was ended from outside, or still runs, has none. */
export function verdictOf(execution: {
  readonly status?: string | undefined;
  readonly error?: string | undefined;
}): Verdict["verdict"] | undefined {
  if (execution.status === "SUCCEEDED") return "passed";
  return VERDICTS.find((verdict) => verdict !== "passed" && OUTCOME_ERROR[verdict] === execution.error);
}
