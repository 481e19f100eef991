import { regionOf } from "../recovery/origin.ts";
import type { SeenBefore } from "./backup-history.ts";
import { type BackupsJudged, type Finding, notKnown } from "./judged.ts";

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
  const gone = goneSince(history.points, judged).map((point) => ({ point, how: disappearanceOf(point, judged) }));
  const outside = gone.filter(({ how }) => how === "outside").map(({ point }) => nameOf(point));
  const value = outside.length;
  if (outside.length > 0)
    return {
      state: "wrong",
      observed: String(value),
      wanted,
      value,
      sentence: `${value} recovery point${value === 1 ? "" : "s"} that the last survey saw ${value === 1 ? "is" : "are"} gone before ${value === 1 ? "its" : "their"} time: ${named(outside)}.`,
    };
  const unknown = gone.filter(({ how }) => how === "not-known").map(({ point }) => nameOf(point));
  if (unknown.length > 0)
    return notKnown(wanted, `Gone, and AWS Backup did not say until when they were to be kept: ${named(unknown)}.`);
  return { state: "ok", observed: "0", wanted, value: 0, sentence: "Nothing is gone before its time." };
}

/** Of the regions that were asked and answered: of others nobody knows. */
function goneSince(before: readonly SeenBefore[], { seen }: BackupsJudged): SeenBefore[] {
  const there = new Set(
    [...seen.points, ...(seen.copies ?? [])].filter(({ status }) => status !== "deleting").map(({ arn }) => arn),
  );
  return before.filter(({ arn }) => !there.has(arn) && seen.answered.includes(regionOf(arn) ?? ""));
}

function disappearanceOf(point: SeenBefore, { at, policy, seen, history }: BackupsJudged): Disappearance {
  const { arn, kind, createdAt, until } = point;
  const keptUntil = (days: number): number => Date.parse(createdAt) + days * DAY_MILLISECONDS;
  const heldAgainst = (end: number): Disappearance => (at.getTime() < end - EARLY_MILLISECONDS ? "outside" : "in-time");
  // Whoever makes copies deletes them too: they have to last as long as the plan wants its backups to.
  if (regionOf(arn) !== seen.answered[0]) return heldAgainst(keptUntil(policy.retentionDays));
  if (kind === "manual") return "outside";
  if (kind === "awsbackup") {
    if (until === undefined) return "not-known";
    return until === "for good" ? "outside" : heldAgainst(Date.parse(until));
  }
  // A retention that was shortened takes what was promised with it; what the plan wants, it may not take.
  const then = history?.retention.at(-1)?.days ?? policy.retentionDays;
  const now = seen.cluster?.retentionDays ?? 0;
  return heldAgainst(keptUntil(Math.min(then, Math.max(policy.retentionDays, now))));
}

const nameOf = ({ arn }: SeenBefore): string => arn.split(":").slice(6).join(":");

const named = (names: readonly string[]): string =>
  `${names.slice(0, MAX_NAMED).join(", ")}${names.length > MAX_NAMED ? ` and ${names.length - MAX_NAMED} more` : ""}`;
