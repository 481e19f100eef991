/** Who is told what: the template's subscriptions. Nothing is sent anywhere. */
import * as z from "zod/mini";
import { ofType, type PackagedTemplate } from "../../../packaging/template.ts";
import { type Matcher, readPattern } from "../events/pattern.ts";
import type { PublishedMessage } from "../services/sns.ts";

export interface Subscription {
  readonly topicArn: string;
  /** `email`, `sms`, ... */
  readonly protocol: string;
  readonly endpoint: string;
  /** Whether the filter policy lets the message through. */
  readonly takes: (message: PublishedMessage) => boolean;
}

const Properties = z.object({
  TopicArn: z.string(),
  Protocol: z.string(),
  Endpoint: z.string(),
  FilterPolicy: z.optional(z.record(z.string(), z.unknown())),
  FilterPolicyScope: z._default(z.literal("MessageAttributes"), "MessageAttributes"),
});

export function readSubscriptions({ resources }: Pick<PackagedTemplate, "resources">): Subscription[] {
  return ofType(resources, "AWS::SNS::Subscription").map(({ properties }) => {
    const {
      TopicArn: topicArn,
      Protocol: protocol,
      Endpoint: endpoint,
      FilterPolicy,
    } = z.parse(Properties, properties);
    // A filter policy is written as an event pattern, of the attributes.
    const matches: Matcher = FilterPolicy === undefined ? () => true : readPattern(FilterPolicy);
    const takes = (message: PublishedMessage): boolean =>
      message.topicArn === topicArn && matches(attributesOf(message));
    return { topicArn, protocol, endpoint, takes };
  });
}

const attributesOf = ({ attributes }: PublishedMessage): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(attributes).map(([name, { type, value }]) => [
      name,
      type === "String.Array" || type.startsWith("Number") ? JSON.parse(String(value)) : value,
    ]),
  );
