import { chatOf } from "./chat.ts";
import { emailOf } from "./email.ts";
import { machineReadable } from "./machine.ts";
import type { Outcome } from "./outcome.ts";
import { smsOf } from "./sms.ts";
import { subjectLine } from "./subject.ts";

export interface Message {
  /** At most 100 ASCII characters. */
  readonly subject: string;
  /** The text of each protocol; `default` is for all others. */
  readonly bodies: {
    readonly default: string;
    readonly email: string;
    /** At most 140 characters of the alphabet of SMS. */
    readonly sms: string;
    /** What Amazon Q Developer in chat applications shows. Another endpoint of one's own reads it too: a queue or a function has it all. */
    readonly http: string;
    readonly https: string;
  };
}

/** What people are told of an outcome, per channel. Row data never is in it: findings name checks, counts and single compared values. */
export function composeMessage(outcome: Outcome): Message {
  const chat = JSON.stringify(chatOf(outcome));
  return {
    subject: subjectLine(outcome),
    bodies: {
      default: JSON.stringify(machineReadable(outcome)),
      email: emailOf(outcome),
      sms: smsOf(outcome),
      http: chat,
      https: chat,
    },
  };
}
