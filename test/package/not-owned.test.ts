import { rm } from "node:fs/promises";
import { join } from "node:path";
import * as rds from "@aws-sdk/client-rds";
import * as data from "@aws-sdk/client-rds-data";
import { DeleteObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isAllowed } from "../../packaging/permissions.ts";
import { ACCOUNT_ID, SOURCE_KEY } from "../../src/local/account.ts";
import { type LocalCloud, openLocalCloud } from "../../src/local/cloud.ts";
import { EVIDENCE_BUCKET, HOME_REGION } from "../../src/local/deployment.ts";
import { knownContext, requestsOf } from "../../src/local/iam/authoriser.ts";
import { liveWorld } from "../../src/local/iam/live-world.ts";
import type { Call, Tags } from "../../src/local/iam/world.ts";
import { openOwnRoot } from "../../src/local/own-root.ts";
import { openPostgresHost } from "../../src/local/postgres/open-postgres-host.ts";
import type { PostgresHost, PostgresServer } from "../../src/local/postgres/postgres-host.ts";
import type { Principal } from "../../src/local/wire/service.ts";
import { attacks, type Database, drillTags, own, questions, readings, strayCopy, usurpations } from "./attacks.ts";
import { PROJECT_DIRECTORY } from "./packaged-service.ts";

const CACHE = join(PROJECT_DIRECTORY, ".restore-drill");

let host: PostgresHost;
/** What stands behind every cluster: nobody gets as far as to ask it. */
let server: PostgresServer;
let cloud: LocalCloud;
let root: string;
beforeAll(async () => {
  root = await openOwnRoot(join(CACHE, "test"), "not-owned");
  host = await openPostgresHost({ root: CACHE });
  server = await host.create(join(host.runDirectory, "source"));
  cloud = await openLocalCloud({ host, root, cacheDirectory: join(CACHE, "cache"), plans: [] });
}, 240_000);
afterAll(async () => {
  await cloud?.close();
  await host?.close();
  await rm(root, { recursive: true, force: true });
});

/** A cluster in the account with a writer and a snapshot, made by nobody's drill. */
async function standing(clusterId: string, snapshotId: string, tags: Tags): Promise<Database> {
  await cloud.rds.registerSource({
    region: HOME_REGION,
    clusterId,
    databaseName: "postgres",
    server,
    kmsKeyId: SOURCE_KEY,
    tags,
  });
  await cloud.rds.takeSnapshot({ region: HOME_REGION, clusterId, kind: "manual", snapshotId, tags });
  return { cluster: clusterId, instance: `${clusterId}-writer`, snapshot: snapshotId };
}

const signedAs = ({ accessKeyId, secretAccessKey }: Principal) => ({
  region: HOME_REGION,
  endpoint: cloud.url,
  credentials: { accessKeyId, secretAccessKey },
  maxAttempts: 1,
});

/** Every call, made under the role of every function. Resolves to those that were not denied for want of a permission. */
async function attempt(calls: readonly Call[]): Promise<string[]> {
  const through: string[] = [];
  for (const { name } of cloud.template.functions) {
    const config = signedAs(cloud.principalOf(name));
    const clients = { rds: new rds.RDSClient(config), "rds-data": new data.RDSDataClient(config) };
    for (const call of calls) {
      const answer = await send(clients, call);
      const outcome = answer === "NotImplemented" ? await modelled(name, call) : answer;
      if (outcome !== "denied") through.push(`${name} ${call.operation} ${JSON.stringify(call.input)}: ${outcome}`);
    }
  }
  return through;
}

/** What is called by its name: the client packages export a command for every operation. */
type Command = new (
  input: Call["input"],
) => Parameters<rds.RDSClient["send"]>[0] & Parameters<data.RDSDataClient["send"]>[0];

async function send(
  clients: { readonly rds: rds.RDSClient; readonly "rds-data": data.RDSDataClient },
  { service, operation, input }: Call,
): Promise<string> {
  const isData = service === "rds-data";
  const commands: object = isData ? data : rds;
  const Named: Command = Reflect.get(commands, `${operation}Command`);
  try {
    await (isData ? clients["rds-data"].send(new Named(input)) : clients.rds.send(new Named(input)));
    return "done";
  } catch (error) {
    const { name, message } = error as Error;
    return /^AccessDenied/.test(name) && /^User: \S+ is not authorized to perform: /.test(message) ? "denied" : name;
  }
}

