import { PublishCommand, type PublishCommandInput, SNSClient } from "@aws-sdk/client-sns";
import { mockClient } from "aws-sdk-client-mock";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { tellOnce } from "../../src/notify/tell-once.ts";
import { evidenceBucket } from "../evidence/evidence-bucket.ts";

vi.mock("node:timers/promises", () => ({ setTimeout: async () => {} }));

const client = new SNSClient({});
const sns = mockClient(client);
const KEY = "orders/1/outcome/notification.json";
let bucket: ReturnType<typeof evidenceBucket>;
let counted: number;

const failure = (name: string, httpStatusCode?: number): Error =>
  Object.assign(new Error(name), { name, $metadata: { httpStatusCode } });

beforeEach(() => {
  bucket = evidenceBucket();
  counted = 0;
  sns.reset();
  sns.on(PublishCommand).resolves({ MessageId: "message-1" });
});

async function tell(): Promise<string> {
  return tellOnce(
    { sns: client, store: bucket.store, now: () => new Date("2026-11-21T18:00:00.000Z"), logger: { error: () => {} } },
    {
      prefix: "orders/1",
      kind: "notification",
      verdict: "passed",
      count: () => {
        counted += 1;
      },
      publish: (repeated) => ({ TopicArn: "arn:topic", Message: repeated ? "again" : "once" }),
    },
  );
}
const sent = (): (string | undefined)[] =>
  sns.commandCalls(PublishCommand).map(({ args: [{ input }] }) => (input as PublishCommandInput).Message);
const noted = (): unknown => JSON.parse(bucket.objects.get(KEY) ?? "null");

describe("tellOnce", () => {
  it("notes that it sends before it does, and that it sent afterwards", async () => {
    let before: unknown;
    sns.on(PublishCommand).callsFake(() => {
      before = noted();
      return { MessageId: "message-1" };
    });
    expect(await tell()).toBe("message-1");
    expect(before).toMatchObject({ state: "sending", verdict: "passed" });
    expect(noted()).toMatchObject({ state: "sent", messageId: "message-1" });
  });

  it("sends nothing when the message is known to be out", async () => {
    await tell();
    expect(await tell()).toBe("message-1");
    expect(sent()).toEqual(["once"]);
  });

  it("says that it repeats itself when it was killed while it sent", async () => {
    bucket.objects.set(KEY, JSON.stringify({ state: "sending", at: "2026-11-21T18:00:00.000Z", verdict: "passed" }));
    await tell();
    expect(sent()).toEqual(["again"]);
  });

  it.each([
    ["the answer was lost", failure("TimeoutError")],
    ["SNS broke", failure("InternalError", 500)],
  ])("tries again and says so when %s", async (_, error) => {
    sns.on(PublishCommand).rejectsOnce(error).resolves({ MessageId: "message-2" });
    expect(await tell()).toBe("message-2");
    expect(sent()).toEqual(["once", "again"]);
  });

  it("tries again with the same words when SNS was too busy to take it", async () => {
    sns.on(PublishCommand).rejectsOnce(failure("ThrottledException", 429)).resolves({ MessageId: "message-2" });
    await tell();
    expect(sent()).toEqual(["once", "once"]);
  });

  it("throws a refusal at once, and whoever tries later does not say that it repeats anything", async () => {
    sns
      .on(PublishCommand)
      .rejectsOnce(failure("AuthorizationErrorException", 403))
      .resolves({ MessageId: "message-2" });
    await expect(tell()).rejects.toThrow("AuthorizationErrorException");
    expect(noted()).toMatchObject({ state: "refused" });
    await tell();
    expect(sent()).toEqual(["once", "once"]);
  });

  it("gives up after three calls, in doubt", async () => {
    sns.on(PublishCommand).rejects(failure("TimeoutError"));
    await expect(tell()).rejects.toThrow("TimeoutError");
    expect(sent()).toEqual(["once", "again", "again"]);
    expect(noted()).toMatchObject({ state: "sending" });
  });

  it("tells people also when the bucket is gone, and does not wait for it twice", async () => {
    bucket.s3.rejects(failure("TimeoutError"));
    expect(await tell()).toBe("message-1");
    expect(sent()).toEqual(["once"]);
    expect(bucket.s3.calls()).toHaveLength(1);
  });

  it("tells people of another verdict: a drill that was redriven came to it", async () => {
    const earlier = { state: "sent", at: "2026-11-21T18:00:00.000Z", verdict: "errored", messageId: "message-0" };
    bucket.objects.set(KEY, JSON.stringify(earlier));
    expect(await tell()).toBe("message-1");
    expect(sent()).toEqual(["once"]);
  });

  it("writes a note anew that is half written", async () => {
    bucket.objects.set(KEY, '{"state');
    await tell();
    expect(noted()).toMatchObject({ state: "sent" });
  });
});

describe("counting what is told", () => {
  it("comes before anything is sent, and is not repeated by whoever tries again", async () => {
    sns
      .on(PublishCommand)
      .rejectsOnce(failure("AuthorizationErrorException", 403))
      .resolves({ MessageId: "message-2" });
    await expect(tell()).rejects.toThrow("AuthorizationErrorException");
    expect(counted).toBe(1);
    await tell();
    await tell();
    expect(counted).toBe(1);
  });

  it("is not repeated when it was killed while it sent", async () => {
    bucket.objects.set(KEY, JSON.stringify({ state: "sending", at: "2026-11-21T18:00:00.000Z", verdict: "passed" }));
    await tell();
    expect(counted).toBe(0);
  });

  it("is done again for another verdict", async () => {
    bucket.objects.set(KEY, JSON.stringify({ state: "sent", at: "2026-11-21T18:00:00.000Z", verdict: "errored" }));
    await tell();
    expect(counted).toBe(1);
  });

  it("is done rather twice than never when the bucket is gone", async () => {
    bucket.s3.rejects(failure("TimeoutError"));
    await tell();
    await tell();
    expect(counted).toBe(2);
  });
});
