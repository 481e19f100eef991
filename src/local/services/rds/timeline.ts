import { DEFAULT_TIME_SCALE, DURATION_SECONDS, type Durations, type Step } from "./durations.ts";
import type { FaultSubject, RdsFaults } from "./faults.ts";

/** Whose time an interval was: AWS's as modelled here, or PostgreSQL's (statements, server starts, copies). */
export type IntervalKind = "modelled" | "postgres";

/** Milliseconds of the clock given. A modelled interval is told when it begins, so its end lies ahead. */
export type IntervalListener = (kind: IntervalKind, start: number, end: number) => void;

export interface TimelineOptions {
  readonly now: () => number;
  readonly durations?: Partial<Durations>;
  readonly timeScale?: number;
  readonly faults: RdsFaults;
  readonly onInterval?: IntervalListener;
}

/** A transition: it is over when its modelled time has passed *and* its real work is done. */
export class Progress {
  readonly startedAt: number;
  readonly endsAt: number;
  /** Resolves when the real work has ended, well or not. */
  readonly settled: Promise<void>;
  readonly #now: () => number;
  readonly #badEnd: string | undefined;
  #worked = false;
  #failure: { readonly status: string; readonly cause: unknown } | undefined;

  constructor(
    now: () => number,
    milliseconds: number,
    work: Promise<void>,
    failedStatus: string,
    badEnd?: string | undefined,
    startsAt = 0,
  ) {
    this.#now = now;
    this.startedAt = Math.max(now(), startsAt);
    this.endsAt = this.startedAt + milliseconds;
    this.#badEnd = badEnd;
    this.settled = work.then(
      () => {
        this.#worked = true;
      },
      (cause: unknown) => {
        this.#worked = true;
        this.#failure = { status: failedStatus, cause };
      },
    );
  }

  get isOver(): boolean {
    return this.#worked && this.#now() >= this.endsAt;
  }

  /** The terminal status it ended in, once it is over and went wrong. */
  get failedStatus(): string | undefined {
    return this.isOver ? (this.#failure?.status ?? this.#badEnd) : undefined;
  }

  /** Why the real work failed: a defect or a damaged backup, never a modelled fault. */
  get cause(): unknown {
    return this.#failure?.cause;
  }

  get succeeded(): boolean {
    return this.isOver && this.failedStatus === undefined;
  }

  /** 0 to 1 by the clock; below 1 until it is over. */
  get fraction(): number {
    if (this.isOver) return 1;
    const length = Math.max(1, this.endsAt - this.startedAt);
    return Math.min(0.99, (this.#now() - this.startedAt) / length);
  }
}

/** Begins transitions at their modelled lengths and tells whose time passes. */
export class Timeline {
  readonly now: () => number;
  readonly #durations: Durations;
  readonly #timeScale: number;
  readonly #faults: RdsFaults;
  readonly #onInterval: IntervalListener;

  constructor(options: TimelineOptions) {
    this.now = options.now;
    this.#durations = { ...DURATION_SECONDS, ...options.durations };
    this.#timeScale = options.timeScale ?? DEFAULT_TIME_SCALE;
    this.#faults = options.faults;
    this.#onInterval = options.onInterval ?? (() => {});
  }

  /**
   * Begins a transition. `failedStatus` is what it ends in when the work throws; the faults may name another. Its modelled time runs
   * from `startsAt` where that lies ahead: it waits for another transition's end.
   */
  begin(
    step: Step,
    subject: FaultSubject,
    failedStatus: string,
    work: () => Promise<void> = async () => {},
    startsAt?: number,
  ): Progress {
    const stretch = this.#faults.stretch?.(step, subject) ?? 1;
    const badEnd = this.#faults.outcome?.(step, subject);
    const milliseconds = this.milliseconds(step) * stretch;
    const progress = new Progress(this.now, milliseconds, work(), failedStatus, badEnd, startsAt);
    if (progress.endsAt > progress.startedAt) this.#onInterval("modelled", progress.startedAt, progress.endsAt);
    return progress;
  }

  /** Something that is as it is already: a source, a snapshot that was there before. */
  past(status?: string | undefined, work: () => Promise<void> = async () => {}): Progress {
    return new Progress(this.now, 0, work(), "failed", status);
  }

  milliseconds(step: Step): number {
    return this.#durations[step] * 1000 * this.#timeScale;
  }

  /** Runs what PostgreSQL's time is spent on. */
  async postgres<T>(work: () => Promise<T>): Promise<T> {
    const start = this.now();
    try {
      return await work();
    } finally {
      this.#onInterval("postgres", start, this.now());
    }
  }
}
