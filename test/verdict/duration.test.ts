import { describe, expect, it } from "vitest";
import { formatDuration } from "../../src/verdict/duration.ts";

describe("formatDuration", () => {
  it.each([
    [0, "0 s"],
    [0.04, "0 s"],
    [8.44, "8.4 s"],
    [59.94, "59.9 s"],
    [59.97, "1 min"],
    [60, "1 min"],
    [252, "4 min 12 s"],
    [3599.4, "59 min 59 s"],
    [3599.6, "1 h"],
    [11_100, "3 h 05 min"],
    [172_740, "47 h 59 min"],
    [172_800, "2 d"],
    [1_000_000, "11 d 13 h"],
  ])("writes %d s as %s", (seconds, text) => {
    expect(formatDuration(seconds)).toBe(text);
  });
});
