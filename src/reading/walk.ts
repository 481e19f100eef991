import { StatementFailed } from "../aws/data-api/statement-failed.ts";
import type { Bind } from "../aws/data-api/values.ts";
import type { DataSession } from "../aws/data-api.ts";
import { nextBatch } from "./batches.ts";
import { asReadFailure } from "./chunks.ts";
import { Lanes } from "./lanes.ts";
import type { TableQuestion } from "./question.ts";
import { rangeCondition } from "./ranges.ts";
import { type Chunk, TableWalk } from "./table-walk.ts";
import { leaveGap, reasonToEnd, type WalkEnd, type WalkProgress } from "./walk-progress.ts";

/** A table up to this size, with its TOAST, is asked with others in one statement. */
const SMALL_BYTES = 4 * 2 ** 20;
/** 32 MB take a cold sandbox a few seconds. */
const BATCH_BYTES = 32 * 2 ** 20;
/** The Data API takes 64 KiB of SQL. */
const BATCH_CHARS = 60_000;

/** What a walk goes through. */
export interface WalkMeans {
  readonly session: DataSession;
  another(): DataSession;
  hasTime(): boolean;
  /** After every statement, with nothing half done in the progress. */
  reached(): Promise<void>;
  readonly binds?: Readonly<Record<string, Bind>>;
  /** The most statements side by side. */
  readonly mostLanes?: number;
}

type Unit =
  | { readonly kind: "batch"; readonly tables: readonly TableWalk[] }
  | { readonly kind: "chunk"; readonly table: TableWalk; readonly chunk: Chunk }
  | { readonly kind: "weigh"; readonly table: TableWalk };

/**
 * Asks every row of the tables, in statements of a few seconds, several side by side: small tables together, large ones in ranges of blocks
 * (TID range scans, PostgreSQL 14 and later) whose size follows from what the ones before took. Goes on from `progress`, which it changes.
 * Throws StatementFailed when the database does not answer at all.
 */
export async function walk(
  means: WalkMeans,
  questions: readonly TableQuestion[],
  progress: WalkProgress,
): Promise<WalkEnd> {
  return new Walk(means, questions, progress).run();
}

class Walk {
  readonly #means: WalkMeans;
  readonly #progress: WalkProgress;
  readonly #tables: readonly TableWalk[];
  readonly #lanes: Lanes;
  readonly #idle: DataSession[];
  readonly #underWay = new Set<TableWalk>();
  #asking = 0;
  #stalledAt = 0;
  #broken: { readonly error: unknown } | undefined;

  constructor(means: WalkMeans, questions: readonly TableQuestion[], progress: WalkProgress) {
    this.#means = means;
    this.#progress = progress;
    this.#tables = questions.map((question) => new TableWalk(question, progress.tables[String(question.relation.oid)]));
    this.#lanes = new Lanes(means.mostLanes);
    this.#idle = [means.session];
  }

