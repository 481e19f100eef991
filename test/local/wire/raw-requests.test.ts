/** Requests that the SDK's clients cannot be made to send: signed by hand, sent by fetch. */
import { request } from "node:http";
import { connect } from "node:net";
import { DescribeDBClustersCommand, RDSClient } from "@aws-sdk/client-rds";
import { PutObjectCommand } from "@aws-sdk/client-s3";
import { DescribeExecutionCommand, SFNClient } from "@aws-sdk/client-sfn";
import { Sha256 } from "@smithy/core/checksum";
import { HttpRequest } from "@smithy/core/protocols";
import { SignatureV4 } from "@smithy/signature-v4";
import { afterEach, describe, expect, it } from "vitest";
import { clientConfig, PRINCIPAL, type StubCloud, startStubCloud } from "./stub-cloud.ts";

let cloud: StubCloud;
afterEach(() => cloud.close());

interface Raw {
  readonly service: string;
  readonly body: string;
  readonly path?: string;
  readonly headers?: Record<string, string>;
  /** Sent in place of the body that was signed. */
  readonly forgedBody?: string;
  readonly signingDate?: Date;
}

async function send(raw: Raw): Promise<{ status: number; text: string }> {
  const url = new URL(raw.path ?? "/", cloud.url);
  const unsigned = new HttpRequest({
    method: "POST",
    hostname: url.hostname,
    path: url.pathname,
    headers: { host: url.host, ...raw.headers },
    body: raw.body,
  });
  const signer = new SignatureV4({
    credentials: PRINCIPAL,
    region: "eu-central-1",
    service: raw.service,
    sha256: Sha256,
  });
  const signed = await signer.sign(unsigned, raw.signingDate ? { signingDate: raw.signingDate } : {});
  const response = await fetch(url, { method: "POST", headers: signed.headers, body: raw.forgedBody ?? raw.body });
  return { status: response.status, text: await response.text() };
}

const form = { "content-type": "application/x-www-form-urlencoded" };
const COPY = "Action=CopyDBClusterSnapshot&SourceDBClusterSnapshotIdentifier=a&TargetDBClusterSnapshotIdentifier=b";
const CREATE = "Action=CreateDBCluster&DBClusterIdentifier=a&Engine=aurora-postgresql";
const stubs = {
  rds: { CopyDBClusterSnapshot: {}, CreateDBCluster: {}, DescribeDBClusters: { DBClusters: [] } },
  ec2: { DescribeRegions: {} },
  kms: { DescribeKey: {} },
  "rds-data": { ExecuteStatement: {} },
};

describe("a query form", () => {
  it.each([
    ["an unknown member", `${COPY}&SourceRegion=x`, "InvalidParameterValue", "Unknown member SourceRegion"],
    ["an unknown nested member", `${COPY}&Tags.Tag.1.Kye=x`, "InvalidParameterValue", "Unknown member Tags[0].Kye"],
    ["a list under another name", `${COPY}&Tags.member.1.Key=x`, "InvalidParameterValue", "Unknown member Tags.member"],
    ["text for a number", `${CREATE}&Port=5432x`, "InvalidParameterValue", "Port must be a number, not a string"],
    [
      "text for a boolean",
      `${CREATE}&StorageEncrypted=yes`,
      "InvalidParameterValue",
      "StorageEncrypted must be a boolean",
    ],
    [
      "text for a structure",
      `${CREATE}&ServerlessV2ScalingConfiguration.MinCapacity=x`,
      "InvalidParameterValue",
      "MinCapacity must be a number",
    ],
    ["no action", "Version=2014-10-31", "UnknownOperation", "rds has no operation"],
    [
      "an action that AWS does not have",
      "Action=DropEverything",
      "UnknownOperation",
      "rds has no operation DropEverything",
    ],
  ])("with %s is refused", async (_, body, code, message) => {
    cloud = await startStubCloud(stubs);
    const answer = await send({ service: "rds", body, headers: form });
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.text).toContain(`<Code>${code}</Code>`);
    expect(answer.text).toContain(message);
    expect(cloud.seen).toEqual([]);
  });

  it("of EC2 with an unknown member is refused", async () => {
    cloud = await startStubCloud(stubs);
    const answer = await send({ service: "ec2", body: "Action=DescribeRegions&AllRegion=true", headers: form });
    expect(answer.text).toContain("<Code>UnknownParameter</Code>");
    expect(answer.text).toContain("Unknown member AllRegion");
  });
});

