import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { JsonStore } from "../../src/aws/json-store.ts";
import { catalog } from "../../src/checks/kinds/catalog.ts";
import { fingerprint } from "../../src/checks/kinds/fingerprint.ts";
import { hashChain } from "../../src/checks/kinds/hash-chain.ts";
import { CheckResults } from "../../src/checks/result.ts";
import { runChecks } from "../../src/checks/run-checks.ts";
import { Parts } from "../../src/evidence/parts.ts";
import { Fingerprints } from "../../src/fingerprint/fingerprints.ts";
import { withClient } from "../../src/local/postgres/client.ts";
import type { CheckOf } from "../../src/plan/checks.ts";
import { Catalog } from "../../src/structure/catalog.ts";
import { Chains } from "../../src/structure/chains.ts";
import { baselineAt, Comparison } from "../checks/comparing.ts";
import {
  type CheckInput,
  drillOf,
  fingerprintKey,
  memoryStore,
  planWith,
  SANDBOX,
  type Sandbox,
} from "../checks/sandbox.ts";
import { checkOf } from "../fingerprint/content.ts";
import { type Fault, GROUPS } from "./faults.ts";
import { askNaively, NAIVE, type Naive } from "./naive.ts";
import { type PageEdit, writePage } from "./page-edits.ts";

const CHAIN: CheckOf<"hash-chain"> = {
  kind: "hash-chain",
  required: true,
  table: "shop.audit_log",
  orderBy: "seq",
  previous: "prev_hash",
  hash: "self_hash",
  preimage: "shop.audit_preimage(seq, at, actor, prev_hash)",
};

/** Two drills, since a plan has fingerprints of one mode. Each begins with a full read. */
const MODES = ["fast", "strong"] as const;
type Mode = (typeof MODES)[number];

/** The baseline of the fast fingerprints has no head of the chain, as before the first capture. */
const CHECKS = {
  fast: [
    { kind: "fingerprint", name: "fast fingerprint", mode: "fast" },
    { ...CHAIN, name: "hash-chain, no head known" },
  ],
  strong: [
    { kind: "fingerprint", name: "strong fingerprint", mode: "strong" },
    { kind: "catalog" },
    { kind: "indexes" },
    { kind: "index-contents" },
    { kind: "heap" },
    { kind: "constraints" },
    { kind: "foreign-keys" },
    { kind: "sequences" },
    { kind: "collations" },
    { kind: "grants", present: [{ role: "app", on: "shop.customer", may: ["select", "update"] }] },
    { kind: "row-security", tables: ["shop.customer"] },
    { kind: "unlogged" },
    { ...CHAIN, name: "hash-chain" },
  ],
} as const satisfies Readonly<Record<Mode, readonly CheckInput[]>>;

/** In the order of the table's columns. */
export const COLUMNS = [
  ...NAIVE,
  "full-read",
  "fast fingerprint",
  "strong fingerprint",
  "catalog",
  "indexes",
  "index-contents",
  "heap",
  "constraints",
  "foreign-keys",
  "sequences",
  "collations",
  "grants",
  "row-security",
  "unlogged",
  "hash-chain, no head known",
  "hash-chain",
] as const;
export type Column = (typeof COLUMNS)[number];

/** What people ask without a tool is in the table to show what it misses. */
export const isNaive = (column: Column): boolean => NAIVE.some((naive) => naive === column);

/** `held` of a naive check: it had the same answer as on the source. */
export type Cell = "failed" | "held" | "unchecked" | "empty";

export interface Observation {
  readonly fault: Fault;
  /** By column. */
  readonly cells: ReadonlyMap<string, Cell>;
  /** What checks that did not hold said, for whoever wonders at a cell. */
  readonly said: readonly string[];
}

/** What a copy is held against. */
interface Source {
  readonly database: string;
  readonly naive: ReadonlyMap<Naive, string>;
}

/** Does every fault to a copy of its own, and asks every check of every copy. About a second a fault. */
export async function observe(sandbox: Sandbox): Promise<Observation[]> {
  const laboratory = new Laboratory(sandbox);
  const template = await laboratory.makeSource();
  const copies: { fault: Fault; database: string; source: string }[] = [];
  for (const fault of GROUPS.flatMap(({ faults }) => faults)) {
    const source = fault.before === undefined ? template : await laboratory.copy(template, fault.before);
    const database = fault.isMadeAnew ? await laboratory.makeSource() : await laboratory.copy(source);
    await laboratory.damage(database, fault);
    copies.push({ fault, database, source });
  }
  await laboratory.damagePages();
  // Only now: rows written after a baseline was captured are taken for the application's own. These are to look like what a disk, a
  // restore or somebody with the files did, so their transactions have to be older than the baseline.
  const sources = new Map<string, Source>();
  for (const { source } of copies) if (!sources.has(source)) sources.set(source, await laboratory.capture(source));
  const observations: Observation[] = [];
  for (const { fault, database, source } of copies) {
    const known = sources.get(source);
    if (known !== undefined) observations.push({ fault, ...(await laboratory.ask(database, known)) });
  }
  return observations;
}

