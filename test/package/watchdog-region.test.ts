import { mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import * as clientS3 from "@aws-sdk/client-s3";
import { type AwsStub, mockClient } from "aws-sdk-client-mock";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import * as z from "zod/mini";
import { isAllowed } from "../../packaging/permissions.ts";
import type { PackagedTemplate } from "../../packaging/template.ts";
import { FleetIndex } from "../../src/index/fleet-index.ts";
import { faultsOf } from "./iam-reference.ts";
import { PROJECT_DIRECTORY } from "./packaged-service.ts";
import { readSourceTemplate, WATCHDOG_TEMPLATE } from "./source-account.ts";

const ROOT = join(PROJECT_DIRECTORY, ".restore-drill/test", "watchdog-region");
const ACCOUNT = "111122223333";
const STACK = "restore-drill-watchdog";
const BUCKET = "restore-drill-evidence";
const GIVEN = { DrillRegion: "eu-central-1", EvidenceBucket: BUCKET };
const read = (more: Readonly<Record<string, string>> = {}): Promise<PackagedTemplate> =>
  readSourceTemplate(
    ROOT,
    { region: "eu-north-1", accountId: ACCOUNT, parameters: { ...GIVEN, ...more } },
    { file: WATCHDOG_TEMPLATE, stackName: STACK },
  );
beforeAll(() => mkdir(ROOT, { recursive: true }));
afterAll(() => rm(ROOT, { recursive: true, force: true }));

const propertiesOf = ({ resources }: PackagedTemplate, logicalId: string): unknown => resources[logicalId]?.properties;
const ALARMS = ["OverdueAlarm", "OldIndexAlarm"] as const;

describe("the template of the watchdog's region", () => {
  it("looks every hour under a role that may read one object of the evidence bucket, and nothing else but log", async () => {
    const template = await read();
    const [watch] = template.functions;
    expect(propertiesOf(template, "Schedule")).toMatchObject({
      ScheduleExpression: "rate(1 hour)",
      State: "ENABLED",
      Target: { Arn: watch?.arn },
    });
    const statements = watch?.statements ?? [];
    for (const each of [...template.roles.values()].flat()) expect(await faultsOf(each)).toEqual([]);
    expect(statements.flatMap(({ Action }) => Action)).toEqual([
      "logs:CreateLogStream",
      "logs:PutLogEvents",
      "s3:GetObject",
    ]);
    const index = `arn:aws:s3:::${BUCKET}/index.json`;
    expect(isAllowed(statements, "s3:GetObject", index)).toBe(true);
    expect(isAllowed(statements, "s3:GetObject", index.replace("index.json", "orders/ledger/x.json"))).toBe(false);
    expect(watch?.environment).toEqual({ DRILL_REGION: "eu-central-1", EVIDENCE_BUCKET: BUCKET, SERVICE: STACK });
  });

  it("rings at one overdue plan, at an old index, and at three hours of silence, where it is", async () => {
    const template = await read({ MaxIndexAgeHours: "50" });
    const common = {
      Namespace: "RestoreDrill",
      Dimensions: [{ Name: "service", Value: STACK }],
      Period: 3600,
      EvaluationPeriods: 3,
      DatapointsToAlarm: 3,
      TreatMissingData: "breaching",
      AlarmActions: [`arn:aws:sns:eu-north-1:${ACCOUNT}:${STACK}`],
      OKActions: [`arn:aws:sns:eu-north-1:${ACCOUNT}:${STACK}`],
    };
    const overdue = { MetricName: "OverduePlans", ComparisonOperator: "GreaterThanOrEqualToThreshold" };
    expect(propertiesOf(template, "OverdueAlarm")).toMatchObject({ ...common, ...overdue, Threshold: 1 });
    const { Threshold, ...old } = z.parse(
      z.looseObject({ Threshold: z.unknown() }),
      propertiesOf(template, "OldIndexAlarm"),
    );
    expect(old).toMatchObject({ ...common, MetricName: "IndexAgeHours", ComparisonOperator: "GreaterThanThreshold" });
    expect(Number(Threshold)).toBe(50);
  });

  it("tells by a topic of its own, with an address where one is given, or by one that is there", async () => {
    const own = await read({ NotifyEmail: "on-call@example.com" });
    expect(propertiesOf(own, "EmailSubscription")).toMatchObject({ Endpoint: "on-call@example.com" });
    const theirs = `arn:aws:sns:eu-north-1:${ACCOUNT}:pages`;
    const given = await read({ NotifyEmail: "on-call@example.com", TopicArn: theirs });
    expect(Object.keys(given.resources)).not.toContain("Topic");
    expect(Object.keys(given.resources)).not.toContain("EmailSubscription");
    for (const id of ALARMS)
      expect(propertiesOf(given, id)).toMatchObject({ AlarmActions: [theirs], OKActions: [theirs] });
  });

  it("names sections of the runbook that are there", async () => {
    const runbook = await readFile(join(PROJECT_DIRECTORY, "docs/runbook.md"), "utf8");
    const template = await read();
    for (const id of ALARMS) {
      const { AlarmDescription } = z.parse(z.object({ AlarmDescription: z.string() }), propertiesOf(template, id));
      const [, anchor = ""] = /docs\/runbook\.md#([a-z-]+)\.$/.exec(AlarmDescription) ?? [];
      expect(runbook.toLowerCase()).toContain(`\n### ${anchor.replaceAll("-", " ")}\n`);
    }
  });

  it.each([
    ["DrillRegion", "Frankfurt"],
    ["EvidenceBucket", "s3://evidence"],
    ["MaxIndexAgeHours", "25"],
    ["TopicArn", "pages"],
    ["NotifyEmail", "on-call"],
  ])("refuses %s %s", async (parameter, value) => {
    await expect(read({ [parameter]: value })).rejects.toThrow(parameter);
  });
});

describe("its function", () => {
  const NOW = new Date("2026-11-21T12:30:00.000Z");
  const hoursAgo = (hours: number): string => new Date(NOW.getTime() - hours * 3_600_000).toISOString();
  let code: string;
  let s3: AwsStub<clientS3.ServiceInputTypes, clientS3.ServiceOutputTypes, clientS3.S3ClientResolvedConfig>;
  beforeAll(async () => {
    const Properties = z.object({ Code: z.object({ ZipFile: z.string() }) });
    code = z.parse(Properties, propertiesOf(await read(), "Watch")).Code.ZipFile;
  });
  beforeEach(() => {
    s3 = mockClient(clientS3.S3Client);
    vi.useFakeTimers({ now: NOW });
  });
  afterEach(() => {
    s3.restore();
    vi.useRealTimers();
  });

  /** Runs it as Lambda does, with what stands for its runtime. */
  async function watch(text: string | Error): Promise<unknown> {
    if (text instanceof Error) s3.on(clientS3.GetObjectCommand).rejects(text);
    // A stream of the SDK has more to it, of which the function asks for this.
    else s3.on(clientS3.GetObjectCommand).resolves({ Body: { transformToString: async () => text } as never });
    const written: string[] = [];
    const exported: { handler?: () => Promise<unknown> } = {};
    const runtime = {
      env: { DRILL_REGION: "eu-central-1", EVIDENCE_BUCKET: BUCKET, SERVICE: STACK },
      stdout: { write: (line: string) => written.push(line) },
    };
    const load = (name: string): unknown => (name === "@aws-sdk/client-s3" ? clientS3 : undefined);
    new Function("require", "exports", "process", code)(load, exported, runtime);
    await exported.handler?.();
    expect(written).toHaveLength(1);
    return JSON.parse(written[0] ?? "");
  }

  const index = (at: string, plans: FleetIndex["plans"]): string =>
    JSON.stringify(FleetIndex.parse({ schemaVersion: 1, at, plans, databases: [], former: [], notes: [] }));
  const plan = (name: string, lastPassAt?: string): FleetIndex["plans"][number] => ({
    plan: name,
    database: "orders-production",
    promisedDays: 7,
    ...(lastPassAt === undefined ? {} : { lastPassAt }),
  });

  it("fits into a template", () => expect(code.length).toBeLessThanOrEqual(4096));

  it("publishes how old the index of the drill region is and how many plans are overdue by now, with their names", async () => {
    const plans = [plan("fine", hoursAgo(168)), plan("late", hoursAgo(168.1)), plan("never")];
    expect(await watch(index(hoursAgo(2), plans))).toMatchObject({
      service: STACK,
      OverduePlans: 2,
      IndexAgeHours: 2,
      plans: 3,
      overdue: ["late", "never"],
      _aws: {
        Timestamp: NOW.getTime(),
        CloudWatchMetrics: [
          {
            Namespace: "RestoreDrill",
            Dimensions: [["service"]],
            Metrics: [{ Name: "OverduePlans" }, { Name: "IndexAgeHours" }],
          },
        ],
      },
    });
    const [call] = s3.commandCalls(clientS3.GetObjectCommand);
    expect(call?.args[0].input).toEqual({ Bucket: BUCKET, Key: "index.json" });
  });

  it("publishes 0 where all is well, so that silence means that nobody looked", async () => {
    expect(await watch(index(hoursAgo(0), [plan("fine", hoursAgo(1))]))).toMatchObject({
      OverduePlans: 0,
      IndexAgeHours: 0,
    });
  });

  it.each([
    ["the bucket does not answer", new Error("lost")],
    ["the index is of another version", JSON.stringify({ schemaVersion: 2, at: NOW.toISOString(), plans: [] })],
    ["the index has no moment", JSON.stringify({ schemaVersion: 1, plans: [] })],
    ["the index is cut off", '{"schemaVersion":1,"at":'],
  ])("publishes nothing, and fails, when %s", async (_, text) => {
    await expect(watch(text)).rejects.toThrow();
  });
});
