import type { Coverage } from "../../src/cadence/coverage.ts";
import { type DatabaseHistory, HISTORY_DRILLS, type PastDrill } from "../../src/evidence/history.ts";
import type { Fleet } from "../../src/index/read-fleet.ts";
import { type DatabaseRow, inOrder, rowOf } from "../../src/index/rows.ts";
import { ledgerEntry } from "../evidence/sample-ledger.ts";

export const AT = new Date("2026-11-22T06:45:00.000Z");
const DAY_MILLISECONDS = 86_400_000;

export type Path = DatabaseHistory["paths"][number]["path"];
export const PATH: Path = { fromRegion: "eu-west-1", toRegion: "eu-central-1", recoveryPoint: "automated" };

/** A drill of so many days ago, of the plan that is called as its database. */
export function pastDrill(
  daysAgo: number,
  changes: Partial<PastDrill> & { readonly database?: string } = {},
): PastDrill {
  const startedAt = new Date(AT.getTime() - daysAgo * DAY_MILLISECONDS);
  const stamp = startedAt.toISOString().replace(/[-:]/g, "").replace("T", "-").slice(0, 15);
  const {
    database: _,
    stepSeconds: __,
    manifestSha256: ___,
    ...entry
  } = ledgerEntry({
    drillId: `${stamp}-3f9a2b1c`,
    startedAt: startedAt.toISOString(),
    endedAt: new Date(startedAt.getTime() + 1_800_000).toISOString(),
    recoveryPath: PATH,
  });
  return { ...entry, ...changes };
}

/** What is remembered of drills that are given oldest first. */
export function historyWith(database: string, drills: readonly PastDrill[]): DatabaseHistory {
  const passesOf = (own: readonly PastDrill[]) => own.findLast(({ verdict }) => verdict === "passed");
  const promised = drills.filter(({ recoveryPath }) => recoveryPath?.scenario === undefined);
  const byPlan = Map.groupBy(promised, ({ plan }) => plan);
  const byPath = Map.groupBy(
    drills.filter(({ recoveryPath }) => recoveryPath !== undefined),
    ({ plan, recoveryPath }) => JSON.stringify([plan, recoveryPath]),
  );
  return {
    schemaVersion: 1,
    database,
    drills: drills.slice(-HISTORY_DRILLS),
    passes: Object.fromEntries(
      [...byPlan].flatMap(([plan, own]) => {
        const pass = passesOf(own);
        return pass === undefined ? [] : [[plan, pass]];
      }),
    ),
    lastDrills: Object.fromEntries(
      [...byPlan].flatMap(([plan, own]) => {
        const drill = own.at(-1);
        return drill === undefined ? [] : [[plan, drill]];
      }),
    ),
    paths: [...byPath.values()].flatMap((own) => {
      const lastDrill = own.at(-1);
      const lastPass = passesOf(own);
      if (lastDrill?.recoveryPath === undefined) return [];
      return { plan: lastDrill.plan, path: lastDrill.recoveryPath, lastDrill, ...(lastPass && { lastPass }) };
    }),
  };
}

/** Weekly, one letter a drill: passed, failed, inconclusive, errored; the last one was so many days ago. */
export function sampleRow(
  database: string,
  letters: string,
  lastDaysAgo = 3,
  paths: readonly Path[] = [PATH],
): DatabaseRow {
  const verdicts = { p: "passed", f: "failed", i: "inconclusive", e: "errored" } as const;
  const drills = [...letters].map((letter, index) =>
    pastDrill(lastDaysAgo + 7 * (letters.length - 1 - index), {
      plan: database,
      verdict: verdicts[letter as keyof typeof verdicts],
      recoveryPath: paths[index % paths.length] ?? PATH,
    }),
  );
  const plans = [{ plan: database, database, everySeconds: 8 * 86_400 }];
  return rowOf(database, plans, { history: historyWith(database, drills), warnings: [] }, AT);
}

export const COVERAGE: Coverage = {
  schemaVersion: 1,
  at: "2026-11-22T06:30:00.000Z",
  regions: ["eu-west-1", "eu-central-1"],
  covered: [],
  uncovered: [],
  exempt: [],
  replicas: [],
  plansWithoutDatabase: [],
  elsewhere: [],
  unknown: [],
};

