import type { Outcome } from "./outcome.ts";
import { ascii } from "./plain-text.ts";
import { labelOf } from "./words.ts";

/** SNS refuses longer subjects, and characters that are not ASCII. */
const MAX_CHARS = 100;

export const subjectLine = (outcome: Outcome): string =>
  ascii(`${labelOf(outcome)}: ${outcome.subject.database}, restore drill`, MAX_CHARS);
