import { parsePlan } from "../../src/plan/parse.ts";
import type { Plan } from "../../src/plan/plan.ts";

interface Sample {
  readonly plan?: string;
  readonly source?: string;
  readonly objectives?: string;
  /** More of the plan file, in YAML. */
  readonly more?: string;
}

/** A valid plan of the database `orders`, but for what is given. */
export const planWith = ({
  plan = "orders",
  source = "{ region: eu-west-1, cluster: orders, database: shop }",
  objectives = "{ rto: 4h, rpo: 24h }",
  more = "",
}: Sample = {}): Plan =>
  parsePlan(
    `plan: ${plan}\nsource: ${source}\nsandbox: { region: eu-central-1 }\nobjectives: ${objectives}\n${more}\n`,
    `drills/${plan}.yml`,
  ).plan;