  async run(): Promise<WalkEnd> {
    const running = new Set<Promise<void>>();
    for (;;) {
      const end = reasonToEnd(this.#progress);
      while (end === undefined && this.#broken === undefined && running.size < this.#lanes.count) {
        const unit = this.#means.hasTime() ? this.#next() : undefined;
        if (unit === undefined) break;
        const answered: Promise<void> = this.#take(unit).finally(() => running.delete(answered));
        running.add(answered);
      }
      if (running.size === 0) {
        if (this.#broken !== undefined) throw this.#broken.error;
        return end ?? (this.#tables.every(({ isDone }) => isDone) ? "done" : "paused");
      }
      await Promise.race(running);
      // What is under way is waited for, whatever happens: a session ends only after its statement.
      await this.#means.reached().catch((error: unknown) => {
        this.#broken ??= { error };
      });
    }
  }

  #next(): Unit | undefined {
    for (const table of this.#tables) {
      if (table.isDone || this.#underWay.has(table)) continue;
      if (this.#isAskedWhole(table)) return { kind: "batch", tables: this.#batchFrom(table) };
      const chunk = table.take(this.#lanes.count);
      if (chunk === "weigh") return { kind: "weigh", table };
      if (chunk !== undefined) return { kind: "chunk", table, chunk };
    }
    return undefined;
  }

  /** A small table that was not begun in parts. */
  #isAskedWhole({ question, progress }: TableWalk): boolean {
    const isKnown = this.#progress.tables[String(question.relation.oid)] !== undefined;
    return question.relation.bytes <= SMALL_BYTES && !isKnown && progress.pending.length > 0;
  }

  #batchFrom(first: TableWalk): TableWalk[] {
    const batch: TableWalk[] = [];
    let [bytes, chars] = [0, 0];
    for (const table of this.#tables.slice(this.#tables.indexOf(first))) {
      if (table.isDone || this.#underWay.has(table) || !this.#isAskedWhole(table)) continue;
      bytes += table.question.relation.bytes;
      chars += table.question.sql("true").length;
      if (batch.length > 0 && (bytes > BATCH_BYTES || chars > BATCH_CHARS)) break;
      batch.push(table);
      if (batch.length >= this.#progress.batch) break;
    }
    return batch;
  }

  async #take(unit: Unit): Promise<void> {
    this.#asking += 1;
    const session = this.#idle.pop() ?? this.#means.another();
    if (unit.kind === "batch") for (const table of unit.tables) this.#underWay.add(table);
    try {
      if (unit.kind === "batch") await this.#askBatch(session, unit.tables);
      else if (unit.kind === "chunk") await this.#askChunk(session, unit.table, unit.chunk);
      else await this.#weigh(session, unit.table);
      this.#idle.push(session);
    } catch (error) {
      if (unit.kind === "chunk") unit.table.putBack(unit.chunk);
      const areOthers = this.#asking > 1 || this.#idle.length > 0;
      if (isRefusal(error) && areOthers) this.#lanes.refused();
      else this.#broken ??= { error };
    } finally {
      this.#asking -= 1;
      if (unit.kind === "batch") for (const table of unit.tables) this.#underWay.delete(table);
    }
  }

  async #askBatch(session: DataSession, tables: readonly TableWalk[]): Promise<void> {
    const began = performance.now();
    const selects = tables.map(({ question }, nth) => `select '${nth}' nth, q.* from (${question.sql("true")}) q`);
    const answer = await this.#ask(session, selects.join("\nunion all "));
    if (answer instanceof StatementFailed) {
      this.#failed(answer, began);
      this.#progress.batch = nextBatch(tables.length, answer);
      // Alone it is asked in parts, to find where.
      const [only] = tables;
      if (tables.length === 1 && only !== undefined) this.#begin(only);
      return;
    }
    if (answer.rows.length !== tables.length)
      throw new TypeError(`${tables.length} questions of one row each were answered by ${answer.rows.length} rows.`);
    for (const row of answer.rows) {
      const table = tables[Number(row.text(0))];
      if (table === undefined) throw new TypeError("An answer belongs to no question.");
      table.add(row.values.slice(1).map((_, nth) => row.integer(nth + 1)));
      table.progress.pending = [];
      this.#begin(table);
    }
    this.#progress.batch = nextBatch(tables.length);
    this.#answered(tables.reduce((sum, { question }) => sum + question.relation.bytes, 0));
  }

  async #askChunk(session: DataSession, table: TableWalk, chunk: Chunk): Promise<void> {
    this.#begin(table);
    const began = performance.now();
    const answer = await this.#ask(session, table.question.sql(rangeCondition(chunk.range)));
    if (answer instanceof StatementFailed) {
      this.#failed(answer, began);
      this.#divide(table, chunk, answer);
      return;
    }
    const [row] = answer.rows;
    if (row === undefined || answer.rows.length > 1)
      throw new TypeError(`An aggregate answered ${answer.rows.length} rows, not one.`);
    const sums = row.values.map((_, nth) => row.integer(nth));
    table.answered(chunk, sums, (performance.now() - began) / 1000);
    this.#answered(chunk.blocks * 8192);
  }

  async #weigh(session: DataSession, table: TableWalk): Promise<void> {
    const began = performance.now();
    try {
      await table.weigh(session, this.#lanes.count);
    } catch (error) {
      if (!(error instanceof StatementFailed) || error.fault === "unavailable") throw error;
      const failed = asReadFailure(error);
      this.#failed(failed, began);
      this.#begin(table);
      table.isWeighable = false;
    }
  }

  async #ask(
    session: DataSession,
    sql: string,
  ): Promise<{ rows: Awaited<ReturnType<DataSession["query"]>> } | StatementFailed> {
    const { binds } = this.#means;
    // The Data API refuses a bind that no statement asks for.
    const asked = Object.entries(binds ?? {}).filter(([name]) => sql.includes(`:${name}`));
    try {
      return { rows: await session.query(sql, Object.fromEntries(asked)) };
    } catch (error) {
      if (!(error instanceof StatementFailed) || error.fault === "unavailable") throw error;
      return asReadFailure(error);
    }
  }

  #begin({ question, progress }: TableWalk): void {
    this.#progress.tables[String(question.relation.oid)] = progress;
  }

  #answered(bytes: number): void {
    this.#progress.timeoutsInARow = 0;
    this.#lanes.answered(bytes);
  }

  #failed({ fault }: StatementFailed, began: number): void {
    this.#progress.failedStatements += 1;
    if (fault !== "timeout") return;
    // Statements that stood side by side in one stall are one timeout.
    if (began < this.#stalledAt) return;
    this.#stalledAt = performance.now();
    this.#progress.timeoutsInARow += 1;
    this.#lanes.failed();
  }

  #divide(table: TableWalk, chunk: Chunk, failed: StatementFailed): void {
    const { relation } = table.question;
    const isOfRows = failed.fault === "timeout" || failed.fault === "corrupt";
    if (isOfRows && !table.isHanging(failed.fault) && table.divide(chunk, failed.fault)) return;
    // Denied, dropped or wrong for every row alike; or it is the table that hangs, not some rows of it.
    const isOfTable = !isOfRows || table.isHanging(failed.fault);
    table.giveUp(chunk, failed.fault);
    leaveGap(this.#progress, relation, chunk.range, failed);
    if (isOfTable) for (const range of table.giveUpRest()) leaveGap(this.#progress, relation, range, failed);
  }
}

/** One session of several does not get through: what it was to ask is asked by the others. Fewer every time, so it ends with the last. */
const isRefusal = (error: unknown): boolean => error instanceof StatementFailed && error.fault === "unavailable";