/** What the role says to a call that the local RDS does not have. */
async function modelled(name: string, call: Call): Promise<string> {
  const { template, account } = cloud;
  const { statements = [] } = template.functions.find((each) => each.name === name) ?? {};
  const rest = { accountId: ACCOUNT_ID, keys: account.keys, rds: cloud.rds, bucketsDirectory: root };
  for (const request of await requestsOf(call, liveWorld({ template, ...rest }))) {
    const context = await knownContext(request);
    if (!isAllowed(statements, request.action, request.resource, context)) return "denied";
  }
  return "allowed";
}

/** The functions whose roles allow it. */
async function allowedTo(call: Call): Promise<string[]> {
  const allowed: string[] = [];
  for (const { name } of cloud.template.functions) if ((await modelled(name, call)) === "allowed") allowed.push(name);
  return allowed;
}

/** Everything that RDS says of what stands there. */
async function described(): Promise<object> {
  const client = new rds.RDSClient(signedAs(cloud.operator));
  const { DBClusters } = await client.send(new rds.DescribeDBClustersCommand({}));
  const { DBInstances } = await client.send(new rds.DescribeDBInstancesCommand({}));
  const { DBClusterSnapshots } = await client.send(new rds.DescribeDBClusterSnapshotsCommand({}));
  return { DBClusters, DBInstances, DBClusterSnapshots };
}

describe("a database that no drill made", () => {
  it("can not be destroyed, changed, handed out or disowned by any function, nor replaced, tagged or asked", async () => {
    const database = await standing("orders-production", "orders-before-upgrade", {});
    const before = await described();
    expect(await attempt([...attacks(database), ...usurpations(database)])).toEqual([]);
    expect(await described()).toEqual(before);
  });

  it("can be copied without tags by the role that copies, since IAM can not hold that, and by no other", async () => {
    const call = strayCopy({ cluster: "orders-production", instance: "", snapshot: "orders-before-upgrade" });
    expect(await allowedTo(call)).toEqual(["copy-snapshot"]);
  });

  it("has its snapshots copied and restored by the one role each that needs to", async () => {
    const database = { cluster: "orders-production", instance: "", snapshot: "orders-before-upgrade" };
    const allowed = await Promise.all(readings(database).map(async (call) => [call.operation, await allowedTo(call)]));
    expect(allowed).toEqual([
      ["CopyDBClusterSnapshot", ["copy-snapshot"]],
      ["RestoreDBClusterFromSnapshot", ["restore-sandbox"]],
      ["RestoreDBClusterToPointInTime", []],
    ]);
  });

  it("can not even when it carries the tags of a drill", async () => {
    const database = await standing("billing-production", "billing-before-upgrade", drillTags);
    const before = await described();
    expect(await attempt([...attacks(database), ...usurpations(database)])).toEqual([]);
    expect(await described()).toEqual(before);
  });

  it("can not when it has the name of a drill and other tags, nor does its name open another's secret", async () => {
    const database = await standing(own.cluster, own.snapshotCopy, { team: "orders" });
    const before = await described();
    expect(await attempt([...attacks(database), ...questions(own.cluster, "orders-production")])).toEqual([]);
    expect(await described()).toEqual(before);
  });
});

describe("a database that a drill made", () => {
  /** So that the denials above are of the names and tags, and not of a call that is never allowed. */
  it("can be opened and torn down, and by no function shared, exported or untagged", async () => {
    const client = new rds.RDSClient(signedAs(cloud.operator));
    const database = { cluster: own.cluster, instance: own.writer, snapshot: own.snapshotCopy };
    for (const [kind, name] of [
      ["cluster", own.cluster],
      ["db", own.writer],
      ["cluster-snapshot", own.snapshotCopy],
    ])
      await client.send(
        new rds.AddTagsToResourceCommand({
          ResourceName: `arn:aws:rds:${HOME_REGION}:${ACCOUNT_ID}:${kind}:${name}`,
          Tags: Object.entries(drillTags).map(([Key, Value]) => ({ Key, Value })),
        }),
      );
    const allowed = new Set<string>();
    for (const call of attacks(database)) if ((await allowedTo(call)).length > 0) allowed.add(call.operation);
    expect([...allowed].sort()).toEqual([
      "DeleteDBCluster",
      "DeleteDBClusterSnapshot",
      "DeleteDBInstance",
      "EnableHttpEndpoint",
      "ModifyDBCluster",
    ]);
  });
});

describe("evidence", () => {
  it("can not be deleted by any function", async () => {
    for (const { name } of cloud.template.functions) {
      const s3 = new S3Client({ ...signedAs(cloud.principalOf(name)), forcePathStyle: true });
      const object = { Bucket: EVIDENCE_BUCKET, Key: "orders/20261121-143205-3f9a2b1c/report.json" };
      await expect(s3.send(new DeleteObjectCommand(object)), name).rejects.toMatchObject({ name: "AccessDenied" });
    }
  });
});
