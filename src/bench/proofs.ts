import { randomBytes } from "node:crypto";
import type { DataSession } from "../aws/data-api.ts";
import { DataSessions } from "../aws/data-sessions.ts";
import type { Mode } from "../fingerprint/hash-sql.ts";
import { takeFingerprints, type Wanted } from "../fingerprint/take-fingerprints.ts";
import { onlyRow } from "../reading/only-row.ts";
import { type ChainLink, walkRange } from "../structure/hash-chain.ts";
import { readCatalog } from "../structure/read-catalog.ts";
import { median } from "./intervals.ts";
import { openProofDatabase, type ProofDatabase } from "./proof-database.ts";

/** 11 columns of every usual kind, as the study's; made in one transaction, then vacuumed so that no hint bit is left to be written. */
const mixed = (
  table: string,
  rows: number,
): string => `create table ${table} as select n::bigint as id, (n % 1000)::int as customer, n % 7 = 0 as paid,
  (n::bigint * 7919 % 100000)::numeric / 100 as amount, 'row number ' || n as note, md5(n::text)::uuid as token, timestamptz '2026-01-01 00:00+00' + n * interval '1 s' as at,
  date '2026-01-01' + (n % 365)::int as made_on, array[n % 10, n % 20]::int[] as tags, jsonb_build_object('n', n, 'k', n % 5) as facts, n::float8 / 3 as share
  from generate_series(1, ${rows}) n`;

const HASHED = "row(record_send(row(id, customer, paid, amount, note, token, at, made_on, tags, facts, share)))";

export interface Figure {
  readonly name: string;
  readonly seconds: number;
}

/** Seconds of each, medians of rounds in which each ran once, one after the other. */
async function interleaved(rounds: number, runs: Readonly<Record<string, () => Promise<unknown>>>): Promise<Figure[]> {
  const seconds = new Map(Object.keys(runs).map((name) => [name, [] as number[]]));
  for (let round = 0; round < rounds; round += 1)
    for (const [name, run] of Object.entries(runs)) {
      const began = performance.now();
      await run();
      seconds.get(name)?.push((performance.now() - began) / 1000);
    }
  return [...seconds].map(([name, times]) => ({ name, seconds: median(times) }));
}

export interface Taken {
  readonly statements: number;
  readonly longestSeconds: number;
  readonly seconds: number;
  readonly megabytesUsed: number;
}

/** Takes the fingerprints of the tables whose name begins with `only`. */
async function take(database: ProofDatabase, mode: Mode, only: string, mostLanes?: number): Promise<Taken> {
  let longestSeconds = 0;
  const watched = (session: DataSession): DataSession => {
    const query = session.query.bind(session);
    session.query = async (sql, binds) => {
      const began = performance.now();
      const rows = await query(sql, binds);
      longestSeconds = Math.max(longestSeconds, (performance.now() - began) / 1000);
      return rows;
    };
    return session;
  };
  const sessions = new DataSessions((settings) => watched(database.session(settings)));
  const wanted: Wanted = {
    mode,
    columnOrder: "table",
    key: mode === "strong" ? randomBytes(32).toString("hex") : undefined,
    cuts: () => [],
    writtenSince: undefined,
    isLeftOut: ({ table }) => !table.startsWith(`public.${only}`),
  };
  let used = 0;
  const began = performance.now();
  const { end } = await takeFingerprints(
    {
      session: sessions.first,
      another: (settings) => sessions.another(settings),
      hasTime: () => true,
      reached: async () => {
        used = Math.max(used, process.memoryUsage().heapUsed);
      },
      ...(mostLanes === undefined ? {} : { mostLanes }),
    },
    wanted,
    undefined,
  );
  const seconds = (performance.now() - began) / 1000;
  await sessions.end();
  if (end !== "done") throw new Error(`The fingerprints to be timed ended as ${end}.`);
  return { statements: sessions.calls, longestSeconds, seconds, megabytesUsed: used / 1e6 };
}

/** One table of a million mixed rows: fingerprints through the Data API, and what a user would do instead, on the same server. */
export async function compareWithPeers(directory: string, rounds: number, rows = 1_000_000): Promise<Figure[]> {
  const database = await openProofDatabase(directory);
  try {
    await database.run(mixed("mixed", rows));
    await database.run("vacuum (freeze, analyze) mixed");
    const direct = (sql: string) => () => database.run(`set max_parallel_workers_per_gather = 0; ${sql}`);
    return await interleaved(rounds, {
      "fast, as many lanes as help": () => take(database, "fast", "mixed"),
      "fast, two lanes": () => take(database, "fast", "mixed", 2),
      "fast, one lane": () => take(database, "fast", "mixed", 1),
      "fast, one statement": direct(`select count(*), sum(hash_record_extended(${HASHED}, 0)) from mixed`),
      "strong, as many lanes as help": () => take(database, "strong", "mixed"),
      "COPY | md5sum": direct("copy mixed to program 'md5sum > /dev/null'"),
      "COPY | sha256sum (what pg_dump reads)": direct("copy mixed to program 'sha256sum > /dev/null'"),
      "COPY BINARY | md5sum": direct("copy mixed to program 'md5sum > /dev/null' (format binary)"),
      "read every column": direct("select sum(pg_column_size(t.*)) from mixed t"),
    });
  } finally {
    await database.close();
  }
}

