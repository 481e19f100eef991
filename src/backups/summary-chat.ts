import { cut, oneLine } from "../notify/plain-text.ts";
import type { Severity } from "../notify/severity.ts";
import { escaped } from "../notify/slack.ts";

/** Well below what chats show, as those of outcomes in src/notify/chat.ts. */
const MAX_TITLE_CHARS = 150;
const MAX_DESCRIPTION_CHARS = 2000;
/** Each is one of "keywords", and one of "relatedResources". */
const MAX_NAMED = 10;

/** A custom notification: https://docs.aws.amazon.com/chatbot/latest/adminguide/custom-notifs.html. Without it a chat shows nothing. */
export function summaryChat(told: {
  readonly headline: string;
  /** As the mail has it, of which the first two paragraphs say that and what to do. */
  readonly text: string;
  readonly severity: Severity;
  readonly databases: readonly string[];
}): Readonly<Record<string, unknown>> {
  const [, step = "", ...rest] = told.text.split("\n\n");
  const databases = told.databases.slice(0, MAX_NAMED).map((name) => oneLine(name, 63));
  return {
    version: "1.0",
    source: "custom",
    content: {
      textType: "client-markdown",
      title: escaped(oneLine(`BACKUPS: ${told.headline}`, MAX_TITLE_CHARS)),
      description: cut(escaped(rest.join("\n")), MAX_DESCRIPTION_CHARS),
      nextSteps: [escaped(step.replace(/^Do next: /, ""))],
      keywords: ["backups", told.severity, ...databases],
    },
    metadata: {
      summary: oneLine(told.headline, MAX_TITLE_CHARS),
      eventType: "RestoreDrillBackups",
      relatedResources: databases,
      additionalContext: { severity: told.severity },
    },
  };
}
