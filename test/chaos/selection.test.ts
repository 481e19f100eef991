import { describe, expect, it } from "vitest";
import { readChaosArguments } from "../../src/chaos/arguments.ts";
import { sampled } from "../../src/chaos/sample.ts";
import { nameOf, siteOf } from "../../src/chaos/site.ts";

const call = (operation: string, input: Record<string, unknown>) =>
  nameOf(siteOf({ principal: "restore-drill-run-checks", service: "x", region: "eu-west-1", operation, input }));

describe("siteOf", () => {
  it("knows a call again in another drill", () => {
    const of = (id: string) =>
      call("CopyDBClusterSnapshot", { TargetDBClusterSnapshotIdentifier: `restore-drill-${id}-copy`, Tags: [id] });
    expect(of("20261121-143205-3f9a2b1c")).toBe(of("20261122-000000-00000000"));
    expect(of("20261121-143205-3f9a2b1c")).toBe(
      "restore-drill-run-checks: x:CopyDBClusterSnapshot restore-drill-<id>-copy",
    );
  });

  it("knows a statement by its words, not by its literals", () => {
    const of = (sql: string) => call("ExecuteStatement", { sql, transactionId: Math.random().toString() });
    expect(of("select count(*) from a where id > 5 and b = 'it''s'")).toBe(
      of("select count(*)\n from a where id > 77 and b = 'x'"),
    );
    expect(of("select 1 from a")).not.toBe(of("select 1 from b"));
  });

  it("tells objects of one bucket apart", () => {
    expect(call("GetObject", { Bucket: "evidence", Key: "a/checks.json" })).not.toBe(
      call("GetObject", { Bucket: "evidence", Key: "a/plan.json" }),
    );
  });
});

describe("sampled", () => {
  const items = Array.from({ length: 100 }, (_, nth) => ({ nth, group: nth < 97 ? "many" : `rare ${nth}` }));
  const chosen = (seed: number) => sampled(items, 8, seed, ({ group }) => [group]).map(({ nth }) => nth);

  it("repeats its choice with its seed, and makes another with another", () => {
    expect(chosen(1)).toEqual(chosen(1));
    expect(chosen(1)).not.toEqual(chosen(2));
  });

  it("takes something of every group", () => {
    expect(chosen(1)).toEqual(expect.arrayContaining([97, 98, 99]));
  });
});

describe("readChaosArguments", () => {
  it("names a fault that is none, and a number that is none", () => {
    expect(readChaosArguments(["--fault", "lightning"])).toEqual({ mistake: 'There is no fault "lightning".' });
    expect(readChaosArguments(["--sample", "some"])).toEqual({ mistake: '--sample is a whole number, not "some".' });
    expect(readChaosArguments(["--never"])).toHaveProperty("mistake");
  });

  it("reads what to try", () => {
    expect(readChaosArguments(["--only", "rds:", "--fault", "killed", "--sample", "5", "--seed", "9"])).toMatchObject({
      only: "rds:",
      kind: "killed",
      sample: 5,
      seed: 9,
    });
  });
});