describe("a JSON body", () => {
  const json = { "content-type": "application/x-amz-json-1.1", "x-amz-target": "TrentService.DescribeKey" };

  it.each([
    ["an unknown member", '{"KeyId":"k","KeyID":"k"}', "Unknown member KeyID"],
    ["a wrong type", '{"KeyId":7}', "KeyId must be a string, not a number"],
    ["a null in a list", '{"KeyId":"k","GrantTokens":[null]}', "GrantTokens[0] must be a string, not null"],
    ["no JSON in it", "{", "not JSON"],
  ])("with %s is refused", async (_, body, message) => {
    cloud = await startStubCloud(stubs);
    const answer = await send({ service: "kms", body, headers: json });
    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.text).message).toContain(message);
    expect(cloud.seen).toEqual([]);
  });

  it("of the Data API with an unknown member is refused", async () => {
    cloud = await startStubCloud(stubs);
    const body = JSON.stringify({ resourceArn: "r", secretArn: "s", sql: "select", timeout: 3 });
    const answer = await send({ service: "rds-data", path: "/Execute", body });
    expect(JSON.parse(answer.text)).toEqual({
      __type: "BadRequestException",
      message: "Unknown member timeout: ExecuteStatementRequest has no such member",
    });
  });
});

describe("a signature", () => {
  it("of an unknown access key is refused in the words of the protocol", async () => {
    cloud = await startStubCloud(stubs);
    const config = clientConfig(cloud.url, { ...PRINCIPAL, accessKeyId: "AKIAUNKNOWN" });
    const query = new RDSClient(config).send(new DescribeDBClustersCommand({}));
    await expect(query).rejects.toMatchObject({ name: "InvalidClientTokenId", $metadata: { httpStatusCode: 403 } });
    const json = new SFNClient(config).send(new DescribeExecutionCommand({ executionArn: "e" }));
    await expect(json).rejects.toMatchObject({ name: "UnrecognizedClientException" });
    expect(cloud.records).toEqual([]);
  });

  it("made with another secret is refused", async () => {
    cloud = await startStubCloud(stubs);
    const client = new RDSClient(clientConfig(cloud.url, { ...PRINCIPAL, secretAccessKey: "another" }));
    const call = client.send(new DescribeDBClustersCommand({}));
    await expect(call).rejects.toMatchObject({ name: "SignatureDoesNotMatch", $metadata: { httpStatusCode: 403 } });
  });

  it("covers the body, and is good for some minutes only", async () => {
    cloud = await startStubCloud(stubs);
    const good = { service: "rds", body: "Action=DescribeDBClusters", headers: form };
    expect((await send(good)).status).toBe(200);
    const forged = await send({ ...good, forgedBody: "Action=DescribeDBClusters&DBClusterIdentifier=b" });
    expect(forged.status).toBe(403);
    expect(forged.text).toContain("SignatureDoesNotMatch");
    const old = await send({ ...good, signingDate: new Date(Date.now() - 20 * 60 * 1000) });
    expect(old.status).toBe(403);
  });

  it("is required", async () => {
    cloud = await startStubCloud(stubs);
    const response = await fetch(cloud.url, { method: "POST", body: "Action=DescribeDBClusters" });
    expect(response.status).toBe(403);
    expect(await response.text()).toContain("MissingAuthenticationToken");
  });
});

