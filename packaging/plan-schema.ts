/**
 * Writes drills/plan.schema.json: what editors complete and check a plan with, as
 * `# yaml-language-server: $schema=plan.schema.json` at its top. Run it after a change to src/plan.
 */
import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import * as z from "zod/mini";
import { Plan } from "../src/plan/plan.ts";
import { CHECK_DESCRIPTIONS, PLAN_DESCRIPTIONS } from "./plan-descriptions.ts";

export const PLAN_SCHEMA_FILE = resolve(import.meta.dirname, "../drills/plan.schema.json");

interface JsonSchema {
  type?: unknown;
  const?: unknown;
  description?: string;
  properties?: Record<string, JsonSchema>;
  items?: JsonSchema;
  oneOf?: JsonSchema[];
  [keyword: string]: unknown;
}

/** The text of the JSON Schema (draft 7) of a plan file, with a description of every key. */
export function planSchemaText(): string {
  // The cast is of zod's own JSON Schema type, which does not say that a schema may be written to.
  const schema = z.toJSONSchema(Plan, { io: "input", target: "draft-7" }) as JsonSchema;
  describeProperties(schema, "", (path) => PLAN_DESCRIPTIONS[path]);
  for (const check of schema.properties?.["checks"]?.items?.oneOf ?? []) {
    const kind = String(check.properties?.["kind"]?.const);
    describeProperties(check, "", (path) => CHECK_DESCRIPTIONS[`${kind}.${path}`] ?? CHECK_DESCRIPTIONS[path]);
    // A refinement in the plan's schema, which JSON Schema can say too: exactly one expectation.
    if (check.properties?.["expect"]) Object.assign(check.properties["expect"], { minProperties: 1, maxProperties: 1 });
  }
  const { $schema, ...rest } = schema;
  return `${JSON.stringify({ $schema, title: "A restore-drill plan", ...rest }, null, 2)}\n`;
}

/** Throws when a key has no description: an editor shows them as the plan's only documentation. */
function describeProperties(schema: JsonSchema, prefix: string, describe: (path: string) => string | undefined): void {
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    const path = `${prefix}${name}`;
    const description = describe(path);
    if (description === undefined) throw new Error(`packaging/plan-descriptions.ts does not describe ${path}.`);
    property.description = property.description === undefined ? description : `${description} ${property.description}`;
    describeProperties(property, `${path}.`, describe);
  }
}

if (process.argv[1] !== undefined && join(import.meta.dirname, "plan-schema.ts") === resolve(process.argv[1])) {
  writeFileSync(PLAN_SCHEMA_FILE, planSchemaText());
}
