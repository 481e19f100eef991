import { QUERY_RETRY_SECONDS } from "../aws/data-api.ts";

/** A call that hangs: the client's 2 attempts of 60 s (src/aws/clients.ts). One that the Data API answers took 45 s at most. */
const LONGEST_CALL_MS = 2 * 60_000;
const ANSWER_MS = 20_000;

/**
 * What may follow a look at the clock: 40 s of attempts, the call that ends them, 20 s to write and answer: 180 s. The function ends after
 * 870 s (infrastructure/functions.yml), so a slice asks for 690 s.
 */
const SLICE_RESERVE_MS = QUERY_RETRY_SECONDS * 1000 + LONGEST_CALL_MS + ANSWER_MS;

/** Whether an invocation that asks a database has time for one more step. */
export class SliceTime {
  readonly #clock: { readonly now: () => Date; readonly remainingMs: () => number };
  /** When all slices together have to be done. */
  readonly #endsAt: Date;
  #hasProgressed = false;

  constructor(clock: { readonly now: () => Date; readonly remainingMs: () => number }, endsAt: Date) {
    this.#clock = clock;
    this.#endsAt = endsAt;
  }

  progressed(): void {
    this.#hasProgressed = true;
  }

  isOver(): boolean {
    return this.#clock.now() >= this.#endsAt;
  }

  /** The first step of a slice is always taken: an invocation that is too short for the reserve still gets on. */
  hasTime(): boolean {
    return !this.isOver() && (!this.#hasProgressed || this.#clock.remainingMs() > SLICE_RESERVE_MS);
  }
}
