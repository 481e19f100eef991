import type { StorageEncryptionType } from "@aws-sdk/client-rds";
import { type RdsCore, type RestoreHook, regionOf, requireCluster, requireSnapshot } from "./core.ts";
import { automatedSnapshotId, rdsArn } from "./identifiers.ts";
import { requireZones } from "./networks.ts";
import type { ParameterGroup, Snapshot, SubnetGroup } from "./resources.ts";
import { deleteRestored, restoreForTest, type TestedRestore } from "./restore-tests.ts";
import { type SharedSnapshotOptions, shareSnapshot } from "./shared-snapshots.ts";
import { snapshotOf } from "./snapshots.ts";
import { registerSource, removeSource, type SourceOptions } from "./sources.ts";
import { type StandingCopyOptions, standCopy } from "./standing-copies.ts";
import { type ResourceSummary, summariesOf } from "./summaries.ts";
import { givenTags } from "./tags.ts";

export interface SnapshotOptions {
  readonly region: string;
  readonly clusterId: string;
  readonly kind: Exclude<Snapshot["kind"], "shared">;
  /** By default the name RDS gives automated snapshots. */
  readonly snapshotId?: string;
  readonly createdAt?: Date;
  readonly tags?: Readonly<Record<string, string>>;
  readonly allocatedGib?: number;
}

export interface RegisteredSnapshotOptions extends SnapshotOptions {
  /** A snapshot that PostgresHost took; it is read, never removed. */
  readonly directory: string;
  /** A terminal status other than `available`. */
  readonly status?: string;
  readonly kmsKeyArn?: string;
  readonly encryption?: StorageEncryptionType;
  readonly engineVersion?: string;
}

/** RDS puts it on every secret that it manages: https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/rds-secrets-manager.html */
const SECRET_OF = "aws:rds:primaryDBClusterArn";

/** What stands behind the API: the composition root, the sabotages and the tests make and look at things through it. */
export class RdsAdministration {
  readonly #core: RdsCore;

  constructor(core: RdsCore) {
    this.#core = core;
  }

