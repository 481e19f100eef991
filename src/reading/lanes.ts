/** What is measured before the number of lanes is judged: fewer statements, or less time, is noise. */
const STATEMENTS_A_LANE = 3;
const LEAST_SECONDS = 1;
/** Another lane is worth its connection when it brings this much. */
const WORTHWHILE = 1.1;
/** Throughput below this share of the best is a database that others need, or one that is worn out. */
const HURTS = 0.7;
/** Windows without a change before another lane is tried again: a database scales up, a cache warms. */
const PATIENCE_WINDOWS = 8;

/** A serverless database of half a unit has some 90 connections; 16 of ours leave the rest alone. */
const MAX_LANES = 16;
/** Two cores are the least that a database has. */
const FIRST_LANES = 2;

/**
 * How many statements run side by side: one more while that brings throughput, one less when it costs. The database decides; there is no
 * number of cores to be told.
 */
export class Lanes {
  #most: number;
  readonly #now: () => number;
  #count: number;
  #best: { readonly count: number; readonly rate: number } | undefined;
  #calm = 0;
  #window = { statements: 0, work: 0, began: 0 };

  /** `now` in seconds, for tests. */
  constructor(most = MAX_LANES, now: () => number = () => performance.now() / 1000) {
    this.#most = most;
    this.#now = now;
    this.#count = Math.min(FIRST_LANES, most);
    this.#window.began = now();
  }

  get count(): number {
    return this.#count;
  }

  /** A statement was answered; `work` in any unit that is the same for all. */
  answered(work: number): void {
    this.#window.statements += 1;
    this.#window.work += work;
    const seconds = this.#now() - this.#window.began;
    if (this.#window.statements < STATEMENTS_A_LANE * this.#count || seconds < LEAST_SECONDS) return;
    this.#judge(this.#window.work / seconds);
    this.#window = { statements: 0, work: 0, began: this.#now() };
  }

  /** A connection was refused: the database takes no more than there are. */
  refused(): void {
    this.#most = Math.max(1, this.#count - 1);
    this.failed();
  }

  /** A statement ran into the wall: one lane less, and no other for a while. */
  failed(): void {
    this.#count = Math.max(1, this.#count - 1);
    this.#best = undefined;
    this.#calm = 0;
    this.#window = { statements: 0, work: 0, began: this.#now() };
  }

  #judge(rate: number): void {
    const best = this.#best;
    if (best === undefined) this.#settle(rate, 1);
    else if (this.#count > best.count) rate > best.rate * WORTHWHILE ? this.#settle(rate, 1) : this.#goBack(best.count);
    else if (this.#count < best.count)
      rate * WORTHWHILE >= best.rate ? this.#settle(rate, 0) : this.#goBack(best.count);
    else if (rate < best.rate * HURTS) this.#settle(rate, -1);
    else if (++this.#calm >= PATIENCE_WINDOWS) this.#settle(rate, 1);
  }

  /** What is seen now is what counts; the next count is tried. */
  #settle(rate: number, step: number): void {
    this.#best = { count: this.#count, rate };
    this.#goBack(Math.min(this.#most, Math.max(1, this.#count + step)));
  }

  #goBack(count: number): void {
    this.#count = count;
    this.#calm = 0;
  }
}
