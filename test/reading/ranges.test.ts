import { describe, expect, it } from "vitest";
import { blocksIn, cutAt, isOneRow, rangeCondition, split, WHOLE_TABLE } from "../../src/reading/ranges.ts";

describe("a range of a table", () => {
  it("is a condition on ctid, open at the end of the table, which may have grown", () => {
    expect(rangeCondition(WHOLE_TABLE)).toBe("ctid >= '(0,0)'::tid");
    expect(rangeCondition({ from: [3, 7], to: [4, 0] })).toBe("ctid >= '(3,7)'::tid and ctid < '(4,0)'::tid");
  });

  it("touches the blocks that its rows are in, one at least", () => {
    expect(blocksIn(WHOLE_TABLE, 10)).toBe(10);
    expect(blocksIn(WHOLE_TABLE, 0)).toBe(1);
    expect(blocksIn({ from: [3, 0], to: [5, 0] }, 10)).toBe(2);
    expect(blocksIn({ from: [3, 0], to: [5, 1] }, 10)).toBe(3);
    expect(blocksIn({ from: [12, 0] }, 10)).toBe(1);
  });

  it.each([
    [WHOLE_TABLE, 8, 100],
    [{ from: [0, 0], to: [7, 0] }, 8, 100],
    [{ from: [5, 3], to: [9, 4] }, 3, 100],
    [{ from: [5, 0], to: [6, 0] }, 64, 100],
    [{ from: [5, 10], to: [5, 20] }, 4, 100],
    [{ from: [99, 0] }, 64, 100],
  ] as const)("is divided into parts that are all of it, once: %j", (range, parts, blocks) => {
    const divided = split({ ...range } as never, parts, blocks);
    expect(divided.length).toBeGreaterThan(1);
    expect(divided.length).toBeLessThanOrEqual(parts);
    expect(divided[0]?.from).toEqual(range.from);
    expect(divided.at(-1)?.to).toEqual("to" in range ? range.to : undefined);
    for (const [nth, part] of divided.entries()) if (nth > 0) expect(part.from).toEqual(divided[nth - 1]?.to);
  });

  it("of one row is not divided", () => {
    const row = { from: [5, 3] as [number, number], to: [5, 4] as [number, number] };
    expect(isOneRow(row)).toBe(true);
    expect(split(row, 8, 100)).toEqual([row]);
    expect(isOneRow({ from: [5, 3], to: [5, 5] })).toBe(false);
    expect(isOneRow({ from: [5, 3], to: [6, 0] })).toBe(false);
  });

  it("is cut at places inside it", () => {
    expect(
      cutAt({ from: [0, 0], to: [9, 0] }, [
        [2, 0],
        [2, 5],
      ]),
    ).toEqual([
      { from: [0, 0], to: [2, 0] },
      { from: [2, 0], to: [2, 5] },
      { from: [2, 5], to: [9, 0] },
    ]);
  });
});