export interface Growth extends Taken {
  readonly name: string;
}

/** Tables of two sizes, and one that is all TOAST: whether time grows with size, and how long the longest statement is. */
export async function measureGrowth(directory: string, scale: number): Promise<Growth[]> {
  const database = await openProofDatabase(directory);
  try {
    const rows = 1_000_000 * scale;
    await database.run(mixed("small", rows));
    await database.run(mixed("large", rows * 10));
    // 16 kB a row that does not compress, so 2 GB at scale 1.
    await database.run(`create table heavy (id bigint, body text);
      alter table heavy alter body set storage external;
      insert into heavy select n, (select string_agg(md5(n::text || k), '') from generate_series(1, 512) k) from generate_series(1, ${Math.round(125_000 * scale)}) n`);
    await database.run("vacuum (freeze, analyze)");
    const growth: Growth[] = [];
    for (const name of ["small", "large", "heavy"])
      for (const mode of ["fast", "strong"] as const)
        growth.push({ name: `${name}, ${mode}`, ...(await take(database, mode, name)) });
    return growth;
  } finally {
    await database.close();
  }
}

const CHAIN_RANGE = 250_000;

/** Rows of a hash chain that are checked in a second, each with its own hash and its link. */
export async function measureChain(directory: string, rows = 500_000): Promise<{ rowsPerSecond: number }> {
  const database = await openProofDatabase(directory);
  try {
    await database.run(`create table chain (seq bigint primary key, what text not null, prev_hash bytea, self_hash bytea);
      do $$ declare previous bytea; begin
        for n in 1..${rows} loop
          insert into chain values (n, 'entry ' || n, previous, sha256(convert_to(n || '|entry ' || n || '|' || coalesce(encode(previous, 'hex'), ''), 'UTF8')))
          returning self_hash into previous;
        end loop; end $$`);
    await database.run("vacuum (freeze, analyze) chain");
    const session = database.session();
    const chain = {
      table: '"public"."chain"',
      orderBy: '"seq"',
      previous: '"prev_hash"',
      hash: '"self_hash"',
      preimage: "convert_to(seq || '|' || what || '|' || coalesce(encode(prev_hash, 'hex'), ''), 'UTF8')",
    };
    const began = performance.now();
    const ask = async (sql: string) => onlyRow(await session.query(sql));
    let link: ChainLink | undefined;
    for (let from = 1; from <= rows; from += CHAIN_RANGE) {
      const to = Math.min(rows + 1, from + CHAIN_RANGE);
      const types = { previous: "bytea", hash: "bytea" } as const;
      const walked = await walkRange(ask, chain, types, { from: BigInt(from), to: BigInt(to), link });
      if ("broken" in walked) throw new Error(`The chain to be timed is broken: ${walked.broken.why}.`);
      link = walked.link;
    }
    const seconds = (performance.now() - began) / 1000;
    await session.end();
    return { rowsPerSecond: rows / seconds };
  } finally {
    await database.close();
  }
}

export interface ManyTables {
  readonly batched: Taken;
  readonly oneByOneSeconds: number;
  readonly catalogSeconds: number;
}

/** 2,000 small tables: batched into statements, against one statement a table through the same Data API. */
export async function measureManyTables(directory: string, tables = 2000): Promise<ManyTables> {
  const database = await openProofDatabase(directory);
  try {
    for (let from = 0; from < tables; from += 200)
      await database.run(
        Array.from({ length: Math.min(200, tables - from) }, (_, nth) => mixed(`t${from + nth}`, 100)).join(";"),
      );
    const batched = await take(database, "strong", "t");
    const session = database.session();
    let began = performance.now();
    const key = randomBytes(32).toString("hex");
    for (let nth = 0; nth < tables; nth += 1)
      await session.query(
        `select count(*)::text, sum(get_byte(h, 0))::text from (select sha256(decode(:key, 'hex') || record_send(t)) h from t${nth} t offset 0) x`,
        { key },
      );
    const oneByOneSeconds = (performance.now() - began) / 1000;
    began = performance.now();
    await readCatalog(session, () => true);
    const catalogSeconds = (performance.now() - began) / 1000;
    await session.end();
    return { batched, oneByOneSeconds, catalogSeconds };
  } finally {
    await database.close();
  }
}
