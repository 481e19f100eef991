import * as z from "zod/mini";
import type { JsonStore } from "../aws/json-store.ts";
import { VERDICTS } from "../verdict/verdict.ts";

/**
 * What is known of one of a drill's messages. SNS has no way to ask whether a message was sent, so it is written down before and after:
 * `sending` without `sent` means that nobody knows.
 */
const Notification = z.object({
  state: z.enum(["sending", "refused", "sent"]),
  at: z.iso.datetime(),
  verdict: z.enum(VERDICTS),
  messageId: z.optional(z.string()),
});
export type Notification = z.infer<typeof Notification>;

/** To those who want every outcome, and to those who are paged. */
export const MESSAGE_KINDS = ["notification", "page"] as const;
export type MessageKind = (typeof MESSAGE_KINDS)[number];

/** Not in the journal, which every step may write: who can write this can keep people from being told. */
const keyOf = (prefix: string, kind: MessageKind): string => `${prefix}/outcome/${kind}.json`;

export async function readNotification(
  store: JsonStore,
  prefix: string,
  kind: MessageKind = "notification",
): Promise<Notification | undefined> {
  return store.get(keyOf(prefix, kind), Notification);
}

export async function writeNotification(
  store: JsonStore,
  prefix: string,
  notification: Notification,
  kind: MessageKind = "notification",
): Promise<void> {
  await store.put(keyOf(prefix, kind), notification);
}

/** What was told of a drill, where nothing of it is open: a page that was begun is out too. Undefined where people have yet to be told. */
export async function toldOutcome(store: JsonStore, prefix: string): Promise<Notification | undefined> {
  const [told, page] = await Promise.all([
    readNotification(store, prefix, "notification"),
    readNotification(store, prefix, "page"),
  ]);
  return told?.state === "sent" && (page === undefined || page.state === "sent") ? told : undefined;
}
