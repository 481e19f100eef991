import { askBatch } from "../../reading/batches.ts";
import { asReadFailure } from "../../reading/chunks.ts";
import type { Asking, KindOfCheck } from "../kind.ts";
import { cutOffSurvey, failedStep, type Step, type SurveyCursor, survey, type Telling } from "../survey.ts";
import { type Amcheck, findAmcheck } from "./amcheck.ts";
import { askByCounts } from "./index-counts.ts";
import { type BtreeIndex, listIndexes } from "./index-listing.ts";
import { batchOf } from "./small-tables.ts";

/**
 * `bt_index_check` with heapallindexed can not be asked in parts: 45 to 65 million rows were as many as 45 s held in memory. A third of
 * the lower is left for colder machines; 1 GB of table and index is 20 s of 50 MB/s, where nothing is in memory.
 */
const MAX_ROWS_A_STATEMENT = 15e6;
const MAX_BLOCKS_A_STATEMENT = 2 ** 17;

const TELLING: Telling = {
  noun: "B-tree index",
  plural: "B-tree indexes",
  bad: "index and table disagree",
  describe: ({ name, said }) => `${name} (${said})`,
  held: ({ asked, unaskedCount, weaklyAsked }) => {
    if (weaklyAsked === 0) return "in order and with an entry for every row, by amcheck";
    const isAll = weaklyAsked === asked - unaskedCount;
    const how = isAll
      ? "by count only; amcheck sees more"
      : `${weaklyAsked.toLocaleString("en-US")} by count only, the others by amcheck, which sees more`;
    return `with as many entries as their tables have rows (${how})`;
  },
};

/** Whether every index says what its table does: one that lacks an entry hides a row, one too many finds what is not there. */
export const indexContents: KindOfCheck<"index-contents"> = {
  expected: ({ coverage }) =>
    coverage === "full"
      ? "every B-tree index in line with its table"
      : "a sample of B-tree indexes in line with their tables",

  async ask(check, asking, stored) {
    const amcheck = await findAmcheck(asking.session);
    const step = (page: readonly [BtreeIndex, ...BtreeIndex[]], cursor: SurveyCursor): Promise<Step> =>
      amcheck?.mayCheckIndexes && cursor.at === undefined && fitsOneStatement(page[0])
        ? askAmcheck(asking, page, cursor, amcheck)
        : askByCounts(asking, page, cursor);
    const list = (after: string) => listIndexes(asking, after);
    try {
      return await survey(asking, check, { list, step }, TELLING, stored);
    } finally {
      // Counting takes settings that are not for the next check.
      await asking.session.end();
    }
  },

  cutOff: (stored, why) => cutOffSurvey(TELLING, stored, why),
};

const fitsOneStatement = ({ rows, relation, indexBlocks }: BtreeIndex): boolean =>
  rows <= MAX_ROWS_A_STATEMENT && relation.blocks + indexBlocks <= MAX_BLOCKS_A_STATEMENT;

async function askAmcheck(
  { session }: Asking,
  page: readonly BtreeIndex[],
  { batch }: SurveyCursor,
  { schema }: Amcheck,
): Promise<Step> {
  const { items, selects } = batchOf(
    page,
    batch,
    ({ oid }, nth) => `select '${nth}' nth, ${schema}.bt_index_check(${oid}::oid::regclass, true) is not null`,
  );
  const answer = await askBatch(session, selects);
  if (!("failed" in answer)) return { done: items.length, batch: answer.nextSize };
  const failure = asReadFailure(answer.failed);
  const isTimeout = failure.fault === "timeout";
  const [first] = items;
  if (items.length > 1 || first === undefined) return { done: 0, batch: answer.nextSize, isTimeout };
  // Too much for one statement after all: counted instead.
  if (isTimeout) return { done: 0, at: {}, isTimeout };
  return failedStep(first.name, failure);
}
