import { describe, expect, it } from "vitest";
import { PlanInvalid } from "../../src/errors.ts";
import { parsePlan } from "../../src/plan/parse.ts";
import { PLAN_YAML, SAMPLE_PLAN } from "./sample-plan.ts";

/** The sample with one line replaced. */
function edited(line: string, replacement: string): string {
  expect(PLAN_YAML).toContain(line);
  return PLAN_YAML.replace(line, replacement);
}

function withCheck(check: string): string {
  return `${PLAN_YAML}  - ${check}\n`;
}

function refusalOf(text: string): string {
  try {
    parsePlan(text, "drills/orders.yml");
  } catch (error) {
    if (error instanceof PlanInvalid) return error.message;
    throw error;
  }
  throw new Error("the plan was accepted");
}

describe("parsePlan", () => {
  it("fills in defaults and turns durations into seconds", () => {
    expect(SAMPLE_PLAN.plan).toMatchObject({
      recoveryPoint: "latest",
      sandbox: { instanceClass: "db.serverless", minAcu: 0.5, maxAcu: 8 },
      objectives: { rtoSeconds: 14_400, rpoSeconds: 86_400 },
      limits: { timeSeconds: 43_200, costUsd: 25 },
    });
    expect(SAMPLE_PLAN.plan.checks.map(({ required }) => required)).toEqual([true, true, true]);
    expect(SAMPLE_PLAN.plan.checks[1]).toMatchObject({ kind: "freshness", within: 93_600 });
  });

  it("keeps what the user wrote beside it", () => {
    expect(SAMPLE_PLAN.file).toMatchObject({ objectives: { rto: "4h", rpo: "24h" } });
    expect(SAMPLE_PLAN.file).not.toHaveProperty("recoveryPoint");
  });

  it("reads the JSON that packaging embeds, to the same plan", () => {
    expect(parsePlan(JSON.stringify(SAMPLE_PLAN.file), "drills/orders.json").plan).toEqual(SAMPLE_PLAN.plan);
  });

  it("takes a plan without checks: the drill then says that nothing was asked", () => {
    expect(parsePlan(PLAN_YAML.slice(0, PLAN_YAML.indexOf("checks:")), "f.yml").plan.checks).toEqual([]);
  });
});

describe("a file that is no plan", () => {
  it.each([
    ["an unclosed bracket", "plan: [", /orders\.yml is not YAML: .* line 1/],
    ["one key twice", "plan: a\nplan: b\n", /not YAML: Map keys must be unique at line 2/],
    ["an alias without its anchor", "plan: *orders\n", /not YAML: Unresolved alias/],
    [
      "aliases that unfold without end",
      `a: &a [x]\nb: &b [${"*a,".repeat(200)}]\nc: [${"*b,".repeat(200)}]\n`,
      /not YAML/,
    ],
    ["two documents", "plan: a\n---\nplan: b\n", /not YAML/],
    ["an empty file", "", /orders\.yml is empty: a plan has plan, source, sandbox and objectives/],
    ["only comments", "# to be written\n", /is empty/],
    ["a list", "- 1\n", /the plan is \[1\]/],
    ["a sentence", "restore everything\n", /the plan is "restore everything"/],
  ])("is refused: %s", (_, text, message) => {
    expect(refusalOf(text)).toMatch(message);
  });
});

describe("a misspelt key", () => {
  it.each([
    [
      "at the top",
      edited("objectives:", "objectivs:"),
      /the plan has no key "objectivs"\. Did you mean "objectives"\?/,
    ],
    ["in the source", edited("  cluster:", "  clutser:"), /source has no key "clutser"\. Did you mean "cluster"\?/],
    ["in the objectives", edited("  rto:", "  rot:"), /objectives has no key "rot"\. Did you mean "rto"\?/],
    ["in the limits", `${PLAN_YAML}limits:\n  tiem: 4h\n`, /limits has no key "tiem"\. Did you mean "time"\?/],
    [
      "in a check",
      edited("    within: 26h", "    withing: 26h"),
      /checks\[1\] has no key "withing"\. Did you mean "within"\?/,
    ],
    [
      "in an expectation",
      edited("      atLeast: 1", "      atleast: 1"),
      /checks\[0\]\.expect has no key "atleast"\. Did you mean "atLeast"\?/,
    ],
    [
      "that is the kind itself",
      edited("  - kind: freshness", "  - knid: freshness"),
      /checks\[1\]\.kind is missing: .* There is "knid"\. Did you mean "kind"\?/,
    ],
  ])("is named with the nearest one: %s", (_, text, message) => {
    expect(refusalOf(text)).toMatch(message);
  });

  it("is told what keys there are when none is near", () => {
    expect(refusalOf(edited("  database: shop", "  database: shop\n  xyzzyxyzzy: 1"))).toMatch(
      /source has no key "xyzzyxyzzy"\. It has: region, account, cluster, database, secret\./,
    );
  });

  it("is found by its line", () => {
    expect(refusalOf(edited("    within: 26h", "    withing: 26h"))).toMatch(/line 19: checks\[1\] has no key/);
  });
});

