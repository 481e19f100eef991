/** What keeps a page from being green beside what drills say: what is not known of the account and its backups, or not right. */
import { problemsOf } from "../backups/backup-survey.ts";
import { count } from "../page/words.ts";
import type { Fleet } from "./read-fleet.ts";
import { daysBetween } from "./rows.ts";

/** Listed and surveyed every day: what is older than two was missed. */
const STALE_DAYS = 2;

/** How many days ago that was, where it is longer than it should be. */
export function staleDays(then: string, at: Date): number | undefined {
  const days = daysBetween(new Date(then), at);
  return days < STALE_DAYS ? undefined : days;
}

/** In half sentences. Databases without a plan are in none: the headline has them. */
export const openQuestions = (fleet: Fleet): string[] => [...ofAccount(fleet), ...ofBackups(fleet)];

function ofAccount({ coverage, isLocal, at }: Fleet): string[] {
  if (coverage === undefined) return isLocal ? [] : ["nobody has listed the account yet"];
  const { unknown, plansWithoutDatabase: gone } = coverage;
  const days = staleDays(coverage.at, at);
  return [
    ...(days === undefined ? [] : [`the account was last listed ${days}\u00A0d ago`]),
    ...(unknown.length === 0 ? [] : [`${count(unknown.length, "part")} of the account could not be listed`]),
    ...(gone.length === 0 ? [] : [`${count(gone.length, "plan")} for a database that is not there any more`]),
  ];
}

/**
 * What could not be asked is in `failures`, and so among the problems. A fact that is not known beside that is one that nobody can tell (a size, what
 * another account does not share) or not yet (deletions, at a first survey): the section counts it, and it holds nothing back for ever.
 */
function ofBackups({ survey, isLocal, at }: Fleet): string[] {
  if (survey === undefined) return isLocal ? [] : ["nobody has surveyed the backups yet"];
  const days = staleDays(survey.at, at);
  const problems = survey.databases.flatMap(problemsOf).length + survey.unreadPlans.length;
  return [
    ...(days === undefined ? [] : [`the backups were last surveyed ${days}\u00A0d ago`]),
    ...(problems === 0 ? [] : [`${count(problems, "problem")} in the backups`]),
  ];
}
