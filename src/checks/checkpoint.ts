import type { JsonStore } from "../aws/json-store.ts";
import type { Drill } from "../plan/drill.ts";
import { type CheckResult, CheckResults, type ChecksAnswer, type Share } from "./result.ts";

/** A slice that is killed repeats at most this much, and writes at most once in this many seconds while it waits on one check. */
const SAVE_EVERY_CHECKS = 25;
const SAVE_EVERY_SECONDS = 20;

/** As many findings as a notification has room for. */
const MAX_FAILING = 20;

/** Step Functions waits whole seconds; nothing is being waited for, so one will do. */
const NEXT_SLICE_SECONDS = 1;

/**
 * `checks.json`: what has been answered so far, and where the check in progress is. It is the only memory between slices, so a slice
 * that is repeated or killed counts nothing twice.
 */
export class Checkpoint {
  readonly #store: JsonStore;
  readonly #key: string;
  readonly #now: () => Date;
  readonly document: CheckResults;
  #savedChecks: number;
  #savedAt: number;

  private constructor(store: JsonStore, key: string, now: () => Date, document: CheckResults) {
    this.#store = store;
    this.#key = key;
    this.#now = now;
    this.document = { ...document, looks: (document.looks ?? 0) + 1 };
    this.#savedChecks = document.results.length;
    this.#savedAt = performance.now();
  }

  /** Goes on from what is stored, or begins. @throws EvidenceUnreadable when what is stored is not a checkpoint */
  static async open(store: JsonStore, drill: Drill, now: () => Date): Promise<Checkpoint> {
    const key = `${drill.evidencePrefix}/checks.json`;
    const document = (await store.get(key, CheckResults)) ?? {
      drillId: drill.drillId,
      startedAt: now().toISOString(),
      complete: false,
      results: [],
    };
    return new Checkpoint(store, key, now, document);
  }

  async add(result: CheckResult): Promise<void> {
    this.document.results.push(result);
    delete this.document.cursor;
    await this.#saveIfDue();
  }

  async reached(cursor: NonNullable<CheckResults["cursor"]>): Promise<void> {
    this.document.cursor = cursor;
    await this.#saveIfDue();
  }

  async finish(): Promise<void> {
    this.document.complete = true;
    this.document.finishedAt = this.#now().toISOString();
    delete this.document.cursor;
    await this.save();
  }

  async save(): Promise<void> {
    await this.#store.put(this.#key, this.document);
    this.#savedChecks = this.document.results.length;
    this.#savedAt = performance.now();
  }

  async #saveIfDue(): Promise<void> {
    const unsavedChecks = this.document.results.length - this.#savedChecks;
    const unsavedSeconds = (performance.now() - this.#savedAt) / 1000;
    if (unsavedChecks >= SAVE_EVERY_CHECKS || unsavedSeconds >= SAVE_EVERY_SECONDS) await this.save();
  }

  /** `names`: of all checks, in the order in which they are asked. */
  answer(names: readonly string[]): ChecksAnswer {
    const { complete, results, looks = 1, startedAt = this.#now().toISOString(), finishedAt } = this.document;
    const count = (outcome: CheckResult["outcome"]): number =>
      results.filter((result) => result.outcome === outcome).length;
    return {
      phase: complete ? "ready" : "pending",
      waitSeconds: complete ? 0 : NEXT_SLICE_SECONDS,
      looks,
      startedAt,
      ...(finishedAt === undefined ? {} : { finishedAt }),
      ...this.#underWay(names),
      failing: results
        .filter(({ required, outcome }) => required && outcome === "failed")
        .slice(0, MAX_FAILING)
        .map(({ name }) => name),
      total: names.length,
      done: results.length,
      held: count("held"),
      failed: count("failed"),
      unchecked: count("unchecked"),
      empty: count("empty"),
    };
  }

  #underWay(names: readonly string[]): Pick<ChecksAnswer, "underWay"> {
    const { cursor, results } = this.document;
    const check = names[results.length];
    if (cursor?.share === undefined || check === undefined) return {};
    return { underWay: { check, ...remaining(cursor.share, cursor.seconds) } };
  }
}

/** What is left of a share, when the rest takes as long as what is done did. */
function remaining({ doneBytes, totalBytes }: Share, seconds: number): { percent: number; secondsLeft?: number } {
  const part = totalBytes === 0 ? 1 : Math.min(1, doneBytes / totalBytes);
  return {
    percent: Math.floor(part * 100),
    ...(part === 0 ? {} : { secondsLeft: Math.round((seconds * (1 - part)) / part) }),
  };
}
