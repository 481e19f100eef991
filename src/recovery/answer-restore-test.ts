import {
  type BackupClient,
  DescribeRestoreJobCommand,
  InvalidParameterValueException,
  InvalidRequestException,
  PutRestoreValidationResultCommand,
  ResourceNotFoundException,
} from "@aws-sdk/client-backup";
import * as z from "zod/mini";
import { leftoversOf } from "../evidence/leftovers.ts";
import { Drill, RestoreJobId } from "../plan/drill.ts";
import { FailureInput, readFailure } from "../verdict/failure.ts";
import { Verdict } from "../verdict/verdict.ts";
import { type RestoreTestAnswer, TeardownAnswer, type ValidationStatus } from "./answers.ts";

/** `request`: as it was given; nobody has looked at that of a drill which planning did not come to. */
export const AnswerRestoreTestInput = z.object({
  request: z.object({
    trigger: z.catch(z.optional(z.object({ kind: z.string() })), undefined),
    restoreTest: z.object({ restoreJobId: z.catch(RestoreJobId, "(not an id)") }),
  }),
  drill: z.optional(Drill),
  failure: z.optional(FailureInput),
  verdict: Verdict,
  teardown: z.catch(z.optional(TeardownAnswer), undefined),
  teardownFailure: z.optional(FailureInput),
});
type AnswerRestoreTestInput = z.infer<typeof AnswerRestoreTestInput>;

/** Whether a backup is good is all that AWS Backup knows of; of a test that came to no end it knows one kind. */
const STATUS = {
  passed: "SUCCESSFUL",
  failed: "FAILED",
  inconclusive: "TIMED_OUT",
  errored: "TIMED_OUT",
} as const satisfies Record<Verdict["verdict"], ValidationStatus>;

/** Somebody else's, or nobody's to drill. */
const NOT_TO_TEST = "Drill.RestoreTestRefused";

/**
 * What planning refuses only once it has seen, by AWS Backup's and RDS's own word, that the job is a test of the plan's source which nobody has begun or
 * answered. Of these there is nothing to wait for; whatever else stopped a drill before it had one, the job may be anybody's.
 */
const SEEN_TO_BE_OURS: ReadonlySet<string | undefined> = new Set([
  "Drill.RestoreTestMisplaced",
  "Drill.SourceUnsupported",
  "Drill.SourceNotFound",
  "Drill.CostOverCap",
]);

/** AWS documents no limit; what is told of a drill is a sentence or two. */
const MAX_MESSAGE_CHARS = 1000;

/**
 * Tells AWS Backup what came of its restore test, at which it deletes what it restored; so nothing of the drill may be left in there. A result
 * can not be changed: a job that this drill did not take over is left alone, and one that has a result already, or that AWS Backup has forgotten, is
 * said and is no error.
 * Throws what AWS Backup refuses otherwise.
 * https://docs.aws.amazon.com/aws-backup/latest/devguide/restore-testing-validation.html
 */
export async function answerRestoreTest(
  services: { backup: (region: string) => BackupClient; homeRegion: string; now: () => Date },
  input: AnswerRestoreTestInput,
): Promise<RestoreTestAnswer> {
  const { request, drill, verdict } = input;
  const { restoreJobId } = drill?.restoreTest ?? request.restoreTest;
  const at = services.now().toISOString();
  const why = whyNotOurs(input);
  if (why !== undefined)
    return {
      at,
      restoreJobId,
      recorded: false,
      note: `${why}: the job was left as it is, for whoever it is of. Unless somebody answers it, AWS Backup takes its validation for timed out when its window is over.`,
    };
  const status = STATUS[verdict.verdict];
  const left = leftoversOf(input).length;
  const answer = {
    at,
    restoreJobId,
    status,
    message: `restore-drill ${verdict.verdict}: ${verdict.summary}`.slice(0, MAX_MESSAGE_CHARS),
    // RDS deletes no cluster with an instance, and AWS Backup tries once.
    ...(left === 0
      ? {}
      : {
          note: "The drill's instance is still in the cluster, as far as is known, so AWS Backup can not delete it: delete both by hand.",
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

/** Why the job is not this drill's to answer; undefined where it is. */
function whyNotOurs({ request, drill, failure }: AnswerRestoreTestInput): string | undefined {
  const error = readFailure(failure)?.error;
  if (error === NOT_TO_TEST) return "What the job restored is not this drill's to test";
  if (drill?.restoreTest !== undefined) return undefined;
  if (!SEEN_TO_BE_OURS.has(error)) return "The drill ended before it was seen that the job is a test of its database";
  return request.trigger?.kind === "restore-test"
    ? undefined
    : "The drill was not started by AWS Backup's event, and was refused";
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
