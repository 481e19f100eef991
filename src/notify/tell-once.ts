import { setTimeout as pauseFor } from "node:timers/promises";
import type { Logger } from "@aws-lambda-powertools/logger";
import { PublishCommand, type PublishCommandInput, type SNSClient } from "@aws-sdk/client-sns";
import { isThrottlingError } from "@smithy/core/retry";
import type { SdkError } from "@smithy/types";
import type { JsonStore } from "../aws/json-store.ts";
import { EvidenceUnreadable } from "../errors.ts";
import type { Verdict } from "../verdict/verdict.ts";
import { type MessageKind, type Notification, readNotification, writeNotification } from "./notification.ts";

/**
 * The client itself must not try again: it does not know that a second message has to say so. Three calls of 10 s with the pauses between them,
 * the look at what came before (5 s), one call to a bucket that hangs (30 s) and the journal's (30 s) stay below the 100 s of the function. Two
 * messages of a drill are sent side by side.
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
  readonly kind: MessageKind;
  readonly verdict: Verdict["verdict"];
  /** What pages and adds up. Called before anything is sent, and not again by a later call for the same verdict. Must not throw. */
  readonly count: () => void;
  /** The message, or the one that says that it may be there already. */
  readonly publish: (repeated: boolean) => PublishCommandInput;
}

/**
 * Publishes at most one message that does not say that it is a repetition, and at least one. SNS topics that mails and phones can subscribe to
 * know no deduplication, so a call whose answer was lost is made again and says so. A drill that was redriven and came to another verdict is
 * told of again. Resolves to the message's id. Throws SNS's error.
 *
 * Counted twice is better than not at all: so it is where the function ends between counting and its note, or where the bucket does not answer.
 * An alarm takes the highest of several values, so that only sums on the dashboard show it.
 * https://docs.aws.amazon.com/sns/latest/dg/fifo-message-dedup.html
 */
export async function tellOnce(services: Services, telling: Telling): Promise<string> {
  const { verdict, count, publish } = telling;
  const notes = new Notes(services, telling);
  const earlier = await notes.read();
  if (earlier?.state === "sent" && earlier.verdict === verdict) return earlier.messageId ?? "";

  if (earlier?.verdict !== verdict) count();
  let isInDoubt = earlier?.state === "sending";
  await notes.write({ state: "sending" });
  for (let attempt = 0; ; attempt += 1) {
    try {
      const { MessageId: messageId = "" } = await services.sns.send(new PublishCommand(publish(isInDoubt)));
      await notes.write({ state: "sent", messageId });
      return messageId;
    } catch (error) {
      isInDoubt ||= !isRefusal(error);
      const pauseMs = PAUSES_MS[attempt];
      if (pauseMs === undefined || (isRefusal(error) && !isThrottled(error))) {
        if (!isInDoubt) await notes.write({ state: "refused" });
        throw error;
      }
      await pauseFor(pauseMs);
    }
  }
}

/** People are told also without the bucket: once it has not answered, it is not waited for again. */
class Notes {
  readonly #services: Services;
  readonly #about: Pick<Telling, "prefix" | "kind" | "verdict">;
  #isGone = false;

  constructor(services: Services, about: Pick<Telling, "prefix" | "kind" | "verdict">) {
    this.#services = services;
    this.#about = about;
  }

  async read(): Promise<Notification | undefined> {
    const { prefix, kind } = this.#about;
    return this.#unlessGone(() => readNotification(this.#services.store, prefix, kind));
  }

  async write(notification: Omit<Notification, "at" | "verdict">): Promise<void> {
    const { prefix, kind, verdict } = this.#about;
    const document = { ...notification, at: this.#services.now().toISOString(), verdict };
    await this.#unlessGone(() => writeNotification(this.#services.store, prefix, document, kind));
  }

  async #unlessGone<Answer>(call: () => Promise<Answer>): Promise<Answer | undefined> {
    if (this.#isGone) return undefined;
    try {
      return await call();
    } catch (error) {
      // What can not be read is not gone: it is written anew.
      this.#isGone = !(error instanceof EvidenceUnreadable);
      this.#services.logger.error("notification.note.failed", { error: error as Error });
      return undefined;
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
