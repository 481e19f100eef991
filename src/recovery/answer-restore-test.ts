import {
  type BackupClient,
  DescribeRestoreJobCommand,
  InvalidParameterValueException,
  InvalidRequestException,
  PutRestoreValidationResultCommand,
  ResourceNotFoundException,
} from "@aws-sdk/client-backup";
import * as z from "zod/mini";
import { Drill, RestoreJobId } from "../plan/drill.ts";
import { Verdict } from "../verdict/verdict.ts";
import { type RestoreTestAnswer, TeardownAnswer, type ValidationStatus } from "./answers.ts";

/** `request`: also of a drill that was refused before it had a document, so that AWS Backup need not wait for its window to be over. */
export const AnswerRestoreTestInput = z.object({
  request: z.object({ restoreTest: z.object({ restoreJobId: RestoreJobId }) }),
  drill: z.optional(Drill),
  verdict: Verdict,
  teardown: z.catch(z.optional(TeardownAnswer), undefined),
});

/** Whether a backup is good is all that AWS Backup knows of; of a test that came to no end it knows one kind. */
const STATUS = {
  passed: "SUCCESSFUL",
  failed: "FAILED",
  inconclusive: "TIMED_OUT",
  errored: "TIMED_OUT",
} as const satisfies Record<Verdict["verdict"], ValidationStatus>;

/** AWS documents no limit; what is told of a drill is a sentence or two. */
const MAX_MESSAGE_CHARS = 1000;

/**
 * Tells AWS Backup what came of its restore test, at which it deletes what it restored; so nothing of the drill may be left in there. A result
 * can not be changed: one that is there already, or a job that AWS Backup has forgotten, is said and is no error.
 * Throws what AWS Backup refuses otherwise.
 * https://docs.aws.amazon.com/aws-backup/latest/devguide/restore-testing-validation.html
 */
export async function answerRestoreTest(
  services: { backup: (region: string) => BackupClient; homeRegion: string; now: () => Date },
  { request, drill, verdict, teardown }: z.infer<typeof AnswerRestoreTestInput>,
): Promise<RestoreTestAnswer> {
  const { restoreJobId } = request.restoreTest;
  const status = STATUS[verdict.verdict];
  const left = teardown?.leftovers.length ?? 0;
  const answer = {
    at: services.now().toISOString(),
    restoreJobId,
    status,
    message: `restore-drill ${verdict.verdict}: ${verdict.summary}`.slice(0, MAX_MESSAGE_CHARS),
    // RDS deletes no cluster with an instance, and AWS Backup tries once.
    ...(left === 0
      ? {}
      : {
          note: "The drill's instance is still in the cluster, so AWS Backup can not delete it: delete both by hand.",
        }),
  };
  // An event is of the stack's own region, and so is what planning refused.
  const backup = services.backup(drill?.sandbox.region ?? services.homeRegion);
  const before = await standingOf(backup, restoreJobId);
  if (before !== undefined) return { ...answer, ...settled(before, status) };
  try {
    await backup.send(
      new PutRestoreValidationResultCommand({
        RestoreJobId: restoreJobId,
        ValidationStatus: status,
        ValidationStatusMessage: answer.message,
      }),
    );
    return { ...answer, recorded: true };
  } catch (error) {
    if (!isRefusal(error)) throw error;
    const since = await standingOf(backup, restoreJobId);
    if (since === undefined) throw error;
    return { ...answer, ...settled(since, status) };
  }
}

type Standing = ValidationStatus | "forgotten";

/** Undefined as long as AWS Backup waits for a result. */
async function standingOf(backup: BackupClient, restoreJobId: string): Promise<Standing | undefined> {
  try {
    const { ValidationStatus: status } = await backup.send(
      new DescribeRestoreJobCommand({ RestoreJobId: restoreJobId }),
    );
    return status === "VALIDATING" ? undefined : status;
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return "forgotten";
    throw error;
  }
}

/** The same result is this drill's own, whose answer was lost. */
function settled(standing: Standing, status: ValidationStatus): { recorded: boolean; note?: string } {
  if (standing === status) return { recorded: true };
  return {
    recorded: false,
    note:
      standing === "forgotten"
        ? "AWS Backup does not know the restore job any more."
        : `AWS Backup had the result ${standing} already, and a result can not be changed.`,
  };
}

/** AWS does not say which of them it answers to a second result. */
const isRefusal = (error: unknown): boolean =>
  error instanceof InvalidRequestException ||
  error instanceof InvalidParameterValueException ||
  error instanceof ResourceNotFoundException;
