import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ask, type CheckInput, memoryStore, Sandbox } from "./sandbox.ts";

let sandbox: Sandbox;
let database: string;

beforeAll(async () => {
  sandbox = await Sandbox.open();
  database = await sandbox.database("create table orders as select n id from generate_series(1, 100) n");
});
afterAll(() => sandbox.close());

const questions = (count: number): CheckInput[] =>
  Array.from({ length: count }, (_, n) => ({ kind: "sql", name: `q${n}`, sql: `select ${n}`, expect: { equals: n } }));

describe("runChecks", () => {
  it("asks 500 checks in one transaction", async () => {
    const { answer, stored, api } = await ask(sandbox, database, questions(500));
    expect(answer).toMatchObject({ phase: "ready", waitSeconds: 0, total: 501, done: 501, held: 501, failed: 0 });
    // 500 questions; begin, settings, 3 for the full read and rollback; begin, the reader's role and way in (3), settings and rollback
    expect(api.calls()).toBeLessThan(515);
    expect(stored).toMatchObject({ complete: true, finishedAt: "2026-11-01T15:00:00.000Z" });
  });

  it("asks each check once, however many slices it takes", async () => {
    const { answers, results, api } = await ask(sandbox, database, questions(6), { remainingMs: () => 179_000 });
    expect(answers.map(({ done }) => done)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    // The first slice ends behind a read: what is left is not listed again without a look at the clock.
    expect(results.map(({ name }) => name)).toEqual(["full-read", "q0", "q1", "q2", "q3", "q4", "q5"]);
    expect(api.statements.filter((sql) => sql === "select 3")).toHaveLength(1);
  });

  it("goes on from what is stored after a slice was killed", async () => {
    const store = memoryStore();
    const killed = ask(sandbox, database, questions(60), {
      store,
      prepare: (api) => {
        api.intercept = (sql) => {
          if (sql === "select 40") throw Object.assign(new Error("no"), { name: "AccessDeniedException" });
        };
      },
    });
    await expect(killed).rejects.toThrow("no");
    const { results, api } = await ask(sandbox, database, questions(60), { store });
    expect(results.map(({ name }) => name)).toEqual(["full-read", ...questions(60).map(({ name }) => name)]);
    expect(api.statements).not.toContain("select 23");
    expect(api.statements).toContain("select 24");
  });

  it("answers the same again when it is called after the end", async () => {
    const store = memoryStore();
    const first = await ask(sandbox, database, questions(2), { store });
    const later = () => new Date("2026-11-01T16:00:00Z");
    const second = await ask(sandbox, database, questions(2), { store, now: later });
    expect(second.answer).toEqual({ ...first.answer, looks: 2 });
    expect(second.api.calls()).toBe(0);
  });

  it("leaves the rest unchecked when the drill's time is up, also in the middle of a check", async () => {
    const before = "2026-11-01T14:59:00.000Z";
    const { answer, results } = await ask(sandbox, database, questions(3), { checksEndAt: before });
    expect(answer).toMatchObject({ phase: "ready", done: 4, unchecked: 4 });
    expect(results[1]).toMatchObject({
      outcome: "unchecked",
      observed: "the drill's time was up",
      expected: "exactly 0",
    });

    let isLate = false;
    const midway = await ask(sandbox, database, questions(2), {
      now: () => new Date(isLate ? "2026-11-03T00:00:00Z" : "2026-11-01T15:00:00Z"),
      prepare: (api) => {
        api.intercept = (sql) => {
          if (sql.includes("pg_relation_size")) isLate = true;
        };
      },
    });
    expect(midway.results).toMatchObject([
      { kind: "full-read", outcome: "unchecked", observed: "the drill's time was up" },
      { name: "q0", outcome: "unchecked", observed: "the drill's time was up" },
      { name: "q1", outcome: "unchecked", observed: "the drill's time was up" },
    ]);
    expect(midway.answer).toMatchObject({ phase: "ready", done: 3, unchecked: 3 });
  });

  it("stops asking a database that does not answer", async () => {
    const waits: number[] = [];
    const { answer, results, api } = await ask(sandbox, database, questions(200), {
      session: { pause: async (ms) => void waits.push(ms) },
      prepare: (api) => {
        api.intercept = () => {
          throw Object.assign(new Error("down"), { name: "DatabaseUnavailableException" });
        };
      },
    });
    expect(answer).toMatchObject({ phase: "ready", total: 201, unchecked: 201 });
    expect(results[2]).toMatchObject({
      fault: "unavailable",
      observed: "the database did not answer (DatabaseUnavailableException)",
    });
    expect(results[200]?.observed).toBe("not asked: the database left 3 checks in a row unanswered");
    expect(api.calls()).toBeLessThan(100);
    expect(Math.max(...waits)).toBe(8000);
  });

  const timeOut = (): never => {
    throw Object.assign(new Error("timed out"), { name: "StatementTimeoutException" });
  };

  it("gives up a database that let all that it was asked time out, after three checks", async () => {
    const { answer, results, api } = await ask(sandbox, database, questions(50), {
      prepare: (api) => {
        api.intercept = timeOut;
      },
    });
    expect(answer).toMatchObject({ phase: "ready", total: 51, unchecked: 51 });
    expect(results.slice(0, 3).map(({ fault }) => fault)).toEqual(["timeout", "timeout", "timeout"]);
    expect(results.slice(3).every(({ observed }) => observed.startsWith("not asked: the database left 3"))).toBe(true);
    expect(api.statements).toHaveLength(3);
  });

  it("asks on behind slow questions once it was answered, until ten in a row time out", async () => {
    const slowFrom = async (first: number, until: number) => {
      const { planned } = await ask(sandbox, database, questions(20), {
        prepare: (api) => {
          api.intercept = (sql) => {
            const [, number] = /^select (\d+)$/.exec(sql) ?? [];
            if (number !== undefined && Number(number) >= first && Number(number) < until) timeOut();
          };
        },
      });
      return planned;
    };
    expect((await slowFrom(2, 11)).filter(({ outcome }) => outcome === "held")).toHaveLength(11);
    const gone = await slowFrom(2, 12);
    expect(gone.filter(({ fault }) => fault === "timeout")).toHaveLength(10);
    expect(gone.at(-1)?.observed).toBe("not asked: the database left 10 checks in a row unanswered");
  });

  it("asks again when a connection was lost", async () => {
    let lost = 0;
    const { answer } = await ask(sandbox, database, questions(4), {
      prepare: (api) => {
        api.intercept = async (sql) => {
          if (sql !== "select 2" || lost > 0) return;
          lost += 1;
          await sandbox.run(
            "postgres",
            "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'drill'",
          );
        };
      },
    });
    expect(lost).toBe(1);
    expect(answer).toMatchObject({ held: 5 });
  });

  it("fails every check when the database itself did not come back", async () => {
    const { answer, results } = await ask(sandbox, "nowhere", questions(2));
    expect(answer).toMatchObject({ failed: 3 });
    expect(results[0]?.observed).toBe(
      'not in the restored database: database "nowhere" does not exist (SQLState 3D000)',
    );
  });

  it("does not answer for the database when the drill itself may not ask", async () => {
    const denied = ask(sandbox, database, questions(1), {
      prepare: (api) => {
        api.intercept = () => {
          throw Object.assign(new Error("HttpEndpoint is not enabled"), { name: "HttpEndpointNotEnabledException" });
        };
      },
    });
    await expect(denied).rejects.toThrow("HttpEndpoint is not enabled");
  });

  it("keeps reports readable: long statements are shortened", async () => {
    const sql = `select 1 /* ${"x".repeat(5000)} */`;
    const { planned } = await ask(sandbox, database, [{ kind: "sql", name: "long", sql, expect: { equals: 1 } }]);
    expect(planned[0]?.outcome).toBe("held");
    expect(planned[0]?.sql).toHaveLength(2000);
  });
});
