import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type * as z from "zod/mini";
import { CONTROLS, type Control } from "../../src/evidence/controls/controls.ts";
import { LedgerEntry } from "../../src/evidence/ledger.ts";
import { Manifest, Report } from "../../src/evidence/report.ts";

const PROJECT = join(import.meta.dirname, "../..");
const read = (file: string): Promise<string> => readFile(join(PROJECT, file), "utf8");

/** The part of the page that is the mapping: to change it, change the data, and paste what this test prints. */
const mappingOf = (controls: readonly Control[]): string => controls.map(sectionOf).join("\n");

function sectionOf({ framework, reference, asks, shown, notShown }: Control): string {
  const rows = shown.map(({ fields, what }) => `| ${fields.map((field) => `\`${field}\``).join(" ")} | ${what} |`);
  return `### ${reference} (${framework})

Asks: ${asks}

| fields | show |
|---|---|
${rows.join("\n")}

Not shown:

${notShown.map((line) => `- ${line}`).join("\n")}
`;
}

/** Whether a schema has that path; through lists it goes into their elements. */
function has(schema: z.core.$ZodType | undefined, [part, ...rest]: readonly string[]): boolean {
  if (part === undefined) return schema !== undefined;
  const def = schema?._zod.def as
    | { innerType?: z.core.$ZodType; element?: z.core.$ZodType; shape?: Record<string, z.core.$ZodType> }
    | undefined;
  const inner = def?.innerType ?? def?.element;
  if (inner !== undefined) return has(inner, [part, ...rest]);
  return has(def?.shape?.[part], rest);
}

describe("docs/controls.md", () => {
  it("is the mapping as the export has it", async () => {
    const [, mapping] = /<!-- controls -->\n(.*)<!-- \/controls -->/s.exec(await read("docs/controls.md")) ?? [];
    expect(mapping).toBe(mappingOf(CONTROLS));
  });

  it("names fields that evidence has", async () => {
    const { properties } = JSON.parse(await read("drills/plan.schema.json")) as { properties: object };
    const schemas: Record<string, z.core.$ZodType> = { report: Report, ledger: LedgerEntry, manifest: Manifest };
    const missing = CONTROLS.flatMap(({ shown }) => shown.flatMap(({ fields }) => fields)).filter((field) => {
      const [document = "", ...path] = field.split(".");
      if (document === "plan") return path[1] !== undefined && !(path[1] in properties);
      return !has(schemas[document], path);
    });
    expect(missing).toEqual([]);
    expect(has(Report, ["drill", "recoveryPoint", "ageSeconds"])).toBe(true);
    expect(has(Report, ["checks", "outcome"])).toBe(true);
    expect(has(Report, ["verdict", "colour"])).toBe(false);
  });

  it("fits on one page, and names what nobody but people can show", async () => {
    expect((await read("docs/controls.md")).split("\n").length).toBeLessThan(140);
    expect(CONTROLS.map(({ reference }) => reference)).toEqual(["A1.3", "A.8.13", "CP-4", "CP-9(1)", "Article 12"]);
    for (const { notShown } of CONTROLS) expect(notShown[0]).toContain("a person reviewed");
  });
});
