import * as z from "zod/mini";
import type { StatementFault } from "../aws/data-api/statement-failed.ts";
import type { DataSession } from "../aws/data-api.ts";
import { FIRST_PACE, type Pace, paceAfter, paceAfterFailure } from "./pace.ts";
import type { TableQuestion } from "./question.ts";
import { blocksIn, cutAt, isOneRow, type Place, Range, rangeCondition, split, WHOLE_TABLE } from "./ranges.ts";

/** What is stored of a table in progress: what was summed so far, and which rows were not. */
export const TableProgress = z.object({
  /** The table's file when it was begun. */
  file: z.string(),
  sums: z.array(z.string()),
  pending: z.array(Range),
  /** Ranges that were answered, in the order of their answers, where the question keeps them. */
  chunks: z.optional(z.array(z.object({ range: Range, sums: z.array(z.string()) }))),
});
export type TableProgress = z.infer<typeof TableProgress>;

const BLOCK_BYTES = 8192;
/** Where less than this share of a table is in TOAST, a range of blocks weighs what its blocks weigh. */
const OUT_OF_LINE_SHARE = 0.25;
/** Weighing reads the heap alone: 256 MB of it a statement, in this many groups of an answer of 10 kB. */
const WEIGHED_BLOCKS = 32_768;
const WEIGHED_GROUPS = 256;
/** The last ranges are shared out between the lanes, but not into so little that the round trips tell. */
const LEAST_SECONDS = 0.25;
/** A range that was not answered is divided, never asked again whole. */
const PARTS = 8;
/** From the 2,048 line pointers that a block may have to one in two statements. */
const PARTS_OF_A_BLOCK = 64;

const BLOCK_OF_ROW = "(ctid::text::point)[0]::bigint";
const ITEM_OF_ROW = "(ctid::text::point)[1]::int";

/** Rows to be asked next, and about how much work they are: bytes, in blocks of 8 KiB. */
export interface Chunk {
  readonly range: Range;
  readonly blocks: number;
}

/**
 * One table on its way through a walk. What is handed out stays pending until it is answered, so the progress can be stored at any
 * moment: what was under way then is asked again, and nothing counts twice.
 */
export class TableWalk {
  readonly question: TableQuestion;
  readonly progress: TableProgress;
  readonly #underWay = new Set<Range>();
  /** Work per block in `#weighed`, and of parts of one block. Not stored: weighing again is cheap. */
  readonly #weights = new Map<number, number>();
  readonly #known = new Map<Range, number>();
  #weighed = { from: 0, to: 0 };
  #isWeighing = false;
  #pace: Pace = FIRST_PACE;
  /** Whether rows were given up as too slow, alone, and nothing was answered since. */
  #hasHung = false;
  #isSlow = false;
  /** False once weighing has failed: then ranges are divided when they are not answered. */
  isWeighable = true;

  constructor(question: TableQuestion, progress: TableProgress | undefined) {
    this.question = question;
    const { file = "" } = question.relation;
    // In another file the rows stand elsewhere: those that were asked for can not be told from the others.
    this.progress = progress?.file === file ? progress : { file, sums: [], pending: [WHOLE_TABLE] };
  }

  get isDone(): boolean {
    return this.progress.pending.length === 0;
  }

  /** Work left, in blocks, those under way included. */
  get blocksLeft(): number {
    const { bytes, blocks } = this.question.relation;
    const perBlock = bytes / BLOCK_BYTES / Math.max(1, blocks);
    return this.progress.pending.reduce((sum, range) => sum + blocksIn(range, blocks) * perBlock, 0);
  }

