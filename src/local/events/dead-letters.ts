/** The template's queues, and what lies in them: what a rule, a schedule or a function gave up. */
import * as z from "zod/mini";
import { ofType, type PackagedTemplate } from "../../../packaging/template.ts";
import type { Authoriser } from "../iam/authoriser.ts";
import { isServiceAllowed } from "../iam/resource-policy.ts";

export interface DeadLetter {
  readonly queueArn: string;
  /** ARN of the rule, schedule or function that gave it up. */
  readonly from: string;
  readonly at: string;
  readonly body: unknown;
  readonly attributes: Readonly<Record<string, string>>;
}

/** A schedule and a function send under their role; a rule, which has none for this, by the queue's own policy. */
export type Sender = { readonly from: string } & ({ readonly service: string } | { readonly roleArn: string });

export interface DeadLetterQueues {
  /** Oldest first. */
  readonly letters: readonly DeadLetter[];
  /** Answers why the letter is lost, or nothing when it is kept. */
  send(queueArn: string, sender: Sender, letter: Pick<DeadLetter, "body" | "attributes">): Promise<string | undefined>;
}

/** What is said of a failure whose letters did not get into their queues. */
export const withLost = (failure: string, reasons: readonly string[]): string =>
  [failure, ...reasons.map((reason) => `Its dead letter is lost: ${reason}`)].join(" ");

const QueuePolicy = z.object({ Queues: z.array(z.string()), PolicyDocument: z.unknown() });
/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html: 1 MiB a message. */
const LETTER_LIMIT_BYTES = 1024 * 1024;
/** A storm's: a test that leaves more behind has lost its way. */
const LETTERS_LIMIT = 10_000;

export function openDeadLetterQueues(
  { resources }: PackagedTemplate,
  authoriser: Pick<Authoriser, "refusal">,
): DeadLetterQueues {
  const urls = new Map(ofType(resources, "AWS::SQS::Queue").map(({ arn = "", ref }) => [arn, ref]));
  const policies = ofType(resources, "AWS::SQS::QueuePolicy").map(({ properties }) => z.parse(QueuePolicy, properties));
  const letters: DeadLetter[] = [];

  const refusal = async (queueArn: string, sender: Sender): Promise<string | undefined> => {
    const url = urls.get(queueArn);
    if (url === undefined) return `There is no queue ${queueArn}.`;
    const request = { action: "sqs:SendMessage", resource: queueArn };
    if ("roleArn" in sender) return authoriser.refusal(sender.roleArn, "dead-letters", request);
    const isAllowed = policies.some(
      ({ Queues, PolicyDocument }) =>
        Queues.includes(url) &&
        isServiceAllowed(PolicyDocument, { ...request, service: sender.service, sourceArn: sender.from }),
    );
    return isAllowed ? undefined : `No policy of ${queueArn} lets ${sender.from} send to it.`;
  };

  return {
    letters,
    async send(queueArn, sender, letter) {
      const refused = await refusal(queueArn, sender);
      if (refused !== undefined) return refused;
      if (Buffer.byteLength(JSON.stringify(letter.body)) > LETTER_LIMIT_BYTES) return "The letter is over 1 MiB.";
      if (letters.length >= LETTERS_LIMIT) throw new Error(`${LETTERS_LIMIT} dead letters.`);
      letters.push({ queueArn, from: sender.from, at: new Date().toISOString(), ...letter });
      return undefined;
    },
  };
}
