import { beforeAll, describe, expect, it } from "vitest";
import * as z from "zod/mini";
import { decide } from "../../packaging/permissions.ts";
import { type PackagedTemplate, readPackagedTemplate } from "../../packaging/template.ts";
import { packagedService } from "./packaged-service.ts";

const ACCOUNT = "111122223333";
const QUEUE = `arn:aws:sqs:eu-central-1:${ACCOUNT}:restore-drill-dead-letters`;
let template: PackagedTemplate;
beforeAll(async () => {
  template = await readPackagedTemplate(await packagedService(), { accountId: ACCOUNT });
});

const Delivery = z.object({
  RoleArn: z.optional(z.string()),
  DeadLetterConfig: z.object({ Arn: z.string() }),
  RetryPolicy: z.object({ MaximumEventAgeInSeconds: z.int(), MaximumRetryAttempts: z.int() }),
});
const ofType = (type: string) => Object.entries(template.resources).filter(([, each]) => each.type === type);
const schedules = () =>
  ofType("AWS::Scheduler::Schedule").map(
    ([id, { properties }]) => [id, z.parse(z.object({ Target: Delivery }), properties).Target] as const,
  );
const rules = () =>
  ofType("AWS::Events::Rule").flatMap(([id, { properties }]) =>
    z.parse(z.object({ Targets: z.array(Delivery) }), properties).Targets.map((target) => [id, target] as const),
  );

describe("the queue of dead letters", () => {
  it("is encrypted, keeps them as long as SQS keeps anything, and has no way in over plain HTTP", () => {
    expect(template.resources["DeadLetters"]?.properties).toMatchObject({
      SqsManagedSseEnabled: true,
      MessageRetentionPeriod: 14 * 86_400,
    });
    const { Statement } = z.parse(Policy, template.resources["DeadLettersPolicy"]?.properties).PolicyDocument;
    expect(Statement).toMatchObject([
      {
        Effect: "Allow",
        Principal: { Service: "events.amazonaws.com" },
        Action: "sqs:SendMessage",
        Resource: QUEUE,
        Condition: { ArnLike: { "aws:SourceArn": `arn:aws:events:eu-central-1:${ACCOUNT}:rule/restore-drill-*` } },
      },
      { Effect: "Deny", Principal: "*", Action: "sqs:*", Condition: { Bool: { "aws:SecureTransport": "false" } } },
    ]);
  });

  it("gets what every schedule and every rule could not deliver, after retries that have an end", () => {
    const all = [...schedules(), ...rules()];
    expect(all.length).toBeGreaterThanOrEqual(3);
    for (const [id, { DeadLetterConfig, RetryPolicy }] of all) {
      expect(DeadLetterConfig.Arn, id).toBe(QUEUE);
      // https://docs.aws.amazon.com/scheduler/latest/APIReference/API_RetryPolicy.html, and the same of rules.
      expect(RetryPolicy.MaximumEventAgeInSeconds, id).toBeGreaterThanOrEqual(60);
      expect(RetryPolicy.MaximumEventAgeInSeconds, id).toBeLessThanOrEqual(86_400);
      expect(RetryPolicy.MaximumRetryAttempts, id).toBeLessThanOrEqual(185);
    }
  });

  it("may be written to by every schedule's role, as the scheduler sends under it", () => {
    for (const [id, { RoleArn = "" }] of schedules())
      expect(decide(template.roles.get(RoleArn) ?? [], "sqs:SendMessage", QUEUE), id).toBe("allowed");
  });

  it("is watched: one message is enough to page", () => {
    expect(template.resources["DeadLettersAlarm"]?.properties).toMatchObject({
      MetricName: "ApproximateNumberOfMessagesVisible",
      Dimensions: [{ Name: "QueueName", Value: "restore-drill-dead-letters" }],
      Threshold: 1,
      EvaluationPeriods: 1,
    });
  });
});

const Policy = z.object({ PolicyDocument: z.object({ Statement: z.array(z.unknown()) }) });
