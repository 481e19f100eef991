import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { planResources } from "../../packaging/plan-resources.ts";
import { parsePlan } from "../../src/plan/parse.ts";
import { PROJECT_DIRECTORY, packagedService } from "../package/packaged-service.ts";
import { readRawTemplate } from "../package/raw-template.ts";

const read = (file: string): Promise<string> => readFile(join(PROJECT_DIRECTORY, file), "utf8");

/** Intrinsic functions are of no interest here. */
const parseTemplate = (text: string): Record<string, Record<string, Record<string, unknown>>> =>
  parse(text, { logLevel: "silent" });

describe("docs/deploy.md", () => {
  it("has every parameter of the stack, with its default, and no other", async () => {
    const page = await read("docs/deploy.md");
    const [, table = ""] = /<!-- parameters -->(.*)<!-- \/parameters -->/s.exec(page) ?? [];
    const told = Object.fromEntries(
      [...table.matchAll(/^\| `(\w+)` \| (?:`(.*?)`)? ?\| .+ \|$/gm)].map(([, name, value = ""]) => [name, value]),
    );
    const defaults = parseTemplate(await read("serverless.yml"))["params"]?.["default"] ?? {};
    const { name: _, ...parameters } = defaults;
    expect(told).toEqual(Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, String(value)])));
  });

  it("names parameters that a deployment takes", async () => {
    const taken = Object.keys(parseTemplate(await read("serverless.yml"))["params"]?.["default"] ?? {});
    const page = await read("docs/deploy.md");
    const named = [...page.matchAll(/--param "(\w+)=/g)].map(([, name = ""]) => name);
    expect(named.length).toBeGreaterThan(5);
    expect(named.filter((name) => !taken.includes(name))).toEqual([]);
  });

  it("promises room for as many plans as fit beside what the stack has, and not many fewer", async () => {
    const { Resources } = await readRawTemplate(await packagedService());
    const { plan } = parsePlan(await read("drills/orders.yml"), "drills/orders.yml");
    const own = Object.keys(planResources([plan], { name: "restore-drill" }));
    const room = 500 - Object.keys(Resources).filter((id) => !own.includes(id)).length;
    const [, withSchedule, without] =
      /room for (\d+) plans with a schedule, .* or for (\d+) without/.exec(await read("docs/deploy.md")) ?? [];
    for (const [told, each] of [
      [Number(withSchedule), 5],
      [Number(without), 4],
    ] as const) {
      // The rules of incidents take a few.
      expect(told * each + 4).toBeLessThanOrEqual(room);
      expect(told * each).toBeGreaterThan(room - 45);
    }
  });

  it("takes for every parameter of the template one of that name", async () => {
    const declared = Object.keys(parseTemplate(await read("infrastructure/parameters.yml"))["Parameters"] ?? {});
    const taken = Object.keys(parseTemplate(await read("serverless.yml"))["params"]?.["default"] ?? {});
    const nameOf = (parameter: string): string => `${parameter[0]?.toLowerCase()}${parameter.slice(1)}`;
    expect(declared.map(nameOf).filter((name) => !taken.includes(name))).toEqual([]);
  });
});
