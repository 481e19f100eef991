/** One page for everybody: what drills said, how long recovery took and how much it would lose, what is left, and what it cost. */
import type { Plan } from "../src/plan/plan.ts";
import type { TemplateResources } from "./plan-resources.ts";

/** A metric as a widget names it: namespace, name, dimensions and their values in turn, and how it is drawn. */
type Row = readonly (string | Readonly<Record<string, string>>)[];

interface Graph {
  readonly title: string;
  readonly stat: "Maximum" | "Sum";
  readonly rows: readonly Row[];
  readonly unit?: string;
}

const NAMESPACE = "RestoreDrill";
const DAY_SECONDS = 86_400;
/** Two beside each other: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html */
const WIDTH = 12;
const HEIGHT = 6;

/**
 * The dashboard of the stack, with every plan's numbers by name: a search, which would find them by itself, finds nothing that was silent for two
 * weeks, and a drill a month is what most plans promise. A graph holds 500 metrics and a dashboard 2,500: of the plans that fit into
 * CloudFormation's 500 resources, fewer than 100 (docs/deploy.md), three and thirteen each are below 300 and 1,300.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/search-expression-syntax.html
 */
export function dashboard(plans: readonly Plan[], { name }: { readonly name: string }): TemplateResources {
  const widgets = graphs(plans, name).map((graph, index) => ({
    type: "metric",
    x: (index % 2) * WIDTH,
    y: Math.floor(index / 2) * HEIGHT,
    width: WIDTH,
    height: HEIGHT,
    properties: {
      title: graph.title,
      // biome-ignore lint/suspicious/noTemplateCurlyInString: a placeholder of CloudFormation, not of JavaScript.
      region: "${AWS::Region}",
      view: "timeSeries",
      stat: graph.stat,
      period: DAY_SECONDS,
      metrics: graph.rows,
      yAxis: { left: { min: 0, ...(graph.unit === undefined ? {} : { label: graph.unit, showUnits: false }) } },
    },
  }));
  // Three drills of a plan a month, and two of one a quarter.
  const body = { start: "-P3M", periodOverride: "inherit", widgets };
  return {
    Dashboard: {
      Type: "AWS::CloudWatch::Dashboard",
      Properties: { DashboardName: name, DashboardBody: { "Fn::Sub": JSON.stringify(body) } },
    },
  };
}

function graphs(plans: readonly Plan[], name: string): Graph[] {
  const databases = [...new Set(plans.map(({ source }) => source.cluster))].sort();
  const ofStack = (metric: string): Row => [NAMESPACE, metric, "service", name];
  const ofDatabases = (metric: string, what = ""): Row[] =>
    databases.map((database) => [...ofStack(metric), "database", database, { label: `${database}${what}` }]);
  return [
    { title: "Drills that passed", stat: "Sum", rows: ofDatabases("DrillPassed") },
    {
      title: "Drills that did not",
      stat: "Sum",
      rows: [
        ...ofDatabases("DrillFailed", " failed"),
        ...ofDatabases("DrillErrored", " errored"),
        ...ofDatabases("DrillInconclusive", " inconclusive"),
      ],
    },
    {
      title: "Time to recover (RTO), and what it may be",
      stat: "Maximum",
      unit: "seconds",
      rows: databases.flatMap((database): Row[] => [
        [...ofStack("RtoSeconds"), "database", database, "phase", "total", { label: database }],
        [...ofStack("RtoObjectiveSeconds"), "database", database, { label: `${database} objective` }],
      ]),
    },
    {
      title: "Data that would be lost (RPO), and what it may be",
      stat: "Maximum",
      unit: "seconds",
      rows: [...ofDatabases("RpoSeconds"), ...ofDatabases("RpoObjectiveSeconds", " objective")],
    },
    {
      title: "Age of the recovery point",
      stat: "Maximum",
      unit: "seconds",
      rows: ofDatabases("RecoveryPointAgeSeconds"),
    },
    {
      title: "Days since the last pass",
      stat: "Maximum",
      unit: "days",
      rows: plans.map(({ plan, source }): Row => {
        const dimensions = ["database", source.cluster, "plan", plan];
        return [...ofStack("DaysSinceLastPass"), ...dimensions, { label: plan }];
      }),
    },
    {
      title: "Left behind, and kept",
      stat: "Maximum",
      rows: ["Leftovers", "SweepFound", "SweepNotOurs", "SweepKept"].map(ofStack),
    },
    {
      title: "Age of the newest backup, by the survey",
      stat: "Maximum",
      unit: "hours",
      rows: ofDatabases("NewestBackupAgeHours"),
    },
    { title: "What is wrong with backups", stat: "Maximum", rows: ofDatabases("BackupProblems") },
    { title: "Cost of drills, at list prices", stat: "Sum", unit: "US$", rows: ofDatabases("DrillCostUsd") },
    {
      title: "Due, started, and left for want of room, in the fullest hour",
      stat: "Maximum",
      rows: ["DueDrills", "StartedDueDrills", "LeftForLater"].map(ofStack),
    },
    {
      title: "Overdue, unknown, and not started",
      stat: "Maximum",
      rows: [
        ofStack("OverduePlans"),
        ofStack("UnknownPlans"),
        ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", `${name}-dead-letters`],
      ],
    },
  ];
}
