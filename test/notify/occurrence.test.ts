import { describe, expect, it } from "vitest";
import { isAlarmRinging, occurrenceOf } from "../../src/notify/occurrence.ts";
import { describeOccurrence } from "../../src/notify/words.ts";
import { pastDrill, pastFailure } from "./telling.ts";

const at = (day: number): string => pastDrill(day).startedAt;
const OWN = { plan: "orders", startedAt: at(28) };
const PASS = { ...OWN, verdict: "passed", causes: [] } as const;
const FAILURE = { ...OWN, verdict: "failed", reason: "data", causes: ["rows orders", "total of payments"] } as const;
const ERROR = { ...OWN, verdict: "errored", reason: "drill", causes: ["AccessDenied"] } as const;
const UNCHECKED = { ...OWN, verdict: "inconclusive", reason: "unchecked", causes: ["slow sum"] } as const;
const pastError = (day: number) => pastDrill(day, { verdict: "errored", reason: "drill", causes: ["AccessDenied"] });
const pastUnchecked = (day: number) =>
  pastDrill(day, { verdict: "inconclusive", reason: "unchecked", causes: ["slow sum"] });

type Own = Parameters<typeof occurrenceOf>[0];
/** The past is written as it went by. */
const seen = (own: Own, ...past: ReturnType<typeof pastDrill>[]) => occurrenceOf(own, past.toReversed());

describe("a pass", () => {
  it("is the first where nothing came before, and steady after another", () => {
    expect(seen(PASS)).toEqual({ kind: "first" });
    expect(seen(PASS, pastFailure(1), pastDrill(7), pastDrill(14))).toEqual({ kind: "steady", lastPassAt: at(14) });
  });

  it("recovers from what has not passed since the last pass, whatever it was", () => {
    expect(seen(PASS, pastFailure(1), pastDrill(7), pastFailure(14), pastError(21))).toEqual({
      kind: "recovered",
      openSince: at(14),
      notPassed: 2,
      lastPassAt: at(7),
      last: { at: at(21), verdict: "errored", reason: "drill", causes: ["AccessDenied"] },
    });
    expect(seen(PASS, pastUnchecked(14))).toMatchObject({ kind: "recovered", openSince: at(14), notPassed: 1 });
  });

  it("is compared with drills of its own plan, and an exercise with its own", () => {
    // Planning refused it: nothing else says that it was one.
    const exercise = pastFailure(21, { scenario: "ransomware" });
    const past = [pastDrill(7), pastFailure(14, { plan: "monthly" }), exercise];
    expect(seen(PASS, ...past)).toMatchObject({ kind: "steady" });
    expect(seen({ ...PASS, scenario: "ransomware" }, ...past)).toMatchObject({ kind: "recovered", openSince: at(21) });
    expect(seen({ ...PASS, scenario: "corruption" }, ...past)).toEqual({ kind: "first" });
  });
});

