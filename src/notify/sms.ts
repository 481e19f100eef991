import type { Outcome } from "./outcome.ts";
import { cut, gsm } from "./plain-text.ts";
import { labelOf, whatHappened } from "./words.ts";

/** One SMS of GSM characters is 160; a sender's name and a carrier's prefix take the rest. */
const MAX_CHARS = 140;
/** Less of a sentence says nothing. */
const LEAST_CHARS = 12;

/** What is most important first: only what happened, and a name of impossible length, are ever cut. */
export function smsOf(outcome: Outcome): string {
  const again = outcome.repeated ? "(sent again) " : "";
  const head = gsm(`${again}Drill ${labelOf(outcome)}:`, MAX_CHARS);
  const database = gsm(outcome.subject.database, MAX_CHARS - head.length - 1);
  const told = `${head} ${database}`;
  const room = MAX_CHARS - told.length - 2;
  return room < LEAST_CHARS ? told : `${told}. ${cut(gsm(whatHappened(outcome.verdict), MAX_CHARS), room)}`;
}
