import { describe, expect, it } from "vitest";
import { HISTORY_DRILLS } from "../../src/evidence/history.ts";
import { matrixOf } from "../../src/index/paths.ts";
import { inOrder, rowOf } from "../../src/index/rows.ts";
import { AT, historyWith, PATH, pastDrill, sampleRow } from "./sample-fleet.ts";

const PLAN = { plan: "orders", database: "orders-production", everySeconds: 8 * 86_400 };

describe("how a database stands", () => {
  it.each([
    ["never-drilled", "", 0],
    ["never-passed", "fe", 1],
    ["overdue", "pp", 9],
    ["overdue", "pff", 1],
    ["in-doubt", "ppe", 0.5],
    ["proven", "fp", 7],
  ])("%s: %s, %d d ago", (state, letters, lastDaysAgo) => {
    expect(sampleRow("orders", letters, lastDaysAgo).state).toBe(state);
  });

  it("is not known where its drills can not be read: that is not never", () => {
    expect(rowOf("orders-production", [PLAN], undefined, AT).state).toBe("unknown");
    expect(rowOf("orders-production", [PLAN], { warnings: ["half a document"] }, AT).state).toBe("unknown");
    expect(rowOf("orders-production", [PLAN], { warnings: [] }, AT).state).toBe("never-drilled");
  });

  it("is due when the promise that the last pass keeps ends", () => {
    const [plan] = sampleRow("orders", "p", 3).plans;
    expect(plan).toMatchObject({ promisedDays: 8, lastPass: { verdict: "passed" } });
    expect(plan?.dueBy?.toISOString()).toBe("2026-11-27T07:15:00.000Z");
  });

  it("is that of the worst of its plans, each by its own drills", () => {
    const history = historyWith("orders-production", [pastDrill(20, { plan: "quarterly" }), pastDrill(2)]);
    const plans = [
      PLAN,
      { ...PLAN, plan: "daily", everySeconds: 86_400 },
      { ...PLAN, plan: "quarterly", everySeconds: 92 * 86_400 },
    ];
    const row = rowOf("orders-production", plans, { history, warnings: [] }, AT);
    expect(row.plans.map(({ plan, state }) => [plan, state])).toEqual([
      ["daily", "never-drilled"],
      ["orders", "proven"],
      ["quarterly", "proven"],
    ]);
    expect(row.state).toBe("never-drilled");
  });

  it("is not that of an exercise, which keeps no promise: it is one of its signs and of its ways back", () => {
    const exercise = (daysAgo: number, verdict: "passed" | "failed") =>
      pastDrill(daysAgo, { verdict, scenario: "region-lost", recoveryPath: { ...PATH, scenario: "region-lost" } });
    const rowWith = (...drills: ReturnType<typeof pastDrill>[]) =>
      rowOf("orders-production", [PLAN], { history: historyWith("orders-production", drills), warnings: [] }, AT);
    expect(rowWith(pastDrill(20), exercise(1, "passed"))).toMatchObject({ state: "overdue", streak: { drills: 1 } });
    expect(rowWith(pastDrill(2), exercise(1, "failed")).state).toBe("proven");
    expect(rowWith(exercise(1, "passed"))).toMatchObject({ state: "never-drilled", drills: [{}], paths: [{}] });
  });

  it("has a streak of passes or of drills without one, and says when it may be longer", () => {
    expect(sampleRow("a", "pfpp").streak).toMatchObject({ isPassing: true, drills: 2, isAtLeast: false });
    expect(sampleRow("a", "ppfei").streak).toMatchObject({ isPassing: false, drills: 3, isAtLeast: false });
    expect(sampleRow("a", "pp").streak).toMatchObject({ drills: 2, isAtLeast: false });
    expect(sampleRow("a", "p".repeat(HISTORY_DRILLS + 4)).streak).toMatchObject({
      drills: HISTORY_DRILLS,
      isAtLeast: true,
    });
    expect(sampleRow("a", "").streak).toBeUndefined();
  });
});

describe("the order of databases", () => {
  it("has never drilled first, then the most overdue, then doubt, then what is due next", () => {
    const rows = [
      sampleRow("next week", "p", 1),
      sampleRow("tomorrow", "p", 7),
      sampleRow("doubt", "ppf", 0.5),
      sampleRow("late", "p", 10),
      sampleRow("later", "p", 30),
      sampleRow("never passed", "f"),
      rowOf("not known", [PLAN], undefined, AT),
      sampleRow("never", ""),
    ];
    expect(inOrder(rows).map(({ database }) => database)).toEqual([
      "never",
      "never passed",
      "not known",
      "later",
      "late",
      "doubt",
      "tomorrow",
      "next week",
    ]);
  });
});

describe("the ways back", () => {
  const elsewhere = { ...PATH, toRegion: "us-east-1" };
  it("are a column each, the most used first, with when each database was last proven on it", () => {
    const rows = [sampleRow("one", "pp", 2, [PATH, elsewhere]), sampleRow("two", "pfff", 2), sampleRow("three", "")];
    const { columns, cells } = matrixOf(rows, AT);
    expect(columns.map(({ what, where, databases }) => [what, where, databases])).toEqual([
      ["automated backup", "eu-west-1 to eu-central-1", 2],
      ["automated backup", "eu-west-1 to us-east-1", 1],
    ]);
    const statesOf = (database: string) => columns.map(({ key }) => cells.get(database)?.get(key)?.state);
    expect(statesOf("one")).toEqual(["lapsed", "proven"]);
    expect(statesOf("two")).toEqual(["lapsed", undefined]);
    expect(statesOf("three")).toEqual([undefined, undefined]);
  });

  it("tell exercises, restore tests and other accounts apart", () => {
    const paths = [
      { ...PATH, scenario: "region-lost" },
      { ...PATH, recoveryPoint: "awsbackup" as const, isRestoreTest: true },
      { ...PATH, account: "222222222222" },
      { ...PATH, fromRegion: "eu-central-1" },
    ];
    const { columns } = matrixOf([sampleRow("one", "pfpp", 2, paths)], AT);
    expect(columns.map(({ what, where }) => `${what} ${where}`).sort()).toEqual([
      "automated backup eu-west-1 to eu-central-1, account 222222222222",
      "automated backup in eu-central-1",
      "automated backup, exercise region-lost eu-west-1 to eu-central-1",
      "restore test of AWS Backup eu-west-1 to eu-central-1",
    ]);
  });

  it("are proven where one of two plans has proven them", () => {
    const history = historyWith("orders-production", [
      pastDrill(2),
      pastDrill(1, { plan: "second", verdict: "failed" }),
    ]);
    const row = rowOf("orders-production", [PLAN, { ...PLAN, plan: "second" }], { history, warnings: [] }, AT);
    const { columns, cells } = matrixOf([row], AT);
    expect(columns).toHaveLength(1);
    expect(cells.get("orders-production")?.get(columns[0]?.key ?? "")?.state).toBe("proven");
  });
});
