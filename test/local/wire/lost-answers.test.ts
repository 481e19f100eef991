import { PublishCommand, SNSClient } from "@aws-sdk/client-sns";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AnsweredCall } from "../../../src/local/wire/desk.ts";
import { ServiceError } from "../../../src/local/wire/service.ts";
import { clientConfig, type StubCloud, startStubCloud } from "./stub-cloud.ts";

const TOPIC = "arn:aws:sns:eu-central-1:123456789012:t";

describe("an answer that is lost", () => {
  let cloud: StubCloud;
  let toLose = 0;
  const answered: AnsweredCall[] = [];

  beforeAll(async () => {
    const publish = ({ Message }: { Message?: string }): object => {
      if (Message === "refused") throw new ServiceError("NotFoundException", "no such topic");
      return { MessageId: "1" };
    };
    cloud = await startStubCloud(
      { sns: { Publish: publish } },
      {
        beforeAnswer: (call) => {
          answered.push(call);
          toLose -= 1;
          return toLose >= 0 ? "lost" : undefined;
        },
      },
    );
  });
  afterAll(() => cloud.close());

  it("belongs to a call that took effect, and the client asks again by itself", async () => {
    toLose = 1;
    const sns = new SNSClient({ ...clientConfig(cloud.url), maxAttempts: 2 });
    await sns.send(new PublishCommand({ TopicArn: TOPIC, Message: "x" }));
    expect(cloud.seen).toHaveLength(2);
    expect(cloud.records.map(({ error }) => error)).toEqual([undefined, undefined]);
  });

  it("ends the connection of a client that does not ask again", async () => {
    toLose = 1;
    const lost = cloud.clients.sns.send(new PublishCommand({ TopicArn: TOPIC, Message: "x" }));
    await expect(lost).rejects.toMatchObject({ code: "ECONNRESET" });
  });

  it("may be a refusal, which says so", async () => {
    toLose = 0;
    await expect(cloud.clients.sns.send(new PublishCommand({ TopicArn: TOPIC, Message: "refused" }))).rejects.toThrow();
    expect(answered.at(-1)).toMatchObject({ operation: "Publish", error: "NotFoundException" });
  });
});
