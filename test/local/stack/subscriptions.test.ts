import { describe, expect, it } from "vitest";
import type { PublishedMessage } from "../../../src/local/services/sns.ts";
import { readSubscriptions } from "../../../src/local/stack/subscriptions.ts";

const TOPIC = "arn:aws:sns:eu-central-1:123456789012:outcomes";
const message = (attributes: PublishedMessage["attributes"], topicArn = TOPIC): PublishedMessage => ({
  messageId: "1",
  topicArn,
  at: "2026-11-22T00:00:00.000Z",
  bodies: { default: "{}" },
  attributes,
});
const verdict = (value: string) => message({ verdict: { type: "String", value } });

const subscriptionOf = (more: object) =>
  readSubscriptions({
    resources: {
      mail: {
        type: "AWS::SNS::Subscription",
        ref: "mail",
        deletionPolicy: "Delete",
        properties: { TopicArn: TOPIC, Protocol: "email", Endpoint: "dba@example.org", ...more },
      },
    },
  })[0];

describe("readSubscriptions", () => {
  it("takes everything of its topic without a filter, and nothing of another", () => {
    const subscription = subscriptionOf({});
    expect(subscription).toMatchObject({ topicArn: TOPIC, protocol: "email", endpoint: "dba@example.org" });
    expect(subscription?.takes(verdict("passed"))).toBe(true);
    expect(subscription?.takes(message({}, `${TOPIC}-of-others`))).toBe(false);
  });

  it("takes what its filter lets through, by the attributes of the message", () => {
    const subscription = subscriptionOf({
      FilterPolicyScope: "MessageAttributes",
      FilterPolicy: { verdict: ["failed", "errored"], seconds: [{ numeric: [">", 60] }] },
    });
    const attributes = (value: string, seconds: string, databases = '["a"]') =>
      message({
        verdict: { type: "String", value },
        seconds: { type: "Number", value: seconds },
        databases: { type: "String.Array", value: databases },
      });
    expect(subscription?.takes(attributes("failed", "61"))).toBe(true);
    expect(subscription?.takes(attributes("failed", "60"))).toBe(false);
    expect(subscription?.takes(attributes("passed", "61"))).toBe(false);
    expect(subscription?.takes(message({}))).toBe(false);
  });

  it("takes what any part of an $or lets through", () => {
    const subscription = subscriptionOf({ FilterPolicy: { $or: [{ verdict: ["failed"] }, { summary: ["backups"] }] } });
    expect(subscription?.takes(verdict("failed"))).toBe(true);
    expect(subscription?.takes(verdict("passed"))).toBe(false);
    expect(subscription?.takes(message({ summary: { type: "String", value: "backups" } }))).toBe(true);
  });

  it("refuses a filter of what it does not look into", () => {
    expect(() => subscriptionOf({ FilterPolicyScope: "MessageBody" })).toThrow();
  });
});
