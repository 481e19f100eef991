import { parsePlan } from "../../src/plan/parse.ts";
import type { ParsedPlan } from "../../src/plan/validate.ts";

/** Everything a plan must hold, and one check of each shape. */
export const PLAN_YAML = `plan: orders
source:
  region: eu-west-1
  cluster: orders-production
  database: shop
sandbox:
  region: eu-central-1
objectives:
  rto: 4h
  rpo: 24h
checks:
  - kind: rows
    table: orders
    expect:
      atLeast: 1
  - kind: freshness
    table: orders
    column: placed_at
    within: 26h
  - kind: sql
    name: no order without lines
    sql: select id from orders where lines = 0
    expect:
      noRows: true
`;

export const SAMPLE_PLAN: ParsedPlan = parsePlan(PLAN_YAML, "drills/orders.yml");
