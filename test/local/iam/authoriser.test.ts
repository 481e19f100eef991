import { beforeEach, describe, expect, it } from "vitest";
import * as z from "zod/mini";
import { PolicyStatement } from "../../../packaging/permissions.ts";
import { type Authorisation, type Authoriser, openAuthoriser } from "../../../src/local/iam/authoriser.ts";
import type { Call, Tags, World } from "../../../src/local/iam/world.ts";
import { ServiceError } from "../../../src/local/wire/service.ts";

const ROLE = "arn:aws:iam::123456789012:role/tear-down-role";
const KEY = "arn:aws:kms:eu-west-1:123456789012:key/1";
const FOREIGN_KEY = "arn:aws:kms:eu-west-1:444455556666:key/share";
const CLUSTER = "arn:aws:rds:eu-west-1:123456789012:cluster:orders";

describe("openAuthoriser", () => {
  let statements: object[];
  let tags: Record<string, Tags>;
  let groups: Record<string, ReturnType<World["groupsOf"]>>;
  let objects: Set<string>;
  let decisions: Authorisation[];
  beforeEach(() => {
    statements = [];
    tags = {};
    groups = {};
    objects = new Set();
    decisions = [];
  });

  const world: World = {
    accountId: "123456789012",
    keyArn: (_region, name) => (name === "alias/restore-drill" ? KEY : undefined),
    topicKeyArn: () => KEY,
    tagsOf: (arn) => tags[arn] ?? {},
    groupsOf: (arn) => groups[arn],
    snapshotKeyArn: (arn) => (arn.includes(":444455556666:") ? FOREIGN_KEY : undefined),
    hasObject: async (bucket, key) => objects.has(`${bucket}/${key}`),
  };
  const opened = (): Authoriser =>
    openAuthoriser({
      roles: new Map([[ROLE, statements.map((each) => z.parse(PolicyStatement, { Effect: "Allow", ...each }))]]),
      roleOf: new Map([["tear-down", ROLE]]),
      world,
      onDecision: (decision) => decisions.push(decision),
    });
  const call = (service: string, operation: string, input: Call["input"], principal = "tear-down") =>
    opened()
      .authorise({ principal, service, region: "eu-west-1", operation, input })
      .then(
        () => "allowed" as const,
        (error: unknown) => {
          if (error instanceof ServiceError) return error;
          throw error;
        },
      );
  const describeCluster = () => call("rds", "DescribeDBClusters", { DBClusterIdentifier: "orders" });

  it("lets a person do everything, and a role what its statements allow", async () => {
    expect(await call("rds", "DeleteDBCluster", { DBClusterIdentifier: "orders" }, "operator")).toBe("allowed");
    expect(await describeCluster()).not.toBe("allowed");
    statements = [{ Action: "rds:DescribeDBClusters", Resource: CLUSTER }];
    expect(await describeCluster()).toBe("allowed");
    expect(decisions.map(({ role, decision }) => [role, decision])).toEqual([
      ["tear-down-role", "unmatched"],
      ["tear-down-role", "allowed"],
    ]);
  });

  it("says who may not do what, and whether a statement denies it", async () => {
    const who = "User: arn:aws:sts::123456789012:assumed-role/tear-down-role/tear-down is not authorized to perform";
    expect(await describeCluster()).toMatchObject({
      code: "AccessDenied",
      status: 403,
      message: `${who}: rds:DescribeDBClusters on resource: ${CLUSTER} because no identity-based policy allows the rds:DescribeDBClusters action`,
    });
    statements = [{ Effect: "Deny", Action: "rds:DescribeDBClusters", Resource: "*" }];
    expect(await describeCluster()).toMatchObject({
      message: `${who}: rds:DescribeDBClusters on resource: ${CLUSTER} with an explicit deny in an identity-based policy`,
    });
  });

  it.each([
    ["rds-data", "ExecuteStatement", { resourceArn: CLUSTER, secretArn: "arn:secret" }, "AccessDeniedException", 403],
    ["s3", "PutObject", { Bucket: "evidence", Key: "a", IfNoneMatch: "*" }, "AccessDenied", 403],
    ["sns", "Publish", { TopicArn: "arn:aws:sns:eu-west-1:1:topic" }, "AuthorizationErrorException", 403],
    ["kms", "GenerateMac", { KeyId: "alias/restore-drill" }, "AccessDeniedException", 400],
    ["ec2", "DescribeRegions", {}, "UnauthorizedOperation", 403],
    ["states", "DescribeExecution", { executionArn: "arn:aws:states:e:1:execution:a:b" }, "AccessDeniedException", 400],
    ["lambda", "Invoke", { FunctionName: "sweep" }, "AccessDeniedException", 403],
    ["monitoring", "PutMetricData", { Namespace: "RestoreDrill" }, "AccessDeniedException", 403],
  ])("answers as %s does", async (service, operation, input, code, status) => {
    expect(await call(service, operation, input)).toMatchObject({ code, status });
  });

  it("tells who may not list that access is denied to an object that is not there", async () => {
    statements = [{ Action: "s3:GetObject", Resource: "arn:aws:s3:::evidence/*" }];
    const get = () => call("s3", "GetObject", { Bucket: "evidence", Key: "a" });
    expect(await get()).toMatchObject({ code: "AccessDenied" });
    objects.add("evidence/a");
    expect(await get()).toBe("allowed");
    objects.clear();
    statements.push({ Action: "s3:ListBucket", Resource: "arn:aws:s3:::evidence" });
    expect(await get()).toBe("allowed");
  });

  it("holds conditions against the tags of the request, of the resource as it is now, and the region", async () => {
    const Condition = { Null: { "aws:ResourceTag/restore-drill:drill": "false" } };
    statements = [{ Action: "rds:ModifyDBCluster", Resource: "*", Condition }];
    const modify = () => call("rds", "ModifyDBCluster", { DBClusterIdentifier: "orders" });
    expect(await modify()).not.toBe("allowed");
    tags[CLUSTER] = { "restore-drill:drill": "1" };
    expect(await modify()).toBe("allowed");
    statements = [
      {
        Action: "rds:ModifyDBCluster",
        Resource: "*",
        Condition: { StringEquals: { "aws:RequestedRegion": "eu-west-1", "rds:cluster-tag/restore-drill:drill": "1" } },
      },
    ];
    expect(await modify()).toBe("allowed");
    statements = [
      {
        Action: "rds:ModifyDBCluster",
        Resource: "*",
        Condition: { StringEquals: { "aws:RequestedRegion": "us-east-1" } },
      },
    ];
    expect(await modify()).not.toBe("allowed");
  });

  it("asks about tags given at creation by themselves, on what is made alone", async () => {
    statements = [
      {
        Action: "rds:CopyDBClusterSnapshot",
        Resource: "*",
        Condition: { Null: { "aws:RequestTag/restore-drill:drill": "false" } },
      },
    ];
    const copy = () =>
      call("rds", "CopyDBClusterSnapshot", {
        SourceDBClusterSnapshotIdentifier: "a",
        TargetDBClusterSnapshotIdentifier: "b",
        Tags: [{ Key: "restore-drill:drill", Value: "1" }],
      });
    expect(await copy()).toMatchObject({ message: expect.stringContaining("rds:AddTagsToResource") });
    statements.push({
      Action: "rds:AddTagsToResource",
      Resource: "arn:aws:rds:eu-west-1:123456789012:cluster-snapshot:b",
      Condition: { Bool: { "rds:TagsFromRequest": "true" } },
    });
    expect(await copy()).toBe("allowed");
  });

  it("asks of a write that has to match what is there whether that may be read", async () => {
    statements = [{ Action: "s3:PutObject", Resource: "arn:aws:s3:::evidence/*" }];
    const put = (condition: object) => call("s3", "PutObject", { Bucket: "evidence", Key: "a", ...condition });
    expect(await put({ IfNoneMatch: "*" })).toBe("allowed");
    expect(await put({ IfMatch: '"1"' })).toMatchObject({ message: expect.stringContaining("s3:GetObject") });
    statements.push({ Action: "s3:GetObject", Resource: "arn:aws:s3:::evidence/a" });
    expect(await put({ IfMatch: '"1"' })).toBe("allowed");
  });

  it("asks about the groups that the engine's version and the cluster stand for, and about those that are named", async () => {
    statements = [{ Action: ["rds:CreateDBInstance", "rds:RestoreDBClusterFromSnapshot"], Resource: "*" }];
    const prefix = "arn:aws:rds:eu-west-1:123456789012:";
    groups[CLUSTER] = { engineVersion: "17.5", subnetGroup: "quiet" };
    groups[`${prefix}cluster-snapshot:s`] = { engineVersion: "16.9" };
    await call("rds", "CreateDBInstance", { DBInstanceIdentifier: "i", DBClusterIdentifier: "orders" });
    const restore = { DBClusterIdentifier: "c", SnapshotIdentifier: "s", DBSubnetGroupName: "own" };
    await call("rds", "RestoreDBClusterFromSnapshot", restore);
    await call("rds", "RestoreDBClusterFromSnapshot", { ...restore, EngineVersion: "18.4", OptionGroupName: "mine" });
    expect(decisions.map(({ resource }) => resource.replace(prefix, ""))).toEqual([
      ...[
        "cluster:orders",
        "db:i",
        "og:default:aurora-postgresql-17",
        "pg:default.aurora-postgresql17",
        "subgrp:quiet",
      ],
      ...["cluster:c", "cluster-snapshot:s", "subgrp:own"],
      ...["og:default:aurora-postgresql-16", "cluster-pg:default.aurora-postgresql16"],
      ...["cluster:c", "cluster-snapshot:s", "og:mine", "subgrp:own", "cluster-pg:default.aurora-postgresql18"],
    ]);
  });

  it("asks about the final snapshot that a deletion names, and about any where it names none", async () => {
    statements = [
      { Action: "rds:DeleteDBCluster", Resource: [CLUSTER, CLUSTER.replace("cluster:orders", "cluster-snapshot:*")] },
    ];
    await call("rds", "DeleteDBCluster", { DBClusterIdentifier: "orders", FinalDBSnapshotIdentifier: "last" });
    await call("rds", "DeleteDBCluster", { DBClusterIdentifier: "orders", SkipFinalSnapshot: true });
    expect(decisions.map(({ resource }) => resource.split(":").slice(5).join(":"))).toEqual([
      ...["cluster:orders", "cluster-snapshot:last", "cluster:orders", "cluster-snapshot:*"],
    ]);
  });

  it("asks about keys that a service uses in the caller's name, and answers as that service", async () => {
    statements = [
      { Action: ["rds:CopyDBClusterSnapshot", "sns:Publish"], Resource: "*" },
      { Action: "kms:DescribeKey", Resource: KEY },
    ];
    const input = {
      SourceDBClusterSnapshotIdentifier: "a",
      TargetDBClusterSnapshotIdentifier: "b",
      KmsKeyId: "alias/restore-drill",
    };
    expect(await call("rds", "CopyDBClusterSnapshot", input)).toMatchObject({
      code: "KMSKeyNotAccessibleFault",
      message: expect.stringContaining(`kms:CreateGrant on resource: ${KEY}`),
    });
    expect(await call("sns", "Publish", { TopicArn: "t" })).toMatchObject({ code: "KMSAccessDeniedException" });
  });

  it("asks for a copy about the key of what is copied, also where that is another account's", async () => {
    const key = (Resource: string) => ({ Action: ["kms:DescribeKey", "kms:CreateGrant"], Resource });
    const copy = (): Promise<unknown> =>
      call("rds", "CopyDBClusterSnapshot", {
        SourceDBClusterSnapshotIdentifier: "arn:aws:rds:eu-west-1:444455556666:cluster-snapshot:theirs",
        TargetDBClusterSnapshotIdentifier: "mine",
        KmsKeyId: "alias/restore-drill",
      });
    statements = [{ Action: "rds:CopyDBClusterSnapshot", Resource: "*" }, key(KEY)];
    expect(await copy()).toMatchObject({ code: "KMSKeyNotAccessibleFault" });
    statements.push(key(FOREIGN_KEY));
    expect(await copy()).toBe("allowed");
  });

  it("asks of every resource of a type when a call names none", async () => {
    statements = [
      { Action: "rds:DescribeDBInstances", Resource: "arn:aws:rds:eu-west-1:123456789012:db:restore-drill-*" },
    ];
    expect(await call("rds", "DescribeDBInstances", {})).not.toBe("allowed");
    statements = [{ Action: "rds:DescribeDBInstances", Resource: "arn:aws:rds:eu-west-1:123456789012:db:*" }];
    expect(await call("rds", "DescribeDBInstances", {})).toBe("allowed");
  });

  it("refuses to guess how a call is authorised that is not written down", async () => {
    await expect(call("s3", "GetObjectTorrent", { Bucket: "a", Key: "b" })).rejects.toThrow("not written here");
    await expect(call("dynamodb", "GetItem", {})).rejects.toThrow("not written here");
  });

  it("answers a service that acts under a role with AWS's words, or nothing", async () => {
    const request = { action: "lambda:InvokeFunction", resource: "arn:aws:lambda:eu-west-1:1:function:sweep" };
    expect(await opened().refusal(ROLE, "run", request)).toContain("assumed-role/tear-down-role/run is not authorized");
    statements = [{ Action: request.action, Resource: request.resource }];
    expect(await opened().refusal(ROLE, "run", request)).toBeUndefined();
  });
});