describe("a wrong value", () => {
  it.each([
    [
      "a missing field, by the line of what it is missing from",
      edited("  database: shop\n", ""),
      /line 3: source\.database is missing/,
    ],
    [
      "a number for a duration",
      edited("  rto: 4h", "  rto: 14400"),
      /objectives\.rto is 14400: is not a duration: write a number and s, m, h or d/,
    ],
    ["a duration with a blank", edited("  rto: 4h", "  rto: 4 h"), /objectives\.rto is "4 h": is not a duration/],
    ["a duration in weeks", edited("  rpo: 24h", "  rpo: 1w"), /objectives\.rpo is "1w": is not a duration/],
    ["a negative duration", edited("  rpo: 24h", "  rpo: -24h"), /objectives\.rpo is "-24h": is not a duration/],
    [
      "a duration past the end of dates",
      edited("  rpo: 24h", "  rpo: 99999999d"),
      /objectives\.rpo is "99999999d": is longer than 3650d/,
    ],
    [
      "a duration of a hundred digits",
      edited("  rpo: 24h", `  rpo: ${"1".repeat(120)}s`),
      /objectives\.rpo .* is longer than 3650d/,
    ],
    [
      "a region that has no region's shape",
      edited("  region: eu-west-1", "  region: Frankfurt"),
      /source\.region is "Frankfurt": is not a region/,
    ],
    ["an upper-case plan name", edited("plan: orders", "plan: Orders"), /plan is "Orders": needs lower-case letters/],
    [
      "a plan name that leaves its directory",
      edited("plan: orders", "plan: ../orders"),
      /plan is "\.\.\/orders": needs lower-case/,
    ],
    [
      "an upper-case cluster, which RDS would find and its snapshots not",
      edited("cluster: orders-production", "cluster: Orders-Production"),
      /source\.cluster is "Orders-Production": is not a cluster identifier/,
    ],
    [
      "a cluster whose evidence would lie among the incidents",
      edited("cluster: orders-production", "cluster: incidents"),
      /source\.cluster is "incidents": would have its evidence in a folder of the stack's own/,
    ],
    [
      "a cluster whose evidence would lie among the surveys",
      edited("cluster: orders-production", "cluster: surveys"),
      /source\.cluster is "surveys": would have its evidence in a folder of the stack's own/,
    ],
    [
      "a cluster's ARN",
      edited("cluster: orders-production", "cluster: arn:aws:rds:eu-west-1:1:cluster:o"),
      /is not a cluster identifier/,
    ],
    [
      "a T class, which has no Data API",
      edited("  region: eu-central-1", "  region: eu-central-1\n  instanceClass: db.t4g.medium"),
      /sandbox\.instanceClass is "db\.t4g\.medium": .*no T classes/,
    ],
    [
      "a minimum of 0 ACU, which would pause",
      edited("  region: eu-central-1", "  region: eu-central-1\n  minAcu: 0"),
      /sandbox\.minAcu is 0/,
    ],
    [
      "a maximum below the minimum",
      edited("  region: eu-central-1", "  region: eu-central-1\n  minAcu: 4\n  maxAcu: 2"),
      /sandbox\.maxAcu is 2: is smaller than sandbox\.minAcu/,
    ],
    [
      "a security group's name",
      edited("  region: eu-central-1", "  region: eu-central-1\n  securityGroup: default"),
      /is not a security group id/,
    ],
    [
      "a time limit below the objective",
      `${PLAN_YAML}limits:\n  time: 3h\n`,
      /limits\.time is "3h": is shorter than objectives\.rto/,
    ],
    ["a time limit over 36 h", `${PLAN_YAML}limits:\n  time: 37h\n`, /limits\.time is "37h": is longer than the 36h/],
    [
      "a default time limit below the objective",
      edited("  rto: 4h", "  rto: 24h"),
      /limits\.time, by default, is shorter than objectives\.rto/,
    ],
    [
      "a default maximum below the minimum",
      edited("  region: eu-central-1", "  region: eu-central-1\n  minAcu: 16"),
      /sandbox\.maxAcu, by default, is smaller/,
    ],
    [
      "a plan without its objectives",
      edited("objectives:\n  rto: 4h\n  rpo: 24h\n", ""),
      /^[^\n]*\n {2}- objectives is missing[^\n]*$/,
    ],
    [
      "a baseline's secret of a source in another account",
      edited(
        "  region: eu-west-1",
        '  region: eu-west-1\n  account: "444455556666"\n  secret: arn:aws:secretsmanager:eu-west-1:444455556666:secret:r',
      ),
      /source\.secret is "arn:[^"]+": can not be used from here: the source is in another account/,
    ],
    [
      "an automated snapshot of another account",
      edited("  region: eu-west-1", '  region: eu-west-1\n  account: "444455556666"').replace(
        "sandbox:",
        "recoveryPoint: automated\nsandbox:",
      ),
      /recoveryPoint is "automated": can not come from source\.account/,
    ],
    ["a cost cap of nothing", `${PLAN_YAML}limits:\n  costUsd: 0\n`, /limits\.costUsd is 0/],
    ["checks that are no list", edited("checks:", "checks: {}\nx:"), /checks is \{\}/],
  ])("is refused: %s", (_, text, message) => {
    expect(refusalOf(text)).toMatch(message);
  });

  it("takes exactly 36 h", () => {
    expect(parsePlan(`${PLAN_YAML}limits:\n  time: 36h\n`, "f.yml").plan.limits.timeSeconds).toBe(129_600);
  });

  it("is named beside all the others, not one at a time", () => {
    const text = edited("  rto: 4h", "  rto: soon").replace("region: eu-west-1", "region: nowhere");
    expect(refusalOf(text).split("\n")).toHaveLength(3);
  });

  it("is quoted no longer than 80 characters", () => {
    expect(refusalOf(edited("plan: orders", `plan: ${"X".repeat(5000)}`)).length).toBeLessThan(500);
  });
});

