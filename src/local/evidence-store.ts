/** The evidence that local drills left, while no cloud is open. */
import { S3Client } from "@aws-sdk/client-s3";
import { JsonStore } from "../aws/json-store.ts";
import { ACCOUNT_ID } from "./account.ts";
import { EVIDENCE_BUCKET, HOME_REGION } from "./deployment.ts";
import { s3Service } from "./services/s3.ts";
import { startEndpoint } from "./wire/endpoint.ts";
import { newPrincipal } from "./wire/principal.ts";

/** Opens the evidence bucket below `root`, which is made where there is none, for as long as the work takes. */
export async function withLocalEvidence<Result>(
  root: string,
  work: (store: JsonStore) => Promise<Result>,
): Promise<Result> {
  const reader = newPrincipal("operator");
  const s3 = s3Service({ directory: root, buckets: [EVIDENCE_BUCKET] });
  const endpoint = await startEndpoint({ accountId: ACCOUNT_ID, principals: [reader], services: [s3] });
  const { accessKeyId, secretAccessKey } = reader;
  const credentials = { accessKeyId, secretAccessKey };
  const client = new S3Client({ endpoint: endpoint.url, region: HOME_REGION, credentials });
  try {
    return await work(new JsonStore(client, EVIDENCE_BUCKET));
  } finally {
    client.destroy();
    await endpoint.close();
  }
}
