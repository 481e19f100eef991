import { beforeAll, describe, expect, it } from "vitest";
import * as z from "zod/mini";
import { type PackagedTemplate, readPackagedTemplate } from "../../packaging/template.ts";
import { OCCURRENCES } from "../../src/notify/occurrence.ts";
import { VERDICTS } from "../../src/verdict/verdict.ts";
import { packagedService } from "./packaged-service.ts";
import { type RawTemplate, readRawTemplate } from "./raw-template.ts";

const ACCOUNT = "111122223333";
let template: PackagedTemplate;
let raw: RawTemplate;
beforeAll(async () => {
  const directory = await packagedService();
  template = await readPackagedTemplate(directory, { accountId: ACCOUNT });
  raw = await readRawTemplate(directory);
});

const propertiesOf = (logicalId: string): unknown => template.resources[logicalId]?.properties;
const topicArn = (name: string): string => `arn:aws:sns:eu-central-1:${ACCOUNT}:restore-drill-${name}`;

const Statement = z.object({
  Sid: z.string(),
  Effect: z.string(),
  Principal: z.union([
    z.string(),
    z.object({ Service: z.optional(z.union([z.string(), z.array(z.string())])), AWS: z.optional(z.string()) }),
  ]),
  Action: z.union([z.string(), z.array(z.string())]),
  Resource: z.string(),
  Condition: z.optional(z.unknown()),
});
const TopicPolicy = z.object({
  Topics: z.array(z.string()),
  PolicyDocument: z.object({ Statement: z.array(Statement) }),
});
const ofAccount = { StringEquals: { "aws:SourceAccount": ACCOUNT } };
const tlsOnly = (topic: string) => ({
  Sid: "TlsOnly",
  Effect: "Deny",
  Principal: "*",
  Action: "sns:Publish",
  Resource: topic,
  Condition: { Bool: { "aws:SecureTransport": "false" } },
});

describe("the topics", () => {
  it("are one for outcomes and one that pages, encrypted under a key of their own, which rotates", () => {
    const topics = Object.values(template.resources).filter(({ type }) => type === "AWS::SNS::Topic");
    expect(topics.map(({ ref }) => ref).sort()).toEqual([topicArn("outcomes"), topicArn("pages")]);
    for (const { properties } of topics)
      expect(properties).toMatchObject({ KmsMasterKeyId: expect.stringMatching(/^arn:aws:kms:/) });
    expect(propertiesOf("OutcomeTopicKey")).toMatchObject({ EnableKeyRotation: true });
  });

  it("take nothing over plain HTTP; alarms publish pages, and no service publishes outcomes", () => {
    const outcomes = z.parse(TopicPolicy, propertiesOf("OutcomeTopicPolicy"));
    expect(outcomes.Topics).toEqual([topicArn("outcomes")]);
    expect(outcomes.PolicyDocument.Statement).toEqual([tlsOnly(topicArn("outcomes"))]);
    const pages = z.parse(TopicPolicy, propertiesOf("PageTopicPolicy"));
    expect(pages.Topics).toEqual([topicArn("pages")]);
    expect(pages.PolicyDocument.Statement).toEqual([
      {
        Sid: "PublishAlarms",
        Effect: "Allow",
        Principal: { Service: "cloudwatch.amazonaws.com" },
        Action: "sns:Publish",
        Resource: topicArn("pages"),
        Condition: ofAccount,
      },
      tlsOnly(topicArn("pages")),
    ]);
  });

  it("let alarms use the key, without which their messages are lost", () => {
    const { KeyPolicy } = z.parse(
      z.object({ KeyPolicy: z.object({ Statement: z.array(Statement) }) }),
      propertiesOf("OutcomeTopicKey"),
    );
    const given = KeyPolicy.Statement.flatMap(({ Principal, Action, Condition }) =>
      typeof Principal === "string" || Principal.Service === undefined ? [] : [[Principal.Service, Action, Condition]],
    );
    expect(given).toEqual([["cloudwatch.amazonaws.com", ["kms:Decrypt", "kms:GenerateDataKey*"], ofAccount]]);
  });

  it("are both in the stack's outputs", () => {
    expect(template.outputs).toMatchObject({
      OutcomeTopicArn: topicArn("outcomes"),
      PageTopicArn: topicArn("pages"),
    });
  });
});

describe("the subscriptions", () => {
  const subscriptions = () =>
    Object.entries(raw.Resources).flatMap(([id, { Type, Condition, Properties }]) =>
      Type === "AWS::SNS::Subscription" ? [{ id, Condition, Properties }] : [],
    );

  it("are each made only when their address is given, and it is by nobody to begin with", () => {
    expect(subscriptions().map(({ id }) => id)).toEqual([
      "OutcomeEmailSubscription",
      "PageEmailSubscription",
      "PagePhoneSubscription",
    ]);
    for (const { id, Condition } of subscriptions()) {
      const parameter = id.replace("Subscription", "");
      expect(Condition).toBe(`Has${parameter}`);
      expect(raw.Conditions[`Has${parameter}`]).toEqual({ "Fn::Not": [{ "Fn::Equals": [{ Ref: parameter }, ""] }] });
      expect(raw.Parameters[parameter]?.Default).toBe("");
    }
  });

  it("tell of alarms without a filter, as alarms have no attributes, of outcomes by their verdict, and of backups", () => {
    const filters = subscriptions().map(({ Properties }) =>
      z.parse(
        z.object({ TopicArn: z.unknown(), Protocol: z.string(), FilterPolicy: z.optional(z.unknown()) }),
        Properties,
      ),
    );
    expect(filters).toEqual([
      {
        TopicArn: { Ref: "OutcomeTopic" },
        Protocol: "email",
        FilterPolicy: {
          $or: [
            { verdict: { Ref: "OutcomeVerdicts" }, occurrence: { Ref: "OutcomeOccurrences" } },
            { summary: ["backups"] },
          ],
        },
      },
      { TopicArn: { Ref: "PageTopic" }, Protocol: "email" },
      { TopicArn: { Ref: "PageTopic" }, Protocol: "sms" },
    ]);
  });

  it.each<[string, readonly string[]]>([
    ["OutcomeVerdicts", VERDICTS],
    ["OutcomeOccurrences", OCCURRENCES],
  ])("know every value of %s, and tell all of them unless somebody chooses", (parameter, values) => {
    expect(raw.Parameters[parameter]).toMatchObject({
      Type: "CommaDelimitedList",
      Default: values.join(","),
      AllowedValues: values,
    });
  });

  it.each([
    ["OutcomeEmail", ["", "team@example.com", "a.b+c@mail.example.co.uk"], ["team", "team@example", "a@b.c, d@e.f"]],
    ["PageEmail", ["", "team@example.com"], ["a@b.c;d@e.f", "Team <team@example.com>"]],
    ["PagePhone", ["", "+491701234567"], ["01701234567", "+49 170 1234567", "+0123456789"]],
  ])("take an address as it has to be written, and no other: %s", (parameter, good, bad) => {
    const { AllowedPattern } = z.parse(z.looseObject({ AllowedPattern: z.string() }), raw.Parameters[parameter]);
    const matches = (value: string): boolean => new RegExp(AllowedPattern).test(value);
    expect(good.filter((value) => !matches(value))).toEqual([]);
    expect(bad.filter(matches)).toEqual([]);
  });
});
