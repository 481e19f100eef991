import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { Sandbox } from "../checks/sandbox.ts";
import { documentOf, seenIn } from "./document.ts";
import { GROUPS } from "./faults.ts";
import { COLUMNS, isNaive, type Observation, observe } from "./observe.ts";
import { REMARKS } from "./remarks.ts";

const DOCUMENT = join(import.meta.dirname, "../../docs/detection.md");

let observations: Observation[];
let postgresVersion: string;

beforeAll(async () => {
  const sandbox = await Sandbox.open();
  try {
    await sandbox.run("postgres", "create role app");
    // What has been vacuumed decides whether PostgreSQL answers out of an index: the same in every run.
    await sandbox.run("postgres", "alter system set autovacuum = off");
    await sandbox.run("postgres", "select pg_reload_conf()");
    const [[version = ""] = []] = await sandbox.run("postgres", "show server_version");
    postgresVersion = version;
    observations = await observe(sandbox);
  } finally {
    await sandbox.close();
  }
}, 300_000);

const HARMLESS = new Set(GROUPS.at(-1)?.faults);
const harmless = (): Observation[] => observations.filter(({ fault }) => HARMLESS.has(fault));
const faults = (): Observation[] => observations.filter(({ fault }) => !HARMLESS.has(fault));

/** `what: column, column`, so that a failure says which. */
const told = ({ fault, said }: Observation, columns: readonly string[]): string =>
  `${fault.what}: ${columns.join(", ")} (${said.join("; ")})`;

describe("the checks", () => {
  it("were each asked of every copy", () => {
    expect(observations).toHaveLength(GROUPS.flatMap((group) => group.faults).length);
    for (const { cells } of observations) expect([...cells.keys()].sort()).toEqual([...COLUMNS].sort());
  });

  it("see every fault that changes rows in both fingerprints", () => {
    const blind = faults().filter(({ fault, cells }) => {
      const modes = ["fast fingerprint", "strong fingerprint"].map((column) => cells.get(column));
      return fault.isContent && modes.some((cell) => cell !== "failed");
    });
    expect(blind.map((one) => told(one, seenIn(one)))).toEqual([]);
  });

  it("see every fault", () => {
    const unseen = faults().filter((one) => seenIn(one).every(isNaive));
    expect(unseen.map((one) => told(one, seenIn(one)))).toEqual([]);
  });

  it("hold for everything that is harmless", () => {
    const alarmed = harmless().flatMap((one) => {
      const columns = COLUMNS.filter((column) => one.cells.get(column) !== "held");
      return columns.length === 0 ? [] : [told(one, columns)];
    });
    expect(harmless().length).toBeGreaterThan(5);
    expect(alarmed).toEqual([]);
  });
});

describe("docs/detection.md", () => {
  it("remarks on what is so", () => {
    const byId = new Map(observations.map((one) => [one.fault.id, seenIn(one)]));
    const columnsOf = (id: string) => {
      const columns = byId.get(id);
      if (columns === undefined) throw new Error(`there is no fault "${id}"`);
      return columns;
    };
    expect(REMARKS.filter(({ isSo }) => !isSo(columnsOf)).map(({ says }) => says)).toEqual([]);
  });

  it("says what was observed", async () => {
    await expect(documentOf(observations, postgresVersion)).toMatchFileSnapshot(DOCUMENT);
  });
});
