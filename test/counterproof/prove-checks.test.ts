import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DAMAGES } from "../../src/counterproof/damages.ts";
import { NotOurs } from "../../src/errors.ts";
import { Fingerprints } from "../../src/fingerprint/fingerprints.ts";
import { Catalog } from "../../src/structure/catalog.ts";
import { ask, memoryStore, Sandbox } from "../checks/sandbox.ts";
import { OWN_CLUSTER, type Proved, prove } from "./proving.ts";
import { CHAIN, CHECKS, SHOP } from "./shop.ts";

let sandbox: Sandbox;
let shop: string;
let whole: Proved;
beforeAll(async () => {
  sandbox = await Sandbox.open();
  shop = await sandbox.database(SHOP);
  whole = await prove(sandbox, shop, CHECKS);
});
afterAll(() => sandbox?.close());

const kindsOf = ({ proof }: Proved): string[] => proof.planted.map(({ damage }) => damage);

describe("a counterproof", () => {
  it("plants every damage that a check of the plan has to see, and each is seen", () => {
    const { planted, untried } = whole.proof;
    expect(planted.map(({ damage, before, during, after }) => [damage, before, during, after])).toEqual(
      DAMAGES.map(({ name }) => [name, "held", "failed", "held"]),
    );
    expect(untried).toEqual([]);
    expect(whole.answers.at(-1)).toMatchObject({ phase: "ready", tried: 15, detected: 15, untried: 0 });
    expect(whole.proof.unproven).toEqual(expect.arrayContaining(["full-read"]));
    expect(whole.proof.unproven).not.toContain("fingerprint");
  });

  it("leaves the sandbox as it was, every row, sequence and object of it, and what the drill found of it too", async () => {
    const store = memoryStore();
    const { planned } = await ask(sandbox, shop, CHECKS, { store });
    const left = await whole.store.get("shop/drill-1/fingerprints.json", Fingerprints);
    expect(left?.tables.length).toBeGreaterThan(5);
    expect(await store.get("shop/drill-1/fingerprints.json", Fingerprints)).toMatchObject({ tables: left?.tables });
    const structure = (await whole.store.get("shop/drill-1/catalog.json", Catalog))?.sha256;
    expect((await store.get("shop/drill-1/catalog.json", Catalog))?.sha256).toBe(structure);
    expect(planned.filter(({ outcome }) => outcome === "failed")).toEqual([]);
    expect(await sandbox.run(shop, "select last_value::text, is_called from shop.customer_id_seq")).toEqual([
      ["300", true],
    ]);
    expect(await sandbox.run(shop, "select 1 from pg_class where relname like 'restore_drill%'")).toEqual([]);
  });

  it("asks one table of content, not all of them", () => {
    const hashes = whole.statements.filter((sql) => sql.includes("sha256(decode("));
    expect(hashes.length).toBeGreaterThan(5);
    for (const sql of hashes) expect(sql.match(/from only /g)).toHaveLength(1);
  });

  it("names tables and never a value", () => {
    expect(JSON.stringify(whole.proof)).not.toMatch(/customer \d|note \d|ada/);
    expect(whole.proof.planted.every(({ where }) => where.startsWith("shop."))).toBe(true);
  });

  it("goes on from its checkpoint, and plants the same damages in as many slices as it takes", async () => {
    const sliced = await prove(sandbox, shop, CHECKS, { services: { remainingMs: () => 10 } });
    expect(sliced.answers.length).toBeGreaterThan(DAMAGES.length - 1);
    const what = ({ proof }: Proved) => proof.planted.map(({ seconds: _, ...planted }) => planted);
    expect(what(sliced)).toEqual(what(whole));
  });

  it("says which damages there was no time for", async () => {
    const checksEndAt = "2026-11-01T14:00:00.000Z";
    const { proof, statements } = await prove(sandbox, shop, CHECKS, {
      drill: { deadlines: { checksEndAt, teardownEndAt: checksEndAt } },
    });
    expect(proof.planted).toEqual([]);
    expect(proof.untried).toHaveLength(DAMAGES.length);
    expect(proof.untried[0]?.why).toBe("the drill's time was up");
    expect(statements).toEqual([]);
  });

  it("is not made when a required check did not hold: the sandbox is evidence then", async () => {
    const { proof, statements } = await prove(sandbox, shop, CHECKS, {
      results: (results) => ({
        ...results,
        results: results.results.map((result, nth) => (nth === 1 ? { ...result, outcome: "failed" } : result)),
      }),
    });
    expect(proof).toMatchObject({ complete: true, planted: [], why: "1 of 16 required checks did not hold" });
    expect(statements).toEqual([]);
  });
});

