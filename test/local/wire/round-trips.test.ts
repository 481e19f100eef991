import { Readable } from "node:stream";
import { DescribeRegionsCommand, DescribeSecurityGroupsCommand } from "@aws-sdk/client-ec2";
import { DescribeKeyCommand, EncryptCommand, ImportKeyMaterialCommand } from "@aws-sdk/client-kms";
import {
  CopyDBClusterSnapshotCommand,
  DescribeDBClustersCommand,
  ModifyDBClusterCommand,
  RestoreDBClusterFromSnapshotCommand,
} from "@aws-sdk/client-rds";
import { ExecuteStatementCommand } from "@aws-sdk/client-rds-data";
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand } from "@aws-sdk/client-s3";
import { DescribeExecutionCommand, StartExecutionCommand } from "@aws-sdk/client-sfn";
import { GetTopicAttributesCommand, PublishCommand } from "@aws-sdk/client-sns";
import { afterEach, describe, expect, it } from "vitest";
import { type StubCloud, startStubCloud } from "./stub-cloud.ts";

let cloud: StubCloud;
afterEach(() => cloud.close());

/** What a client got, without what the client added. */
function plain(output: object): object {
  const { $metadata, ...rest } = output as Record<string, unknown>;
  return rest;
}

describe("awsQuery: RDS", () => {
  it("carries nested lists, numbers, booleans and timestamps both ways", async () => {
    const output = {
      DBCluster: {
        DBClusterIdentifier: "orders & <more>",
        AllocatedStorage: 7,
        DeletionProtection: false,
        ClusterCreateTime: new Date("2026-11-03T04:05:06.789Z"),
        AvailabilityZones: ["eu-central-1a", "eu-central-1b"],
        DBClusterMembers: [{ DBInstanceIdentifier: "writer", IsClusterWriter: true }],
        TagList: [],
      },
    };
    cloud = await startStubCloud({ rds: { RestoreDBClusterFromSnapshot: output } });
    const input = {
      DBClusterIdentifier: "sandbox",
      SnapshotIdentifier: "snapshot",
      Engine: "aurora-postgresql",
      Port: 5433,
      DeletionProtection: false,
      VpcSecurityGroupIds: ["sg-1", "sg-2"],
      Tags: [
        { Key: "restore-drill:drill", Value: "a=b&c d+e/ü" },
        { Key: "empty", Value: "" },
      ],
      ServerlessV2ScalingConfiguration: { MinCapacity: 0.5, MaxCapacity: 4 },
    };
    const answer = await cloud.clients.rds.send(new RestoreDBClusterFromSnapshotCommand(input));
    expect(cloud.seen[0]?.input).toEqual(input);
    expect(plain(answer)).toEqual(output);
  });

  it("tells the region, the principal and the account of a call", async () => {
    cloud = await startStubCloud({ rds: { DescribeDBClusters: { DBClusters: [] } } });
    await cloud.clients.rds.send(new DescribeDBClustersCommand({}));
    expect(cloud.seen[0]?.context).toMatchObject({
      region: "eu-central-1",
      accountId: "123456789012",
      principal: { name: "restore-sandbox" },
    });
  });

  it("carries empty lists both ways", async () => {
    cloud = await startStubCloud({ rds: { DescribeDBClusters: { DBClusters: [] }, ModifyDBCluster: {} } });
    const answer = await cloud.clients.rds.send(new DescribeDBClustersCommand({ Filters: [] }));
    expect(answer.DBClusters).toEqual([]);
    expect(cloud.seen[0]?.input).toEqual({ Filters: [] });
    const change = { DBClusterIdentifier: "a", CloudwatchLogsExportConfiguration: { EnableLogTypes: ["postgresql"] } };
    await cloud.clients.rds.send(new ModifyDBClusterCommand(change));
    expect(cloud.seen[1]?.input).toEqual(change);
  });

  it("leaves the pre-signed URL of a cross-region copy to the service", async () => {
    cloud = await startStubCloud({ rds: { CopyDBClusterSnapshot: { DBClusterSnapshot: { Status: "copying" } } } });
    const copy = new CopyDBClusterSnapshotCommand({
      SourceDBClusterSnapshotIdentifier: "arn:aws:rds:eu-west-1:123456789012:cluster-snapshot:orders",
      TargetDBClusterSnapshotIdentifier: "copy",
      KmsKeyId: "alias/drill",
      SourceRegion: "eu-west-1",
    } as ConstructorParameters<typeof CopyDBClusterSnapshotCommand>[0]);
    await cloud.clients.rds.send(copy);
    expect(cloud.seen[0]?.input["PreSignedUrl"]).toContain("X-Amz-Signature=");
    expect(cloud.seen[0]?.input).not.toHaveProperty("SourceRegion");
  });
});

