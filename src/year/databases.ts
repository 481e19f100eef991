/** Twelve databases of one account, as a year finds them: two regions, different in size, growth and how often they are drilled. */
import { closedSecurityGroup, openAccount } from "../local/account.ts";
import { withReaderSecret } from "../local/capture.ts";
import type { PlanFile } from "../plan/plan.ts";

export interface YearDatabase {
  readonly cluster: string;
  readonly region: string;
  /** Its database and its schema. */
  readonly name: string;
  /** What rows belong to, and the rows. */
  readonly parent: string;
  readonly child: string;
  /** When the year begins, and how many times as much it is at its end. */
  readonly rows: number;
  readonly gib: number;
  readonly growth: number;
}

export interface YearPlan {
  readonly plan: string;
  readonly database: YearDatabase;
  readonly file: PlanFile;
  readonly everyDays: number;
  readonly drills: number;
  /** How long ago the last one was. */
  readonly lastDaysAgo: number;
}

const [ABROAD, HOME] = ["eu-west-1", "eu-central-1"];

const database = (
  name: string,
  [parent, child]: readonly [string, string],
  [rows, gib, growth]: readonly [number, number, number],
  region = ABROAD,
): YearDatabase => ({ cluster: `${name}-production`, region, name, parent, child, rows, gib, growth });

const ORDERS = database("orders", ["customer", "purchase"], [3000, 140, 2.1]);
const PAYMENTS = database("payments", ["merchant", "transfer"], [2500, 95, 1.8]);

/** 120 drills; one plan has none. */
export const YEAR_PLANS: readonly YearPlan[] = [
  planOf("orders", ORDERS, { everyDays: 7, drills: 51, lastDaysAgo: 2, compared: true }),
  // The same database, restored where it is: another path of recovery.
  planOf("orders-at-home", ORDERS, { everyDays: 90, drills: 4, lastDaysAgo: 20, region: ABROAD }),
  planOf("payments", PAYMENTS, { everyDays: 28, drills: 10, lastDaysAgo: 6, compared: true }),
  planOf("payments-by-hand", PAYMENTS, { everyDays: 180, drills: 2, lastDaysAgo: 40, recoveryPoint: "manual" }),
  planOf("ledger", database("ledger", ["account", "entry"], [3000, 210, 1.5]), {
    everyDays: 14,
    drills: 16,
    lastDaysAgo: 3,
    compared: true,
    proven: true,
  }),
  planOf("billing", database("billing", ["invoice", "invoice_line"], [2000, 60, 1.6]), {
    everyDays: 28,
    drills: 8,
    lastDaysAgo: 9,
  }),
  planOf("identity", database("identity", ["tenant", "session"], [2000, 35, 1.3], HOME), {
    everyDays: 28,
    drills: 8,
    lastDaysAgo: 5,
  }),
  planOf("catalog", database("catalog", ["product", "price"], [1500, 20, 1.2], HOME), {
    everyDays: 30,
    drills: 6,
    lastDaysAgo: 4,
  }),
  planOf("shipping", database("shipping", ["carrier", "parcel"], [1500, 48, 1.9]), {
    everyDays: 45,
    drills: 5,
    lastDaysAgo: 12,
  }),
  planOf("inventory", database("inventory", ["warehouse", "movement"], [1800, 75, 1.4]), {
    everyDays: 30,
    drills: 4,
    lastDaysAgo: 95,
  }),
  planOf("notifications", database("notifications", ["channel", "message"], [1500, 30, 2.6]), {
    everyDays: 60,
    drills: 2,
    lastDaysAgo: 30,
  }),
  planOf("analytics", database("analytics", ["source", "event"], [4000, 640, 1.7]), {
    everyDays: 90,
    drills: 2,
    lastDaysAgo: 33,
  }),
  planOf("audit", database("audit", ["actor", "record"], [1500, 110, 1.5], HOME), {
    everyDays: 90,
    drills: 2,
    lastDaysAgo: 17,
  }),
  planOf("support", database("support", ["mailbox", "ticket"], [1000, 12, 1.1]), {
    everyDays: 31,
    drills: 0,
    lastDaysAgo: 0,
  }),
];

interface Drilled extends Pick<YearPlan, "everyDays" | "drills" | "lastDaysAgo"> {
  /** Of the sandbox: where the stack is by default. */
  readonly region?: string;
  readonly recoveryPoint?: string;
  /** Whether content and structure are held against the last good drill: the first one finds nothing to compare with. */
  readonly compared?: boolean;
  /** Whether the checks are put to the proof in each drill. */
  readonly proven?: boolean;
}

function planOf(plan: string, source: YearDatabase, drilled: Drilled): YearPlan {
  const { region = HOME, recoveryPoint = "latest", compared = false, proven = false, ...when } = drilled;
  const { name, parent, child } = source;
  // The stack's own group is where the stack is.
  const network = region === HOME ? {} : { securityGroup: closedSecurityGroup(openAccount(), region) };
  const comparisons: NonNullable<PlanFile["checks"]> = [
    {
      kind: "fingerprint",
      closed: [{ table: `${name}.${child}`, by: "written_at" }],
      changing: [{ table: `${name}.${parent}` }, { table: `${name}.heartbeat` }],
    },
    { kind: "catalog" },
  ];
  const file: PlanFile = {
    plan,
    description: `The ${name} database, production`,
    source: { region: source.region, cluster: source.cluster, database: name },
    recoveryPoint,
    sandbox: { region, ...network },
    objectives: { rto: "1h", rpo: "24h" },
    cadence: { every: `${drilled.everyDays + 1}d` },
    counterproof: proven,
    checks: [
      { kind: "tables", present: [`${name}.${parent}`, `${name}.${child}`, `${name}.heartbeat`] },
      { kind: "rows", table: `${name}.${parent}`, expect: { atLeast: source.rows / 10 } },
      { kind: "rows", table: `${name}.${child}`, expect: { atLeast: source.rows } },
      { kind: "freshness", table: `${name}.heartbeat`, column: "beat_at", within: "5m" },
      ...(compared ? comparisons : []),
      { kind: "indexes" },
      { kind: "constraints" },
      { kind: "foreign-keys" },
      { kind: "sequences" },
      {
        kind: "sql",
        name: `every ${child} belongs to a ${parent}`,
        sql: `select count(*) from ${name}.${child} where ${parent}_id not in (select id from ${name}.${parent})`,
        expect: { equals: 0 },
      },
    ],
  };
  return { plan, database: source, file: withReaderSecret(file), ...when };
}

export const YEAR_DATABASES: readonly YearDatabase[] = [...new Set(YEAR_PLANS.map(({ database: each }) => each))];