  /** Rows that nobody is asking for, about as many as are answered in a few seconds, and no more than a fair share for each lane. */
  take(lanes: number): Chunk | "weigh" | undefined {
    const range = this.#next();
    if (range === undefined || this.#isWeighing) return undefined;
    // One statement at a time until one was answered, and again after one that was not.
    if (this.#underWay.size > 0 && (this.#isSlow || this.#pace.blocksPerSecond === undefined)) return undefined;
    const target = this.#target(lanes);
    if (this.#weighingOf(range, target) !== undefined) return "weigh";
    const blocks = this.#known.get(range);
    const chunk = blocks === undefined ? this.#cut(range, target) : { range, blocks };
    this.#underWay.add(chunk.range);
    return chunk;
  }

  /** Looks how much is out of line behind the rows to be asked next: it reads the heap alone. */
  async weigh(session: DataSession, lanes: number): Promise<void> {
    const range = this.#next();
    const target = this.#target(lanes);
    const what = range && this.#weighingOf(range, target);
    if (range === undefined || what === undefined) return;
    this.#isWeighing = true;
    try {
      if (what === "blocks") await this.#weighBlocks(session, range);
      else await this.#weighRows(session, range, target);
    } finally {
      this.#isWeighing = false;
    }
  }

  #next(): Range | undefined {
    return this.progress.pending.find((range) => !this.#underWay.has(range));
  }

  #target(lanes: number): number {
    if (lanes === 1) return this.#pace.blocks;
    const least = Math.max(FIRST_PACE.blocks, (this.#pace.blocksPerSecond ?? 0) * LEAST_SECONDS);
    return Math.min(this.#pace.blocks, Math.max(least, this.blocksLeft / (2 * lanes)));
  }

  #weighingOf(range: Range, target: number): "blocks" | "rows" | undefined {
    const { outOfLine, relation } = this.question;
    const outside = relation.bytes - relation.blocks * BLOCK_BYTES;
    if (!this.isWeighable || outOfLine === undefined || outside <= OUT_OF_LINE_SHARE * relation.bytes) return undefined;
    const block = range.from[0];
    if (block < this.#weighed.from || block >= this.#weighed.to) return "blocks";
    return this.#weightOf(block) > 2 * target && !this.#known.has(range) && !isOneRow(range) ? "rows" : undefined;
  }

  #weightOf(block: number): number {
    return this.#weights.get(block) ?? 1;
  }

  async #weighBlocks(session: DataSession, range: Range): Promise<void> {
    const { outOfLine, relation } = this.question;
    const from = range.from[0];
    const blocks = Math.min(WEIGHED_BLOCKS, blocksIn(range, relation.blocks));
    const group = Math.ceil(blocks / WEIGHED_GROUPS);
    const rows = await session.query(
      `select nth::text, sum(bytes)::text from (
        select (${BLOCK_OF_ROW} - ${from}) / ${group} nth, ${outOfLine?.bytes} bytes from ${outOfLine?.from}
        where ${rangeCondition({ from: [from, 0], to: [from + blocks, 0] })}) r group by nth`,
    );
    this.#weights.clear();
    for (const row of rows) {
      const perBlock = Number(row.text(1)) / BLOCK_BYTES / group;
      const first = from + Number(row.text(0)) * group;
      for (let block = first; block < first + group; block += 1) this.#weights.set(block, 1 + perBlock);
    }
    this.#weighed = { from, to: from + blocks };
  }

  /** One block that hides more than is asked at once: its rows are asked in parts. */
  async #weighRows(session: DataSession, range: Range, target: number): Promise<void> {
    const { outOfLine } = this.question;
    const block = range.from[0];
    const inBlock = { from: range.from, to: endWithin(range, block) };
    const rows = await session.query(
      `select ${ITEM_OF_ROW}::text, (${outOfLine?.bytes})::text from ${outOfLine?.from} where ${rangeCondition(inBlock)} order by ${ITEM_OF_ROW}`,
    );
    const cuts: Place[] = [];
    const works: number[] = [];
    let work = 0;
    for (const row of rows) {
      const rowWork = Number(row.text(1)) / BLOCK_BYTES;
      if (work > 0 && work + rowWork > target) {
        cuts.push([block, Number(row.text(0))]);
        works.push(work);
        work = 0;
      }
      work += rowWork;
    }
    works.push(work);
    const isRest = range.to === undefined || range.to[0] > block + 1 || (range.to[0] === block + 1 && range.to[1] > 0);
    if (isRest) cuts.push([block + 1, 0]);
    const parts = cutAt(range, cuts);
    for (const [nth, part] of parts.entries()) {
      const known = works[nth];
      if (known !== undefined) this.#known.set(part, Math.max(1, known));
    }
    this.#replace(range, parts);
  }

  answered({ range, blocks }: Chunk, sums: readonly bigint[], seconds: number): void {
    this.#done(range);
    this.add(sums);
    if (this.question.keepsChunks) {
      this.progress.chunks ??= [];
      this.progress.chunks.push({ range, sums: sums.map(String) });
    }
    this.#hasHung = false;
    this.#isSlow = false;
    this.#pace = paceAfter(this.#pace, { blocks, seconds });
  }

  add(sums: readonly bigint[]): void {
    this.progress.sums = sums.map((sum, nth) => String(sum + BigInt(this.progress.sums[nth] ?? 0)));
  }

  /** It is the table that hangs, not one block of it. */
  isHanging(fault: StatementFault): boolean {
    return fault === "timeout" && this.#hasHung;
  }

  /** Divides what was not answered. False when it can not be divided any further. */
  divide({ range, blocks }: Chunk, fault: StatementFault): boolean {
    const { relation, outOfLine } = this.question;
    const isOneBlock = blocksIn(range, relation.blocks) === 1;
    // A block that can not be read can not be read row by row either, and without TOAST it is too small to be slow.
    if (isOneBlock && (fault === "corrupt" || outOfLine === undefined || isOneRow(range))) return false;
    const parts = split(range, isOneBlock ? PARTS_OF_A_BLOCK : PARTS, relation.blocks);
    if (parts.length < 2) return false;
    this.#underWay.delete(range);
    this.#replace(range, parts);
    this.#pace = paceAfterFailure(blocks);
    this.#isSlow = fault === "timeout";
    return true;
  }

  /** Nobody is asking for the rows after all. */
  putBack({ range }: Chunk): void {
    this.#underWay.delete(range);
  }

  /** The rows are given up. */
  giveUp({ range }: Chunk, fault: StatementFault): void {
    this.#done(range);
    this.#pace = FIRST_PACE;
    this.#hasHung = fault === "timeout";
    this.#isSlow = this.#hasHung;
  }

  /** All that nobody is asking for is given up. */
  giveUpRest(): Range[] {
    const rest = this.progress.pending.filter((range) => !this.#underWay.has(range));
    this.progress.pending = this.progress.pending.filter((range) => this.#underWay.has(range));
    return rest;
  }

  #done(range: Range): void {
    this.#underWay.delete(range);
    this.#replace(range, []);
  }

  #replace(range: Range, parts: readonly Range[]): void {
    const { pending } = this.progress;
    pending.splice(pending.indexOf(range), 1, ...parts);
  }

  /** The first rows of a pending range that are as much work as wanted; the rest stays pending. */
  #cut(range: Range, target: number): Chunk {
    const end = range.from[0] + blocksIn(range, this.question.relation.blocks);
    let work = 0;
    let block = range.from[0];
    for (; block < end; block += 1) {
      if (work > 0 && (work + this.#weightOf(block) > target || block === this.#weighed.to)) break;
      work += this.#weightOf(block);
    }
    if (block >= end) return { range, blocks: work };
    const [first = range, ...rest] = cutAt(range, [[block, 0]]);
    this.#replace(range, [first, ...rest]);
    return { range: first, blocks: work };
  }
}

function endWithin({ to }: Range, block: number): Place {
  return to !== undefined && to[0] <= block ? to : [block + 1, 0];
}
