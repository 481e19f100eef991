import { regionOf } from "../recovery/origin.ts";
import { isSameDay, type SeenBefore } from "./backup-history.ts";
import { type BackupsJudged, type Finding, isOutOfSight, notKnown } from "./judged.ts";

const DAY_MILLISECONDS = 86_400_000;
/** RDS deletes what is over by the day, not by the minute. */
const EARLY_MILLISECONDS = DAY_MILLISECONDS / 2;
/** A sentence that names more is no sentence. */
const MAX_NAMED = 3;

/** Gone in time, gone before, or nobody knows until when it was to be there. */
type Disappearance = "in-time" | "outside" | "not-known";

/** What the last survey saw and this one does not, although its time was not over. Drills' own copies were never looked at. */
export function judgeDeletions(judged: BackupsJudged): Finding {
  const { seen, history } = judged;
  const wanted = "none before its time";
  if (seen.account !== undefined)
    return notKnown(
      wanted,
      `What it shares, account ${seen.account} takes back as it likes, and what it deletes can not be seen from here.`,
    );
  if (history === undefined)
    return notKnown(wanted, "It is the first survey of this database: what is gone is known from the next one on.");
  if (isOutOfSight(seen))
    return notKnown(
      wanted,
      seen.renamedTo === undefined
        ? "The cluster is not there and nothing is listed under its name: deleted or renamed, nobody can say from here."
        : `The cluster was renamed to ${seen.renamedTo}, and its recovery points with it.`,
    );
  const gone = goneEarly(judged);
  const outside = gone.filter(({ how }) => how === "outside").map(nameOf);
  const value = outside.length;
  if (outside.length > 0)
    return {
      state: "wrong",
      observed: String(value),
      wanted,
      value,
      sentence: `${value} recovery point${value === 1 ? "" : "s"} that the last survey saw ${value === 1 ? "is" : "are"} gone before ${value === 1 ? "its" : "their"} time: ${named(outside)}.`,
    };
  const unknown = gone.filter(({ how }) => how === "not-known").map(nameOf);
  if (unknown.length > 0)
    return notKnown(wanted, `Gone, and AWS Backup did not say until when they were to be kept: ${named(unknown)}.`);
  return { state: "ok", observed: "0", wanted, value: 0, sentence: "Nothing is gone before its time." };
}

export interface Gone {
  readonly arn: string;
  readonly how: Exclude<Disappearance, "in-time">;
}

/** What is gone and was not to be, now or in an earlier survey of the same day. */
export function goneEarly(judged: BackupsJudged): Gone[] {
  const { at, seen, history } = judged;
  if (history === undefined || seen.account !== undefined || isOutOfSight(seen)) return [];
  const there = new Set(
    [...seen.points, ...(seen.copies ?? []), ...(seen.namesakes ?? [])]
      .filter(({ status }) => status !== "deleting")
      .map(({ arn }) => arn),
  );
  const before = (history.gone ?? []).filter((gone) => isSameDay(gone.at, at.toISOString()) && !there.has(gone.arn));
  const known = new Set(before.map(({ arn }) => arn));
  // Of the regions that were asked and answered: of others nobody knows.
  const now = history.points
    .filter(({ arn }) => !there.has(arn) && !known.has(arn) && seen.answered.includes(regionOf(arn) ?? ""))
    .flatMap((point): Gone[] => {
      const how = disappearanceOf(point, judged);
      return how === "in-time" ? [] : [{ arn: point.arn, how }];
    });
  return [...before.map(({ arn, how }) => ({ arn, how })), ...now];
}

function disappearanceOf(point: SeenBefore, { at, policy, seen, history }: BackupsJudged): Disappearance {
  const { arn, kind, createdAt, until } = point;
  const keptUntil = (days: number): number => Date.parse(createdAt) + days * DAY_MILLISECONDS;
  const heldAgainst = (end: number): Disappearance => (at.getTime() < end - EARLY_MILLISECONDS ? "outside" : "in-time");
  // Whoever makes copies deletes them too: they have to last as long as the plan wants its backups to.
  if (regionOf(arn) !== seen.answered[0]) return heldAgainst(keptUntil(policy.retentionDays));
  // Nobody says until when one made by hand is to be there: whoever makes one every day deletes the oldest every day.
  if (kind === "manual") return heldAgainst(keptUntil(policy.retentionDays));
  if (kind === "awsbackup") {
    if (until === undefined) return "not-known";
    return until === "for good" ? "outside" : heldAgainst(Date.parse(until));
  }
  // A retention that was shortened takes what was promised with it; what the plan wants, it may not take.
  const then = history?.retention.at(-1)?.days ?? policy.retentionDays;
  const now = seen.cluster?.retentionDays ?? 0;
  return heldAgainst(keptUntil(Math.min(then, Math.max(policy.retentionDays, now))));
}

const nameOf = ({ arn }: Gone): string => arn.split(":").slice(6).join(":");

const named = (names: readonly string[]): string =>
  `${names.slice(0, MAX_NAMED).join(", ")}${names.length > MAX_NAMED ? ` and ${names.length - MAX_NAMED} more` : ""}`;
