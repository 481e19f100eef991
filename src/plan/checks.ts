import * as z from "zod/mini";
import { Duration } from "./quantities.ts";

const Scalar = z.union([z.string(), z.number(), z.boolean()]);

const holdsOne = (value: object): boolean => Object.values(value).filter((member) => member !== undefined).length === 1;

/** What an answer should be: exactly one of the members. Numbers compare as numbers, text as text. */
const expectation = <Shape extends z.core.$ZodLooseShape>(shape: Shape) =>
  z.strictObject(shape).check(z.refine(holdsOne, `needs exactly one of ${Object.keys(shape).join(", ")}`));

/** A range that nothing can lie in would tell a good backup as bad data. */
const range = <Bound extends z.ZodMiniType<number>>(bound: Bound) =>
  z.tuple([bound, bound]).check(z.refine(([low = 0, high = 0]) => low <= high, "needs the smaller bound first"));

export const RowsExpectation = expectation({
  equals: z.optional(z.int().check(z.gte(0))),
  between: z.optional(range(z.int().check(z.gte(0)))),
  atLeast: z.optional(z.int().check(z.gte(0))),
  atMost: z.optional(z.int().check(z.gte(0))),
});

export const SqlExpectation = expectation({
  equals: z.optional(Scalar),
  between: z.optional(range(z.number())),
  atLeast: z.optional(z.number()),
  atMost: z.optional(z.number()),
  noRows: z.optional(z.literal(true)),
});

export const MigrationExpectation = expectation({
  equals: z.optional(z.string()),
  atLeast: z.optional(z.string()),
});

/** `orders`, `sales.orders` or `sales."Order Items"`: unquoted parts fold to lower case, as in SQL. */
const TableName = z
  .string()
  .check(
    z.regex(
      /^("([^"]|"")+"|[A-Za-z_][\w$]*)(\.("([^"]|"")+"|[A-Za-z_][\w$]*))?$/,
      'is not a table name: write table, schema.table, or "Quoted Name" as in SQL',
    ),
  );
const ColumnName = z.string().check(z.minLength(1), z.maxLength(63));

const common = {
  /** What reports call the check; by default its kind and table. */
  name: z.optional(z.string().check(z.minLength(1), z.maxLength(120))),
  /** A check that is not required is reported but does not decide the verdict. */
  required: z._default(z.boolean(), true),
};

/** How much of the database a slow check has to look at. */
const looking = {
  /** `full`: all of it, or the check is unchecked. `sampled`: what the budget allows, in an order that differs from drill to drill. */
  coverage: z._default(z.enum(["full", "sampled"]), "full"),
  /** What the check may take of the drill's time. */
  budget: z.prefault(Duration, "1h"),
};

const Percent = z.number().check(z.gte(0));

/** Rows that were written before some moment and do not change any more. */
const ClosedRange = z.strictObject({
  table: TableName,
  /** A timestamp or date that is set when a row is written. */
  by: ColumnName,
  /** How long after that moment a row may still arrive or change. */
  settles: z.prefault(Duration, "1h"),
});

/** A table that may change between a baseline and the recovery point, and by how much of its rows. */
const ChangeBounds = z.strictObject({
  table: TableName,
  shrinkPercent: z._default(Percent.check(z.lte(100)), 0),
  growPercent: z.optional(Percent),
});

/** What is declared of a table in two ways at once would be one of them without a word. */
function declaresOnce(check: {
  readonly closed?: readonly { readonly table: string }[];
  readonly changing?: readonly { readonly table: string }[];
  readonly except?: readonly string[];
}): boolean {
  const named = [...(check.closed ?? []), ...(check.changing ?? [])]
    .map(({ table }) => table)
    .concat(check.except ?? []);
  return new Set(named).size === named.length;
}

const PRIVILEGES = ["select", "insert", "update", "delete", "truncate", "references", "trigger"] as const;

