import { describe, expect, it } from "vitest";
import { coveredMilliseconds, median } from "../../src/bench/intervals.ts";

describe("coveredMilliseconds", () => {
  const window = { start: 100, end: 200 };

  it("counts what overlaps once, and nothing outside the window", () => {
    const intervals = [
      { start: 150, end: 170 },
      { start: 90, end: 110 },
      { start: 160, end: 180 },
      { start: 155, end: 160 },
      { start: 195, end: 300 },
      { start: 400, end: 500 },
    ];
    expect(coveredMilliseconds(intervals, window)).toBe(10 + 30 + 5);
  });

  it("is nothing for no intervals", () => {
    expect(coveredMilliseconds([], window)).toBe(0);
  });
});

describe("median", () => {
  it("is the middle value, whatever the order", () => {
    expect(median([9, 1, 5])).toBe(5);
  });
});
