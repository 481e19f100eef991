import { DescribeSecurityGroupsCommand, EC2ServiceException } from "@aws-sdk/client-ec2";
import { DescribeKeyCommand, NotFoundException as KeyNotFound, ListKeysCommand } from "@aws-sdk/client-kms";
import {
  CopyDBClusterSnapshotCommand,
  CreateDBClusterSnapshotCommand,
  CreateDBSnapshotCommand,
  DBClusterNotFoundFault,
  DBClusterSnapshotAlreadyExistsFault,
  DBSnapshotAlreadyExistsFault,
  DescribeDBClustersCommand,
  RDSClient,
} from "@aws-sdk/client-rds";
import { ExecuteStatementCommand, StatementTimeoutException } from "@aws-sdk/client-rds-data";
import { GetObjectCommand, HeadObjectCommand, NoSuchKey, NotFound, PutObjectCommand } from "@aws-sdk/client-s3";
import { DescribeExecutionCommand, ExecutionDoesNotExist } from "@aws-sdk/client-sfn";
import { PublishCommand, NotFoundException as TopicNotFound } from "@aws-sdk/client-sns";
import { afterEach, describe, expect, it } from "vitest";
import { ServiceError } from "../../../src/local/wire/service.ts";
import { clientConfig, type StubCloud, startStubCloud } from "./stub-cloud.ts";

let cloud: StubCloud;
afterEach(() => cloud.close());

function throwing(code: string, options: ConstructorParameters<typeof ServiceError>[2] = {}) {
  return () => {
    throw new ServiceError(code, `${code} <said> & done`, options);
  };
}

/** What a call is refused with; fails when it is not. */
async function refusal(call: Promise<unknown>): Promise<Error & { $metadata: { httpStatusCode?: number } }> {
  return call.then(
    () => expect.unreachable("the call was answered"),
    (error) => error,
  );
}

describe("errors that the SDK models", () => {
  it("reach an RDS client as its own classes, under their wire codes", async () => {
    cloud = await startStubCloud({
      rds: {
        DescribeDBClusters: throwing("DBClusterNotFoundFault"),
        CreateDBSnapshot: throwing("DBSnapshotAlreadyExistsFault"),
        CreateDBClusterSnapshot: throwing("DBClusterSnapshotAlreadyExistsFault"),
      },
    });
    const { rds } = cloud.clients;
    const missing = await refusal(rds.send(new DescribeDBClustersCommand({})));
    expect(missing).toBeInstanceOf(DBClusterNotFoundFault);
    expect(missing).toMatchObject({
      message: "DBClusterNotFoundFault <said> & done",
      $metadata: { httpStatusCode: 404 },
    });
    const twice = await refusal(
      rds.send(new CreateDBSnapshotCommand({ DBSnapshotIdentifier: "s", DBInstanceIdentifier: "i" })),
    );
    expect(twice).toBeInstanceOf(DBSnapshotAlreadyExistsFault);
    expect(twice).toMatchObject({ Code: "DBSnapshotAlreadyExists", $metadata: { httpStatusCode: 400 } });
    const input = { DBClusterSnapshotIdentifier: "s", DBClusterIdentifier: "c" };
    const cluster = await refusal(rds.send(new CreateDBClusterSnapshotCommand(input)));
    expect(cluster).toBeInstanceOf(DBClusterSnapshotAlreadyExistsFault);
    expect(cloud.records.map((record) => record.error)).toEqual([
      "DBClusterNotFoundFault",
      "DBSnapshotAlreadyExistsFault",
      "DBClusterSnapshotAlreadyExistsFault",
    ]);
  });

  it("reach SNS, KMS, Step Functions and Data API clients as their own classes, with their members", async () => {
    cloud = await startStubCloud({
      sns: { Publish: throwing("NotFoundException") },
      kms: { DescribeKey: throwing("NotFoundException") },
      states: { DescribeExecution: throwing("ExecutionDoesNotExist") },
      "rds-data": { ExecuteStatement: throwing("StatementTimeoutException", { members: { dbConnectionId: 7 } }) },
    });
    const { sns, kms, sfn, rdsData } = cloud.clients;
    expect(await refusal(sns.send(new PublishCommand({ Message: "m" })))).toBeInstanceOf(TopicNotFound);
    expect(await refusal(kms.send(new DescribeKeyCommand({ KeyId: "k" })))).toBeInstanceOf(KeyNotFound);
    const execution = await refusal(sfn.send(new DescribeExecutionCommand({ executionArn: "e" })));
    expect(execution).toBeInstanceOf(ExecutionDoesNotExist);
    const statement = new ExecuteStatementCommand({ resourceArn: "arn:r", secretArn: "arn:s", sql: "select" });
    const timeout = await refusal(rdsData.send(statement));
    expect(timeout).toBeInstanceOf(StatementTimeoutException);
    expect(timeout).toMatchObject({ dbConnectionId: 7, message: "StatementTimeoutException <said> & done" });
  });

  it("reach S3 clients as their own classes, of HEAD by the status alone", async () => {
    cloud = await startStubCloud({ s3: { GetObject: throwing("NoSuchKey"), HeadObject: throwing("NoSuchKey") } });
    const where = { Bucket: "b", Key: "k" };
    expect(await refusal(cloud.clients.s3.send(new GetObjectCommand(where)))).toBeInstanceOf(NoSuchKey);
    expect(await refusal(cloud.clients.s3.send(new HeadObjectCommand(where)))).toBeInstanceOf(NotFound);
  });
});

