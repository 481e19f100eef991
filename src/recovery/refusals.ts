import { isThrottlingError } from "@smithy/core/retry";
import type { SdkError } from "@smithy/types";
import { QuotaTaken } from "../errors.ts";
import type { Drill } from "../plan/drill.ts";
import type { CopyAnswer } from "./answers.ts";
import { secondsBetween, waitSecondsFor } from "./pacing.ts";

/** What of a looping step's answer tells of requests that RDS refused for now. */
export type Refusals = Pick<CopyAnswer, "refused" | "resumedAt" | "quotaSeconds">;
type Refused = NonNullable<Refusals["refused"]>;

/** Room is made by other drills and people, within hours: half of a default drill's 12 h, so that the other half is left to drill in. */
const QUOTA_SECONDS = 6 * 3600;
/** The SDK has tried five times within seconds already; an account that is throttled for longer than this has another problem. */
const THROTTLED_SECONDS = 30 * 60;

const MAKE_ROOM =
  "Delete what is no longer needed there, or have the quota raised in Service Quotas (Amazon RDS), then drill again.";
/** By the SDK's class name, what is full and who does what. https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/CHAP_Limits.html */
const QUOTAS: Readonly<Record<string, string>> = {
  SnapshotQuotaExceededFault: `Aurora copies 5 snapshots into a region at a time and keeps 100 manual ones: wait for the other copies, or end them. ${MAKE_ROOM}`,
  DBClusterQuotaExceededFault: `The account has as many DB clusters in that region as it may. ${MAKE_ROOM}`,
  InstanceQuotaExceededFault: `The account has as many DB instances in that region as it may. ${MAKE_ROOM}`,
  StorageQuotaExceededFault: `The account's databases in that region hold as much storage as they may. ${MAKE_ROOM}`,
};

const THROTTLED =
  "The account calls RDS there more often than it may: find out who else does (CloudTrail), then drill again.";

interface At {
  readonly drill: Drill;
  readonly earlier: Refusals | undefined;
  readonly now: Date;
}

/**
 * What is to be waited for after RDS refused a request of a looping step: a quota that is taken, for up to 6 h, or throttling, for up to 30 min, and
 * neither past the drill's deadline. That is no fault of the backup, and the loop asks again anyway.
 * Throws QuotaTaken when it was waited for long enough, or `error` itself for everything else.
 */
export function refusedBy(error: unknown, at: At): Refused {
  // SdkError is any error with members that it may have.
  if (!(error instanceof Error) || !(isQuota(error.name) || isThrottlingError(error as SdkError))) throw error;
  const earlier = at.earlier?.refused;
  // A quota and throttling are waited for apart: the deadline bounds what they come to together.
  const isSame = earlier !== undefined && isQuota(earlier.error) === isQuota(error.name);
  const refused = { error: error.name, since: isSame ? earlier.since : at.now.toISOString() };
  const patienceSeconds = isQuota(error.name) ? QUOTA_SECONDS : THROTTLED_SECONDS;
  if (secondsBetween(refused.since, at.now) > patienceSeconds || isOver(at)) throw quotaTaken(refused, at, error);
  return refused;
}

/**
 * Once the drill's time is up, nothing more is asked for. Throws QuotaTaken when it passed with waiting to be let in; also when so much of it did,
 * in these steps, that without the wait the objective was still within reach.
 */
export function assertNotRefused(at: At, ...steps: readonly (Refusals | undefined)[]): void {
  if (!isOver(at)) return;
  if (at.earlier?.refused !== undefined) throw quotaTaken(at.earlier.refused, at);
  const waitedSeconds = steps.reduce((sum, step) => sum + (step?.quotaSeconds ?? 0), 0);
  const { startedAt, objectives, limits, sandbox } = at.drill;
  if (waitedSeconds === 0 || secondsBetween(startedAt, at.now) - waitedSeconds > objectives.rtoSeconds) return;
  throw new QuotaTaken(
    `A quota of RDS in ${sandbox.region} was taken for ${Math.round(waitedSeconds)} s of the drill's time (${limits.timeSeconds} s), and the rest was not enough to recover in. ${MAKE_ROOM}`,
  );
}

const isQuota = (error: string): boolean => error in QUOTAS;
const isOver = ({ drill, now }: At): boolean => now > new Date(drill.deadlines.checksEndAt);

function quotaTaken({ error, since }: Refused, at: At, cause?: Error): QuotaTaken {
  const { region } = at.drill.sandbox;
  const until = isOver(at) ? `, until the drill's time (${at.drill.limits.timeSeconds} s) was up` : "";
  return new QuotaTaken(
    `RDS in ${region} refused the drill's next request for ${Math.round(secondsBetween(since, at.now))} s${until}: ${error}${cause === undefined ? "" : `: ${cause.message}`}. ${QUOTAS[error] ?? THROTTLED}`,
    { cause },
  );
}

/** The members of the next answer, from those of the one before. */
export function refusalsAfter(earlier: Refusals | undefined, refused: Refused | undefined, now: Date): Refusals {
  const ended = earlier?.refused?.since === refused?.since ? undefined : earlier?.refused;
  const resumedAt = ended !== undefined && refused === undefined ? now.toISOString() : earlier?.resumedAt;
  // RDS goes on with what it has taken while it throttles; behind a quota there is nothing that it could go on with.
  const endedSeconds = ended !== undefined && isQuota(ended.error) ? secondsBetween(ended.since, now) : 0;
  const quotaSeconds = (earlier?.quotaSeconds ?? 0) + endedSeconds;
  return {
    ...(refused === undefined ? {} : { refused }),
    ...(resumedAt === undefined ? {} : { resumedAt }),
    ...(quotaSeconds === 0 ? {} : { quotaSeconds }),
  };
}

/** Seconds since `moment`, not counting what was refused: patience with RDS's listings begins when it took the request. */
export function secondsSinceTaken(earlier: Refusals | undefined, moment: string, now: Date): number {
  const { resumedAt } = earlier ?? {};
  return secondsBetween(resumedAt !== undefined && resumedAt > moment ? resumedAt : moment, now);
}

/** Seconds until it is asked again. */
export function waitOut({ since }: Refused, drill: Drill, now: Date): number {
  const secondsLeft = secondsBetween(now, drill.deadlines.checksEndAt);
  return waitSecondsFor({ elapsedSeconds: secondsBetween(since, now), secondsLeft });
}
