import { open } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { CheckResult } from "../../src/checks/result.ts";
import { type Asked, type AskOptions, ask, Sandbox } from "./sandbox.ts";

let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await Sandbox.open();
});
afterAll(() => sandbox.close());

const read = async (database: string, options: AskOptions = {}): Promise<Asked & { result: CheckResult }> => {
  const asked = await ask(sandbox, database, [], options);
  const [result] = asked.results;
  if (result === undefined) throw new Error("no result");
  return { ...asked, result };
};

/** About 9,000 blocks of 8 kB. */
const LARGE = "create table large as select n, repeat('x', 700) filler from generate_series(1, 90000) n;";

/** Overwrites blocks of a table with a pattern, as a bad disk would. */
async function damage(database: string, table: string, blocks: readonly number[]): Promise<void> {
  const [[path = ""] = []] = await sandbox.run(database, `select pg_relation_filepath('${table}')`);
  await sandbox.whileStopped(async (dataDirectory) => {
    const file = await open(join(dataDirectory, path), "r+");
    for (const block of blocks) await file.write(Buffer.alloc(8192, 0x5a), 0, 8192, block * 8192);
    await file.close();
  });
}

describe("the full read", () => {
  it("is asked of every drill, even by a plan without checks", async () => {
    const { answer, result, stored } = await read(await sandbox.database("create table t as select 1 a"));
    expect(result).toMatchObject({
      name: "full-read",
      kind: "full-read",
      required: true,
      outcome: "held",
      rowsRead: 1,
    });
    expect(result.observed).toBe("1 row of 1 table read, 1 MB");
    expect(answer).toMatchObject({ phase: "ready", total: 1, done: 1, held: 1 });
    expect(stored.fullReadAt).toBe("2026-11-01T15:00:00.000Z");
  });

  it("is not asked twice when the plan names it, and comes first wherever the plan does", async () => {
    const database = await sandbox.database("create table t as select 1 a");
    const { results, api } = await ask(sandbox, database, [
      { kind: "rows", table: "t", expect: { equals: 1 } },
      { kind: "full-read", name: "everything", required: false },
    ]);
    expect(results.map(({ name, required }) => [name, required])).toEqual([
      ["everything", false],
      ["rows t", true],
    ]);
    const [read, count] = ["pg_column_size", "count(*)::text from"].map((part) =>
      api.statements.findIndex((sql) => sql.includes(part)),
    );
    expect(read).toBeGreaterThan(0);
    expect(count).toBeGreaterThan(read ?? Number.POSITIVE_INFINITY);
  });

  it("takes as many slices as it needs before the next check is asked", async () => {
    const check = { kind: "sql", name: "after", sql: "select 1", expect: { equals: 1 } } as const;
    const { answers, results, stored } = await ask(sandbox, await sandbox.database(LARGE), [check], {
      remainingMs: () => 10,
    });
    expect(answers.filter(({ done }) => done === 0).length).toBeGreaterThan(3);
    const percents = answers.flatMap(({ underWay }) => underWay?.percent ?? []);
    expect(percents).toEqual([...percents].sort((a, b) => a - b));
    expect(answers[1]?.underWay).toEqual({
      check: "full-read",
      percent: expect.toSatisfy((percent) => percent > 0 && percent < 100),
      secondsLeft: expect.any(Number),
    });
    expect(results.map(({ name, outcome }) => [name, outcome])).toEqual([
      ["full-read", "held"],
      ["after", "held"],
    ]);
    expect(stored.fullReadAt).toBeDefined();
  });

  it("reads partitions, children, materialised views, odd names and tables without columns, each once", async () => {
    const database = await sandbox.database(`
      create table p (id int) partition by range (id); create table p1 partition of p for values from (0) to (10); insert into p values (1), (2);
      create table parent (id int); create table child () inherits (parent); insert into parent values (1); insert into child values (2);
      create materialized view m as select * from parent; create materialized view unfilled as select 1 with no data;
      create table "Odd ""t"".*" (t int, "T" int); insert into "Odd ""t"".*" values (1, 2); create table bare (); insert into bare default values;
      create view v as select * from p; create table none (id int)`);
    expect((await read(database)).result.observed).toBe("8 rows of 7 tables read, 1 MB");
  });

  it("has nothing to look at without tables or without rows", async () => {
    const bare = await read(await sandbox.database());
    expect(bare.result).toMatchObject({ outcome: "empty", observed: "no tables in the database" });
    const empty = await read(await sandbox.database("create table a (id int); create table b (id int)"));
    expect(empty.result).toMatchObject({ outcome: "empty", observed: "no rows in 2 tables" });
    expect(empty.stored.fullReadAt).toBeUndefined();
  });

  it("reads hundreds of tables in few calls", async () => {
    const tables = Array.from({ length: 450 }, (_, n) => `create table t${n} as select ${n} n`).join(";");
    const { result, stored, api } = await read(await sandbox.database(tables));
    expect(result.observed).toBe("450 rows of 450 tables read, 1 MB");
    expect(api.calls()).toBeLessThan(15);
    expect(stored.dataApiCalls).toBe(api.calls());
  });

  it("reads a large table by growing ranges of blocks, down to its last row", async () => {
    const { result, api } = await read(
      await sandbox.database(`${LARGE} create table heir () inherits (large); insert into heir values (1, 'x')`),
    );
    expect(result.observed).toMatch(/^90,001 rows of 2 tables read, 6\d MB$/);
    const ends = api.statements.flatMap((sql) => /ctid < '\((\d+),0\)'/.exec(sql)?.[1] ?? []).map(Number);
    // Two statements side by side: the third range is planned before or after the second was answered.
    expect([ends.slice(0, 2), [576, 1344].includes(ends[2] ?? 0)]).toEqual([[64, 64 + 256], true]);
  });

  it("goes on with one session when the database takes no other, and leaves nothing out", async () => {
    let begun = 0;
    const { result, api } = await read(await sandbox.database(LARGE), {
      prepare: (api) => {
        api.intercept = (sql) => {
          if (!sql.includes("set_config('transaction_read_only'")) return;
          begun += 1;
          if (begun > 1) throw Object.assign(new Error("too many clients"), { name: "DatabaseUnavailableException" });
        };
      },
    });
    expect(result).toMatchObject({ outcome: "held", observed: expect.stringMatching(/^90,000 rows of 1 table read/) });
    expect(begun).toBeGreaterThan(1);
    // One refusal, with its attempts, and no other.
    expect(api.statements.filter((sql) => sql.includes("set_config('transaction_read_only'")).length).toBeLessThan(12);
  });

  it("splits a range that takes too long and never asks it again whole", async () => {
    const tooMany = /ctid >= '\((\d+),0\)'::tid and ctid < '\((\d+),0\)'/;
    const { result, api } = await read(await sandbox.database(LARGE), {
      prepare: (api) => {
        api.intercept = (sql) => {
          const [, from, to] = tooMany.exec(sql) ?? [];
          const isLast = from !== undefined && to === undefined;
          if (isLast || Number(to) - Number(from) > 400) {
            throw Object.assign(new Error("timed out"), { name: "StatementTimeoutException" });
          }
        };
      },
    });
    expect(result.observed).toMatch(/^90,000 rows/);
    expect(new Set(api.statements.filter((sql) => tooMany.test(sql))).size).toBe(
      api.statements.filter((sql) => tooMany.test(sql)).length,
    );
  });

  it("leaves a block unchecked that can not be read in time, and reads the others", async () => {
    const { result } = await read(await sandbox.database(LARGE), {
      prepare: (api) => {
        api.intercept = (sql) => {
          const [, from, to] = /ctid >= '\((\d+),0\)'::tid(?: and ctid < '\((\d+),0\))?/.exec(sql) ?? [];
          if (from !== undefined && Number(from) <= 70 && (to === undefined || Number(to) > 70)) {
            throw Object.assign(new Error("timed out"), { name: "StatementTimeoutException" });
          }
        };
      },
    });
    expect(result).toMatchObject({
      outcome: "unchecked",
      observed: expect.stringMatching(/^public\.large block 70: not answered within the 45 s/),
    });
  });

  /** What a database answers that knows its tables and reads none of them. */
  const timesOut = (which: (sql: string) => boolean) => (api: Asked["api"]) => {
    api.intercept = (sql) => {
      if (which(sql)) throw Object.assign(new Error("timed out"), { name: "StatementTimeoutException" });
    };
  };
  const isRead = (sql: string): boolean => sql.includes("pg_column_size");

  it.each([
    ["many small tables", Array.from({ length: 200 }, (_, n) => `create table t${n} as select ${n} n`).join(";")],
    ["large tables", `${LARGE} create table b as select * from large; create table c as select * from large`],
  ])("spends ten statements on %s when every one of them times out", async (_tables, sql) => {
    const { result, api } = await read(await sandbox.database(sql), { prepare: timesOut(isRead) });
    expect(result).toMatchObject({
      outcome: "unchecked",
      fault: "timeout",
      observed: expect.stringMatching(/; stopped reading there, after 10 statements in a row that were not answered/),
    });
    // One more is under way beside the tenth.
    expect([10, 11]).toContain(api.statements.filter(isRead).length);
  });

  it("spends one statement on a database in which nothing at all is answered", async () => {
    const { result, api } = await read(await sandbox.database(LARGE), { prepare: timesOut(() => true) });
    expect(result).toMatchObject({ outcome: "unchecked", fault: "timeout" });
    expect(api.statements).toHaveLength(1);
  });

  it("gives up one table that hangs and reads all others", async () => {
    const tables = Array.from({ length: 150 }, (_, n) => `create table t${n} as select generate_series(1, 1000) n`);
    const database = await sandbox.database(`${LARGE} ${tables.join(";")}`);
    const { result } = await read(database, { prepare: timesOut((sql) => sql.includes('"t0"')) });
    expect(result.outcome).toBe("unchecked");
    expect(result.observed).toMatch(/^public\.t0 blocks 0 to \d: not answered within the 45 s [^;]*$/);
    const large = await read(database, { prepare: timesOut((sql) => sql.includes('"large"')) });
    expect(large.result.observed).toMatch(/^public\.large blocks 0 to [89]\d{3}: not answered within the 45 s [^;]*$/);
    expect(large.api.statements.filter((sql) => sql.includes('"large"'))).toHaveLength(4);
  });

  it("goes on where a short slice left it, and counts no row twice", async () => {
    const database = await sandbox.database(
      `${LARGE} ${Array.from({ length: 5 }, (_, n) => `create table t${n} as select 1 a`).join(";")}`,
    );
    const { answers, result, answer, stored } = await read(database, { remainingMs: () => 10 });
    expect(answers.length).toBeGreaterThan(5);
    expect(answers[0]).toMatchObject({ phase: "pending", waitSeconds: 1, done: 0, total: 1, looks: 1 });
    expect(answer.looks).toBe(answers.length);
    expect(result.observed).toMatch(/^90,005 rows of 6 tables read/);
    expect(stored.cursor).toBeUndefined();
  });

  it("names the table and the blocks that a bad disk destroyed, and still reads the rest", async () => {
    const database = await sandbox.database(
      `${LARGE} create table small as select n from generate_series(1, 5000) n; create table sound as select 1 a`,
    );
    await damage(database, "large", [5, 4000, 4001]);
    await damage(database, "small", [3]);
    const { result, stored } = await read(database);
    expect(result).toMatchObject({ outcome: "failed", fault: "corrupt" });
    expect(result.observed).toMatch(
      /^public\.large block 5, public\.large blocks 4000 to 4001, public\.small block 3: the data can not be read: invalid page in block 5 of relation .*\(SQLState XX001\)$/,
    );
    expect(stored.fullReadAt).toBeUndefined();
  });

  it.each([
    ["the drill's time was up", "2026-11-03T00:00:00Z", undefined],
    ["the database did not answer (DatabaseUnavailableException)", undefined, "DatabaseUnavailableException"],
  ])("stays failed for a corrupt table when %s before all was read", async (why, late, error) => {
    const database = await sandbox.database(`create table torn as select n from generate_series(1, 5000) n; ${LARGE}`);
    await damage(database, "torn", [3]);
    // The large table is asked at the same time: it waits until the torn one is behind its third block.
    const isFound = Promise.withResolvers<void>();
    let isOver = false;
    const { results, stored } = await ask(
      sandbox,
      database,
      [{ kind: "sql", name: "after", sql: "select 1", expect: { equals: 1 } }],
      {
        now: () => new Date(isOver && late !== undefined ? late : "2026-11-01T15:00:00Z"),
        prepare: (api) => {
          api.intercept = async (sql) => {
            if (sql.includes('"torn"') && Number(/ctid >= '\((\d+),/.exec(sql)?.[1]) > 3) isFound.resolve();
            if (sql.includes('"large"') && sql.includes("ctid")) isOver = await isFound.promise.then(() => true);
            if (isOver && error !== undefined && sql !== "select 1") throw Object.assign(new Error(), { name: error });
          };
        },
      },
    );
    expect(results[0]).toMatchObject({
      outcome: "failed",
      fault: "corrupt",
      observed: expect.stringMatching(/^public\.torn block 3: the data can not be read: .*; the rest was not read: /),
    });
    expect(results[0]?.observed.endsWith(why)).toBe(true);
    expect(results[1]).toMatchObject({ name: "after", outcome: "unchecked" });
    expect(stored.fullReadAt).toBeUndefined();
  });

  it("does not keep the other checks from being asked when a table is corrupt", async () => {
    const database = await sandbox.database(
      "create table torn as select n from generate_series(1, 5000) n; create table sound as select 1 a",
    );
    await damage(database, "torn", [3]);
    const { results } = await ask(sandbox, database, [
      { kind: "rows", table: "torn", expect: { equals: 5000 } },
      { kind: "rows", table: "sound", expect: { equals: 1 } },
    ]);
    expect(results.map(({ name, outcome, fault }) => [name, outcome, fault])).toEqual([
      ["full-read", "failed", "corrupt"],
      ["rows torn", "failed", "corrupt"],
      ["rows sound", "held", undefined],
    ]);
  });

  it("finds a table whose file is gone", async () => {
    const database = await sandbox.database(
      "create table t as select n from generate_series(1, 5000) n; create table u as select 1 a",
    );
    const [[path = ""] = []] = await sandbox.run(database, "select pg_relation_filepath('t')");
    await sandbox.whileStopped(async (dataDirectory) => {
      const { rm } = await import("node:fs/promises");
      await rm(join(dataDirectory, path));
    });
    const { result } = await read(database);
    expect(result).toMatchObject({
      outcome: "failed",
      observed: expect.stringContaining("public.t block 0: the data can not be read: could not open file"),
    });
  });

  it.each([
    ["XX000", "could not do what was never heard of"],
    ["58P01", "could not find something"],
  ])("takes SQLState %s for damage, whatever its message: it only reads", async (state, message) => {
    const database = await sandbox.database("create table torn as select 1 a; create table sound as select 1 a");
    const { result } = await read(database, {
      prepare: (api) => {
        api.intercept = (sql) => {
          const said = `ERROR: ${message}; SQLState: ${state}`;
          if (sql.includes('"torn"')) throw Object.assign(new Error(said), { name: "DatabaseErrorException" });
        };
      },
    });
    expect(result).toMatchObject({
      outcome: "failed",
      fault: "corrupt",
      observed: `public.torn block 0: the data can not be read: ${message} (SQLState ${state})`,
    });
  });

  it("stops looking when the damage is everywhere", async () => {
    const database = await sandbox.database(LARGE);
    await damage(
      database,
      "large",
      Array.from({ length: 400 }, (_, n) => n * 2 + 1),
    );
    const { result, api } = await read(database);
    expect(result).toMatchObject({ outcome: "failed", observed: expect.stringContaining("stopped reading there") });
    expect(api.statements.length).toBeLessThan(1500);
  });

  it("stops looking in a table that is destroyed from end to end", async () => {
    const database = await sandbox.database("create table t as select n from generate_series(1, 500000) n");
    await damage(
      database,
      "t",
      Array.from({ length: 2000 }, (_, n) => n),
    );
    const { result, api } = await read(database);
    expect(result).toMatchObject({
      outcome: "failed",
      observed: expect.stringMatching(/^public\.t blocks 0 to \d+: .*stopped reading there/),
    });
    expect(api.statements.length).toBeLessThan(1500);
  });

  it("reads what was appended after the table was measured", async () => {
    const database = await sandbox.database(LARGE);
    let isAppended = false;
    const { result } = await read(database, {
      prepare: (api) => {
        api.intercept = async (sql) => {
          if (isAppended || !sql.includes("ctid")) return;
          isAppended = true;
          await sandbox.run(database, "insert into large select 0, repeat('x', 700) from generate_series(1, 1000)");
        };
      },
    });
    expect(result.observed).toMatch(/^91,000 rows/);
  });

  it("is unchecked where row security hides rows from the drill's role", async () => {
    const database = await sandbox.database(
      "create table t as select 1 a; alter table t enable row level security; create table u as select 1 a",
    );
    await sandbox.run("postgres", "alter role drill nobypassrls");
    const { result } = await read(database);
    await sandbox.run("postgres", "alter role drill bypassrls");
    expect(result).toMatchObject({
      outcome: "unchecked",
      observed: expect.stringMatching(/^public\.t block.*bypassrls/),
    });
  });
});
