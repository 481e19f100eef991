/** The account as IAM sees it when a call arrives: what there is, and how it is tagged. */
import { statSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod/mini";
import { ofType, type PackagedTemplate } from "../../../packaging/template.ts";
import type { KmsKeys } from "../services/kms.ts";
import type { RdsAdministration } from "../services/rds/administration.ts";
import type { World } from "./world.ts";

const Topic = z.object({ KmsMasterKeyId: z.optional(z.string()) });

/** Asked with every call of S3: the way to another thread and back would cost more than the look. */
function isFile(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
  } catch {
    return false;
  }
}

export function liveWorld(account: {
  readonly accountId: string;
  readonly template: PackagedTemplate;
  readonly keys: KmsKeys;
  readonly rds: Pick<RdsAdministration, "tagsOf" | "groupsOf" | "snapshotKeyOf">;
  /** Where each bucket's objects are, as plain files. */
  readonly bucketsDirectory: string;
}): World {
  const { accountId, keys, rds } = account;
  const topics = new Map(
    ofType(account.template.resources, "AWS::SNS::Topic").map(({ ref, properties }) => [
      ref,
      z.parse(Topic, properties).KmsMasterKeyId,
    ]),
  );
  return {
    accountId,
    keyArn: (region, name) => keys.find(region, name)?.arn,
    topicKeyArn: (topicArn) => topics.get(topicArn),
    tagsOf: (arn) => rds.tagsOf(arn),
    groupsOf: (arn) => rds.groupsOf(arn),
    snapshotKeyArn: (arn) => rds.snapshotKeyOf(arn),
    hasObject: async (bucket, key) => isFile(join(account.bucketsDirectory, bucket, key)),
  };
}