describe("a check", () => {
  it.each([
    ["of no kind", "{ table: orders }", /checks\[3\]\.kind is missing: it is one of rows, freshness/],
    ["of an unknown kind", "{ kind: row, table: orders }", /checks\[3\]\.kind is "row", .* Did you mean "rows"\?/],
    ["without an expectation", "{ kind: rows, table: orders }", /checks\[3\]\.expect is missing/],
    [
      "with an empty expectation",
      "{ kind: rows, table: orders, expect: {} }",
      /checks\[3\]\.expect is \{\}: needs exactly one of equals, between, atLeast, atMost/,
    ],
    [
      "with two expectations",
      "{ kind: rows, table: orders, expect: { equals: 1, atLeast: 1 } }",
      /needs exactly one of/,
    ],
    [
      "with half a row",
      "{ kind: rows, table: orders, expect: { equals: 1.5 } }",
      /checks\[3\]\.expect\.equals is 1\.5/,
    ],
    [
      "with fewer than no rows",
      "{ kind: rows, table: orders, expect: { atLeast: -1 } }",
      /checks\[3\]\.expect\.atLeast is -1/,
    ],
    [
      "with a range that holds nothing",
      "{ kind: rows, table: orders, expect: { between: [5, 1] } }",
      /between is \[5,1\]: needs the smaller bound first/,
    ],
    [
      "with a range of one bound",
      "{ kind: rows, table: orders, expect: { between: [5] } }",
      /checks\[3\]\.expect\.between/,
    ],
    ["of SQL without a name", "{ kind: sql, sql: select 1, expect: { equals: 1 } }", /checks\[3\]\.name is missing/],
    [
      "of SQL that wants noRows to be false",
      "{ kind: sql, name: x, sql: select 1, expect: { noRows: false } }",
      /checks\[3\]\.expect\.noRows is false/,
    ],
    ["of tables that names none", "{ kind: tables, present: [] }", /checks\[3\]\.present is \[\]/],
    [
      "on a table in a database",
      "{ kind: rows, table: shop.public.orders, expect: { equals: 1 } }",
      /checks\[3\]\.table is "shop\.public\.orders": is not a table name/,
    ],
    ["on half a quoted table", `{ kind: rows, table: '"Order', expect: { equals: 1 } }`, /is not a table name/],
    [
      "on a statement instead of a table",
      "{ kind: rows, table: 'orders; drop table orders', expect: { equals: 1 } }",
      /is not a table name/,
    ],
  ])("is refused: %s", (_, check, message) => {
    expect(refusalOf(withCheck(check))).toMatch(message);
  });

  it.each(["orders", "sales.orders", 'sales."Order Items"', '"Sales"."Order ""Items"""', "_t$1"])(
    "asks the table %s",
    (table) => {
      const text = withCheck(`{ kind: tables, present: [${JSON.stringify(table)}] }`);
      expect(parsePlan(text, "f.yml").plan.checks.at(-1)).toMatchObject({ present: [table] });
    },
  );

  it("may be one of 1,000, not of 1,001", () => {
    const checks = (count: number): string =>
      Array.from(
        { length: count - 3 },
        (_, index) => `  - { kind: rows, name: n${index}, table: t, expect: { equals: 1 } }\n`,
      ).join("");
    expect(parsePlan(PLAN_YAML + checks(1000), "f.yml").plan.checks).toHaveLength(1000);
    expect(refusalOf(PLAN_YAML + checks(1001))).toMatch(/has more than 1000 checks: split the plan/);
  });

  it("shares its name with no other, given or by default", () => {
    const repeated = "has two checks of one name: give each its own `name`";
    expect(refusalOf(withCheck("{ kind: rows, table: orders, expect: { equals: 2 } }"))).toContain(repeated);
    expect(refusalOf(withCheck("{ kind: indexes, name: no order without lines }"))).toContain(repeated);
  });

  it("asks content and structure once, and declares each table of it in one way", () => {
    const fingerprint = "{ kind: fingerprint }";
    expect(refusalOf(`${withCheck(fingerprint)}  - { kind: fingerprint, name: again }\n`)).toContain(
      "has more than one check of the kind fingerprint: one asks everything",
    );
    expect(refusalOf(withCheck("{ kind: fingerprint, closed: [{ table: t, by: at }], except: [t] }"))).toContain(
      "names a table more than once in closed, changing and except",
    );
  });
});

