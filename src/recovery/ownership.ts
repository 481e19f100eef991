import type { DBCluster, Tag } from "@aws-sdk/client-rds";
import { NotOurs, RestoreTestRefused } from "../errors.ts";
import type { Drill } from "../plan/drill.ts";
import { drillOf, TAG } from "../plan/names.ts";

/** RDS's form of a drill's tags. */
export function tagList(tags: Readonly<Record<string, string>>): Tag[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}

/** True only when the name and the tags both say that this drill made the resource. */
export function isOwnedBy(drillId: string, resource: { id: string; tags: readonly Tag[] | undefined }): boolean {
  return (
    drillOf(resource.id) === drillId &&
    (resource.tags ?? []).some(({ Key, Value }) => Key === TAG.drill && Value === drillId)
  );
}

/** RDS's listings lag, and tags may come after the resource. Without a permission to see them they never come. */
export const TAGS_LAG_SECONDS = 5 * 60;

/** True while a resource that has this drill's name may only be listed before its tags: no tag at all is not a foreign one. */
export function mayLackTags(
  drillId: string,
  { id, tags }: { id: string; tags: readonly Tag[] | undefined },
  waitedSeconds: number,
): boolean {
  return drillOf(id) === drillId && (tags ?? []).length === 0 && waitedSeconds <= TAGS_LAG_SECONDS;
}

/**
 * "Already exists" is success only for a resource this drill made itself: true when its tags say so, false while it is listed without any, for
 * the first 5 min. Throws NotOurs otherwise; the resource is not touched.
 */
export function isSeenAsOurs(
  drillId: string,
  resource: { id: string; tags: readonly Tag[] | undefined },
  waitedSeconds: number,
): boolean {
  if (isOwnedBy(drillId, resource)) return true;
  if (mayLackTags(drillId, resource, waitedSeconds)) return false;
  throw new NotOurs(
    `${resource.id} exists, but its tags do not say that drill ${drillId} made it. It was left as it is. Find out who made it; rename or delete it by hand.`,
  );
}

/**
 * AWS Backup's own mark: the names of the clusters that it restores to be tested begin with it, and it is the key of their tag, by which alone it
 * deletes them again. https://docs.aws.amazon.com/aws-backup/latest/devguide/restore-testing-inferred-metadata.html
 */
const RESTORE_TEST = "awsbackup-restore-test";

/** True only when the name and a tag both say that AWS Backup restored the cluster to have it tested. */
export function isRestoreTest({ id, tags }: { id: string; tags: readonly Tag[] | undefined }): boolean {
  return id.startsWith(RESTORE_TEST) && (tags ?? []).some(({ Key }) => Key === RESTORE_TEST);
}

/** True only for the cluster that this drill made, or that AWS Backup restored for it: never for the source, whatever its name and tags. */
export function isSandboxOf({ drillId, restoreTest, sandbox, source }: Drill, cluster: DBCluster): boolean {
  const { DBClusterIdentifier: id = "", DBClusterArn: arn, TagList: tags } = cluster;
  if (id !== sandbox.cluster || arn === source.clusterArn) return false;
  if (restoreTest === undefined) return isOwnedBy(drillId, { id, tags });
  return isRestoreTest({ id, tags }) && arn === restoreTest.clusterArn;
}

/**
 * Throws NotOurs for a cluster that is not what AWS Backup restored for this drill, and RestoreTestRefused for one that somebody else tests too; it is
 * not touched.
 */
export function assertRestoredForTest(drill: Drill, cluster: DBCluster): void {
  if (!isSandboxOf(drill, cluster))
    throw new NotOurs(
      `${cluster.DBClusterArn} is to be taken over by drill ${drill.drillId}, but its name, its tags and its ARN do not all say that AWS Backup restored it to have it tested (job ${drill.restoreTest?.restoreJobId}). It was left as it is. Find out who renamed it, or took the tag ${RESTORE_TEST} off it: AWS Backup does not delete it without.`,
    );
  assertNobodyElseTests(cluster, drill.sandbox.writer);
}

/**
 * AWS Backup adds no instance, so one that is there is of somebody who tests the cluster already: another stage, or a validator of somebody's own. What
 * one of two answers is the answer, and has the cluster deleted under the other. Throws RestoreTestRefused.
 */
export function assertNobodyElseTests({ DBClusterMembers, DBClusterArn: arn }: DBCluster, own?: string): void {
  const others = (DBClusterMembers ?? []).flatMap(({ DBInstanceIdentifier: id = "?" }) => (id === own ? [] : [id]));
  if (others.length === 0) return;
  throw new RestoreTestRefused(
    `${arn} has an instance that this drill did not add (${others.join(", ")}): somebody else tests it, and AWS Backup takes one answer. It was left to them. Find out who, and let one of you have the tests of this database: restoreTests: true in the plan of one stage only.`,
  );
}
