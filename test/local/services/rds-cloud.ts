/** A local RDS with one production cluster and one snapshot of it, spoken to by real SDK clients. */
import { randomBytes } from "node:crypto";
import { rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { DescribeDBClustersCommand, DescribeDBInstancesCommand, RDSClient } from "@aws-sdk/client-rds";
import { RDSDataClient } from "@aws-sdk/client-rds-data";
import { addDefaultVpc } from "../../../src/local/default-vpc.ts";
import { withClient } from "../../../src/local/postgres/client.ts";
import { openPostgresHost } from "../../../src/local/postgres/open-postgres-host.ts";
import type { PostgresHost, PostgresServer } from "../../../src/local/postgres/postgres-host.ts";
import { isolatedNetwork, type Network } from "../../../src/local/services/ec2.ts";
import { KmsKeys } from "../../../src/local/services/kms.ts";
import { type LocalRds, type RdsOptions, rdsService } from "../../../src/local/services/rds.ts";
import { startEndpoint } from "../../../src/local/wire/endpoint.ts";

const ACCOUNT = "123456789012";
export const SOURCE_REGION = "eu-central-1";
export const DRILL_REGION = "eu-west-1";
const PRINCIPAL = { name: "test", accessKeyId: "AKIATEST", secretAccessKey: "secret" };

export interface RdsCloud {
  readonly local: LocalRds;
  readonly keys: KmsKeys;
  readonly networks: Map<string, Network>;
  readonly host: PostgresHost;
  readonly source: PostgresServer;
  readonly snapshotId: string;
  /** A client of a region that does not retry, so that every refusal is seen. */
  rds(region: string): RDSClient;
  data(region: string): RDSDataClient;
  readonly network: { readonly subnetGroup: string; readonly securityGroup: string };
  close(): Promise<void>;
}

const SCHEMA = `
  create table orders (id int primary key, note text not null, total numeric(12,2), placed timestamptz);
  insert into orders select n, 'order ' || n, n * 1.5, '2026-01-01 00:00:00+00'::timestamptz + n * interval '1 hour'
    from generate_series(1, 100) n;
  create type mood as enum ('calm', 'busy');
  create table "Odd ""Name""" (id uuid primary key, moods mood[]);`;

/** Transitions of a few milliseconds, seen at once, unless the options say otherwise. */
export async function startRdsCloud(options: Partial<RdsOptions> & { encrypted?: boolean } = {}): Promise<RdsCloud> {
  const root = resolve(".restore-drill/test", `rds-${randomBytes(6).toString("hex")}`);
  const host = await openPostgresHost({ root });
  const keys = new KmsKeys(ACCOUNT);
  keys.create(SOURCE_REGION, { aliases: ["alias/production"] });
  keys.create(DRILL_REGION, { aliases: ["alias/drill"] });
  const networks = new Map([SOURCE_REGION, DRILL_REGION].map((region) => [region, isolatedNetwork(region, ACCOUNT)]));
  const { encrypted = true, ...rdsOptions } = options;
  const local = rdsService({
    accountId: ACCOUNT,
    host,
    directory: join(host.runDirectory, "rds"),
    keys,
    vpcs: vpcsOf(networks),
    timeScale: 0.001,
    durations: { visibility: 0 },
    callsPerSecond: Number.POSITIVE_INFINITY,
    ...rdsOptions,
  });
  const source = await host.create(join(host.runDirectory, "production"));
  await withClient(source.connection, "postgres", (client) => client.query("create database shop"));
  await withClient(source.connection, "shop", (client) => client.query(SCHEMA));
  await local.administration.registerSource({
    region: SOURCE_REGION,
    clusterId: "shop",
    databaseName: "shop",
    server: source,
    tags: { team: "orders" },
    ...(encrypted && { kmsKeyId: "alias/production" }),
  });
  const snapshotId = await local.administration.takeSnapshot({
    region: SOURCE_REGION,
    clusterId: "shop",
    kind: "automated",
    createdAt: new Date("2026-11-20T03:04:05Z"),
  });
  const network = prepareNetwork(local, networks);
  const endpoint = await startEndpoint({
    accountId: ACCOUNT,
    principals: [PRINCIPAL],
    services: [local.service, local.dataService],
    onDefect: (defect) => console.error(defect),
  });
  const config = (region: string) => ({ region, endpoint: endpoint.url, credentials: PRINCIPAL, maxAttempts: 1 });
  return {
    local,
    keys,
    networks,
    host,
    source,
    snapshotId,
    network,
    rds: (region) => new RDSClient(config(region)),
    data: (region) => new RDSDataClient(config(region)),
    async close() {
      await endpoint.close();
      await local.close();
      await host.close();
      await rm(root, { recursive: true, force: true });
    },
  };
}

function vpcsOf(networks: ReadonlyMap<string, Network>): RdsOptions["vpcs"] {
  const defaults = new Map([...networks].map(([region, network]) => [region, addDefaultVpc(network, ACCOUNT)]));
  const elsewhere = { vpcId: "vpc-default", subnets: [], securityGroupId: "sg-default" };
  return {
    defaultVpc: (region) => defaults.get(region) ?? elsewhere,
    vpcOfSecurityGroup: (region, id) =>
      networks.get(region)?.securityGroups.find(({ GroupId }) => GroupId === id)?.VpcId,
  };
}

function prepareNetwork(local: LocalRds, networks: ReadonlyMap<string, Network>): RdsCloud["network"] {
  const drill = networks.get(DRILL_REGION);
  if (!drill) throw new Error("the drill region has no network");
  local.administration.createSubnetGroup(DRILL_REGION, {
    name: "isolated",
    description: "no way in or out",
    vpcId: drill.vpcId,
    subnets: drill.subnets.map((subnet) => ({
      id: subnet.SubnetId ?? "",
      availabilityZone: subnet.AvailabilityZone ?? "",
    })),
  });
  local.administration.createParameterGroup(DRILL_REGION, {
    name: "drill",
    family: "aurora-postgresql18",
    description: "for drills",
  });
  local.administration.createParameterGroup(DRILL_REGION, {
    name: "old",
    family: "aurora-postgresql17",
    description: "of another version",
  });
  return { subnetGroup: "isolated", securityGroup: drill.securityGroups[0]?.GroupId ?? "" };
}

const POLL_MILLISECONDS = 20;
const POLLS = 1000;

/** Polls until `look` answers something; gives up after 20 s. */
export async function eventually<T>(look: () => Promise<T | undefined>): Promise<T> {
  for (let poll = 0; poll < POLLS; poll += 1) {
    const seen = await look();
    if (seen !== undefined) return seen;
    await new Promise((done) => setTimeout(done, POLL_MILLISECONDS));
  }
  throw new Error("it did not happen within 20 s");
}

export async function clusterStatus(rds: RDSClient, id: string): Promise<string | undefined> {
  const { DBClusters } = await rds.send(new DescribeDBClustersCommand({ DBClusterIdentifier: id }));
  return DBClusters?.[0]?.Status;
}

export async function instanceStatus(rds: RDSClient, id: string): Promise<string | undefined> {
  const { DBInstances } = await rds.send(new DescribeDBInstancesCommand({ DBInstanceIdentifier: id }));
  return DBInstances?.[0]?.DBInstanceStatus;
}

/** What a call was refused with. */
export async function refusal(call: Promise<unknown>): Promise<{ name: string; message: string; status?: number }> {
  try {
    await call;
  } catch (error) {
    const { name, message, $metadata } = error as Error & { $metadata?: { httpStatusCode?: number } };
    return { name, message, ...($metadata?.httpStatusCode !== undefined && { status: $metadata.httpStatusCode }) };
  }
  throw new Error("the call was not refused");
}
