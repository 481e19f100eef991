/** Where the packaged roles are asked: the template as it is deployed, and the tags that calls have put on resources so far. */
import * as z from "zod/mini";
import type { PackagedTemplate } from "../../packaging/template.ts";
import { ACCOUNT_ID, FINGERPRINT_KEY } from "../../src/local/account.ts";
import { EVIDENCE_BUCKET, TOPIC_ARN } from "../../src/local/deployment.ts";
import { type Call, type IamRequest, iamRequestsOf, madeBy, type Tags, type World } from "./iam-requests.ts";

const Topic = z.object({ KmsMasterKeyId: z.string() });

/** RDS puts it on every secret that it manages: https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/rds-secrets-manager.html */
export const SECRET_OF = "aws:rds:primaryDBClusterArn";

interface DeployedWorld {
  /** What IAM is asked about the call, and takes note of what the call makes: calls are given in their order. */
  readonly authorise: (call: Call) => readonly IamRequest[];
  /** Puts tags on a resource that no call here made. */
  readonly tag: (arn: string, tags: Tags) => void;
}

export function deployedWorld(template: PackagedTemplate): DeployedWorld {
  const tagged = new Map<string, Tags>();
  const setting = (name: string): string => {
    const given = template.functions.map(({ environment }) => environment[name]).find((value) => value !== undefined);
    if (given === undefined) throw new Error(`No function of the template is given ${name}.`);
    return given;
  };
  const topic = Object.values(template.resources).find(({ type }) => type === "AWS::SNS::Topic");
  const world: World = {
    accountId: ACCOUNT_ID,
    deployedArns: {
      [EVIDENCE_BUCKET]: `arn:aws:s3:::${setting("EVIDENCE_BUCKET")}`,
      [TOPIC_ARN]: setting("OUTCOME_TOPIC_ARN"),
      [FINGERPRINT_KEY]: setting("FINGERPRINT_KEY"),
    },
    topicKeyArn: z.parse(Topic, topic?.properties).KmsMasterKeyId,
    tagsOf: (arn) => tagged.get(arn) ?? {},
  };
  const authorise = (call: Call): readonly IamRequest[] => {
    const { secretArn, resourceArn } = call.input;
    // The local cloud answers only to a secret of the cluster that is asked. RDS tags those that it manages, and no other.
    if (typeof secretArn === "string" && secretArn.includes(":secret:rds!") && !tagged.has(secretArn))
      tagged.set(secretArn, { [SECRET_OF]: String(resourceArn) });
    const requests = iamRequestsOf(call, world);
    for (const [arn, tags] of madeBy(call, world)) tagged.set(arn, tags);
    return requests;
  };
  return { authorise, tag: (arn, tags) => tagged.set(arn, tags) };
}
