import { describe, expect, it } from "vitest";
import { secondsBetween, waitSecondsFor } from "../../src/recovery/pacing.ts";

const A_DAY = 86_400;

/** The looks that a step of this length makes, and how long after its end it is noticed. */
function watch(tookSeconds: number, expectedSeconds?: number): { looks: number; noticedLateSeconds: number } {
  let elapsedSeconds = 0;
  let looks = 1;
  while (elapsedSeconds < tookSeconds) {
    elapsedSeconds += waitSecondsFor({ elapsedSeconds, expectedSeconds, secondsLeft: 10 * A_DAY });
    looks += 1;
  }
  return { looks, noticedLateSeconds: elapsedSeconds - tookSeconds };
}

describe("waitSecondsFor", () => {
  it.each([
    [0, undefined],
    [0.4, undefined],
    [14.9, undefined],
    [-3, undefined],
    [1e9, undefined],
    [0, 0.2],
    [0, 1.2],
    [10, 333.3],
    [400, 333.3],
  ])("is whole seconds, at least one: after %d s, expecting %s s", (elapsedSeconds, expectedSeconds) => {
    const wait = waitSecondsFor({ elapsedSeconds, expectedSeconds, secondsLeft: A_DAY });
    expect(Number.isInteger(wait)).toBe(true);
    expect(wait).toBeGreaterThanOrEqual(1);
  });

  it("looks at once, then ever less often, and at least every 75 s", () => {
    const waits = [0, 10, 100, 500, 5000].map((elapsedSeconds) =>
      waitSecondsFor({ elapsedSeconds, secondsLeft: A_DAY }),
    );
    expect(waits).toEqual([1, 1, 10, 50, 75]);
  });

  it("sleeps through most of what earlier drills took, then watches", () => {
    expect(waitSecondsFor({ elapsedSeconds: 0, expectedSeconds: 600, secondsLeft: A_DAY })).toBe(540);
    expect(waitSecondsFor({ elapsedSeconds: 100, expectedSeconds: 600, secondsLeft: A_DAY })).toBe(440);
    expect(waitSecondsFor({ elapsedSeconds: 540, expectedSeconds: 600, secondsLeft: A_DAY })).toBe(54);
  });

  it("never sleeps past the deadline, and looks once after it", () => {
    expect(waitSecondsFor({ elapsedSeconds: 0, expectedSeconds: 36_000, secondsLeft: 120.5 })).toBe(122);
    expect(waitSecondsFor({ elapsedSeconds: 9999, secondsLeft: 2 })).toBe(3);
    expect(waitSecondsFor({ elapsedSeconds: 0, expectedSeconds: 36_000, secondsLeft: -5 })).toBe(1);
  });

  it.each([5, 60, 600, 7200])("notices the end of %d s at most a tenth late without history", (tookSeconds) => {
    expect(watch(tookSeconds).noticedLateSeconds).toBeLessThanOrEqual(Math.max(1, tookSeconds * 0.1));
  });

  it("needs few looks with history", () => {
    expect(watch(3600, 3600).looks).toBeLessThan(10);
  });

  // A look is 9 events: 5 of the Task, 2 of the Choice, 2 of the Wait. An execution may have 25,000.
  it("leaves a drill of 6 h, and one of 36 h with 6 h of teardown, below the 25,000 events of an execution", () => {
    expect(watch(6 * 3600).looks * 9).toBeLessThan(5000);
    expect((watch(36 * 3600).looks + watch(6 * 3600).looks) * 9).toBeLessThan(24_000);
  });
});

describe("secondsBetween", () => {
  it("takes texts and dates", () => {
    expect(secondsBetween("2026-11-21T14:00:00Z", new Date("2026-11-21T14:00:01.500Z"))).toBe(1.5);
  });
});
