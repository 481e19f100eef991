/** The database in production of a campaign: as small as it can be and still be asked every kind of question. */
import { withReaderSecret } from "../local/capture.ts";
import { withClient } from "../local/postgres/client.ts";
import type { PostgresConnection } from "../local/postgres/postgres-host.ts";
import type { PlanFile } from "../plan/plan.ts";

export const SOURCE = { region: "eu-west-1", cluster: "orders-production", database: "shop" } as const;
export const SANDBOX_REGION = "eu-central-1";

const TABLES = `
  create table customer (id bigint primary key, email text not null, note text not null);
  create table purchase (id bigint primary key, customer_id bigint not null references customer, amount numeric not null);
  create table beat (at timestamptz primary key);
  insert into customer select n, 'customer-' || n, repeat(md5(n::text), 3) from generate_series(1, 200) n;
  insert into purchase select n, 1 + n % 200, n * 1.25 from generate_series(1, 400) n;
  insert into beat select now() - n * interval '1 minute' from generate_series(0, 10) n;`;

export async function fillSource(connection: PostgresConnection): Promise<void> {
  await withClient(connection, "postgres", (client) => client.query(`create database ${SOURCE.database}`));
  await withClient(connection, SOURCE.database, (client) => client.query(TABLES));
  await withClient(connection, SOURCE.database, (client) => client.query("vacuum (freeze, analyze)"));
}

/** What a damaged backup lacks: rows that a count misses, and a letter that only content tells. */
export async function damageCopy(connection: PostgresConnection): Promise<void> {
  await withClient(connection, SOURCE.database, (client) =>
    client.query(`
      delete from purchase where id % 10 = 0;
      update customer set note = 'x' || substr(note, 2) where id = 7;`),
  );
}

/** The plans of a campaign: one without a counterproof, in which most faults are, and one with. */
export function campaignPlans(): Readonly<Record<"plain" | "proven", PlanFile>> {
  const plan = (name: string, counterproof: boolean): PlanFile =>
    withReaderSecret({
      plan: name,
      source: { ...SOURCE },
      sandbox: { region: SANDBOX_REGION },
      objectives: { rto: "10m", rpo: "24h" },
      limits: { time: "20m" },
      counterproof,
      checks: [
        { kind: "tables", present: ["customer", "purchase"] },
        { kind: "rows", table: "purchase", expect: { equals: 400 } },
        { kind: "freshness", table: "beat", column: "at", within: "1h" },
        { kind: "fingerprint" },
        { kind: "constraints" },
        { kind: "foreign-keys" },
        {
          kind: "sql",
          name: "no purchase is free",
          sql: "select count(*) from purchase where amount <= 0",
          expect: { equals: 0 },
        },
      ],
    });
  return { plain: plan("plain", false), proven: plan("proven", true) };
}
