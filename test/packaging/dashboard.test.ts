import { Metrics } from "@aws-lambda-powertools/metrics";
import { afterEach, describe, expect, it, vi } from "vitest";
import * as z from "zod/mini";
import { dashboard } from "../../packaging/dashboard.ts";
import { judgeBackups } from "../../src/backups/judge.ts";
import { publishDatabase, publishSurvey } from "../../src/backups/publish-backups.ts";
import { publishCost } from "../../src/cost/metrics.ts";
import { publishLeftovers } from "../../src/evidence/leftovers.ts";
import { parsePlan } from "../../src/plan/parse.ts";
import { publishMeasures, publishVerdict } from "../../src/verdict/metrics.ts";
import { JUDGED } from "../backups/sample-backups.ts";
import { publishedMetrics } from "../package/published-metrics.ts";
import { SAMPLE_DRILL } from "../plan/sample-drill.ts";
import { SAMPLE_VERDICT } from "../verdict/sample-verdict.ts";

const plan = (name: string, cluster: string) =>
  parsePlan(
    `plan: ${name}
source: { region: eu-west-1, cluster: ${cluster}, database: orders }
sandbox: { region: eu-central-1 }
objectives: { rto: 1h, rpo: 1d }
`,
    `drills/${name}.yml`,
  ).plan;
const PLANS = [
  plan("orders", "orders-production"),
  plan("orders-full", "orders-production"),
  plan("billing", "billing"),
];

const Body = z.object({
  start: z.string(),
  widgets: z.array(
    z.object({
      type: z.literal("metric"),
      x: z.int(),
      y: z.int(),
      width: z.int(),
      height: z.int(),
      properties: z.object({
        title: z.string(),
        region: z.string(),
        stat: z.string(),
        period: z.int(),
        metrics: z.array(z.array(z.union([z.string(), z.object({ label: z.string() })]))),
      }),
    }),
  ),
});
const bodyOf = (plans = PLANS, name = "restore-drill"): z.infer<typeof Body> => {
  const { Properties } = dashboard(plans, { name })["Dashboard"] ?? {};
  return Body.parse(
    JSON.parse(
      z.parse(z.object({ DashboardBody: z.object({ "Fn::Sub": z.string() }) }), Properties).DashboardBody["Fn::Sub"],
    ),
  );
};
/** Without how they are drawn. */
const rowsOf = (body = bodyOf()): string[][] =>
  body.widgets.flatMap(({ properties }) =>
    properties.metrics.map((row) => row.filter((each): each is string => typeof each === "string")),
  );
/** `DrillPassed by database, service`. */
const shapeOf = (metric: string, dimensions: readonly string[]): string =>
  `${metric} by ${[...dimensions].sort().join(", ")}`;

describe("the dashboard", () => {
  afterEach(() => vi.restoreAllMocks());

  it("shows no metric that nobody publishes", async () => {
    const named = await publishedMetrics();
    const own = rowsOf().filter(([namespace]) => namespace === "RestoreDrill");
    expect(own.length).toBeGreaterThan(20);
    expect(own.filter(([, metric = ""]) => !named.has(metric))).toEqual([]);
  });

  it("names the dimensions that a drill publishes by", () => {
    const shapes = new Set<string>();
    vi.spyOn(process.stdout, "write").mockImplementation((text) => {
      const { CloudWatchMetrics } = JSON.parse(String(text))._aws;
      for (const { Dimensions, Metrics: each } of CloudWatchMetrics)
        for (const { Name } of each) shapes.add(shapeOf(Name, Dimensions[0]));
      return true;
    });
    const metrics = new Metrics({ namespace: "RestoreDrill", serviceName: "restore-drill" });
    publishVerdict(metrics, "orders", "passed");
    publishMeasures(metrics, { database: "orders", drill: SAMPLE_DRILL, verdict: SAMPLE_VERDICT, checks: [] });
    publishLeftovers(metrics, "orders", 0);
    publishCost(metrics, "orders", 1);
    const surveyed = {
      database: "orders",
      region: "eu-west-1",
      plans: ["orders"],
      facts: judgeBackups(JUDGED),
      failures: [],
    };
    publishDatabase(metrics, surveyed);
    publishSurvey(metrics, {
      schemaVersion: 1,
      at: "2026-11-22T06:00:00.000Z",
      databases: [surveyed],
      unreadPlans: [],
    });
    vi.restoreAllMocks();
    const published = [...shapes].map((shape) => shape.split(" ")[0]);
    const shown = rowsOf().flatMap(([, metric = "", ...dimensions]) =>
      published.includes(metric)
        ? [
            shapeOf(
              metric,
              dimensions.filter((_, index) => index % 2 === 0),
            ),
          ]
        : [],
    );
    expect(new Set(shown).size).toBeGreaterThanOrEqual(13);
    expect([...new Set(shown)].filter((shape) => !shapes.has(shape))).toEqual([]);
  });

  it("has every database once and every plan, and those of the stack's own name alone", () => {
    const rows = rowsOf(bodyOf(PLANS, "restore-drill-x"));
    const valuesOf = (metric: string, dimension: string) =>
      rows.flatMap((row) => (row[1] === metric ? [row[row.indexOf(dimension) + 1]] : []));
    expect(valuesOf("RpoSeconds", "database")).toEqual(["billing", "orders-production"]);
    expect(valuesOf("DaysSinceLastPass", "plan")).toEqual(["orders", "orders-full", "billing"]);
    const own = rows.filter(([namespace]) => namespace === "RestoreDrill");
    expect(new Set(own.map((row) => row[row.indexOf("service") + 1]))).toEqual(new Set(["restore-drill-x"]));
  });

  it("stays within what a graph and a dashboard take, with as many plans as a stack does", () => {
    const many = Array.from({ length: 120 }, (_, index) => plan(`orders-${index}`, `orders-${index}`));
    const body = bodyOf(many);
    for (const { properties } of body.widgets)
      expect(properties.metrics.length, properties.title).toBeLessThanOrEqual(500);
    expect(rowsOf(body).length).toBeLessThanOrEqual(2500);
  });

  it("lays its graphs beside and below each other, in 24 columns", () => {
    const { widgets } = bodyOf();
    const places = widgets.map(({ x, y }) => `${x} ${y}`);
    expect(new Set(places).size).toBe(widgets.length);
    for (const { x, width } of widgets) expect(x + width).toBeLessThanOrEqual(24);
  });
});
