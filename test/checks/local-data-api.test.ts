import { afterAll, beforeAll, expect, it } from "vitest";
import { CheckResults } from "../../src/checks/result.ts";
import { runChecks } from "../../src/checks/run-checks.ts";
import { type RdsCloud, SOURCE_REGION, startRdsCloud } from "../local/services/rds-cloud.ts";
import { restoreSandbox, type Sandbox } from "../local/services/rds-sandbox.ts";
import { type CheckInput, drillOf, fingerprintKey, memoryStore, planWith, SANDBOX } from "./sandbox.ts";

let cloud: RdsCloud;
let restored: Sandbox;

beforeAll(async () => {
  cloud = await startRdsCloud({ dataApiLimits: { statementSeconds: 2 } });
  restored = await restoreSandbox(cloud);
});
afterAll(() => cloud.close());

const sql = (name: string, text: string, equals: string | number): CheckInput => ({
  kind: "sql",
  name,
  sql: text,
  expect: { equals },
});

const EXPECTED: readonly (readonly [CheckInput, string, string?])[] = [
  [{ kind: "rows", table: "orders", expect: { equals: 100 } }, "held"],
  [{ kind: "rows", table: 'public."Odd ""Name"""', expect: { atLeast: 1 } }, "failed"],
  [{ kind: "rows", table: "gone", expect: { atLeast: 1 } }, "failed", "missing"],
  [{ kind: "freshness", table: "orders", column: "placed", within: "365d" }, "held"],
  [{ kind: "tables", present: ["orders", 'public."Odd ""Name"""'] }, "held"],
  [{ kind: "extensions", present: ["plpgsql", "postgis"] }, "failed"],
  [{ kind: "migration", table: "orders", column: "id", expect: { equals: "100" } }, "held"],
  [{ kind: "indexes" }, "held"],
  [{ kind: "constraints" }, "held"],
  [{ kind: "sequences" }, "empty"],
  [sql("integer", "select 7", 7), "held"],
  [sql("large", "select 9007199254740991", "9007199254740991"), "held"],
  [sql("array", "select array[1, null, 3]", "{1,NULL,3}"), "held"],
  [sql("interval", "select '1 day'::interval", "1 day"), "held"],
  [sql("writes", "with x as (delete from orders returning 1) select count(*) from x", 1), "unchecked", "refused-write"],
  [sql("two", "select 1; select 2", 1), "unchecked", "invalid"],
  [sql("2 MB", "select repeat('x', 60000) from generate_series(1, 40)", ""), "unchecked"],
  [sql("wide", "select repeat('x', 2000000)", ""), "unchecked", "too-large"],
  [sql("slice", "select (array[1, 2, 3])[1:2]", "{1,2}"), "held"],
  [sql("slow", "select pg_sleep(60)::text", ""), "unchecked", "timeout"],
  [sql("data", "select 'card 4111'::text::int", 1), "unchecked", "invalid"],
  [sql("column", "select nothing from orders", 1), "failed", "missing"],
];

it("asks every kind of check through real clients and the local Data API", async () => {
  const store = memoryStore();
  await store.put("shop/drill-1/plan.json", {
    plan: planWith(
      "shop",
      EXPECTED.map(([check]) => check),
    ),
  });
  const answer = await runChecks(
    { data: cloud.data(SOURCE_REGION), store, now: () => new Date(), remainingMs: () => 900_000, fingerprintKey },
    {
      drill: drillOf("shop", "2100-01-01T00:00:00.000Z"),
      sandbox: { ...SANDBOX, clusterArn: restored.resourceArn, secretArn: restored.secretArn },
    },
  );
  const stored = await store.get("shop/drill-1/checks.json", CheckResults);
  const seen = stored?.results.map(({ name, outcome, fault }) => [name, outcome, fault]);
  const named = EXPECTED.map(([check, outcome, fault], n) => [
    stored?.results[n + 1]?.name ?? check.kind,
    outcome,
    fault,
  ]);
  expect(seen).toEqual([["full-read", "held", undefined], ...named]);
  expect(answer).toMatchObject({ phase: "ready", done: EXPECTED.length + 1 });
});
