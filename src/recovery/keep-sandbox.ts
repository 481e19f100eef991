import {
  AddTagsToResourceCommand,
  type DBCluster,
  type DBInstance,
  type RDSClient,
  type Tag,
} from "@aws-sdk/client-rds";
import type { Drill } from "../plan/drill.ts";
import { TAG } from "../plan/names.ts";
import type { IsolationAnswer, Kept } from "./answers.ts";
import { findCluster, findInstance } from "./describe.ts";
import { isOwnedBy, TAGS_LAG_SECONDS, tagList } from "./ownership.ts";

/** What a drill knows of itself when it is torn down. */
export interface Ending {
  readonly verdict?: { readonly verdict: string } | undefined;
  readonly isolation?: IsolationAnswer | undefined;
  /** There when the execution ended before the drill did. */
  readonly interruption?: unknown;
}

/** Kept, or not to be kept and why, or still waiting for RDS to list the tags. */
export type Keeping = { readonly kept: Kept[] } | { readonly refused: string } | { readonly waitingFor: string };

/** Whether the plan wants the sandbox of a drill with this verdict to stay. */
export function isToBeKept({ keep }: Drill, { verdict }: Ending): boolean {
  if (keep === undefined || verdict === undefined) return false;
  return keep.when === "always" || verdict.verdict === "failed";
}

/**
 * What the plan's wish does not reach: somebody who stopped the drill would not expect anything to stay, and a sandbox that was not proven to be
 * isolated would stand open for days. Of a drill that failed after that proof the document has lost it, and what is not known is not kept.
 */
function forbidden({ isolation, interruption }: Ending): string | undefined {
  if (interruption !== undefined) return "its execution ended before the drill did";
  if (isolation === undefined) return "teardown has no proof that it is isolated";
  if (!isolation.facts.every(({ holds }) => holds)) return "it is not isolated";
  return undefined;
}

/**
 * Tags the cluster and its writer with the time they stay for, and says so only once RDS lists these tags: the sweep goes by them. Adds nothing
 * to what is not provably this drill's. Never throws: what can not be tagged is refused, at once without the permission and else after 5 min.
 */
export async function keepSandbox(
  rds: RDSClient,
  { drill, ending, until, waitedSeconds }: { drill: Drill; ending: Ending; until: Date; waitedSeconds: number },
): Promise<Keeping> {
  const reason = forbidden(ending);
  if (reason !== undefined) return { refused: reason };
  const tags = { [TAG.expires]: until.toISOString(), [TAG.kept]: drill.keep?.when ?? "" };
  try {
    const cluster = await findCluster(rds, drill.sandbox.cluster);
    const writer = await findInstance(rds, drill.sandbox.writer);
    const refused = reasonAgainst(drill, cluster, writer);
    if (refused !== undefined || cluster === undefined || writer === undefined)
      return { refused: refused ?? "there is no sandbox" };
    const untagged = [
      { arn: cluster.DBClusterArn, has: cluster.TagList },
      { arn: writer.DBInstanceArn, has: writer.TagList },
    ].filter(({ has }) => !hasAll(has, tags));
    if (untagged.length === 0) return { kept: keptOf(drill, cluster, until) };
    if (waitedSeconds > TAGS_LAG_SECONDS) return { refused: "RDS did not list the tags that say until when" };
    for (const { arn } of untagged)
      await rds.send(new AddTagsToResourceCommand({ ResourceName: arn, Tags: tagList(tags) }));
    return { waitingFor: "RDS to list the tags that say until when it stays" };
  } catch (error) {
    const { name, message } = error instanceof Error ? error : new Error(String(error));
    const refusal = `the tags that say until when could not be written (${name}: ${message})`;
    const isFinal = name.startsWith("AccessDenied") || waitedSeconds > TAGS_LAG_SECONDS;
    return isFinal ? { refused: refusal } : { waitingFor: refusal };
  }
}

function reasonAgainst(
  { drillId, sandbox }: Drill,
  cluster: DBCluster | undefined,
  writer: DBInstance | undefined,
): string | undefined {
  if (cluster === undefined || writer === undefined) return "there is no whole sandbox: a cluster and its writer";
  if (
    !isOwnedBy(drillId, { id: sandbox.cluster, tags: cluster.TagList }) ||
    !isOwnedBy(drillId, { id: sandbox.writer, tags: writer.TagList })
  )
    return "its tags do not say that this drill made it (Drill.NotOurs)";
  if (cluster.Status === "deleting" || writer.DBInstanceStatus === "deleting") return "it is being deleted already";
  return undefined;
}

const hasAll = (has: readonly Tag[] | undefined, wanted: Readonly<Record<string, string>>): boolean =>
  Object.entries(wanted).every(([key, value]) => has?.some(({ Key, Value }) => Key === key && Value === value));

function keptOf({ sandbox: { region, cluster, writer } }: Drill, found: DBCluster, at: Date): Kept[] {
  const until = at.toISOString();
  const { DBClusterArn: arn, MasterUserSecret: secret } = found;
  return [
    {
      kind: "cluster",
      id: cluster,
      region,
      until,
      ...(arn === undefined ? {} : { arn }),
      ...(secret?.SecretArn === undefined ? {} : { secretArn: secret.SecretArn }),
    },
    { kind: "instance", id: writer, region, until },
  ];
}