  /** A production cluster with its writer and its Data API. Its server gets the master user that RDS would have made with it, and a reader. */
  registerSource(options: SourceOptions): Promise<void> {
    return registerSource(this.#core, options);
  }

  /** As RDS deletes a cluster when nobody says otherwise: with its automated snapshots. Its server is left alone. */
  removeSource(region: string, clusterId: string): void {
    removeSource(regionOf(this.#core, region), clusterId);
  }

  /** A copy that stands where and under the key that it is wanted, complete when this resolves, without modelled time. */
  standCopy(copy: StandingCopyOptions): Promise<void> {
    return standCopy(this.#core, copy);
  }

  /** A real hot copy of a cluster, complete when this resolves, without modelled time. Resolves to the snapshot's id. */
  async takeSnapshot(options: SnapshotOptions): Promise<string> {
    const core = this.#core;
    const region = regionOf(core, options.region);
    const cluster = requireCluster(region, options.clusterId);
    const createdAt = options.createdAt ?? new Date(core.timeline.now());
    const id = options.snapshotId ?? automatedSnapshotId(cluster.id, createdAt);
    const tags = givenTags(options.tags);
    const request = { id, kind: options.kind, origin: "administration", createdAt, tags, immediately: true } as const;
    const { creation } = snapshotOf(core, region, cluster, { ...request, allocatedGib: options.allocatedGib });
    await creation.settled;
    if (creation.cause !== undefined) throw creation.cause;
    return id;
  }

  /** A snapshot that is there already. Its cluster has to be registered. Answers the snapshot's id. */
  registerSnapshot(options: RegisteredSnapshotOptions): string {
    const core = this.#core;
    const region = regionOf(core, options.region);
    const cluster = requireCluster(region, options.clusterId);
    const createdAt = options.createdAt ?? new Date(core.timeline.now());
    const id = options.snapshotId ?? automatedSnapshotId(cluster.id, createdAt);
    const status = options.status === "available" ? undefined : options.status;
    const kmsKeyArn = options.kmsKeyArn ?? cluster.facts.kmsKeyArn;
    region.snapshots.add({
      region: region.name,
      id,
      arn: rdsArn(region.name, core.accountId, "cluster-snapshot", id),
      origin: "administration",
      kind: options.kind,
      clusterId: cluster.id,
      clusterResourceId: cluster.resourceId,
      clusterMadeAt: cluster.madeAt,
      vpcId: cluster.vpcId,
      madeAt: 0,
      createdAt,
      directory: options.directory,
      ownsDirectory: false,
      facts: {
        ...cluster.facts,
        engineVersion: options.engineVersion ?? cluster.facts.engineVersion,
        allocatedGib: options.allocatedGib ?? cluster.facts.allocatedGib,
        encryption: options.encryption ?? (kmsKeyArn === undefined ? cluster.facts.encryption : "sse-kms"),
        kmsKeyArn,
      },
      tags: givenTags(options.tags),
      sharedWith: new Set(),
      sourceArn: undefined,
      isCopy: false,
      creation: core.timeline.past(status),
      readers: new Set(),
    });
    return id;
  }

  /** A real hot copy of a cluster of another account, which shares it with this one. Resolves to its ARN. */
  async shareSnapshot(options: SharedSnapshotOptions): Promise<string> {
    return await shareSnapshot(this.#core, options);
  }

  /** The owner takes it back. */
  unshareSnapshot(arn: string): void {
    for (const { sharedSnapshots } of this.#core.regions.values()) sharedSnapshots.delete(arn);
  }

  /** Whether the policy of another account's key lets this account use it. */
  grantKey(arn: string, isGranted: boolean): void {
    if (isGranted) this.#core.grantedKeys.add(arn);
    else this.#core.grantedKeys.delete(arn);
  }

  /** What AWS Backup restores to have it tested, and what of. No drill answers for it. */
  async restoreForTest(test: TestedRestore) {
    const { arn } = await restoreForTest(this.#core, test);
    const {
      arn: of,
      clusterId,
      createdAt,
      facts,
    } = requireSnapshot(regionOf(this.#core, test.region), test.snapshotId);
    const clusterArn = rdsArn(test.region, this.#core.accountId, "cluster", clusterId);
    return { arn, source: { arn: of, clusterArn, createdAt, allocatedGib: facts.allocatedGib } };
  }

  /** As AWS Backup deletes it: once, without its instances. Throws what RDS refuses. */
  deleteRestored(arn: string): Promise<void> {
    return deleteRestored(this.#core, arn);
  }

  /** Throws `DBSubnetGroupDoesNotCoverEnoughAZs`. */
  createSubnetGroup(region: string, group: SubnetGroup): void {
    requireZones(group);
    regionOf(this.#core, region).subnetGroups.set(group.name.toLowerCase(), {
      ...group,
      name: group.name.toLowerCase(),
    });
  }

  createParameterGroup(region: string, group: ParameterGroup): void {
    regionOf(this.#core, region).parameterGroups.set(group.name.toLowerCase(), {
      ...group,
      name: group.name.toLowerCase(),
    });
  }

  /** Runs once for every restored cluster, when its server first starts and before its writer is available. */
  onRestored(hook: RestoreHook): void {
    this.#core.restoreHooks.push(hook);
  }

  /** The tags of a cluster, an instance, a cluster snapshot or a managed secret, in any region; none for what is not there. */
  tagsOf(arn: string): Readonly<Record<string, string>> {
    for (const { clusters, instances, snapshots } of this.#core.regions.values()) {
      const tagged = [...clusters.all(), ...instances.all(), ...snapshots.all()].find((each) => each.arn === arn);
      if (tagged !== undefined) return Object.fromEntries(tagged.tags);
      const owner = clusters.all().find(({ secret }) => secret?.arn === arn);
      if (owner !== undefined) return { [SECRET_OF]: owner.arn };
    }
    return {};
  }

  /** Of a cluster or a cluster snapshot, in any region, what names the groups that RDS takes for it; undefined for what is not there. */
  groupsOf(arn: string): { readonly engineVersion: string; readonly subnetGroup?: string } | undefined {
    for (const { clusters, snapshots } of this.#core.regions.values()) {
      const cluster = clusters.all().find((each) => each.arn === arn);
      if (cluster !== undefined)
        return { engineVersion: cluster.facts.engineVersion, subnetGroup: cluster.subnetGroup };
      const snapshot = snapshots.all().find((each) => each.arn === arn);
      if (snapshot !== undefined) return { engineVersion: snapshot.facts.engineVersion };
    }
    return undefined;
  }

  /** The key of an encrypted cluster snapshot, in any region, its owner this account or another that shares it. */
  snapshotKeyOf(arn: string): string | undefined {
    for (const { snapshots, sharedSnapshots } of this.#core.regions.values()) {
      const found = sharedSnapshots.get(arn) ?? snapshots.all().find((each) => each.arn === arn);
      if (found !== undefined) return found.facts.kmsKeyArn;
    }
    return undefined;
  }

  /** Everything there is, in every region: also what a Describe call does not show yet. */
  resources(): ResourceSummary[] {
    return summariesOf(this.#core, () => true);
  }

  /** What the API made and nobody deleted to the end, and the servers that still run for it. Empty after a clean teardown. */
  leftovers(): ResourceSummary[] {
    return summariesOf(this.#core, (origin) => origin === "api");
  }

  /** Resolves when no background work is left: copies, server starts, removals. */
  async settled(): Promise<void> {
    for (const region of this.#core.regions.values()) {
      const all = [...region.snapshots.all(), ...region.clusters.all(), ...region.instances.all()];
      await Promise.all(all.flatMap((resource) => [resource.creation.settled, resource.deletion?.settled]));
    }
  }
}
