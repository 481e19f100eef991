import { NotFoundException, PublishCommand, type PublishCommandInput, SNSClient } from "@aws-sdk/client-sns";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type PublishedMessage, snsService } from "../../../src/local/services/sns.ts";
import { cloudOf, refusal } from "./cloud-of.ts";

const TOPIC = "arn:aws:sns:eu-central-1:123456789012:drills";
let published: PublishedMessage[];
let cloud: Awaited<ReturnType<typeof cloudOf>>;
beforeEach(async () => {
  published = [];
  cloud = await cloudOf(snsService({ topics: [TOPIC], onPublish: (message) => published.push(message) }));
});
afterEach(() => cloud.close());

async function publish(input: Omit<PublishCommandInput, "TopicArn">, topicArn = TOPIC) {
  return new SNSClient(cloud.config()).send(new PublishCommand({ TopicArn: topicArn, ...input }));
}

describe("snsService", () => {
  it("hands on a structured message with its body for each protocol, its subject and its attributes", async () => {
    const bodies = { default: "{}", email: "Drill passed", sms: "passed", lambda: "x" };
    const { MessageId } = await publish({
      Subject: "[restore-drill] orders: passed",
      Message: JSON.stringify({ ...bodies, ignored: 7 }),
      MessageStructure: "json",
      MessageAttributes: {
        verdict: { DataType: "String", StringValue: "passed" },
        rto: { DataType: "Number", StringValue: "12.5" },
        tags: { DataType: "String.Array", StringValue: '["a",1,null]' },
        digest: { DataType: "Binary", BinaryValue: new Uint8Array([1]) },
      },
    });
    expect(published).toEqual([
      {
        messageId: MessageId,
        topicArn: TOPIC,
        at: expect.any(String),
        subject: "[restore-drill] orders: passed",
        bodies,
        attributes: {
          verdict: { type: "String", value: "passed" },
          rto: { type: "Number", value: "12.5" },
          tags: { type: "String.Array", value: '["a",1,null]' },
          digest: { type: "Binary", value: Buffer.from([1]) },
        },
      },
    ]);
  });

  it("hands on a plain message as its default body", async () => {
    await publish({ Message: "plain" });
    expect(published[0]?.bodies).toEqual({ default: "plain" });
    expect(published[0]).not.toHaveProperty("subject");
  });

  it("does not know other topics", async () => {
    expect(await refusal(publish({ Message: "m" }, `${TOPIC}-2`))).toBeInstanceOf(NotFoundException);
    const elsewhere = publish({ Message: "m" }, TOPIC.replace("eu-central-1", "eu-west-1"));
    expect(await refusal(elsewhere)).toMatchObject({ name: "InvalidParameterException" });
  });

  it.each([
    ["of 101 characters", "x".repeat(101)],
    ["with a line break", "a\nb"],
    ["with a control character", "a\u0007b"],
    ["that is not ASCII", "Übung"],
    ["that begins with a space", " a"],
    ["that is empty", ""],
  ])("refuses a subject %s", async (_, Subject) => {
    const error = await refusal(publish({ Message: "m", Subject }));
    expect(error).toMatchObject({ name: "InvalidParameterException", message: "Invalid parameter: Subject" });
    expect(published).toEqual([]);
  });

  it("takes a subject of 100 characters", async () => {
    await publish({ Message: "m", Subject: "x".repeat(100) });
    expect(published).toHaveLength(1);
  });

  it.each([
    ["that is no JSON", "{"],
    ["that is a list", "[]"],
    ["without a default", '{"email":"x"}'],
    ["whose default is no text", '{"default":{}}'],
  ])("refuses a structured message %s", async (_, Message) => {
    const error = await refusal(publish({ Message, MessageStructure: "json" }));
    expect(error).toMatchObject({ name: "InvalidParameterException" });
    expect(error.message).toContain("Message Structure");
  });

  it("takes 256 KiB, attributes included, and no more", async () => {
    await publish({ Message: "x".repeat(262_144) });
    expect(await refusal(publish({ Message: "x".repeat(262_145) }))).toMatchObject({
      name: "InvalidParameterException",
    });
    const MessageAttributes = { verdict: { DataType: "String", StringValue: "passed" } };
    const both = publish({ Message: "x".repeat(262_140), MessageAttributes });
    expect((await refusal(both)).message).toBe("Invalid parameter: Message too long");
    expect(await refusal(publish({ Message: "" }))).toMatchObject({ message: "Invalid parameter: Empty message" });
  });

  it.each([
    ["an unknown type", { DataType: "Text", StringValue: "x" }],
    ["no value", { DataType: "String", StringValue: "" }],
    ["no number in a number", { DataType: "Number", StringValue: "12 s" }],
    ["no array in an array", { DataType: "String.Array", StringValue: '{"a":1}' }],
    ["text for bytes", { DataType: "Binary", StringValue: "x" }],
  ])("refuses an attribute with %s", async (_, attribute) => {
    const error = await refusal(publish({ Message: "m", MessageAttributes: { verdict: attribute } }));
    expect(error).toMatchObject({ name: "InvalidParameterValueException" });
    expect(published).toEqual([]);
  });
});
