import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Finding } from "../../src/checks/kind.ts";
import { hashChain } from "../../src/checks/kinds/hash-chain.ts";
import { Drift } from "../../src/evidence/drift.ts";
import type { CheckOf } from "../../src/plan/checks.ts";
import { Chains } from "../../src/structure/chains.ts";
import { baselineAt, type Comparing, Comparison } from "./comparing.ts";
import { askOne, Sandbox } from "./sandbox.ts";

type HashChain = CheckOf<"hash-chain">;

const CHECK: HashChain = {
  kind: "hash-chain",
  required: true,
  table: "shop.audit_log",
  orderBy: "seq",
  previous: "prev_hash",
  hash: "self_hash",
  preimage: "shop.audit_preimage(seq, at, actor, action, prev_hash) -- as the trigger does",
};

/** `extend(from, to)` adds rows as the application would; with another actor, the same numbers make another chain. */
const CHAIN = `create schema shop;
create table shop.audit_log (seq bigint primary key, at timestamptz not null, actor text not null, action text not null, prev_hash bytea, self_hash bytea);
create function shop.audit_preimage(seq bigint, at timestamptz, actor text, action text, prev_hash bytea) returns bytea language sql stable
return convert_to(concat_ws('|', seq, extract(epoch from at), actor, action, coalesce(encode(prev_hash, 'hex'), '')), 'UTF8');
create function shop.extend(first bigint, last bigint, who text) returns void language plpgsql as $$
declare prev bytea := (select self_hash from shop.audit_log where seq = first - 1); self bytea; moment timestamptz; begin
  for n in first..last loop
    moment := '2026-01-01 00:00Z'::timestamptz + n * interval '1 minute';
    self := sha256(shop.audit_preimage(n, moment, who, 'paid', prev));
    insert into shop.audit_log values (n, moment, who, 'paid', prev, self);
    prev := self;
  end loop;
end $$;
select shop.extend(1, 6000, 'ada')`;

let sandbox: Sandbox;
let template: string;
beforeAll(async () => {
  sandbox = await Sandbox.open();
  template = await sandbox.database(CHAIN);
});
afterAll(() => sandbox.close());

let copies = 0;
async function copy(change = ""): Promise<string> {
  copies += 1;
  const name = `chain_${copies}`;
  await sandbox.run("postgres", `create database ${name} template ${template}`);
  if (change !== "") await sandbox.run(name, change);
  return name;
}

const BASELINE: Comparing = { references: [baselineAt("base")] };
const FROM_BASELINE = "the baseline of 2026-11-01T11:00:00.000Z";

/** What a drill says of a database after the change, without and with a baseline from before it. */
async function drillsAfter(change: string, comparing: Comparing = {}): Promise<{ alone: Finding; anchored: Finding }> {
  const database = await copy();
  const comparison = new Comparison(sandbox, hashChain);
  await comparison.capture(database, CHECK, "base");
  await sandbox.run(database, change);
  return {
    alone: await comparison.ask(database, CHECK, "alone", comparing),
    anchored: await comparison.ask(database, CHECK, "anchored", { ...comparing, ...BASELINE }),
  };
}

const failed = (observed: string) => ({ outcome: "failed", observed });
const REHASH = (seq: number): string =>
  `update shop.audit_log set self_hash = sha256(shop.audit_preimage(seq, at, actor, action, prev_hash)) where seq = ${seq}`;
const BEHIND = "; the rows behind it were not walked";

