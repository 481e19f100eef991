import { html, type Markup } from "../../page/markup.ts";
import { sign } from "../../page/words.ts";
import { formatDuration } from "../../verdict/duration.ts";
import type { Verdict } from "../../verdict/verdict.ts";

/** What the verdict means, in half a sentence. */
export function meaningOf({ verdict, reason, objectives: { rto, rpo } }: Verdict): string {
  switch (reason) {
    case "data":
      return "what came back is not right";
    case "recovery":
      return "it could not be recovered";
    case "objective":
      if (rto?.met === false && rpo?.met === false) return "recovered too late, and to a moment too old";
      return rpo?.met === false ? "recovered to a moment too old" : "recovered too late";
    case "unchecked":
      return "not everything that decides could be asked";
    case "empty":
      return "there was nothing to look at";
    case "drill":
      return "the drill broke, the backup was not judged";
    default:
      return verdict === "passed" ? "the backup came back, right and in time" : "see what was seen";
  }
}

/** Met, missed, or not known. */
export function objectiveWords(objective: Verdict["objectives"]["rto"]): Markup {
  if (objective === undefined) return html`no objective was read`;
  const wanted = `objective ${formatDuration(objective.objectiveSeconds)}`;
  if (objective.met === undefined) return html`${sign("inconclusive")}not measured, ${wanted}`;
  return objective.met ? html`${sign("passed")}met, ${wanted}` : html`${sign("failed")}missed, ${wanted}`;
}
