import { describe, expect, it } from "vitest";
import { isServiceAllowed } from "../../../src/local/iam/resource-policy.ts";

const QUEUE = "arn:aws:sqs:eu-central-1:123456789012:dead";
const ruleOf = (account: string): string => `arn:aws:events:eu-central-1:${account}:rule/drills`;

describe("isServiceAllowed", () => {
  const allowed = (statement: object, sourceArn = ruleOf("123456789012"), service = "events.amazonaws.com") => {
    const policy = {
      Statement: [{ Effect: "Allow", Principal: { Service: service }, Action: "sqs:SendMessage", ...statement }],
    };
    const request = { service: "events.amazonaws.com", action: "sqs:SendMessage", resource: QUEUE, sourceArn };
    return isServiceAllowed(policy, request);
  };

  it("takes the account of who asks from its ARN, whatever account the policy is of", () => {
    const Condition = { StringEquals: { "aws:SourceAccount": "123456789012" } };
    expect(allowed({ Condition })).toBe(true);
    expect(allowed({ Condition }, ruleOf("444455556666"))).toBe(false);
  });

  it("takes the ARN itself", () => {
    const Condition = { ArnLike: { "aws:SourceArn": ruleOf("123456789012") } };
    expect(allowed({ Condition })).toBe(true);
    expect(allowed({ Condition }, ruleOf("444455556666"))).toBe(false);
  });

  it("is a policy for one service, one action, one resource: a role's, which names none, for the role", () => {
    expect(allowed({})).toBe(true);
    expect(allowed({ Resource: `${QUEUE}-other` })).toBe(false);
    expect(allowed({ Action: "sqs:ReceiveMessage" })).toBe(false);
    expect(allowed({}, ruleOf("123456789012"), "scheduler.amazonaws.com")).toBe(false);
  });
});
