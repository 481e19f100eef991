import { type RdsCore, regionOf, requireSnapshot } from "./core.ts";
import { rdsArn } from "./identifiers.ts";
import { usableKey } from "./keys.ts";
import type { Snapshot } from "./resources.ts";
import { duplicateSnapshot, newDirectory } from "./snapshot-files.ts";

export interface StandingCopyOptions {
  /** Of an encrypted snapshot. */
  readonly from: { readonly region: string; readonly snapshotId: string };
  readonly region: string;
  readonly snapshotId: string;
  readonly kind: Extract<Snapshot["kind"], "manual" | "awsbackup">;
  /** Of the region that it stands in. */
  readonly kmsKeyId: string;
  readonly createdAt?: Date;
}

/** What a copy action, or a person, has left of a snapshot: another one, of the same cluster and with the same data. */
export async function standCopy(core: RdsCore, options: StandingCopyOptions): Promise<void> {
  const source = requireSnapshot(regionOf(core, options.from.region), options.from.snapshotId);
  const region = regionOf(core, options.region);
  const directory = newDirectory(core, region.name, "snapshots", options.snapshotId);
  await duplicateSnapshot(core, source, directory);
  region.snapshots.add({
    ...source,
    region: region.name,
    id: options.snapshotId,
    arn: rdsArn(region.name, core.accountId, "cluster-snapshot", options.snapshotId),
    origin: "administration",
    kind: options.kind,
    createdAt: options.createdAt ?? new Date(core.timeline.now()),
    directory,
    ownsDirectory: true,
    facts: { ...source.facts, kmsKeyArn: usableKey(core, region.name, options.kmsKeyId) },
    tags: new Map(),
    sharedWith: new Set(),
    sourceArn: source.arn,
    isCopy: true,
    creation: core.timeline.past(),
    readers: new Set(),
  });
}
