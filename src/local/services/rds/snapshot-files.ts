import { randomBytes } from "node:crypto";
import { join } from "node:path";
import type { RdsCore } from "./core.ts";
import type { Cluster, Snapshot } from "./resources.ts";

/** A directory that nothing stands at yet; the random part lets a name be used again while its predecessor is being removed. */
export function newDirectory(core: RdsCore, region: string, kind: "clusters" | "snapshots", id: string): string {
  return join(core.directory, region, kind, `${id.replaceAll(":", "_")}-${randomBytes(4).toString("hex")}`);
}

/** The files of a snapshot's copy, which are written to as little as its own. */
export function duplicateSnapshot(core: RdsCore, snapshot: Snapshot, toDirectory: string): Promise<void> {
  return reading(core, snapshot, () => core.host.share(snapshot.directory, toDirectory));
}

/** Copies a snapshot's files, for a server to write to. */
export function readSnapshot(core: RdsCore, snapshot: Snapshot, toDirectory: string): Promise<void> {
  return reading(core, snapshot, () => core.host.copy(snapshot.directory, toDirectory));
}

/** Once its files are complete; the snapshot is not removed while it is read. */
function reading(core: RdsCore, snapshot: Snapshot, read: () => Promise<void>): Promise<void> {
  const reading = snapshot.creation.settled.then(() => core.timeline.postgres(read));
  const reader = reading.then(
    () => {},
    () => {},
  );
  snapshot.readers.add(reader);
  void reader.finally(() => snapshot.readers.delete(reader));
  return reading;
}

/** A hot copy of a running cluster, a plain one of a cluster without an instance. Resolves to its size in GiB, at least the volume's. */
export async function copyOutOf(core: RdsCore, cluster: Cluster, toDirectory: string): Promise<number> {
  const { server } = cluster;
  if (server) {
    const bytes = await core.timeline.postgres(() => core.host.snapshot(server, toDirectory));
    return Math.max(cluster.facts.allocatedGib, Math.ceil(bytes / 2 ** 30));
  }
  await core.timeline.postgres(() => core.host.copy(cluster.dataDirectory, toDirectory));
  return cluster.facts.allocatedGib;
}

export async function removeSnapshotFiles(core: RdsCore, snapshot: Snapshot): Promise<void> {
  await snapshot.creation.settled;
  await Promise.all(snapshot.readers);
  if (snapshot.ownsDirectory) await core.timeline.postgres(() => core.host.remove(snapshot.directory));
}