describe("keep", () => {
  const keepOf = (keep: string) => parsePlan(`${PLAN_YAML}keep: ${keep}\n`, "drills/orders.yml").plan.keep;

  it("is for failed drills unless it says otherwise, and for none without it", () => {
    expect(keepOf("{ for: 24h }")).toEqual({ when: "failed", seconds: 86_400 });
    expect(keepOf("{ when: always, for: 90m }")).toEqual({ when: "always", seconds: 5400 });
    expect(parsePlan(PLAN_YAML, "drills/orders.yml").plan).not.toHaveProperty("keep");
  });

  it.each([
    ["{ for: 73h }", /keep\.for is "73h": is longer than the 72h a sandbox may be kept/],
    ["{ when: failed }", /keep\.for is missing/],
    ["{ when: passed, for: 1h }", /keep\.when is "passed"/],
    ["{ whn: failed, for: 1h }", /keep has no key "whn"\. Did you mean "when"\?/],
  ])("refuses %s", (keep, problem) => {
    expect(() => keepOf(keep)).toThrow(problem);
  });
});

describe("backups", () => {
  const backupsOf = (backups: string) =>
    parsePlan(`${PLAN_YAML}backups: ${backups}\n`, "drills/orders.yml").plan.backups;
  const DEFAULTS = {
    newestSeconds: 86_400,
    sizeChangePercent: 30,
    retentionDays: 7,
    encryption: "any",
    successPercent: 95,
  };

  it("wants of a plan that says nothing what every database has to have, and no copy", () => {
    expect(SAMPLE_PLAN.plan.backups).toEqual(DEFAULTS);
    expect(backupsOf("{ retention: 35d, encryption: kms, copyIn: eu-central-1 }")).toEqual({
      ...DEFAULTS,
      retentionDays: 35,
      encryption: "kms",
      copyIn: "eu-central-1",
    });
  });

  it.each([
    ["{ newest: 30m }", /backups\.newest is "30m": is shorter than 1h, and the survey looks once a day/],
    ["{ retention: 36h }", /backups\.retention is "36h": is not whole days/],
    ["{ retention: 0d }", /backups\.retention is "0d": is not whole days/],
    ["{ retention: 36d }", /backups\.retention is "36d": is longer than the 35d that Aurora can keep/],
    ["{ success: 0 }", /backups\.success is 0/],
    ["{ sizeChange: 0 }", /backups\.sizeChange is 0/],
    ["{ encryption: none }", /backups\.encryption is "none"/],
    ["{ copyIn: eu-west-1 }", /backups\.copyIn is "eu-west-1": is source\.region, where the original is/],
  ])("refuses %s", (backups, problem) => {
    expect(() => backupsOf(backups)).toThrow(problem);
  });
});