describe("a cluster that is not provably this drill's", () => {
  it.each([
    ["has no tags", { ...OWN_CLUSTER, TagList: [] }],
    ["has another drill's tags", { ...OWN_CLUSTER, TagList: [{ Key: "restore-drill:drill", Value: "another" }] }],
    ["has another name", { ...OWN_CLUSTER, DBClusterIdentifier: "orders-production" }],
    ["has another ARN", { ...OWN_CLUSTER, DBClusterArn: "arn:aws:rds:eu-west-1:123456789012:cluster:shop" }],
  ])("is not damaged, nor asked anything, when it %s", async (_, cluster) => {
    let asked = 0;
    const prepare = (api: { intercept: unknown }): void => {
      api.intercept = () => {
        asked += 1;
      };
    };
    await expect(prove(sandbox, shop, [{ kind: "fingerprint" }], { cluster, prepare })).rejects.toThrow(NotOurs);
    expect(asked).toBe(0);
  });

  it("is the source, whatever its tags say", async () => {
    const source = { region: "eu-west-1", cluster: "shop", clusterArn: OWN_CLUSTER.DBClusterArn ?? "", database: shop };
    await expect(prove(sandbox, shop, CHECKS, { drill: { source } })).rejects.toThrow(NotOurs);
  });
});

describe("a database that refuses", () => {
  it("lets its rows be damaged by a role that may write, and says what only its owner could do", async () => {
    const foreign = await sandbox.database(
      SHOP.replace("authorization drill; set role drill", "; grant usage on schema shop to drill"),
    );
    const proved = await prove(sandbox, foreign, CHECKS);
    expect(kindsOf(proved)).toEqual(DAMAGES.slice(0, 3).map(({ name }) => name));
    expect(proved.proof.planted.every(({ detected }) => detected)).toBe(true);
    expect(proved.proof.untried).toHaveLength(DAMAGES.length - 3);
    expect(proved.proof.untried.find(({ damage }) => damage === "a chain row rewritten")?.why).toMatch(
      /^the database refused it: .*must be owner of table audit/,
    );
  });

  it("is tried in another place: a rule that swallows the damage, a constraint that refuses it", async () => {
    const guarded = await sandbox.database(`create table kept (id int primary key, amount int);
      insert into kept select n, n from generate_series(1, 40) n;
      create rule keep as on delete to kept do instead nothing; create rule keep_all as on update to kept do instead nothing;
      create table even (id int primary key, amount int check (amount % 2 = 0)); insert into even select n, 2 * n from generate_series(1, 40) n;
      create table open (id int primary key, amount int); insert into open select n, n from generate_series(1, 40) n;
      analyze`);
    const { proof } = await prove(sandbox, guarded, [{ kind: "fingerprint" }]);
    expect(proof.planted.map(({ damage, detected }) => [damage, detected])).toEqual(
      DAMAGES.slice(0, 3).map(({ name }) => [name, true]),
    );
    expect(proof.planted.some(({ where }) => where === "public.kept")).toBe(false);
    expect(proof.planted.slice(1).map(({ where }) => where)).toEqual(["public.open", "public.open"]);
  });

  it("exchanges no values where that leaves the same rows: one column, or two rows that differ in nothing else", async () => {
    const alike = await sandbox.database(
      "create table one as select generate_series(1, 9) x; create table twins as select n as x, 'same' y from generate_series(1, 9) n",
    );
    for (const drillId of ["20261121-143205-3f9a2b1c", "20261121-143206-4a9a2b1d", "20261121-143207-5b9a2b1e"]) {
      const { proof } = await prove(sandbox, alike, [{ kind: "fingerprint" }], { drillId });
      expect(proof.planted.map(({ damage, detected }) => [damage, detected])).toEqual([
        ["one row deleted", true],
        ["one value changed by one bit", true],
      ]);
      expect(proof.untried.map(({ damage }) => damage)).toEqual(["a column's values exchanged between two rows"]);
    }
  });

  it("can not be proven where there is nothing to damage", async () => {
    const empty = await sandbox.database("create table nothing (id int)");
    const { proof } = await prove(sandbox, empty, [{ kind: "rows", table: "nothing", expect: { equals: 0 } }], {
      results: (results) => ({
        ...results,
        results: results.results.map((result) => ({ ...result, outcome: "held" })),
      }),
    });
    expect(proof).toMatchObject({ complete: true, planted: [], untried: [] });
  });
});

describe("indexes where amcheck is not there", () => {
  it("are found to be wrong by their counts", async () => {
    const plain = await sandbox.database(SHOP.replace(/create extension amcheck;[^;]*;/, ""));
    const { proof } = await prove(sandbox, plain, [{ kind: "index-contents" }, CHAIN]);
    expect(proof.planted).toMatchObject([
      { kind: "hash-chain", during: "failed" },
      { kind: "index-contents", before: "held", during: "failed", after: "held" },
    ]);
  });
});