describe("what has not passed", () => {
  it("is new after a pass, and where nothing came before", () => {
    expect(seen(FAILURE)).toEqual({ kind: "new", openSince: at(28), notPassed: 0 });
    expect(seen(FAILURE, pastFailure(7), pastDrill(14))).toEqual({
      kind: "new",
      openSince: at(28),
      notPassed: 0,
      lastPassAt: at(14),
    });
  });

  it("is the same again for the same verdict, reason and causes", () => {
    expect(seen(FAILURE, pastDrill(1), pastFailure(7), pastFailure(14))).toEqual({
      kind: "again",
      openSince: at(7),
      notPassed: 2,
      lastPassAt: at(1),
      times: 3,
      before: [at(14), at(7)],
    });
    expect(seen(ERROR, pastError(14))).toMatchObject({ kind: "again", times: 2 });
    expect(seen(UNCHECKED, pastUnchecked(14))).toMatchObject({ kind: "again", times: 2 });
  });

  it.each([
    ["cause less", { causes: ["rows orders"] }],
    ["cause more", { causes: ["rows orders", "total of payments", "z"] }],
    ["other causes", { causes: ["rows orders", "z"] }],
    ["another reason", { reason: "recovery" }],
    ["no causes on record", { causes: undefined }],
  ])("has changed with %s", (_, changes) => {
    const { causes, ...rest } = { ...pastFailure(14), ...changes };
    const past = causes === undefined ? rest : { ...rest, causes };
    expect(seen(FAILURE, pastDrill(7), past)).toMatchObject({
      kind: "changed",
      last: { at: at(14), verdict: "failed" },
    });
  });

  it("counts only as far back as it was the same", () => {
    const other = pastFailure(7, { causes: ["z"] });
    expect(seen(FAILURE, pastFailure(1), other, pastFailure(14))).toMatchObject({
      kind: "again",
      times: 2,
      openSince: at(1),
    });
    expect(seen(FAILURE, pastFailure(7), pastFailure(14, { causes: ["z"] }))).toMatchObject({ kind: "changed" });
  });

  it("looks past what says less of the backups: a drill that broke in between changes nothing", () => {
    expect(seen(FAILURE, pastFailure(7), pastError(14), pastUnchecked(21))).toMatchObject({ kind: "again", times: 2 });
    expect(seen(UNCHECKED, pastUnchecked(7), pastError(14))).toMatchObject({ kind: "again", times: 2 });
    expect(seen(FAILURE, pastDrill(1), pastError(14))).toMatchObject({ kind: "new", notPassed: 1, openSince: at(14) });
  });

  it("has changed where it says less than before", () => {
    expect(seen(ERROR, pastFailure(14))).toMatchObject({ kind: "changed", last: { verdict: "failed" } });
    expect(seen(UNCHECKED, pastFailure(14))).toMatchObject({ kind: "changed", last: { verdict: "failed" } });
  });
});

describe("isAlarmRinging", () => {
  it.each([
    [false, "nothing came before", []],
    [true, "the last one failed", [pastDrill(7), pastFailure(14)]],
    [false, "one passed since, of whichever plan", [pastFailure(7), pastDrill(14, { plan: "monthly" })]],
    [true, "others proved nothing since", [pastFailure(7), pastError(14), pastUnchecked(21)]],
    [true, "an exercise passed since", [pastFailure(7), pastDrill(14, { scenario: "corruption" })]],
    [false, "an exercise failed since", [pastDrill(7), pastFailure(14, { scenario: "ransomware" })]],
    [false, "none failed", [pastDrill(7), pastError(14)]],
  ])("is %s where %s", (isRinging, _, past) => {
    expect(isAlarmRinging(past.toReversed())).toBe(isRinging);
  });
});

describe("the sentence for it", () => {
  it.each([
    ["The first one on record.", seen(PASS)],
    ["The drill before it, of 21 Nov 2026, passed too.", seen(PASS, pastDrill(21))],
    [
      "Recovered: 1 drill since 14 Nov 2026 had not passed. The last one was failed (data): rows orders, total of payments.",
      seen(PASS, pastFailure(14)),
    ],
    ["New. No earlier one is on record.", seen(FAILURE)],
    [
      "New. 1 drill before it, since 14 Nov 2026, proved nothing either way. Last pass: 7 Nov 2026.",
      seen(FAILURE, pastDrill(7), pastError(14)),
    ],
    ["The same as on 14 Nov 2026: 2nd time. No pass is on record.", seen(FAILURE, pastFailure(14))],
    [
      "The same as on earlier days, 7 Nov, 14 Nov and 21 Nov 2026: 5th time. No pass is on record.",
      seen(FAILURE, ...[1, 7, 14, 21].map((day) => pastFailure(day))),
    ],
    [
      "Changed since 14 Nov 2026, when it was failed (data): a, b, c and 2 more. Last pass: 7 Nov 2026.",
      seen(FAILURE, pastDrill(7), pastFailure(14, { causes: ["a", "b", "c", "d", "e"] })),
    ],
    ["What came before is not known: the ledger could not be read.", { kind: "unknown" } as const],
  ])("is: %s", (sentence, occurrence) => {
    expect(describeOccurrence(occurrence)).toBe(sentence);
  });

  it("counts as people do", () => {
    const times = [2, 3, 4, 11, 12, 13, 21, 22, 101, 111].map((number) => {
      const before = Array.from({ length: number - 1 }, () => at(7));
      const told = describeOccurrence({
        kind: "again",
        openSince: at(7),
        notPassed: number - 1,
        times: number,
        before,
      });
      return /(\w+) time/.exec(told)?.[1];
    });
    expect(times).toEqual(["2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "22nd", "101st", "111th"]);
  });
});