export const Check = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("rows"), ...common, table: TableName, expect: RowsExpectation }),
  z.strictObject({ kind: z.literal("freshness"), ...common, table: TableName, column: ColumnName, within: Duration }),
  z.strictObject({ kind: z.literal("tables"), ...common, present: z.array(TableName).check(z.minLength(1)) }),
  z.strictObject({ kind: z.literal("extensions"), ...common, present: z.array(z.string()).check(z.minLength(1)) }),
  z.strictObject({
    kind: z.literal("migration"),
    ...common,
    table: TableName,
    column: ColumnName,
    /** The column that orders migrations; by default the version column itself. */
    orderBy: z.optional(ColumnName),
    expect: MigrationExpectation,
  }),
  z.strictObject({ kind: z.literal("indexes"), ...common }),
  z.strictObject({ kind: z.literal("constraints"), ...common }),
  z.strictObject({ kind: z.literal("sequences"), ...common }),
  z.strictObject({ kind: z.literal("full-read"), ...common }),
  z
    .strictObject({
      kind: z.literal("fingerprint"),
      ...common,
      /** `fast` finds accidents; `strong` is keyed, and also resists a forger who does not know the key. */
      mode: z._default(z.enum(["fast", "strong"]), "strong"),
      columnOrder: z._default(z.enum(["table", "name"]), "table"),
      closed: z._default(z.array(ClosedRange), []),
      changing: z._default(z.array(ChangeBounds), []),
      /** Tables that are not to be proven; reports say that they were left out. */
      except: z._default(z.array(TableName), []),
      /** How far a mismatch is followed: to blocks of the table, or to the keys of the rows, which the baseline then keeps. */
      localise: z._default(z.enum(["chunk", "keys"]), "chunk"),
    })
    .check(
      z.refine(declaresOnce, "names a table more than once in closed, changing and except: it can be one of them"),
    ),
  z.strictObject({
    kind: z.literal("catalog"),
    ...common,
    /** Where migrations are recorded, of a tool whose table is not known by its name. */
    migrations: z.optional(z.strictObject({ table: TableName, column: ColumnName, orderBy: z.optional(ColumnName) })),
  }),
  z.strictObject({ kind: z.literal("foreign-keys"), ...common, ...looking }),
  z.strictObject({ kind: z.literal("index-contents"), ...common, ...looking }),
  z.strictObject({ kind: z.literal("heap"), ...common, ...looking }),
  z.strictObject({ kind: z.literal("collations"), ...common }),
  z.strictObject({ kind: z.literal("row-security"), ...common, tables: z._default(z.array(TableName), []) }),
  z.strictObject({
    kind: z.literal("grants"),
    ...common,
    present: z
      .array(
        z.strictObject({
          role: z.string().check(z.minLength(1), z.maxLength(63)),
          on: TableName,
          may: z.array(z.enum(PRIVILEGES)).check(z.minLength(1)),
        }),
      )
      .check(z.minLength(1)),
  }),
  z.strictObject({ kind: z.literal("large-objects"), ...common, expect: z.optional(RowsExpectation) }),
  z.strictObject({ kind: z.literal("unlogged"), ...common, allow: z._default(z.array(TableName), []) }),
  z.strictObject({ kind: z.literal("outbound"), ...common, allow: z._default(z.array(z.string()), []) }),
  z.strictObject({
    kind: z.literal("hash-chain"),
    ...common,
    table: TableName,
    /** An integer that numbers the rows without a gap. */
    orderBy: ColumnName,
    previous: ColumnName,
    hash: ColumnName,
    /** SQL over the row's columns: the bytes of which `hash` is the SHA-256. They hold the previous hash. */
    preimage: z.string().check(z.minLength(1), z.maxLength(2000)),
  }),
  z.strictObject({
    kind: z.literal("sql"),
    ...common,
    name: z.string().check(z.minLength(1), z.maxLength(120)),
    sql: z.string().check(z.minLength(1), z.maxLength(20_000)),
    expect: SqlExpectation,
  }),
]);
export type Check = z.infer<typeof Check>;
export type CheckKind = Check["kind"];
export type CheckOf<Kind extends CheckKind> = Extract<Check, { kind: Kind }>;

/** What reports and `$.checks` call a check. */
export function checkName(check: Check): string {
  if (check.name !== undefined) return check.name;
  return "table" in check ? `${check.kind} ${check.table}` : check.kind;
}