describe("the endpoint", () => {
  it("names a service that it does not have", async () => {
    cloud = await startStubCloud(stubs);
    const answer = await send({
      service: "dynamodb",
      body: "{}",
      headers: { "content-type": "application/x-amz-json-1.0" },
    });
    expect(answer.status).toBe(501);
    expect(JSON.parse(answer.text).message).toBe("The local cloud does not have the service dynamodb");
  });

  it("takes the bucket of an S3 call from the host name where a client puts it there", async () => {
    cloud = await startStubCloud({ s3: { DeleteObject: {} } });
    // Not every system resolves names below localhost, so the host is only said, not looked up.
    const signer = new SignatureV4({
      credentials: PRINCIPAL,
      region: "eu-central-1",
      service: "s3",
      sha256: Sha256,
      uriEscapePath: false,
    });
    const { port } = new URL(cloud.url);
    const headers = { host: `evidence.localhost:${port}` };
    const signed = await signer.sign(new HttpRequest({ method: "DELETE", path: "/orders/report.json", headers }));
    const status = await new Promise((resolve, reject) => {
      const sent = request({
        host: "127.0.0.1",
        port,
        method: "DELETE",
        path: "/orders/report.json",
        headers: signed.headers,
      });
      sent
        .on("response", (response) => resolve(response.resume().statusCode))
        .on("error", reject)
        .end();
    });
    expect(status).toBe(204);
    expect(cloud.seen[0]?.input).toEqual({ Bucket: "evidence", Key: "orders/report.json" });
  });

  it("refuses a body above its limit", async () => {
    cloud = await startStubCloud(stubs);
    const answer = await send({ service: "rds", body: `Action=${"a".repeat(9 * 1024 * 1024)}`, headers: form });
    expect(answer.status).toBe(413);
  });

  it("closes at once though clients keep their connections", async () => {
    cloud = await startStubCloud(stubs);
    await cloud.clients.rds.send(new DescribeDBClustersCommand({}));
    const begun = performance.now();
    await cloud.close();
    expect(performance.now() - begun).toBeLessThan(500);
    cloud = await startStubCloud(stubs);
  });

  it("cuts off the calls that are running when it closes", async () => {
    const begun = Promise.withResolvers<void>();
    cloud = await startStubCloud({
      rds: {
        DescribeDBClusters: () => {
          begun.resolve();
          return new Promise(() => {});
        },
      },
    });
    const call = cloud.clients.rds.send(new DescribeDBClustersCommand({})).then(
      () => "answered",
      () => "cut off",
    );
    await begun.promise;
    await cloud.close();
    expect(await call).toBe("cut off");
    cloud = await startStubCloud(stubs);
  });

  it("refuses a body that is not the one its checksum was made of", async () => {
    cloud = await startStubCloud({ s3: { PutObject: {} } });
    const client = cloud.clients.s3;
    client.middlewareStack.add(
      (next) => (args) => {
        const sent = args.request as HttpRequest;
        sent.headers["x-amz-checksum-crc32"] = "AAAAAA==";
        return next(args);
      },
      { step: "build", priority: "low", name: "forgeChecksum" },
    );
    const put = client.send(new PutObjectCommand({ Bucket: "evidence", Key: "k", Body: "x" }));
    await expect(put).rejects.toMatchObject({ name: "BadDigest" });
  });

  it("aborts the signal of a call whose client hangs up", async () => {
    let signal: AbortSignal | undefined;
    const aborted = Promise.withResolvers<void>();
    cloud = await startStubCloud({
      rds: {
        DescribeDBClusters: (_input, context) => {
          signal = context.signal;
          signal.addEventListener("abort", () => aborted.resolve());
          return new Promise(() => {});
        },
      },
    });
    const patience = AbortSignal.timeout(300);
    const call = cloud.clients.rds.send(new DescribeDBClustersCommand({}), { abortSignal: patience });
    await expect(call).rejects.toThrow();
    await aborted.promise;
    expect(signal?.aborted).toBe(true);
  });

  it("listens on the loopback interface only", async () => {
    cloud = await startStubCloud(stubs);
    expect(new URL(cloud.url).hostname).toBe("127.0.0.1");
    const socket = connect(Number(new URL(cloud.url).port), "127.0.0.2");
    await expect(new Promise((resolve, reject) => socket.on("connect", resolve).on("error", reject))).rejects.toThrow();
  });
});
