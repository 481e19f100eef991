import { setTimeout as pauseFor } from "node:timers/promises";
import type { Logger } from "@aws-lambda-powertools/logger";
import { PublishCommand, type PublishCommandInput, type SNSClient } from "@aws-sdk/client-sns";
import { isThrottlingError } from "@smithy/core/retry";
import type { SdkError } from "@smithy/types";
import type { JsonStore } from "../aws/json-store.ts";
import type { Verdict } from "../verdict/verdict.ts";
import { type Notification, readNotification, writeNotification } from "./notification.ts";

/**
 * The client itself must not try again: it does not know that a second message has to say so. Three calls of 10 s and the pauses between
 * them stay below the 50 s of the function.
 */
export const PATIENCE_FOR_NOTIFICATIONS = { maxAttempts: 1, requestSeconds: 10 } as const;
const PAUSES_MS = [1000, 2000] as const;

interface Services {
  readonly sns: SNSClient;
  readonly store: JsonStore;
  readonly now: () => Date;
  readonly logger: Pick<Logger, "error">;
}

interface Telling {
  readonly prefix: string;
  readonly verdict: Verdict["verdict"];
  /** The message, or the one that says that it may be there already. */
  readonly publish: (repeated: boolean) => PublishCommandInput;
}

/**
 * Publishes at most one message that does not say that it is a repetition, and at least one. SNS topics that mails and phones can subscribe to
 * know no deduplication, so a call whose answer was lost is made again and says so. Resolves to the message's id. Throws SNS's error.
 * https://docs.aws.amazon.com/sns/latest/dg/fifo-message-dedup.html
 */
export async function tellOnce(services: Services, { prefix, verdict, publish }: Telling): Promise<string> {
  const { sns, logger } = services;
  // Without the bucket people are told all the same.
  const noted = async (notification: Omit<Notification, "at" | "verdict">): Promise<void> => {
    const document = { ...notification, at: services.now().toISOString(), verdict };
    await writeNotification(services.store, prefix, document).catch((error: Error) =>
      logger.error("notification.note.failed", { error }),
    );
  };
  const earlier = await readNotification(services.store, prefix).catch((error: Error) => {
    logger.error("notification.note.failed", { error });
    return undefined;
  });
  if (earlier?.state === "sent") return earlier.messageId ?? "";

  let isInDoubt = earlier?.state === "sending";
  await noted({ state: "sending" });
  for (let attempt = 0; ; attempt += 1) {
    try {
      const { MessageId: messageId = "" } = await sns.send(new PublishCommand(publish(isInDoubt)));
      await noted({ state: "sent", messageId });
      return messageId;
    } catch (error) {
      isInDoubt ||= !isRefusal(error);
      const pauseMs = PAUSES_MS[attempt];
      if (pauseMs === undefined || (isRefusal(error) && !isThrottled(error))) {
        if (!isInDoubt) await noted({ state: "refused" });
        throw error;
      }
      await pauseFor(pauseMs);
    }
  }
}

/** SNS answered that it did not take the message. */
function isRefusal(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const status = (error as SdkError).$metadata?.httpStatusCode ?? 0;
  return isThrottled(error) || (status >= 400 && status < 500);
}

// SdkError is any error with members that it may have.
const isThrottled = (error: unknown): boolean => error instanceof Error && isThrottlingError(error as SdkError);
