/** SNS topics that hand what is published to a function, after the checks that SNS itself makes. */
import { randomUUID } from "node:crypto";
import type { MessageAttributeValue, PublishCommandInput } from "@aws-sdk/client-sns";
import * as sns from "@aws-sdk/client-sns";
import { type CallContext, type Service, ServiceError } from "../wire/service.ts";

export interface PublishedMessage {
  readonly messageId: string;
  readonly topicArn: string;
  readonly at: string;
  readonly subject?: string;
  /** By protocol (`default`, `email`, `sms`, ...). A message without structure has only `default`. */
  readonly bodies: Readonly<Record<string, string>>;
  /** By name, as filter policies see them. */
  readonly attributes: Readonly<Record<string, PublishedAttribute>>;
}

export interface PublishedAttribute {
  /** `String`, `Number`, `String.Array`, `Binary`, or one of the first two with a custom label (`Number.int`). */
  readonly type: string;
  readonly value: string | Uint8Array;
}

/** 256 KiB, attributes included. https://docs.aws.amazon.com/sns/latest/api/API_Publish.html */
const MESSAGE_LIMIT_BYTES = 256 * 1024;
const SUBJECT_LIMIT_CHARACTERS = 100;

/** SNS with one operation, Publish, on the given topics. `onPublish` is called once for each message that SNS would take. */
export function snsService(options: {
  readonly topics: readonly string[];
  readonly onPublish: (message: PublishedMessage) => void;
}): Service {
  const topics = new Set(options.topics);
  return { name: "sns", sdk: sns, operations: { Publish: publish } };

  function publish(input: PublishCommandInput, context: CallContext): { MessageId: string } {
    const topicArn = input.TopicArn ?? input.TargetArn;
    if (topicArn === undefined) throw invalid("TopicArn or TargetArn Reason: no value for required parameter");
    if (topicArn.split(":")[3] !== context.region) throw invalid("TopicArn");
    if (!topics.has(topicArn)) throw new ServiceError("NotFoundException", "Topic does not exist");
    const message: PublishedMessage = {
      messageId: randomUUID(),
      topicArn,
      at: new Date().toISOString(),
      ...(input.Subject === undefined ? {} : { subject: checkedSubject(input.Subject) }),
      bodies: readBodies(input),
      attributes: readAttributes(input.MessageAttributes ?? {}),
    };
    checkSize(input, message.attributes);
    options.onPublish(message);
    return { MessageId: message.messageId };
  }
}

/** "Subjects must be ASCII text that begins with a letter, number, or punctuation mark; ... less than 100 characters long." */
function checkedSubject(subject: string): string {
  const wellFormed = /^[\x21-\x7e][\x20-\x7e]*$/.test(subject);
  if (!wellFormed || subject.length > SUBJECT_LIMIT_CHARACTERS) throw invalid("Subject");
  return subject;
}

function readBodies(input: PublishCommandInput): Record<string, string> {
  const message = input.Message ?? "";
  if (message === "") throw invalid("Empty message");
  if (input.MessageStructure === undefined) return { default: message };
  if (input.MessageStructure !== "json") throw invalid("MessageStructure");
  let parsed: unknown;
  try {
    parsed = JSON.parse(message);
  } catch {
    throw invalid("Message Structure - JSON message body failed to parse");
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) {
    throw invalid("Message Structure - JSON message body failed to parse");
  }
  // SNS ignores keys that are no protocol and values that are no text; only `default` must be there.
  const bodies = Object.entries(parsed).filter((entry): entry is [string, string] => typeof entry[1] === "string");
  const byProtocol = Object.fromEntries(bodies);
  if (byProtocol["default"] === undefined) throw invalid("Message Structure - No default entry in JSON message body");
  return byProtocol;
}

function readAttributes(
  attributes: Readonly<Record<string, MessageAttributeValue>>,
): Record<string, PublishedAttribute> {
  const entries = Object.entries(attributes);
  return Object.fromEntries(entries.map(([name, value]) => [name, readAttribute(name, value)]));
}

/** https://docs.aws.amazon.com/sns/latest/dg/sns-message-attributes.html */
function readAttribute(name: string, attribute: MessageAttributeValue): PublishedAttribute {
  const type = attribute.DataType ?? "";
  if (!/^[A-Za-z0-9_.-]{1,256}$/.test(name) || /^\.|\.$|\.\.|^(?:aws|amazon)\./i.test(name)) {
    throw invalidValue(`The message attribute name '${name}' is invalid`);
  }
  if (!/^(?:String|Number|Binary)(?:\..+)?$/.test(type)) {
    throw invalidValue(
      `The message attribute '${name}' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String.`,
    );
  }
  const value = type.startsWith("Binary") ? attribute.BinaryValue : attribute.StringValue;
  if (value === undefined || value.length === 0) {
    throw invalidValue(
      `The message attribute '${name}' must contain non-empty message attribute value for message attribute type '${type}'.`,
    );
  }
  if (type.startsWith("Number") && !/^[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?$/.test(String(value))) {
    throw invalidValue(`Could not cast message attribute '${name}' value to number.`);
  }
  if (type === "String.Array" && !isArrayText(String(value))) {
    throw invalidValue(
      `The message attribute '${name}' is of type String.Array and its value is no JSON array of scalars`,
    );
  }
  return { type, value };
}

function isArrayText(text: string): boolean {
  try {
    const parsed: unknown = JSON.parse(text);
    return Array.isArray(parsed) && parsed.every((item) => item === null || typeof item !== "object");
  } catch {
    return false;
  }
}

function checkSize(input: PublishCommandInput, attributes: Readonly<Record<string, PublishedAttribute>>): void {
  let bytes = Buffer.byteLength(input.Message ?? "");
  for (const [name, { type, value }] of Object.entries(attributes)) {
    bytes += Buffer.byteLength(name) + Buffer.byteLength(type) + Buffer.byteLength(value);
  }
  if (bytes > MESSAGE_LIMIT_BYTES) throw invalid("Message too long");
}

function invalid(what: string): ServiceError {
  return new ServiceError("InvalidParameterException", `Invalid parameter: ${what}`);
}

function invalidValue(message: string): ServiceError {
  return new ServiceError("InvalidParameterValueException", message);
}