class Laboratory {
  readonly #sandbox: Sandbox;
  readonly #store: JsonStore = memoryStore();
  readonly #edits: PageEdit[] = [];
  #databases = 0;

  constructor(sandbox: Sandbox) {
    this.#sandbox = sandbox;
  }

  async makeSource(): Promise<string> {
    const database = await this.#sandbox.database(await readFile(join(import.meta.dirname, "source.sql"), "utf8"));
    await this.#sandbox.run(database, "vacuum (analyze)");
    return database;
  }

  async copy(template: string, statements = ""): Promise<string> {
    this.#databases += 1;
    const name = `copy_${this.#databases}`;
    await this.#sandbox.run("postgres", `create database ${name} template ${template} strategy file_copy`);
    if (statements !== "") await this.#sandbox.run(name, statements);
    return name;
  }

  damage(database: string, { statements = [], page }: Fault): Promise<void> {
    return withClient(this.#sandbox.server.connection, database, async (client) => {
      await client.query("set session_replication_role = replica");
      for (const statement of statements) await client.query(statement);
      if (page !== undefined) this.#edits.push(await page(client));
    });
  }

  damagePages(): Promise<void> {
    return this.#sandbox.whileStopped(async (dataDirectory) => {
      for (const edit of this.#edits) await writePage(dataDirectory, edit);
    });
  }

  async capture(database: string): Promise<Source> {
    for (const mode of MODES) {
      const prefix = baselineOf(database, mode);
      const content = new Comparison(this.#sandbox, fingerprint);
      await content.capture(database, checkOf({ mode }), prefix);
      await this.#keep(prefix, "fingerprints.json", await content.parts(prefix).get("fingerprints.json", Fingerprints));
    }
    const prefix = baselineOf(database, "strong");
    const structure = new Comparison(this.#sandbox, catalog);
    await structure.capture(database, { kind: "catalog", required: true }, prefix);
    await this.#keep(prefix, "catalog.json", await structure.parts(prefix).get("catalog.json", Catalog));
    const chain = new Comparison(this.#sandbox, hashChain);
    await chain.capture(database, CHAIN, prefix);
    await this.#keep(prefix, "chains.json", await chain.parts(prefix).get("chains.json", Chains));
    return { database, naive: await this.#askNaively(database) };
  }

  async ask(database: string, source: Source): Promise<Omit<Observation, "fault">> {
    const cells = new Map<string, Cell>();
    const said: string[] = [];
    for (const [naive, answer] of await this.#askNaively(database))
      cells.set(naive, answer === source.naive.get(naive) ? "held" : "failed");
    const results = await Promise.all(MODES.map((mode) => this.#drill(database, source, mode)));
    for (const { name, outcome, observed } of results.flat()) {
      cells.set(name, outcome);
      if (outcome !== "held") said.push(`${name}: ${observed}`);
    }
    return { cells, said };
  }

  async #drill(database: string, source: Source, mode: Mode): Promise<CheckResults["results"]> {
    const prefix = baselineOf(source.database, mode);
    const drill = {
      ...drillOf(database),
      evidencePrefix: `drills/${database}/${mode}`,
      references: [baselineAt(prefix)],
    };
    await this.#store.put(`${drill.evidencePrefix}/plan.json`, { plan: planWith(database, CHECKS[mode]) });
    const api = this.#sandbox.api();
    try {
      const services = {
        data: api.client,
        store: this.#store,
        now: () => new Date("2026-11-01T15:00:00Z"),
        remainingMs: () => 900_000,
        fingerprintKey,
        session: { pause: async () => {} },
      };
      const answer = await runChecks(services, { drill, sandbox: SANDBOX });
      if (answer.phase !== "ready") throw new Error(`the drill of ${database} was not done in one invocation`);
    } finally {
      await api.close();
    }
    const stored = await this.#store.get(`${drill.evidencePrefix}/checks.json`, CheckResults);
    return stored?.results ?? [];
  }

  #askNaively(database: string): Promise<Map<Naive, string>> {
    return withClient(this.#sandbox.server.connection, database, async (client) => {
      const answers = new Map<Naive, string>();
      for (const naive of NAIVE) answers.set(naive, await askNaively(client, naive));
      return answers;
    });
  }

  async #keep(prefix: string, part: "fingerprints.json" | "catalog.json" | "chains.json", document: unknown) {
    if (document === undefined) throw new Error(`the source's ${part} was not captured`);
    await new Parts(this.#store, prefix).leave(part, document);
  }
}

const baselineOf = (database: string, mode: Mode): string => `baselines/${database}/${mode}`;