describe("awsQuery: SNS", () => {
  it("carries maps with blobs both ways", async () => {
    const attributes = { DisplayName: "drill <outcomes>", Policy: '{"a":"b"}' };
    cloud = await startStubCloud({
      sns: { Publish: { MessageId: "m-1" }, GetTopicAttributes: { Attributes: attributes } },
    });
    const input = {
      TopicArn: "arn:aws:sns:eu-central-1:123456789012:drills",
      Message: "line one\nline two",
      MessageAttributes: {
        verdict: { DataType: "String", StringValue: "passed" },
        digest: { DataType: "Binary", BinaryValue: new Uint8Array([0, 255, 7]) },
      },
    };
    await cloud.clients.sns.send(new PublishCommand(input));
    const seen = cloud.seen[0]?.input as typeof input;
    expect(Buffer.from(seen.MessageAttributes.digest.BinaryValue)).toEqual(Buffer.from([0, 255, 7]));
    expect(seen).toMatchObject({ Message: input.Message, MessageAttributes: { verdict: { StringValue: "passed" } } });
    const answer = await cloud.clients.sns.send(new GetTopicAttributesCommand({ TopicArn: input.TopicArn }));
    expect(answer.Attributes).toEqual(attributes);
  });
});

describe("ec2Query", () => {
  it("carries flattened lists, filters and nested sets", async () => {
    const groups = [
      {
        GroupId: "sg-1",
        IpPermissions: [],
        IpPermissionsEgress: [{ IpProtocol: "-1", IpRanges: [{ CidrIp: "0.0.0.0/0" }] }],
      },
    ];
    cloud = await startStubCloud({ ec2: { DescribeSecurityGroups: { SecurityGroups: groups } } });
    const input = {
      GroupIds: ["sg-1", "sg-2"],
      DryRun: false,
      Filters: [{ Name: "vpc-id", Values: ["vpc-1", "vpc-2"] }],
    };
    const answer = await cloud.clients.ec2.send(new DescribeSecurityGroupsCommand(input));
    expect(cloud.seen[0]?.input).toEqual(input);
    expect(answer.SecurityGroups).toEqual(groups);
  });

  it("tells an empty set from an absent one", async () => {
    cloud = await startStubCloud({ ec2: { DescribeRegions: { Regions: [] } } });
    const answer = await cloud.clients.ec2.send(new DescribeRegionsCommand({}));
    expect(answer.Regions).toEqual([]);
  });
});

describe("awsJson", () => {
  it("carries Step Functions (1.0) with timestamps to the millisecond", async () => {
    const output = {
      executionArn: "arn:e",
      stateMachineArn: "arn:s",
      status: "RUNNING" as const,
      startDate: new Date("2026-11-03T04:05:06.789Z"),
      input: '{"database":"ordérs"}',
    };
    cloud = await startStubCloud({
      states: { DescribeExecution: output, StartExecution: { executionArn: "arn:e", startDate: new Date(0) } },
    });
    const answer = await cloud.clients.sfn.send(new DescribeExecutionCommand({ executionArn: "arn:e" }));
    expect(plain(answer)).toEqual(output);
    const input = { stateMachineArn: "arn:s", name: "n", input: '{"ü":1}' };
    await cloud.clients.sfn.send(new StartExecutionCommand(input));
    expect(cloud.seen[1]?.input).toEqual(input);
  });

  it("carries KMS (1.1) with blobs and maps", async () => {
    const blob = new Uint8Array([1, 2, 254]);
    cloud = await startStubCloud({
      kms: { DescribeKey: { KeyMetadata: { KeyId: "k", Enabled: true } }, Encrypt: { CiphertextBlob: blob } },
    });
    const described = await cloud.clients.kms.send(new DescribeKeyCommand({ KeyId: "alias/drill" }));
    expect(described.KeyMetadata).toEqual({ KeyId: "k", Enabled: true });
    const input = { KeyId: "k", Plaintext: blob, EncryptionContext: { database: "orders" } };
    const encrypted = await cloud.clients.kms.send(new EncryptCommand(input));
    expect([...(encrypted.CiphertextBlob ?? [])]).toEqual([...blob]);
    const seen = cloud.seen[1]?.input as typeof input;
    expect([...seen.Plaintext]).toEqual([...blob]);
    expect(seen.EncryptionContext).toEqual({ database: "orders" });
  });

  it("carries a timestamp to the service", async () => {
    cloud = await startStubCloud({ kms: { ImportKeyMaterial: {} } });
    const ValidTo = new Date("2026-11-03T04:05:06.500Z");
    const bytes = new Uint8Array([1]);
    const input = { KeyId: "k", ImportToken: bytes, EncryptedKeyMaterial: bytes, ValidTo };
    await cloud.clients.kms.send(new ImportKeyMaterialCommand(input));
    expect(cloud.seen[0]?.input["ValidTo"]).toEqual(ValidTo);
  });
});

