import { describe, expect, it } from "vitest";
import { compareVersions, countOf, describeExpectation, listOf, meets } from "../../src/checks/expectation.ts";
import { displayName, parseTable, sqlNameOf } from "../../src/reading/identifiers.ts";
import { FIRST_PACE, paceAfter, paceAfterFailure } from "../../src/reading/pace.ts";

describe("an expectation", () => {
  it("reads as a sentence", () => {
    expect(describeExpectation({ between: [1000, 2000] }, "row")).toBe("between 1,000 and 2,000 rows");
    expect(describeExpectation({ atLeast: 0.5 })).toBe("at least 0.5");
    expect(describeExpectation({ equals: 1 }, "row")).toBe("exactly 1 row");
    expect(describeExpectation({ atMost: 0 }, "row")).toBe("at most 0 rows");
    expect(describeExpectation({ equals: "it's" })).toBe('exactly "it\'s"');
    expect(describeExpectation({ noRows: true })).toBe("no rows");
  });

  it("compares numbers as numbers and text as text", () => {
    expect(meets({ equals: 1 }, "1.00")).toBe(true);
    expect(meets({ equals: "1" }, "1.00")).toBe(false);
    expect(meets({ equals: "007" }, "007")).toBe(true);
    expect(meets({ equals: 5 }, 5n)).toBe(true);
    expect(meets({ atLeast: 9 }, "10")).toBe(true);
    expect(meets({ atMost: 9 }, "10")).toBe(false);
    expect(meets({ between: [1, 2] }, 1.5)).toBe(true);
    expect(meets({ equals: false }, false)).toBe(true);
  });

  it("is met by nothing that is no value", () => {
    for (const value of [null, "", "abc", "NaN"]) {
      expect(meets({ atMost: 5 }, value)).toBe(false);
      expect(meets({ equals: 0 }, value)).toBe(false);
    }
  });

  it("shows lists bounded", () => {
    expect(listOf(["a", "b"])).toBe("a, b");
    expect(listOf(["a"], 2)).toBe("a and 1 other");
    expect(countOf(1n, "row")).toBe("1 row");
  });

  it("orders versions of any length", () => {
    expect(compareVersions("20261101120000", "9")).toBeGreaterThan(0);
    expect(compareVersions("007", "7")).toBe(0);
    expect(compareVersions("v10", "v9")).toBeLessThan(0);
  });
});

describe("a table's name", () => {
  it.each([
    ["Orders", '"public"."orders"', "public.orders"],
    ["Sales.Orders", '"sales"."orders"', "sales.orders"],
    ['"A.B"."C ""d"""', '"A.B"."C ""d"""', '"A.B"."C ""d"""'],
    ['sales."Order; drop table x"', '"sales"."Order; drop table x"', 'sales."Order; drop table x"'],
  ])("%s is %s in SQL", (name, sql, display) => {
    expect(sqlNameOf(name)).toBe(sql);
    expect(displayName(parseTable(name))).toBe(display);
  });
});

describe("the pace of reading", () => {
  it("grows to 5 s a statement, at most fourfold at once", () => {
    const fast = paceAfter(FIRST_PACE, { blocks: 64, seconds: 0.01 });
    expect(fast.blocks).toBe(256);
    expect(paceAfter({ blocks: 4096, blocksPerSecond: 1000 }, { blocks: 4096, seconds: 4.096 }).blocks).toBe(5000);
  });

  it("believes slowness sooner than speed, and shrinks after a failure to no less than a block", () => {
    const known = { blocks: 5000, blocksPerSecond: 1000 };
    expect(paceAfter(known, { blocks: 5000, seconds: 50 }).blocks).toBe(1850);
    expect(paceAfter(known, { blocks: 5000, seconds: 2.5 }).blocks).toBe(6500);
    expect([64, 3, 1].map((blocks) => paceAfterFailure(blocks).blocks)).toEqual([8, 1, 1]);
  });
});
