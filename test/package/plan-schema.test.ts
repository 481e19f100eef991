import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { CHECK_DESCRIPTIONS, PLAN_DESCRIPTIONS } from "../../packaging/plan-descriptions.ts";
import { PLAN_SCHEMA_FILE, planSchemaText } from "../../packaging/plan-schema.ts";

describe("drills/plan.schema.json", () => {
  it("is what src/plan says today; node packaging/plan-schema.ts writes it", async () => {
    expect(await readFile(PLAN_SCHEMA_FILE, "utf8")).toBe(planSchemaText());
  });

  it("refuses a key that the plan does not have, and two expectations in one check", () => {
    const schema = JSON.parse(planSchemaText());
    expect(schema.additionalProperties).toBe(false);
    expect(schema.properties.checks.items.oneOf[0].properties.expect).toMatchObject({
      minProperties: 1,
      maxProperties: 1,
    });
  });

  it("uses every description", () => {
    const text = planSchemaText();
    const unused = Object.entries({ ...PLAN_DESCRIPTIONS, ...CHECK_DESCRIPTIONS }).filter(
      ([, description]) => !text.includes(JSON.stringify(description).slice(1, -1)),
    );
    expect(unused.map(([path]) => path)).toEqual([]);
  });
});
