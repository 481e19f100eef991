/** An endpoint with one stubbed operation, and real SDK clients for it. */

import * as ec2 from "@aws-sdk/client-ec2";
import { EC2Client } from "@aws-sdk/client-ec2";
import * as kms from "@aws-sdk/client-kms";
import { KMSClient } from "@aws-sdk/client-kms";
import * as rds from "@aws-sdk/client-rds";
import { RDSClient } from "@aws-sdk/client-rds";
import * as rdsData from "@aws-sdk/client-rds-data";
import { RDSDataClient } from "@aws-sdk/client-rds-data";
import * as s3 from "@aws-sdk/client-s3";
import { S3Client } from "@aws-sdk/client-s3";
import * as sfn from "@aws-sdk/client-sfn";
import { SFNClient } from "@aws-sdk/client-sfn";
import * as sns from "@aws-sdk/client-sns";
import { SNSClient } from "@aws-sdk/client-sns";
import { type EndpointOptions, startEndpoint } from "../../../src/local/wire/endpoint.ts";
import type { CallContext, CallRecord, Operation, Principal } from "../../../src/local/wire/service.ts";

export const PRINCIPAL: Principal = {
  name: "restore-sandbox",
  accessKeyId: "AKIALOCALRESTORESAND",
  secretAccessKey: "a secret of the local cloud",
};

const SDKS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  rds,
  "rds-data": rdsData,
  sns,
  s3,
  states: sfn,
  ec2,
  kms,
};

export interface SeenCall {
  readonly input: Record<string, unknown>;
  readonly context: CallContext;
}

export interface StubCloud {
  readonly url: string;
  readonly seen: SeenCall[];
  readonly records: CallRecord[];
  readonly defects: unknown[];
  readonly clients: {
    readonly rds: RDSClient;
    readonly rdsData: RDSDataClient;
    readonly sns: SNSClient;
    readonly s3: S3Client;
    readonly sfn: SFNClient;
    readonly ec2: EC2Client;
    readonly kms: KMSClient;
  };
  close(): Promise<void>;
}

type Stubs = Readonly<Record<string, Readonly<Record<string, object | Operation>>>>;

/** Starts a cloud whose operations answer what `stubs` says: a fixed output, or a function. */
export async function startStubCloud(stubs: Stubs, options: Partial<EndpointOptions> = {}): Promise<StubCloud> {
  const seen: SeenCall[] = [];
  const records: CallRecord[] = [];
  const defects: unknown[] = [];
  const services = Object.entries(SDKS).map(([name, sdk]) => ({
    name,
    sdk,
    operations: recording(stubs[name] ?? {}, seen),
  }));
  const endpoint = await startEndpoint({
    accountId: "123456789012",
    principals: [PRINCIPAL],
    services,
    onCall: (record) => records.push(record),
    onDefect: (defect) => defects.push(defect),
    ...options,
  });
  const config = clientConfig(endpoint.url);
  return {
    url: endpoint.url,
    seen,
    records,
    defects,
    clients: {
      rds: new RDSClient(config),
      rdsData: new RDSDataClient(config),
      sns: new SNSClient(config),
      s3: new S3Client(config),
      sfn: new SFNClient(config),
      ec2: new EC2Client(config),
      kms: new KMSClient(config),
    },
    close: () => endpoint.close(),
  };
}

export function clientConfig(url: string, principal: Principal = PRINCIPAL) {
  const { accessKeyId, secretAccessKey } = principal;
  return { endpoint: url, region: "eu-central-1", credentials: { accessKeyId, secretAccessKey }, maxAttempts: 1 };
}

function recording(stubs: Readonly<Record<string, object | Operation>>, seen: SeenCall[]): Record<string, Operation> {
  const entries = Object.entries(stubs).map(([name, stub]): [string, Operation] => [
    name,
    (input: Record<string, unknown>, context) => {
      seen.push({ input, context });
      return typeof stub === "function" ? (stub as Operation)(input, context) : stub;
    },
  ]);
  return Object.fromEntries(entries);
}
