import { describe, expect, it } from "vitest";
import { StatementFailed } from "../../src/aws/data-api/statement-failed.ts";
import { Row } from "../../src/aws/data-api/values.ts";
import { DataSession } from "../../src/aws/data-api.ts";
import type { TableQuestion } from "../../src/reading/question.ts";
import { walk } from "../../src/reading/walk.ts";
import { newWalk } from "../../src/reading/walk-progress.ts";

const BLOCKS = 2000;

const question = (oid: bigint): TableQuestion => ({
  relation: {
    oid,
    sqlName: `t${oid}`,
    name: `t${oid}`,
    blocks: BLOCKS,
    bytes: BLOCKS * 8192,
    kind: "r",
    isOfExtension: false,
  },
  sql: (condition) => `select sums from t${oid} where ${condition}`,
});

/** A session that answers with one sum, the number of blocks asked, unless `hold` says otherwise. */
class Answering extends DataSession {
  readonly #hold: (sql: string) => Promise<void>;
  constructor(hold: (sql: string) => Promise<void>) {
    super(undefined as never, { clusterArn: "c", secretArn: "s", database: "d" });
    this.#hold = hold;
  }
  override async query(sql: string): Promise<Row[]> {
    await this.#hold(sql);
    const [, from = "0", to = String(BLOCKS)] = /'\((\d+),0\)'::tid(?: and ctid < '\((\d+),0\)')?/.exec(sql) ?? [];
    return [new Row([{ stringValue: String(Number(to) - Number(from)) }])];
  }
}

describe("a walk with several statements side by side", () => {
  it("takes those that stood in one stall for one timeout, and leaves no row out or in twice", async () => {
    let underWay = 0;
    const bothStand = Promise.withResolvers<void>();
    const hold = async (): Promise<void> => {
      underWay += 1;
      if (underWay > 2) return;
      if (underWay === 2) bothStand.resolve();
      await bothStand.promise;
      throw new StatementFailed("timeout", "late");
    };
    const progress = newWalk();
    const seen: number[] = [];
    const means = {
      session: new Answering(hold),
      another: () => new Answering(hold),
      hasTime: () => true,
      reached: async () => void seen.push(progress.timeoutsInARow),
    };
    expect(await walk(means, [question(1n), question(2n)], progress)).toBe("done");
    expect({ failed: progress.failedStatements, inARow: Math.max(...seen), gaps: progress.gaps }).toEqual({
      failed: 2,
      inARow: 1,
      gaps: [],
    });
    expect(progress.tables["1"]?.sums).toEqual([String(BLOCKS)]);
    expect(progress.tables["2"]?.sums).toEqual([String(BLOCKS)]);
  });

  it("goes on with the session that it has when another is refused, also while that one is between two statements", async () => {
    const refused = Promise.withResolvers<void>();
    let asked = 0;
    const own = new Answering(async () => {
      asked += 1;
      if (asked === 3) refused.resolve();
    });
    const means = {
      session: own,
      another: () =>
        new Answering(async () => {
          await refused.promise;
          throw new StatementFailed("unavailable", "too many clients");
        }),
      hasTime: () => true,
      // The other one fails while nothing else is under way.
      reached: () => new Promise<void>((done) => setTimeout(done, asked >= 3 ? 20 : 0)),
    };
    const progress = newWalk();
    expect(await walk(means, [question(1n), question(2n)], progress)).toBe("done");
    expect(progress.tables["1"]?.sums).toEqual([String(BLOCKS)]);
    expect(progress.tables["2"]?.sums).toEqual([String(BLOCKS)]);
  });

  it("ends when no session gets through", async () => {
    const down = () =>
      new Answering(async () => {
        throw new StatementFailed("unavailable", "down");
      });
    const means = { session: down(), another: down, hasTime: () => true, reached: async () => {} };
    await expect(walk(means, [question(1n), question(2n)], newWalk())).rejects.toMatchObject({ fault: "unavailable" });
  });

  it("begins a table again that is in another file than when it was stored", async () => {
    const means = {
      session: new Answering(async () => {}),
      another: () => new Answering(async () => {}),
      hasTime: () => true,
      reached: async () => {},
    };
    const stored = { file: "1", sums: ["500"], pending: [{ from: [500, 0] as [number, number] }] };
    const same = { ...newWalk(), tables: { "1": structuredClone(stored) } };
    const asked = question(1n);
    const inFile = (file: string): TableQuestion => ({ ...asked, relation: { ...asked.relation, file } });
    await walk(means, [inFile("1")], same);
    expect(same.tables["1"]?.sums).toEqual([String(BLOCKS)]);
    const moved = { ...newWalk(), tables: { "1": { ...structuredClone(stored), sums: ["77"] } } };
    await walk(means, [inFile("2")], moved);
    expect(moved.tables["1"]?.sums).toEqual([String(BLOCKS)]);
  });
});
