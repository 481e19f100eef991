import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { openAsyncInvocations } from "../../../src/local/events/async-invocations.ts";

const ARN = "arn:aws:lambda:eu-central-1:123456789012:function:start";
const QUEUE = "arn:aws:sqs:eu-central-1:123456789012:dead";

function invocationsOf(properties: object, invoke: () => Promise<unknown>, refusal?: string) {
  const sent: unknown[] = [];
  const resource = { type: "AWS::Lambda::Function", ref: "start", arn: ARN, deletionPolicy: "Delete" };
  const resources = {
    start: { ...resource, properties: { Role: "arn:aws:iam::123456789012:role/start", ...properties } },
  };
  const template = { functions: [], stateMachines: [], roles: new Map(), outputs: {}, resources };
  const deadLetters = {
    send: async (...letter: unknown[]) => {
      sent.push(letter);
      return refusal;
    },
  };
  return { ...openAsyncInvocations({ template, invoke, deadLetters }), sent };
}

describe("openAsyncInvocations", () => {
  it.each([
    [{}, 4],
    [{ ReservedConcurrentExecutions: 1 }, 1],
  ])("keeps what comes beyond the concurrency until there is room: %j", async (properties, expected) => {
    let running = 0;
    let most = 0;
    let invoked = 0;
    const { invoke } = invocationsOf(properties, async () => {
      most = Math.max(most, ++running);
      await sleep(1);
      running -= 1;
      invoked += 1;
    });
    await Promise.all(Array.from({ length: 20 }, () => invoke(ARN, {})));
    expect({ most, invoked }).toEqual({ most: expected, invoked: 20 });
  });

  it("gives the event itself to the function's own queue of dead letters", async () => {
    const { invoke, sent } = invocationsOf({ DeadLetterConfig: { TargetArn: QUEUE } }, async () => {
      throw new Error("out of luck");
    });
    await expect(invoke(ARN, { plan: "orders" })).rejects.toThrow("out of luck");
    expect(sent).toMatchObject([
      [QUEUE, { from: ARN }, { body: { plan: "orders" }, attributes: { ErrorMessage: "Error: out of luck" } }],
    ]);
  });

  it("says of an event that its queue does not take that it is lost, beside what the function failed with", async () => {
    const settings = { DeadLetterConfig: { TargetArn: QUEUE } };
    const failing = () => Promise.reject(new Error("out of luck"));
    const { invoke } = invocationsOf(settings, failing, "The role may not send.");
    await expect(invoke(ARN, {})).rejects.toThrow("out of luck Its dead letter is lost: The role may not send.");
  });

  it("refuses a function that may never run: what waits for it would wait without an end", () => {
    expect(() => invocationsOf({ ReservedConcurrentExecutions: 0 }, async () => undefined)).toThrow("switched off");
  });

  it("refuses a function that the template does not have", async () => {
    const { invoke } = invocationsOf({}, async () => undefined);
    await expect(invoke(`${ARN}-other`, {})).rejects.toThrow("no function");
  });
});
