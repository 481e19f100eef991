import { describe, expect, it } from "vitest";
import { HISTORY_DRILLS } from "../../src/evidence/history.ts";
import { pathsSection } from "../../src/index/page/paths-section.ts";
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
    expect(rowWith(pastDrill(20), exercise(1, "passed"))).toMatchObject({
      state: "overdue",
      plans: [{ streak: { drills: 1 } }],
    });
    expect(rowWith(pastDrill(2), exercise(1, "failed")).state).toBe("proven");
    expect(rowWith(exercise(1, "passed"))).toMatchObject({ state: "never-drilled", drills: [{}], paths: [{}] });
  });

  it("is in doubt by the last drill of the plan, behind a year of another plan's passes", () => {
    const failed = pastDrill(60, { plan: "monthly", verdict: "failed" });
    const daily = Array.from({ length: HISTORY_DRILLS + 1 }, (_, index) => pastDrill(55 - index));
    const neverPassed = { ...PLAN, plan: "yearly" };
    const history = historyWith("orders-production", [
      pastDrill(90, { plan: "monthly" }),
      failed,
      pastDrill(58, { plan: "yearly", verdict: "errored" }),
      ...daily,
    ]);
    const monthly = { ...PLAN, plan: "monthly", everySeconds: 92 * 86_400 };
    const { plans, state } = rowOf("orders-production", [PLAN, monthly, neverPassed], { history, warnings: [] }, AT);
    expect(plans.map(({ plan, state: own }) => [plan, own])).toEqual([
      ["yearly", "never-passed"],
      ["monthly", "in-doubt"],
      ["orders", "proven"],
    ]);
    expect(state).toBe("never-passed");
    expect(plans[1]).toMatchObject({ lastDrill: failed, streak: { isPassing: false, drills: 1, isAtLeast: true } });
  });

  it("has a streak of each plan, which another plan's drills do not end", () => {
    const history = historyWith("orders-production", [
      pastDrill(4),
      pastDrill(3, { plan: "second", verdict: "failed" }),
      pastDrill(2),
      pastDrill(1, { plan: "second", verdict: "failed" }),
    ]);
    const plans = [PLAN, { ...PLAN, plan: "second" }];
    expect(rowOf("orders-production", plans, { history, warnings: [] }, AT).plans).toMatchObject([
      { plan: "second", streak: { isPassing: false, drills: 2 } },
      { plan: "orders", streak: { isPassing: true, drills: 2 } },
    ]);
  });

  it("has a streak of passes or of drills without one, and says when it may be longer", () => {
    const streakOf = (letters: string) => sampleRow("a", letters).plans[0]?.streak;
    expect(streakOf("pfpp")).toMatchObject({ isPassing: true, drills: 2, isAtLeast: false });
    expect(streakOf("ppfei")).toMatchObject({ isPassing: false, drills: 3, isAtLeast: false });
    expect(streakOf("pp")).toMatchObject({ drills: 2, isAtLeast: false });
    expect(streakOf("p".repeat(HISTORY_DRILLS + 4))).toMatchObject({
      drills: HISTORY_DRILLS,
      isAtLeast: true,
    });
    expect(streakOf("")).toBeUndefined();
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
    expect(statesOf("two")).toEqual(["in-doubt", undefined]);
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

  const wayOf = (...drills: ReturnType<typeof pastDrill>[]) => {
    const history = historyWith("orders-production", drills);
    const row = rowOf("orders-production", [PLAN, { ...PLAN, plan: "second" }], { history, warnings: [] }, AT);
    const { columns, cells } = matrixOf([row], AT);
    expect(columns).toHaveLength(1);
    return cells.get("orders-production")?.get(columns[0]?.key ?? "");
  };

  it("are in doubt after a drill that did not pass, of whatever plan, with the day of the pass before it", () => {
    const [pass, failed] = [pastDrill(2), pastDrill(1, { verdict: "failed" })];
    expect(wayOf(pass, failed)).toEqual({ state: "in-doubt", lastPass: pass, lastDrill: failed });
    expect(wayOf(pass, { ...failed, plan: "second" })).toMatchObject({ state: "in-doubt", lastPass: pass });
  });

  it("are in doubt by the plan that failed, also where another plan passed after it", () => {
    const [before, failed, pass] = [
      pastDrill(5),
      pastDrill(2, { verdict: "failed" }),
      pastDrill(1, { plan: "second" }),
    ];
    expect(wayOf(before, failed, pass)).toEqual({ state: "in-doubt", lastPass: before, lastDrill: failed });
    expect(wayOf(failed, pass)).toEqual({ state: "in-doubt", lastPass: pass, lastDrill: failed });
  });

  it("say of a failure before the pass that it was before it", () => {
    const wordsOf = (...drills: ReturnType<typeof pastDrill>[]) => {
      const history = historyWith("orders-production", drills);
      const row = rowOf("orders-production", [PLAN, { ...PLAN, plan: "second" }], { history, warnings: [] }, AT);
      return pathsSection([row], AT, 100_000)?.text;
    };
    const failed = pastDrill(2, { verdict: "failed" });
    expect(wordsOf(failed, pastDrill(1, { plan: "second" }))).toContain(">but before failed <");
    expect(wordsOf(pastDrill(5), failed)).toContain(">then failed <");
  });

  it("are proven where both of two plans have proven them, and lapsed where one's promise is broken", () => {
    const pass = pastDrill(1, { plan: "second" });
    expect(wayOf(pastDrill(2), pass)).toEqual({ state: "proven", lastPass: pass, lastDrill: pass });
    expect(wayOf(pastDrill(20), pass)).toMatchObject({ state: "lapsed", lastPass: { plan: "orders" } });
  });

  it("are told by plans that are gone where no other plan goes them, or where these failed last", () => {
    const [pass, gone] = [pastDrill(2), { plan: "gone" }];
    expect(wayOf(pastDrill(3, { ...gone, verdict: "failed" }), pass)?.state).toBe("proven");
    expect(wayOf(pass, pastDrill(1, gone))?.state).toBe("proven");
    expect(wayOf(pass, pastDrill(1, { ...gone, verdict: "failed" }))?.state).toBe("in-doubt");
    expect(wayOf(pastDrill(1, gone))?.state).toBe("lapsed");
  });
});
