import {
  type DBCluster,
  DeleteDBClusterCommand,
  DeleteDBClusterSnapshotCommand,
  DeleteDBInstanceCommand,
  ModifyDBClusterCommand,
  type RDSClient,
  StartDBClusterCommand,
  type Tag,
} from "@aws-sdk/client-rds";
import { namesOf } from "../plan/names.ts";
import type { Remaining } from "./answers.ts";
import { findCluster, findClusterSnapshot, findInstance } from "./describe.ts";
import { isOwnedBy, mayLackTags } from "./ownership.ts";

/** A resource that is still there, whether RDS has agreed to delete it, and whether another look could change that. */
export type StillThere = Remaining & { readonly isAsked: boolean; readonly isHopeless: boolean };

/** Whose resources, where, and for how long they have been waited for already: listings and tags may lag. */
export interface Owner {
  readonly drillId: string;
  readonly region: string;
  readonly waitedSeconds: number;
}

interface Found {
  readonly status: string | undefined;
  readonly tags: readonly Tag[] | undefined;
}

/** What came of asking. Without `isAsked` RDS was not asked to delete yet. */
type Asked = Pick<StillThere, "reason"> & Partial<Pick<StillThere, "isAsked" | "isHopeless">>;

/** Asking again does not change a permission. Everything else RDS answers to a delete may pass. */
const isDenied = (name: string): boolean => /^(AccessDenied|UnauthorizedOperation)/.test(name);

export async function removeWriter(rds: RDSClient, owner: Owner): Promise<StillThere | undefined> {
  const id = namesOf(owner.drillId).writer;
  return remove(owner, "instance", id, {
    find: async () => {
      const instance = await findInstance(rds, id);
      return instance && { status: instance.DBInstanceStatus, tags: instance.TagList };
    },
    // An Aurora instance holds no data and takes no final snapshot of its own; a failed one can only be deleted this way.
    ask: async ({ status }) => {
      await rds.send(new DeleteDBInstanceCommand({ DBInstanceIdentifier: id, SkipFinalSnapshot: true }));
      return asked(status);
    },
  });
}

/** Refused by RDS until its instances are being deleted: that refusal is a reason to look again, not an error. */
export async function removeCluster(rds: RDSClient, owner: Owner): Promise<StillThere | undefined> {
  const id = namesOf(owner.drillId).cluster;
  return remove(owner, "cluster", id, {
    find: async () => {
      const cluster = await findCluster(rds, id);
      return cluster && { status: cluster.Status, tags: cluster.TagList, cluster };
    },
    ask: ({ cluster }) => askForCluster(rds, owner, cluster),
  });
}

/** Deleting a copy that is still being made cancels it. */
export async function removeSnapshotCopy(rds: RDSClient, owner: Owner): Promise<StillThere | undefined> {
  const id = namesOf(owner.drillId).snapshotCopy;
  return remove(owner, "snapshot", id, {
    find: async () => {
      const snapshot = await findClusterSnapshot(rds, id);
      return snapshot && { status: snapshot.Status, tags: snapshot.TagList };
    },
    ask: async ({ status }) => {
      await rds.send(new DeleteDBClusterSnapshotCommand({ DBClusterSnapshotIdentifier: id }));
      return asked(status);
    },
  });
}

/**
 * A cluster goes once its instances go, nothing protects it and it runs: RDS deletes no stopped cluster and no member of one, so it is started.
 * Somebody else's instance in it is not ours to delete, and neither is a global cluster that it became part of.
 * https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/USER_DeleteCluster.html
 */
async function askForCluster(rds: RDSClient, { drillId }: Owner, cluster: DBCluster): Promise<Asked> {
  const { cluster: id, writer } = namesOf(drillId);
  const foreign = (cluster.DBClusterMembers ?? []).flatMap(({ DBInstanceIdentifier: member }) =>
    member === undefined || member === writer ? [] : [member],
  );
  if (foreign.length > 0)
    return {
      reason: `${cluster.Status}, with an instance that no drill made (${foreign.join(", ")}): it was not touched, and keeps the cluster. Delete it by hand (Drill.NotOurs)`,
      isHopeless: true,
    };
  if (cluster.Status === "stopped") {
    await rds.send(new StartDBClusterCommand({ DBClusterIdentifier: id }));
    return { reason: "stopped, started since RDS deletes no stopped cluster" };
  }
  if (cluster.DeletionProtection)
    await rds.send(
      new ModifyDBClusterCommand({ DBClusterIdentifier: id, DeletionProtection: false, ApplyImmediately: true }),
    );
  await rds.send(
    new DeleteDBClusterCommand({ DBClusterIdentifier: id, SkipFinalSnapshot: true, DeleteAutomatedBackups: true }),
  );
  return asked(cluster.Status);
}

const asked = (status: string | undefined): Asked => ({ reason: `${status}, asked to be deleted`, isAsked: true });

/** Looks, checks ownership, asks for deletion unless that was done. Undefined when RDS says that there is nothing. Never throws. */
async function remove<Resource extends Found>(
  { drillId, region, waitedSeconds }: Owner,
  kind: Remaining["kind"],
  id: string,
  steps: { find: () => Promise<Resource | undefined>; ask: (found: Resource) => Promise<Asked> },
): Promise<StillThere | undefined> {
  const still = (asked: Asked): StillThere => ({ kind, id, region, isAsked: false, isHopeless: false, ...asked });
  let found: Resource | undefined;
  try {
    found = await steps.find();
    if (found === undefined) return undefined;
    const { tags, status } = found;
    if (mayLackTags(drillId, { id, tags }, waitedSeconds))
      return still({ reason: "listed without any tags, which may come later: not touched until they do" });
    if (!isOwnedBy(drillId, { id, tags }))
      return still({
        reason: `its tags do not say that drill ${drillId} made it, so it was not touched (Drill.NotOurs)`,
        isHopeless: true,
      });
    return still(status === "deleting" ? asked(status) : await steps.ask(found));
  } catch (error) {
    const { name, message } = error instanceof Error ? error : new Error(String(error));
    const refusal = still({ reason: `${name}: ${message}`, isHopeless: isDenied(name) || isGlobal(message) });
    return found === undefined ? { ...refusal, unseen: true } : refusal;
  }
}

/** What RDS says of a member of a global cluster. Taking it out is a change of something that no drill made. */
const isGlobal = (message: string): boolean => /global ?cluster|replica cluster/i.test(message);