describe("a hash-chain check", () => {
  it("holds for a sound chain, says that nothing anchors it yet, and leaves its head for the next drill", async () => {
    const database = await copy();
    const comparison = new Comparison(sandbox, hashChain);
    expect(await comparison.ask(database, CHECK, "one", BASELINE)).toEqual({
      outcome: "held",
      observed:
        "6,000 rows, head 6000; no earlier head is known, so that a tail cut or written anew could not be seen; this head is kept",
    });
    await sandbox.run(database, "select shop.extend(6001, 6100, 'ada')");
    const references = [{ ...baselineAt("one"), kind: "drill" as const }];
    expect(await comparison.ask(database, CHECK, "two", { references })).toEqual({
      outcome: "held",
      observed: "6,100 rows, head 6100; holds the head 6000 seen in the drill of 2026-11-01T11:00:00.000Z",
    });
    const drift = await comparison.parts("two").get("drift.json", Drift);
    expect(Object.values(drift ?? {})).toMatchObject([
      {
        reference: { kind: "drill", id: "one" },
        entries: [
          {
            key: "chain shop.audit_log",
            source: expect.stringMatching(/^row 6000, [0-9a-f]{64}$/),
            restored: expect.stringMatching(/^holds it; head 6100, [0-9a-f]{64}$/),
            match: true,
          },
        ],
      },
    ]);
  });

  it("captures the head without walking, beside those of other chains", async () => {
    const database = await copy("create table public.other as select * from shop.audit_log where seq <= 10");
    const comparison = new Comparison(sandbox, hashChain);
    const other = { ...CHECK, table: "other" };
    expect(await comparison.capture(database, CHECK, "base")).toEqual({ outcome: "held", observed: "head 6000" });
    expect(await comparison.capture(database, other, "base")).toEqual({ outcome: "held", observed: "head 10" });
    const chains = await comparison.parts("base").get("chains.json", Chains);
    expect(chains?.heads).toMatchObject({
      "shop.audit_log": {
        at: "6000",
        rows: "6000",
        from: "1",
        genesis: null,
        hash: expect.stringMatching(/^[0-9a-f]{64}$/),
      },
      "public.other": { at: "10" },
    });
  });

  it.each([
    [
      "a row edited",
      "update shop.audit_log set actor = 'eve' where seq = 5000",
      `row 5000 is not what its own hash says${BEHIND}`,
    ],
    [
      "a row edited with its hash",
      `update shop.audit_log set actor = 'eve' where seq = 5000; ${REHASH(5000)}`,
      `row 5001 does not hold the hash of the row before it${BEHIND}`,
    ],
    ["a row deleted", "delete from shop.audit_log where seq = 5000", `row 5000 is missing${BEHIND}`],
    [
      "rows deleted on both sides of a range's edge",
      "delete from shop.audit_log where seq between 4090 and 4100",
      `the rows from 4090 to 4096 are missing${BEHIND}`,
    ],
    ["the first row of a range deleted", "delete from shop.audit_log where seq = 4097", `row 4097 is missing${BEHIND}`],
    ["the last row of a range deleted", "delete from shop.audit_log where seq = 4096", `row 4096 is missing${BEHIND}`],
    [
      "a link broken at a range's edge",
      `update shop.audit_log set actor = 'eve' where seq = 4096; ${REHASH(4096)}`,
      `row 4097 does not hold the hash of the row before it${BEHIND}`,
    ],
    [
      "a hash lost",
      "update shop.audit_log set self_hash = null where seq = 7",
      `row 7 is not what its own hash says${BEHIND}`,
    ],
    [
      "a link lost",
      `update shop.audit_log set prev_hash = null where seq = 7; ${REHASH(7)}`,
      `row 7 does not hold the hash of the row before it${BEHIND}`,
    ],
    [
      "a row twice",
      "alter table shop.audit_log drop constraint audit_log_pkey; insert into shop.audit_log select * from shop.audit_log where seq = 5",
      `row 5 is there more than once${BEHIND}`,
    ],
    [
      "a row without a number",
      "alter table shop.audit_log drop constraint audit_log_pkey, alter seq drop not null; update shop.audit_log set seq = null where seq = 6000",
      'a row has no number in "seq"',
    ],
  ])("fails for %s, and names the first bad row, with an anchor and without", async (_what, change, observed) => {
    const { alone, anchored } = await drillsAfter(change);
    expect(alone).toEqual(failed(observed));
    expect(anchored).toEqual(failed(observed));
  });

  it("fails for a first row that is lost", async () => {
    const { alone, anchored } = await drillsAfter("delete from shop.audit_log where seq = 1");
    expect(alone).toEqual(
      failed(
        "row 2, the first, holds the hash of a row that is not there, and no baseline knows the chain to begin so",
      ),
    );
    expect(anchored).toEqual(failed(`the chain begins with row 2; in ${FROM_BASELINE} it began with row 1`));
  });

  it("holds for a chain that began on an older one, once a baseline has seen it so", async () => {
    const database = await copy("delete from shop.audit_log where seq < 100");
    const comparison = new Comparison(sandbox, hashChain);
    await comparison.capture(database, CHECK, "base");
    expect(await comparison.ask(database, CHECK, "drill", BASELINE)).toMatchObject({ outcome: "held" });
  });

  it("sees a tail that was cut only by the head it knows", async () => {
    const { alone, anchored } = await drillsAfter("delete from shop.audit_log where seq > 5900");
    expect(alone).toMatchObject({ outcome: "held" });
    expect(anchored).toEqual(
      failed(`the chain ends with row 5900: its tail is cut, ${FROM_BASELINE} saw the head 6000`),
    );
  });

  it.each([
    ["as a whole", "delete from shop.audit_log; select shop.extend(1, 6000, 'eve')"],
    ["at its tail", "delete from shop.audit_log where seq > 5990; select shop.extend(5991, 6050, 'eve')"],
  ])("sees a chain that was written anew %s only by the head it knows", async (_what, change) => {
    const { alone, anchored } = await drillsAfter(change);
    expect(alone).toMatchObject({ outcome: "held" });
    expect(anchored).toEqual(
      failed(`row 6000 has another hash than when it was the head in ${FROM_BASELINE}: the chain was written anew`),
    );
  });

  it("holds the chain against the head of every reference, not of the best alone", async () => {
    const database = await copy();
    const comparison = new Comparison(sandbox, hashChain);
    await comparison.capture(database, CHECK, "old");
    await sandbox.run(database, "delete from shop.audit_log where seq > 10; select shop.extend(11, 5000, 'ada')");
    await comparison.capture(database, CHECK, "new");
    const references = [baselineAt("new"), baselineAt("old")];
    expect(await comparison.ask(database, CHECK, "drill", { references })).toMatchObject({ outcome: "failed" });
  });

  it("has nothing to look at in an empty table, and fails when it was not empty before", async () => {
    const { alone, anchored } = await drillsAfter("truncate shop.audit_log");
    expect(alone).toEqual({ outcome: "empty", observed: "no rows" });
    expect(anchored).toEqual(failed(`no rows: ${FROM_BASELINE} saw the head 6000`));
  });

  it("fails when the table did not come back", async () => {
    expect(await askOne(sandbox, await copy("drop table shop.audit_log"), CHECK)).toMatchObject({
      outcome: "failed",
      fault: "missing",
    });
  });

  it("reads hashes that are kept as text in hex, in either case", async () => {
    const database = await copy(
      `create table texts as select seq, at, actor, action, upper(encode(prev_hash, 'hex')) prev_hash, encode(self_hash, 'hex') self_hash from shop.audit_log`,
    );
    const check = {
      ...CHECK,
      table: "texts",
      preimage: "shop.audit_preimage(seq, at, actor, action, decode(prev_hash, 'hex'))",
    };
    const comparison = new Comparison(sandbox, hashChain);
    expect(await comparison.ask(database, check, "drill")).toMatchObject({ outcome: "held" });
    await sandbox.run(database, "update texts set self_hash = 'not hex' where seq = 4096");
    expect(await comparison.ask(database, check, "drill")).toEqual(
      failed(`row 4096 is not what its own hash says${BEHIND}`),
    );
  });

  it("can not be asked of rows without any number", async () => {
    const database = await copy(
      "alter table shop.audit_log drop constraint audit_log_pkey, alter seq drop not null; update shop.audit_log set seq = null",
    );
    expect(await new Comparison(sandbox, hashChain).ask(database, CHECK, "drill", BASELINE)).toMatchObject({
      outcome: "unchecked",
      observed: 'no row has a number in "seq"',
    });
  });

  it("can not be asked of columns that hold no numbers or no hashes, or with a preimage that is wrong", async () => {
    const database = await copy();
    const comparison = new Comparison(sandbox, hashChain);
    expect(await comparison.ask(database, { ...CHECK, orderBy: "actor" }, "drill")).toMatchObject({
      outcome: "unchecked",
      observed: '"actor" is of type text: a chain is numbered by an integer',
    });
    expect(await comparison.ask(database, { ...CHECK, hash: "at" }, "drill")).toMatchObject({
      outcome: "unchecked",
      observed: '"at" is of type timestamp with time zone: hashes are bytea, or text in hex',
    });
    expect(await askOne(sandbox, database, { ...CHECK, preimage: "seq + 1" })).toMatchObject({
      outcome: "unchecked",
      fault: "invalid",
    });
  });

  it("is not asked, and no head of it captured, with a preimage that the hashes were not made of", async () => {
    const database = await copy();
    const comparison = new Comparison(sandbox, hashChain);
    for (const preimage of [
      CHECK.preimage.replace("at, actor", "at, action").replace("action, objects", "actor, objects"),
      "null::bytea",
    ]) {
      const other = { ...CHECK, preimage };
      const finding = {
        outcome: "unchecked",
        observed: expect.stringContaining("the plan's preimage is probably not the one"),
      };
      expect(await comparison.ask(database, other, "drill")).toMatchObject(finding);
      expect(await comparison.capture(database, other, "base")).toMatchObject(finding);
    }
    expect(await comparison.parts("base").get("chains.json", Chains)).toBeUndefined();
  });

  it.each(["select shop.extend(6001, 6100, 'ada')", "update shop.audit_log set actor = 'eve' where seq = 5555"])(
    "comes to the same in slices that are killed after every statement: %s",
    async (change) => {
      const whole = await drillsAfter(change);
      expect(await drillsAfter(change, { killEveryReached: true })).toEqual(whole);
      let looks = 0;
      const hasTime = (): boolean => {
        looks += 1;
        return looks % 2 === 0;
      };
      expect(await drillsAfter(change, { hasTime })).toEqual(whole);
    },
  );

  it("splits what is not answered in time, and gives up on one row that is not", async () => {
    const database = await copy();
    const comparison = new Comparison(sandbox, hashChain);
    const timeOutAbove = (rows: number): Comparing => ({
      prepare: (api) => {
        api.intercept = (sql) => {
          const [, from = "0", to = "0"] = /"seq" >= (\d+) and "seq" < (\d+)/.exec(sql) ?? [];
          if (Number(to) - Number(from) > rows)
            throw Object.assign(new Error("late"), { name: "StatementTimeoutException" });
        };
      },
    });
    const whole = await comparison.ask(database, CHECK, "drill");
    expect(await comparison.ask(database, CHECK, "drill", timeOutAbove(600))).toEqual(whole);
    await expect(comparison.ask(database, CHECK, "drill", timeOutAbove(0))).rejects.toMatchObject({ fault: "timeout" });
    expect(comparison.statements.filter((sql) => sql.includes("sha256") && sql.includes("lag("))).toHaveLength(5);
  });
});