describe("restJson1: RDS Data", () => {
  it("carries every kind of the Field union both ways", async () => {
    const fields = [
      { isNull: true },
      { booleanValue: false },
      { longValue: -9007199254740991 },
      { doubleValue: 0.1 },
      { stringValue: "ünï\n\u0001" },
      { arrayValue: { longValues: [1, 2] } },
      { arrayValue: { arrayValues: [{ stringValues: [] }] } },
    ];
    cloud = await startStubCloud({
      "rds-data": { ExecuteStatement: { records: [[...fields, { blobValue: new Uint8Array([0, 128]) }], []] } },
    });
    const input = {
      resourceArn: "arn:r",
      secretArn: "arn:s",
      sql: "select :a",
      parameters: fields.map((value, index) => ({ name: `p${index}`, value })),
    };
    const answer = await cloud.clients.rdsData.send(
      new ExecuteStatementCommand(input as ConstructorParameters<typeof ExecuteStatementCommand>[0]),
    );
    expect(cloud.seen[0]?.input).toEqual(input);
    expect(answer.records?.[0]?.slice(0, -1)).toEqual(fields);
    expect([...(answer.records?.[0]?.at(-1)?.blobValue ?? [])]).toEqual([0, 128]);
    expect(answer.records?.[1]).toEqual([]);
  });

  it("carries an infinite double", async () => {
    cloud = await startStubCloud({ "rds-data": { ExecuteStatement: { records: [[{ doubleValue: Infinity }]] } } });
    const statement = new ExecuteStatementCommand({ resourceArn: "arn:r", secretArn: "arn:s", sql: "select" });
    const answer = await cloud.clients.rdsData.send(statement);
    expect(answer.records).toEqual([[{ doubleValue: Infinity }]]);
  });
});

describe("restXml: S3", () => {
  const where = { Bucket: "evidence", Key: "orders/2026 11/report+ü&=.json" };

  it("takes a default client's bodies: text, bytes, empty, and a stream in chunks with a trailing checksum", async () => {
    cloud = await startStubCloud({ s3: { PutObject: { ETag: '"e"' } } });
    const { s3 } = cloud.clients;
    await s3.send(new PutObjectCommand({ ...where, Body: "héllo", IfNoneMatch: "*", Metadata: { drill: "d-1" } }));
    await s3.send(new PutObjectCommand({ ...where, Body: Buffer.from([0, 1, 255]) }));
    await s3.send(new PutObjectCommand({ ...where, Body: "" }));
    const stream = Readable.from([Buffer.from("first "), Buffer.from("second")]);
    await s3.send(new PutObjectCommand({ ...where, Body: stream, ContentLength: 12 }));
    const bodies = cloud.seen.map(({ input }) => Buffer.from(input["Body"] as Uint8Array).toString("latin1"));
    expect(bodies).toEqual(["h\u00c3\u00a9llo", "\u0000\u0001\u00ff", "", "first second"]);
    expect(cloud.seen[0]?.input).toMatchObject({ ...where, IfNoneMatch: "*", Metadata: { drill: "d-1" } });
    expect(cloud.seen[3]?.input["ChecksumCRC32"]).toBeTypeOf("string");
    expect(cloud.seen[3]?.input["ContentEncoding"]).toBeUndefined();
  });

  it("takes a body of three megabytes", async () => {
    cloud = await startStubCloud({ s3: { PutObject: {} } });
    await cloud.clients.s3.send(new PutObjectCommand({ ...where, Body: Buffer.alloc(3_000_000, 7) }));
    expect(cloud.seen[0]?.input["Body"]).toHaveLength(3_000_000);
  });

  it("answers bodies from bytes and from streams, with headers", async () => {
    const modified = new Date("2026-11-03T04:05:06Z");
    cloud = await startStubCloud({
      s3: {
        GetObject: (input: { Key: string }) => ({
          Body: input.Key === "stream" ? Readable.from([Buffer.from("streamed")]) : Buffer.from("bytes"),
          LastModified: modified,
          ETag: '"e"',
          Metadata: { drill: "d-1" },
        }),
      },
    });
    const bytes = await cloud.clients.s3.send(new GetObjectCommand({ Bucket: "evidence", Key: "bytes" }));
    expect(bytes).toMatchObject({ LastModified: modified, ETag: '"e"', Metadata: { drill: "d-1" }, ContentLength: 5 });
    expect(await bytes.Body?.transformToString()).toBe("bytes");
    const streamed = await cloud.clients.s3.send(new GetObjectCommand({ Bucket: "evidence", Key: "stream" }));
    expect(await streamed.Body?.transformToString()).toBe("streamed");
  });

  it("answers a listing as XML", async () => {
    const contents = [{ Key: "a&b", Size: 3, LastModified: new Date("2026-11-03T04:05:06.700Z") }];
    cloud = await startStubCloud({
      s3: { ListObjectsV2: { Contents: contents, IsTruncated: false, CommonPrefixes: [{ Prefix: "x/" }] } },
    });
    const list = new ListObjectsV2Command({ Bucket: "evidence", Prefix: "a", MaxKeys: 5 });
    const answer = await cloud.clients.s3.send(list);
    expect(cloud.seen[0]?.input).toEqual({ Bucket: "evidence", Prefix: "a", MaxKeys: 5 });
    expect(plain(answer)).toEqual({ Contents: contents, IsTruncated: false, CommonPrefixes: [{ Prefix: "x/" }] });
  });
});
