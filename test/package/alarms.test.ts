import { beforeAll, describe, expect, it } from "vitest";
import * as z from "zod/mini";
import { type PackagedTemplate, readPackagedTemplate } from "../../packaging/template.ts";
import { packagedService } from "./packaged-service.ts";

const ACCOUNT = "111122223333";
const PAGES = `arn:aws:sns:eu-central-1:${ACCOUNT}:restore-drill-pages`;
/** CloudWatch looks back a week and no further: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html */
const HORIZON_SECONDS = 604_800;

const Alarm = z.looseObject({
  AlarmName: z.string().check(z.maxLength(255)),
  AlarmDescription: z.string().check(z.maxLength(1024)),
  AlarmActions: z.array(z.string()),
  OKActions: z.array(z.string()),
  Period: z.optional(z.int()),
  EvaluationPeriods: z.int(),
  TreatMissingData: z.enum(["breaching", "notBreaching", "ignore"]),
  Metrics: z.optional(z.array(z.looseObject({ MetricStat: z.optional(z.looseObject({ Period: z.int() })) }))),
});

let template: PackagedTemplate;
let alarms: [string, z.infer<typeof Alarm>][];
beforeAll(async () => {
  template = await readPackagedTemplate(await packagedService(), { accountId: ACCOUNT });
  alarms = Object.entries(template.resources).flatMap(([id, { type, properties }]) =>
    type === "AWS::CloudWatch::Alarm" ? [[id, z.parse(Alarm, properties)]] : [],
  );
});

describe("every alarm", () => {
  it("pages when it begins and when it is over", () => {
    expect(alarms.length).toBeGreaterThanOrEqual(8);
    for (const [id, { AlarmActions, OKActions }] of alarms)
      expect([AlarmActions, OKActions], id).toEqual([[PAGES], [PAGES]]);
  });

  it("looks no further back than CloudWatch does", () => {
    for (const [id, { Period, Metrics = [], EvaluationPeriods }] of alarms) {
      const periods = [Period, ...Metrics.map(({ MetricStat }) => MetricStat?.Period)].filter(
        (each) => each !== undefined,
      );
      expect(periods.length, id).toBeGreaterThan(0);
      for (const period of periods) expect(period * EvaluationPeriods, id).toBeLessThanOrEqual(HORIZON_SECONDS);
    }
  });

  it("is called as the stack is, and no two alike", () => {
    const names = alarms.map(([, { AlarmName }]) => AlarmName);
    expect(names.filter((name) => !name.startsWith("restore-drill-"))).toEqual([]);
    expect(new Set(names).size).toBe(names.length);
  });
});
