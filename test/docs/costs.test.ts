import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import * as z from "zod/mini";
import { readPackagedTemplate } from "../../packaging/template.ts";
import { itemise, type Usage } from "../../src/cost/itemise.ts";
import { INSTANCE_HOUR_USD, PRICES } from "../../src/cost/prices.ts";
import { PROJECT_DIRECTORY, packagedService } from "../package/packaged-service.ts";

/** What a first drill is estimated with. */
const FIRST = { sandboxHours: 2, copyHours: 2, dataApiCalls: 140, transitions: 200 };
const EXAMPLES: Readonly<Record<string, Usage>> = {
  "100 GiB in another region": {
    ...FIRST,
    sizeGib: 100,
    copied: true,
    transferred: true,
    instanceClass: "db.serverless",
    maxAcu: 8,
  },
  "100 GiB in its own region": {
    ...FIRST,
    sizeGib: 100,
    copied: false,
    transferred: false,
    instanceClass: "db.serverless",
    maxAcu: 8,
  },
  "2 TiB in another region": {
    sizeGib: 2048,
    copied: true,
    transferred: true,
    sandboxHours: 6,
    copyHours: 9,
    instanceClass: "db.r6g.2xlarge",
    maxAcu: 8,
    dataApiCalls: 2148,
    transitions: 400,
  },
  "Kept for a day after an incident": {
    ...FIRST,
    sizeGib: 100,
    copied: true,
    transferred: true,
    keptHours: 24,
    instanceClass: "db.serverless",
    maxAcu: 8,
  },
};

const rounded = (value: number): string => String(Number(value.toPrecision(3)));
const cents = (usd: number): string => `$${usd.toFixed(2)}`;

let page: string;
beforeAll(async () => {
  page = await readFile(join(PROJECT_DIRECTORY, "docs/costs.md"), "utf8");
});
const sectionOf = (heading: string): string =>
  page.split(/^#+ /m).find((each) => each.startsWith(`${heading}\n`)) ?? "";

describe("docs/costs.md", () => {
  it.each(Object.entries(EXAMPLES))("adds up as a drill's estimate does: %s", (heading, usage) => {
    const { usd, items } = itemise(usage);
    const rows = items
      .filter(({ quantity }) => quantity > 0)
      .map((each) => `| ${each.item} | ${rounded(each.quantity)} ${each.unit} | ${cents(each.usd)} |`);
    const section = sectionOf(heading);
    expect(section.split("\n").filter((line) => /\| \$[\d.]+ \|$/.test(line))).toEqual(rows);
    expect(section).toContain(`**${cents(usd)}**`);
  });

  it("has every price that an estimate is made of, and no other of a drill", () => {
    const prices = [...sectionOf("The prices of a drill").matchAll(/^\| `?([\w.]+)`? \|.*\| (\d[\d.]*) \|$/gm)];
    expect(Object.fromEntries(prices.map(([, name = "", price]) => [name, Number(price)]))).toEqual({
      ...PRICES,
      ...INSTANCE_HOUR_USD,
    });
  });

  it("counts the stack's own keys and alarms as they are, with one plan", async () => {
    const { resources } = await readPackagedTemplate(await packagedService());
    const ofType = (type: string) => Object.values(resources).filter((each) => each.type === type);
    const Alarm = z.object({ Metrics: z.optional(z.array(z.object({ MetricStat: z.optional(z.unknown()) }))) });
    const watched = ofType("AWS::CloudWatch::Alarm").map(({ properties }) => {
      const { Metrics } = Alarm.parse(properties);
      return Metrics?.filter(({ MetricStat }) => MetricStat !== undefined).length ?? 1;
    });
    const metrics = watched.reduce((sum, count) => sum + count, 0);
    expect(page).toContain(`| keys of KMS | ${ofType("AWS::KMS::Key").length} x $1.00 | $3.00 |`);
    expect(page).toContain(`| metrics that alarms watch | ${metrics} x $0.10 | ${cents(metrics * 0.1)} |`);
  });

  it("adds up what the stack costs while nothing is drilled", () => {
    const rows = [...sectionOf("While nothing is drilled").matchAll(/^\| .* \| \$(\d+\.\d\d) \|$/gm)].map(([, usd]) =>
      Number(usd),
    );
    expect(rows.length).toBeGreaterThan(4);
    const sum = rows.reduce((total, usd) => total + usd, 0);
    expect(sectionOf("While nothing is drilled")).toContain(`**$${sum.toFixed(2)} a month**`);
  });
});
