import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Sandbox } from "../checks/sandbox.ts";
import { Content } from "./content.ts";

const EVERY_TYPE = readFileSync(join(import.meta.dirname, "every-type.sql"), "utf8");

let sandbox: Sandbox;
let content: Content;
let database: string;

beforeAll(async () => {
  sandbox = await Sandbox.open();
  content = new Content(sandbox);
  database = await sandbox.database(EVERY_TYPE);
});
afterAll(() => sandbox.close());

describe.each(["fast", "strong"] as const)("a %s fingerprint", (mode) => {
  const sums = (of = database): Promise<Record<string, string>> => content.sums(of, { mode });

  it("takes every type", async () => {
    const taken = await content.capture(database, { mode }, mode);
    expect(taken.finding.outcome).toBe("held");
    expect(taken.fingerprints?.tables.map(({ table, rows }) => [table, rows])).toEqual([["public.every_type", "41"]]);
    expect(taken.fingerprints?.unhashed).toEqual([]);
  });

  it("is the same after VACUUM FULL, CLUSTER and REINDEX", async () => {
    const before = await sums();
    await sandbox.run(database, "vacuum full every_type");
    expect(await sums()).toEqual(before);
    await sandbox.run(database, "create index by_text on every_type (t desc); ");
    await sandbox.run(database, "cluster every_type using by_text");
    await sandbox.run(database, "reindex table every_type");
    await sandbox.run(database, "drop index by_text");
    expect(await sums()).toEqual(before);
  });

  it.each([
    ["DateStyle", "'SQL, DMY'"],
    ["TimeZone", "'Asia/Tokyo'"],
    ["extra_float_digits", "'-15'"],
    ["bytea_output", "'escape'"],
    ["IntervalStyle", "'sql_standard'"],
    ["search_path", "pg_catalog"],
    ["lc_monetary", "'C'"],
    ["quote_all_identifiers", "on"],
    ["xmloption", "'document'"],
  ])("is the same when the role's %s is %s", async (name, value) => {
    const before = await sums();
    await sandbox.run(database, `alter role drill set ${name} = ${value}`);
    const after = await sums();
    await sandbox.run(database, `alter role drill reset ${name}`);
    expect(after).toEqual(before);
  });
});
