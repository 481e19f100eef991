import { describe, expect, it } from "vitest";
import { Lanes } from "../../src/reading/lanes.ts";

/** A database whose throughput depends on how many statements it is given side by side. */
function settle(throughput: (lanes: number, window: number) => number, windows: number, most?: number): number[] {
  let now = 0;
  const lanes = new Lanes(most, () => now);
  const counts: number[] = [];
  for (let window = 0; window < windows; window += 1) {
    const statements = 3 * lanes.count;
    now += 2;
    const work = (throughput(lanes.count, window) * 2) / statements;
    for (let nth = 0; nth < statements; nth += 1) lanes.answered(work);
    counts.push(lanes.count);
  }
  return counts;
}

describe("the number of statements side by side", () => {
  it("begins with two", () => {
    expect(new Lanes().count).toBe(2);
    expect(new Lanes(1).count).toBe(1);
  });

  it("grows while throughput does, and stays where it does not", () => {
    const counts = settle((lanes) => Math.min(lanes, 6), 12);
    expect(counts.slice(0, 5)).toEqual([3, 4, 5, 6, 7]);
    expect(counts.slice(5, 10)).toEqual([6, 6, 6, 6, 6]);
  });

  it("never grows beyond what it may", () => {
    expect(Math.max(...settle((lanes) => 2 ** lanes, 40))).toBe(16);
    expect(Math.max(...settle((lanes) => lanes, 40, 3))).toBe(3);
  });

  it("tries another lane again later: a database scales up", () => {
    const counts = settle((lanes, window) => Math.min(lanes, window < 8 ? 2 : 4), 40);
    expect(counts[6]).toBe(2);
    expect(counts.at(-1)).toBeGreaterThanOrEqual(4);
  });

  it("goes down when throughput falls, and stays down where fewer are as good", () => {
    const counts = settle((lanes, window) => (window < 5 ? Math.min(lanes, 4) : 1), 14);
    expect(counts[4]).toBe(4);
    expect(counts.at(-1)).toBeLessThan(4);
  });

  it("goes down after a statement that ran into the wall, and never again above what was refused", () => {
    const lanes = new Lanes();
    lanes.failed();
    expect(lanes.count).toBe(1);
    const refused = new Lanes(16, () => 0);
    refused.refused();
    expect(refused.count).toBe(1);
    let now = 0;
    const other = new Lanes(16, () => now);
    for (let nth = 0; nth < 100; nth += 1) {
      now += 1;
      other.answered(other.count);
    }
    const before = other.count;
    expect(before).toBeGreaterThan(3);
    other.refused();
    for (let nth = 0; nth < 400; nth += 1) {
      now += 1;
      other.answered(other.count);
    }
    expect(other.count).toBeLessThan(before);
  });
});
