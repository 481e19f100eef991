/** The account as IAM sees it when a call arrives: what there is, and how it is tagged. */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod/mini";
import { ofType, type PackagedTemplate } from "../../../packaging/template.ts";
import type { KmsKeys } from "../services/kms.ts";
import type { RdsAdministration } from "../services/rds/administration.ts";
import type { World } from "./world.ts";

const Topic = z.object({ KmsMasterKeyId: z.optional(z.string()) });

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
    hasObject: (bucket, key) =>
      stat(join(account.bucketsDirectory, bucket, key)).then(
        (found) => found.isFile(),
        () => false,
      ),
  };
}
