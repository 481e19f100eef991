import type * as z from "zod/mini";
import type { RestoreTestAnswer } from "../recovery/answers.ts";
import { type FailureInput, readFailure } from "../verdict/failure.ts";

interface Told {
  readonly restoreTestAnswer?: RestoreTestAnswer | undefined;
  readonly restoreTestFailure?: z.infer<typeof FailureInput> | undefined;
}

/** What came of a restore test of AWS Backup, in one sentence for people; undefined for every other drill. */
export function describeRestoreTest({ restoreTestAnswer: answer, restoreTestFailure }: Told): string | undefined {
  const failure = readFailure(restoreTestFailure);
  if (answer !== undefined) {
    const { status, restoreJobId, recorded, note } = answer;
    const told = `AWS Backup ${recorded ? "was told" : "was NOT told"} ${status ?? "anything"} for its restore test (job ${restoreJobId}).`;
    return note === undefined ? told : `${told} ${note}`;
  }
  if (failure === undefined) return undefined;
  return `AWS Backup could NOT be told what came of its restore test (${failure.error}: ${failure.message}). It takes the validation for timed out when its window is over; until then put-restore-validation-result can be called by hand.`;
}
