import * as z from "zod/mini";
import type { JsonStore } from "../aws/json-store.ts";
import { VERDICTS } from "../verdict/verdict.ts";

/**
 * What is known of a drill's one notification. SNS has no way to ask whether a message was sent, so it is written down before and after:
 * `sending` without `sent` means that nobody knows.
 */
const Notification = z.object({
  state: z.enum(["sending", "refused", "sent"]),
  at: z.iso.datetime(),
  verdict: z.enum(VERDICTS),
  messageId: z.optional(z.string()),
});
export type Notification = z.infer<typeof Notification>;

/** Not in the journal, which every step may write: who can write this can keep people from being told. */
const keyOf = (prefix: string): string => `${prefix}/outcome/notification.json`;

export async function readNotification(store: JsonStore, prefix: string): Promise<Notification | undefined> {
  return store.get(keyOf(prefix), Notification);
}

export async function writeNotification(store: JsonStore, prefix: string, notification: Notification): Promise<void> {
  await store.put(keyOf(prefix), notification);
}
