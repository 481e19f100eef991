import { NoPlanForEvent } from "../errors.ts";
import { didYouMean } from "../plan/suggest.ts";

/** More names than these are no help to anybody. */
const MAX_NAMED = 20;
/** As long as any name of AWS that is asked for. */
const MAX_ASKED_CHARS = 400;

interface Asked {
  /** What the event is about, as a sentence has it: `alarm "orders-data-loss"`. */
  readonly asked: string;
  /** The name in it, as it may be misspelt. */
  readonly word: string;
  readonly there: readonly string[];
  readonly fix: string;
}

/** The error that says what was asked for, what there is, and what to do. */
export function noPlanFor({ asked, word, there, fix }: Asked): NoPlanForEvent {
  const names = [...new Set(there)].sort();
  const more = names.length > MAX_NAMED ? `, and ${names.length - MAX_NAMED} more` : "";
  const known = names.length === 0 ? "Plans name none." : `Plans name: ${names.slice(0, MAX_NAMED).join(", ")}${more}.`;
  return new NoPlanForEvent(
    `No plan is for the ${asked.slice(0, MAX_ASKED_CHARS)}, so no drill was started.${didYouMean(word, names)} ${known} ${fix}`,
  );
}
