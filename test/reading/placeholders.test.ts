import { describe, expect, it } from "vitest";
import { withoutPlaceholders } from "../../src/reading/placeholders.ts";

describe("withoutPlaceholders", () => {
  it.each([
    ["a > 1", "a > 1"],
    ["(at > '2026-01-01 12:30:00'::timestamp)", String.raw`(at > U&'2026-01-01 12\003A30\003A00'::timestamp)`],
    ["a = ANY ('{x,y}'::text[])", "a = ANY ('{x,y}'::text[])"],
    [String.raw`a = E'C:\\x' AND b = 'it''s :b'`, String.raw`a = E'C\072\\x' AND b = U&'it''s \003Ab'`],
    [`"a:b" = 'x' AND "it's" > ':c'`, String.raw`U&"a\003Ab" = 'x' AND "it's" > U&'\003Ac'`],
    ["tags[1:2] = b", "tags[1: 2] = b"],
  ])("leaves no colon in %s that the Data API would take for a placeholder", (sql, safe) => {
    expect(withoutPlaceholders(sql)).toBe(safe);
    expect(safe).not.toMatch(/(?<!:):\w/);
  });
});