describe("errors that the SDK does not model", () => {
  it("keep their code and get the status that AWS answers", async () => {
    cloud = await startStubCloud({
      ec2: { DescribeSecurityGroups: throwing("InvalidGroup.NotFound") },
      rds: { DescribeDBClusters: throwing("AccessDenied") },
      s3: { PutObject: throwing("PreconditionFailed", { status: 412 }) },
    });
    const group = await refusal(cloud.clients.ec2.send(new DescribeSecurityGroupsCommand({})));
    expect(group).toBeInstanceOf(EC2ServiceException);
    expect(group).toMatchObject({ name: "InvalidGroup.NotFound", $metadata: { httpStatusCode: 400 } });
    const denied = await refusal(cloud.clients.rds.send(new DescribeDBClustersCommand({})));
    expect(denied).toMatchObject({ name: "AccessDenied", $metadata: { httpStatusCode: 403 } });
    const put = await refusal(cloud.clients.s3.send(new PutObjectCommand({ Bucket: "b", Key: "k", Body: "x" })));
    expect(put).toMatchObject({ name: "PreconditionFailed", $metadata: { httpStatusCode: 412 } });
  });

  it("are retried by the SDK when they are throttling", async () => {
    let refusals = 0;
    cloud = await startStubCloud(
      { rds: { DescribeDBClusters: { DBClusters: [] } } },
      {
        intercept: ({ service, operation, principal }) => {
          expect([service, operation, principal]).toEqual(["rds", "DescribeDBClusters", "restore-sandbox"]);
          refusals += 1;
          if (refusals < 3) throw new ServiceError("Throttling", "Rate exceeded");
        },
      },
    );
    const client = new RDSClient({ ...clientConfig(cloud.url), maxAttempts: 3 });
    await client.send(new DescribeDBClustersCommand({}));
    expect(refusals).toBe(3);
    expect(cloud.seen).toHaveLength(1);
  });
});

describe("a defect of a local service", () => {
  it("is answered as InternalFailure, without its stack, and told to whoever runs the cloud", async () => {
    const defect = new RangeError("the disk is full");
    cloud = await startStubCloud({
      rds: {
        DescribeDBClusters: () => {
          throw defect;
        },
      },
    });
    const error = await refusal(cloud.clients.rds.send(new DescribeDBClustersCommand({})));
    expect(error).toMatchObject({
      name: "InternalFailure",
      message: "the disk is full",
      $metadata: { httpStatusCode: 500 },
    });
    expect(cloud.defects).toEqual([defect]);
  });

  it.each([
    ["an unknown member", { DBClusters: [{ Stattus: "available" }] }, "Unknown member DBClusters[0].Stattus"],
    ["a wrong type", { DBClusters: [{ Port: "5432" }] }, "DBClusters[0].Port must be a number, not a string"],
    ["a null", { DBClusters: [{ Status: null }] }, "DBClusters[0].Status must be a string, not null"],
  ])("is seen when it answers %s", async (_, output, message) => {
    cloud = await startStubCloud({ rds: { DescribeDBClusters: output } });
    const error = await refusal(cloud.clients.rds.send(new DescribeDBClustersCommand({})));
    expect(error.name).toBe("InternalFailure");
    expect(error.message).toContain(message);
  });

  it("is seen when it answers a union with two members", async () => {
    cloud = await startStubCloud({
      "rds-data": { ExecuteStatement: { records: [[{ longValue: 1, stringValue: "1" }]] } },
    });
    const statement = new ExecuteStatementCommand({ resourceArn: "arn:r", secretArn: "arn:s", sql: "select" });
    const error = await refusal(cloud.clients.rdsData.send(statement));
    expect(error.message).toContain("records[0][0] must hold exactly one member of the union Field, not 2");
  });
});

describe("an operation that is not there", () => {
  it("is named, with its service, when AWS has it and the local cloud does not", async () => {
    cloud = await startStubCloud({});
    const error = await refusal(cloud.clients.kms.send(new ListKeysCommand({})));
    expect(error).toMatchObject({
      name: "NotImplemented",
      message: "The local cloud does not have the operation ListKeys of kms",
      $metadata: { httpStatusCode: 501 },
    });
    const get = await refusal(cloud.clients.s3.send(new GetObjectCommand({ Bucket: "b", Key: "k" })));
    expect(get.message).toBe("The local cloud does not have the operation GetObject of s3");
  });
});

describe("a missing required member", () => {
  it("is named in the code of the protocol", async () => {
    cloud = await startStubCloud({
      rds: { CopyDBClusterSnapshot: {} },
      kms: { DescribeKey: {} },
      "rds-data": { ExecuteStatement: {} },
    });
    const { rds, kms, rdsData } = cloud.clients;
    const copy = { SourceDBClusterSnapshotIdentifier: "s", TargetDBClusterSnapshotIdentifier: undefined };
    const query = await refusal(rds.send(new CopyDBClusterSnapshotCommand(copy as never)));
    expect(query).toMatchObject({
      name: "MissingParameter",
      message: "Missing required member TargetDBClusterSnapshotIdentifier of CopyDBClusterSnapshotMessage",
    });
    const json = await refusal(kms.send(new DescribeKeyCommand({} as never)));
    expect(json).toMatchObject({ name: "ValidationException" });
    const rest = await refusal(
      rdsData.send(new ExecuteStatementCommand({ resourceArn: "r", secretArn: "s" } as never)),
    );
    expect(rest).toMatchObject({ name: "BadRequestException", message: expect.stringContaining("sql") });
    expect(cloud.seen).toEqual([]);
  });
});
