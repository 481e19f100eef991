import * as z from "zod/mini";
import type { JsonStore } from "../aws/json-store.ts";
import { Instant } from "../plan/drill.ts";

/** A slice that is killed repeats at most this much of one check. */
const SAVE_EVERY_SECONDS = 20;

/** Step Functions waits whole seconds; nothing is being waited for, so one will do. */
const NEXT_SLICE_SECONDS = 1;

/** The document below `in-progress/`: the only memory between slices, and the story of a capture that failed. */
const Progress = z.object({
  startedAt: Instant,
  finishedAt: z.optional(Instant),
  looks: z.int(),
  /** Which look at the source this is: each begins anew, with an id and parts of its own. */
  attempt: z.int(),
  captureId: z.string(),
  attemptStartedAt: Instant,
  /** Absent until the source was reached. */
  moment: z.optional(
    z.object({ snapshotId: z.string(), transactionId: z.string(), capturedAt: Instant, settledAt: Instant }),
  ),
  /** Names of the checks that are complete. */
  captured: z.array(z.string()),
  /** Where the check in progress got to; its own kind reads it. */
  cursor: z.optional(z.object({ at: z.unknown() })),
  failure: z.optional(z.object({ name: z.string(), message: z.string() })),
});
export type Progress = z.infer<typeof Progress>;

/** `$.baseline` */
export interface CaptureAnswer {
  readonly phase: "pending" | "ready";
  readonly waitSeconds: number;
  readonly looks: number;
  readonly captureId: string;
  readonly startedAt: string;
  readonly finishedAt?: string;
  /** Absent until the source was reached. */
  readonly capturedAt?: string;
  readonly total: number;
  readonly done: number;
}

type IdOf = (attempt: number, at: Date) => string;

/** How far a capture got. Nothing in it makes a baseline: that is `baseline.json` alone. */
export class CaptureProgress {
  readonly #store: JsonStore;
  readonly #key: string;
  readonly #idOf: IdOf;
  document: Progress;
  #savedAt = performance.now();

  private constructor(store: JsonStore, key: string, idOf: IdOf, document: Progress) {
    this.#store = store;
    this.#key = key;
    this.#idOf = idOf;
    this.document = document;
  }

  /** Goes on from what is stored, or begins. @throws EvidenceUnreadable when what is stored is not progress */
  static async open(store: JsonStore, key: string, now: Date, idOf: IdOf): Promise<CaptureProgress> {
    const stored = await store.get(key, Progress);
    const startedAt = now.toISOString();
    const begun = { attempt: 1, captureId: idOf(1, now), attemptStartedAt: startedAt, captured: [] };
    const document = stored ?? { startedAt, looks: 0, ...begun };
    return new CaptureProgress(store, key, idOf, { ...document, looks: document.looks + 1 });
  }

  /** Forgets what was read of a moment that is gone, and where: parts of two moments must not meet. */
  async beginAgain(now: Date): Promise<void> {
    const { startedAt, looks, attempt } = this.document;
    const next = { attempt: attempt + 1, captureId: this.#idOf(attempt + 1, now), attemptStartedAt: now.toISOString() };
    this.document = { startedAt, looks, ...next, captured: [] };
    await this.save();
  }

  async failed(error: unknown): Promise<void> {
    const { name, message } = error instanceof Error ? error : new Error(String(error));
    this.document.failure = { name, message };
    await this.save();
  }

  async captured(check: string): Promise<void> {
    this.document.captured.push(check);
    delete this.document.cursor;
    await this.save();
  }

  async reached(at: unknown): Promise<void> {
    this.document.cursor = { at };
    if ((performance.now() - this.#savedAt) / 1000 >= SAVE_EVERY_SECONDS) await this.save();
  }

  async save(): Promise<void> {
    await this.#store.put(this.#key, this.document);
    this.#savedAt = performance.now();
  }

  answer(total: number): CaptureAnswer {
    const { looks, captureId, startedAt, finishedAt, moment, captured } = this.document;
    const isReady = finishedAt !== undefined;
    return {
      phase: isReady ? "ready" : "pending",
      waitSeconds: isReady ? 0 : NEXT_SLICE_SECONDS,
      looks,
      captureId,
      startedAt,
      ...(isReady ? { finishedAt } : {}),
      ...(moment === undefined ? {} : { capturedAt: moment.capturedAt }),
      total,
      done: captured.length,
    };
  }
}
