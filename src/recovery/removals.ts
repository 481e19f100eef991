import {
  DeleteDBClusterCommand,
  DeleteDBClusterSnapshotCommand,
  DeleteDBInstanceCommand,
  ModifyDBClusterCommand,
  type RDSClient,
  type Tag,
} from "@aws-sdk/client-rds";
import type { Drill } from "../plan/drill.ts";
import type { Remaining } from "./answers.ts";
import { findCluster, findClusterSnapshot, findInstance } from "./describe.ts";
import { isOwnedBy, mayLackTags } from "./ownership.ts";

/** A resource that is still there, whether RDS has agreed to delete it, and whether another look could change that. */
export type StillThere = Remaining & { readonly isAsked: boolean; readonly isHopeless: boolean };

/** Whose resources, and how long teardown has been at it. */
interface Look {
  readonly drill: Drill;
  readonly teardownSeconds: number;
}

interface Found {
  readonly status: string | undefined;
  readonly tags: readonly Tag[] | undefined;
}

/** Asking again does not change a permission. Everything else RDS answers to a delete may pass. */
const isDenied = (name: string): boolean => /^(AccessDenied|UnauthorizedOperation)/.test(name);

export async function removeWriter(rds: RDSClient, look: Look): Promise<StillThere | undefined> {
  const { drill } = look;
  return remove(look, "instance", drill.sandbox.writer, {
    find: async () => {
      const instance = await findInstance(rds, drill.sandbox.writer);
      return instance && { status: instance.DBInstanceStatus, tags: instance.TagList };
    },
    // An Aurora instance holds no data and takes no final snapshot of its own; a failed one can only be deleted this way.
    delete: () =>
      rds.send(new DeleteDBInstanceCommand({ DBInstanceIdentifier: drill.sandbox.writer, SkipFinalSnapshot: true })),
  });
}

/** Refused by RDS until its instances are being deleted: that refusal is a reason to look again, not an error. */
export async function removeCluster(rds: RDSClient, look: Look): Promise<StillThere | undefined> {
  const { drill } = look;
  const id = drill.sandbox.cluster;
  return remove(look, "cluster", id, {
    find: async () => {
      const cluster = await findCluster(rds, id);
      return cluster && { status: cluster.Status, tags: cluster.TagList, isProtected: cluster.DeletionProtection };
    },
    delete: async ({ isProtected }) => {
      if (isProtected)
        await rds.send(
          new ModifyDBClusterCommand({ DBClusterIdentifier: id, DeletionProtection: false, ApplyImmediately: true }),
        );
      await rds.send(
        new DeleteDBClusterCommand({ DBClusterIdentifier: id, SkipFinalSnapshot: true, DeleteAutomatedBackups: true }),
      );
    },
  });
}

/** Deleting a copy that is still being made cancels it. */
export async function removeSnapshotCopy(rds: RDSClient, look: Look): Promise<StillThere | undefined> {
  const { drill } = look;
  const id = drill.copy.snapshotId;
  return remove(look, "snapshot", id, {
    find: async () => {
      const snapshot = await findClusterSnapshot(rds, id);
      return snapshot && { status: snapshot.Status, tags: snapshot.TagList };
    },
    delete: () => rds.send(new DeleteDBClusterSnapshotCommand({ DBClusterSnapshotIdentifier: id })),
  });
}

/** Looks, checks ownership, asks for deletion unless that was done. Undefined when RDS says that there is nothing. */
async function remove<Resource extends Found>(
  { drill, teardownSeconds }: Look,
  kind: Remaining["kind"],
  id: string,
  steps: { find: () => Promise<Resource | undefined>; delete: (found: Resource) => Promise<unknown> },
): Promise<StillThere | undefined> {
  const resource = { kind, id, region: drill.sandbox.region };
  let found: Resource | undefined;
  try {
    found = await steps.find();
    if (found === undefined) return undefined;
    if (mayLackTags(drill.drillId, { id, tags: found.tags }, teardownSeconds))
      return {
        ...resource,
        reason: "listed without any tags, which may come later: not touched until they do",
        isAsked: false,
        isHopeless: false,
      };
    if (!isOwnedBy(drill.drillId, { id, tags: found.tags }))
      return {
        ...resource,
        reason: `its tags do not say that drill ${drill.drillId} made it, so it was not touched (Drill.NotOurs)`,
        isAsked: false,
        isHopeless: true,
      };
    if (found.status !== "deleting") await steps.delete(found);
    return { ...resource, reason: `${found.status}, asked to be deleted`, isAsked: true, isHopeless: false };
  } catch (error) {
    const { name, message } = error instanceof Error ? error : new Error(String(error));
    return {
      ...resource,
      reason: `${name}: ${message}`,
      ...(found === undefined ? { unseen: true } : {}),
      isAsked: false,
      isHopeless: isDenied(name),
    };
  }
}
