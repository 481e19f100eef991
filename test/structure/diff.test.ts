import { describe, expect, it } from "vitest";
import { type Catalog, type CatalogEntry, sha256Of, sortEntries } from "../../src/structure/catalog.ts";
import { catalogDrift, countDifferences, describeDiff, diffCatalogs, differingPart } from "../../src/structure/diff.ts";

function catalogOf(entries: readonly CatalogEntry[]): Catalog {
  const sorted = sortEntries(entries);
  const takenAt = "2026-11-01T12:00:00.000Z";
  return { takenAt, engineVersion: "16.4", sha256: sha256Of(sorted), entries: sorted, migrations: {} };
}

const entry = (kind: string, name: string, definition = ""): CatalogEntry => ({ kind, name, definition });

describe("sha256Of", () => {
  it("does not depend on the order in which entries were read, and tells apart where one member ends and the next begins", () => {
    const [a, b] = [entry("table", "a", "x"), entry("table", "b", "y")];
    expect(catalogOf([a, b]).sha256).toBe(catalogOf([b, a]).sha256);
    expect(catalogOf([entry("table", "a", "x")]).sha256).not.toBe(catalogOf([entry("table", "ax", "")]).sha256);
  });
});

describe("describeDiff", () => {
  const before = catalogOf([
    entry("table", "shop.gone", "table"),
    entry("column", "shop.gone.id", "bigint"),
    entry("column", 'shop.gone."a.b"', "bigint"),
    entry("constraint", "gone_pkey on shop.gone", "PRIMARY KEY (id)"),
    entry("grant", "to app on shop.gone", "select"),
    entry("grant", "to app on column shop.gone.id", "update"),
    entry("column", "shop.kept.total", "numeric; not null; default 0"),
    entry("index", "shop.kept_idx on shop.kept", "CREATE INDEX"),
  ]);
  const after = catalogOf([
    entry("column", "shop.kept.total", "numeric; not null; default 1"),
    entry("view", "shop.new", "SELECT 1"),
  ]);
  const diff = diffCatalogs(before, after);

  it("tells what is removed, changed and added, a lost table with its own in one line", () => {
    expect(describeDiff(diff)).toEqual([
      "removed index shop.kept_idx on shop.kept",
      "removed table shop.gone (with 5 of its own)",
      'changed column shop.kept.total: "default 0" -> "default 1"',
      "added view shop.new",
    ]);
    expect(countDifferences(diff)).toBe(9);
  });

  it("counts what is beyond its limit", () => {
    expect(describeDiff(diff, 1)).toEqual([
      "removed index shop.kept_idx on shop.kept",
      "1 more removed, 1 more changed, 1 more added",
    ]);
  });

  it("has an entry for drift.json for every difference", () => {
    const drift = catalogDrift(before, after);
    expect(drift).toHaveLength(9);
    expect(drift).toContainEqual({ key: "grant to app on shop.gone", source: "select", restored: null, match: false });
    expect(drift).toContainEqual({ key: "view shop.new", source: null, restored: "SELECT 1", match: false });
  });
});

describe("differingPart", () => {
  it.each([
    ["numeric; not null; default 0", "numeric; not null; default 1", '"default 0"', '"default 1"'],
    ["text", "text; not null", "nothing", '"not null"'],
    ["table; row security enabled; owner a", "table; owner a", '"row security enabled"', "nothing"],
    ["CHECK (a > 1)", "CHECK (a > 2)", '"(a > 1)"', '"(a > 2)"'],
    ["a a", "a a a", "nothing", '"a a a"'],
    [`body ${"0".repeat(64)}`, `body ${"f".repeat(64)}`, '"body 000000000000..."', '"body ffffffffffff..."'],
    ["a", `a ${"b".repeat(500)}`, "nothing", `"a ${"b".repeat(118)}..."`],
  ])("of %s and %s is what differs", (before, after, was, is) => {
    expect(differingPart(before, after)).toEqual([was, is]);
  });
});
