import * as ec2 from "@aws-sdk/client-ec2";
import * as kms from "@aws-sdk/client-kms";
import * as rds from "@aws-sdk/client-rds";
import * as data from "@aws-sdk/client-rds-data";
import * as s3 from "@aws-sdk/client-s3";
import * as sfn from "@aws-sdk/client-sfn";
import * as sns from "@aws-sdk/client-sns";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { denial } from "../../../src/local/iam/denial.ts";
import { type Endpoint, startEndpoint } from "../../../src/local/wire/endpoint.ts";
import type { Service } from "../../../src/local/wire/service.ts";
import { refusal } from "../services/cloud-of.ts";
import { clientConfig, PRINCIPAL } from "../wire/stub-cloud.ts";

const service = (name: string, sdk: Service["sdk"], operation: string): Service => ({
  name,
  sdk,
  operations: { [operation]: () => ({}) },
});

describe("a denied call", () => {
  let endpoint: Endpoint;
  /** The action denied, where it is not the call's own. */
  let action: string | undefined;
  beforeAll(async () => {
    endpoint = await startEndpoint({
      accountId: "123456789012",
      principals: [PRINCIPAL],
      services: [
        service("rds", rds, "CopyDBClusterSnapshot"),
        service("rds-data", data, "ExecuteStatement"),
        service("s3", s3, "PutObject"),
        service("sns", sns, "Publish"),
        service("kms", kms, "DescribeKey"),
        service("ec2", ec2, "DescribeRegions"),
        service("states", sfn, "StopExecution"),
      ],
      authorise: async (call) => {
        const request = { action: action ?? `${call.service}:${call.operation}`, resource: "*", context: {} };
        throw denial(call.service, "arn:aws:sts::1:assumed-role/role/function", request, "unmatched");
      },
    });
  });
  afterAll(() => endpoint?.close());

  const config = () => ({ ...clientConfig(endpoint.url), maxAttempts: 1 });
  const copy = () =>
    new rds.RDSClient(config()).send(
      new rds.CopyDBClusterSnapshotCommand({
        SourceDBClusterSnapshotIdentifier: "a",
        TargetDBClusterSnapshotIdentifier: "b",
      }),
    );
  const publish = () => new sns.SNSClient(config()).send(new sns.PublishCommand({ TopicArn: "t", Message: "m" }));

  it.each<[string, () => Promise<unknown>, string, number]>([
    ["rds", copy, "AccessDenied", 403],
    [
      "rds-data",
      () =>
        new data.RDSDataClient(config()).send(
          new data.ExecuteStatementCommand({
            resourceArn: "arn:aws:rds:a:1:cluster:b",
            secretArn: "arn:aws:secretsmanager:a",
            sql: "select 1",
          }),
        ),
      "AccessDeniedException",
      403,
    ],
    [
      "s3",
      () =>
        new s3.S3Client({ ...config(), forcePathStyle: true }).send(
          new s3.PutObjectCommand({ Bucket: "evidence", Key: "a", Body: "b" }),
        ),
      "AccessDenied",
      403,
    ],
    ["sns", publish, "AuthorizationErrorException", 403],
    [
      "kms",
      () => new kms.KMSClient(config()).send(new kms.DescribeKeyCommand({ KeyId: "a" })),
      "AccessDeniedException",
      400,
    ],
    ["ec2", () => new ec2.EC2Client(config()).send(new ec2.DescribeRegionsCommand({})), "UnauthorizedOperation", 403],
    [
      "states",
      () => new sfn.SFNClient(config()).send(new sfn.StopExecutionCommand({ executionArn: "arn:aws:states:a" })),
      "AccessDeniedException",
      400,
    ],
  ])("reaches the caller of %s as that service's own error", async (_service, call, name, status) => {
    action = undefined;
    const error = await refusal(call());
    expect(error).toMatchObject({ name, $metadata: { httpStatusCode: status } });
    expect(error.message).toContain("User: arn:aws:sts::1:assumed-role/role/function is not authorized to perform");
  });

  it("of a key that the service would use is an error of the key", async () => {
    action = "kms:CreateGrant";
    expect(await refusal(copy())).toBeInstanceOf(rds.KMSKeyNotAccessibleFault);
    expect(await refusal(publish())).toBeInstanceOf(sns.KMSAccessDeniedException);
  });
});