/** Of a morning on which nothing was wrong. */
export const SURVEY: NonNullable<Fleet["survey"]> = {
  schemaVersion: 1,
  at: "2026-11-22T06:40:00.000Z",
  databases: [{ database: "orders", region: "eu-west-1", plans: ["orders"], facts: [], failures: [] }],
  unreadPlans: [],
};

const SAME: Path = { ...PATH, fromRegion: "eu-central-1" };
const COPIED: Path = { ...PATH, recoveryPoint: "awsbackup", account: "222222222222" };
const TESTED: Path = { ...PATH, recoveryPoint: "awsbackup", isRestoreTest: true };
const EXERCISE: Path = { ...PATH, scenario: "region-lost" };

const TWELVE: readonly DatabaseRow[] = [
  sampleRow("orders-production", "ppppppppppppfppppp", 2, [PATH, EXERCISE, PATH]),
  sampleRow("billing-production", "pppppppppppppp", 5),
  sampleRow("customers-production", "ppppppppeppp", 4, [PATH, SAME]),
  sampleRow("inventory", "pppppppppppppppppppp", 1),
  sampleRow("payments-ledger", "ppppppf", 1),
  sampleRow("search-index", "ppppppppp", 12),
  sampleRow("sessions", "pppppppppppppppppp", 3, [SAME]),
  sampleRow("shipping", "pppppppppffff", 6),
  sampleRow("analytics-warehouse-of-the-whole-group-in-europe-production", "piippppppppp", 4, [PATH, COPIED]),
  sampleRow("tickets", "", 0),
  sampleRow("identity", "pppppppppppppppppppppppppp", 2, [TESTED]),
  sampleRow("catalogue", "eee", 2),
];

/** Twelve databases as they are in life: most are well, one was forgotten, one broke. */
export const TWELVE_DATABASES: Fleet = {
  at: AT,
  rows: inOrder(TWELVE),
  former: [{ ...sampleRow("legacy-shop", "ppp", 200), plans: [] }],
  coverage: {
    ...COVERAGE,
    uncovered: [
      {
        name: "experiments",
        region: "eu-west-1",
        kind: "cluster",
        engine: "aurora-postgresql",
        isDrillable: true,
        why: "No plan names it.",
      },
    ],
    exempt: [{ name: "scratch", region: "eu-west-1", kind: "instance", engine: "postgres", reason: "test data" }],
  },
  survey: {
    schemaVersion: 1,
    at: "2026-11-22T06:40:00.000Z",
    databases: [
      {
        database: "shipping",
        region: "eu-west-1",
        plans: ["shipping"],
        facts: [],
        failures: ["The newest recovery point is 31 h old, at most 24 h are wanted."],
      },
      { database: "tickets", region: "eu-west-1", plans: ["tickets"], facts: [], failures: [] },
    ],
    unreadPlans: [],
  },
  notes: ["s3://evidence/shipping/history.json can not be read: it is not the JSON document it should be."],
};

/** However many of them, in every standing, each with a year of drills. */
export function manyDatabases(count: number): Fleet {
  const year = "p".repeat(HISTORY_DRILLS - 1);
  // A few kinds, made once: a name is all that tells the others apart.
  const kinds = Array.from({ length: 60 }, (_, index) =>
    sampleRow(
      "tenant",
      index % 50 === 0 ? "" : `${year}${index % 20 === 1 ? "f" : "p"}`,
      index % 30 === 2 ? 20 : 1 + (index % 7),
      index % 3 === 0 ? [PATH, SAME] : [PATH],
    ),
  );
  const rows = Array.from({ length: count }, (_, index) => ({
    ...(kinds[index % kinds.length] ?? sampleRow("tenant", "")),
    database: `tenant-${String(index).padStart(4, "0")}-production-cluster`,
  }));
  return { at: AT, rows: inOrder(rows), former: [], coverage: COVERAGE, survey: SURVEY, notes: [] };
}
