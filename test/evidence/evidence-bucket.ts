import { GetObjectCommand, ListObjectsV2Command, NoSuchKey, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { mockClient } from "aws-sdk-client-mock";
import { JsonStore } from "../../src/aws/json-store.ts";

/** A store over a mocked S3 client that keeps what it is given, in the order it was written. */
export function evidenceBucket(documents: Readonly<Record<string, unknown>> = {}) {
  const client = new S3Client({ region: "eu-west-1" });
  const s3 = mockClient(client);
  const objects = new Map(Object.entries(documents).map(([key, document]) => [key, textOf(document)]));
  s3.on(PutObjectCommand).callsFake(({ Key, Body }: { Key: string; Body: string }) => {
    objects.delete(Key);
    objects.set(Key, Body);
    return {};
  });
  s3.on(GetObjectCommand).callsFake(({ Key }: { Key: string }) => {
    const text = objects.get(Key);
    if (text === undefined) throw new NoSuchKey({ message: "The specified key does not exist.", $metadata: {} });
    return { Body: { transformToString: async () => text } };
  });
  s3.on(ListObjectsV2Command).callsFake(
    ({ Prefix, StartAfter = "", MaxKeys }: { Prefix: string; StartAfter?: string; MaxKeys: number }) => ({
      Contents: [...objects.keys()]
        .filter((key) => key.startsWith(Prefix) && key > StartAfter)
        .sort()
        .slice(0, MaxKeys)
        .map((Key) => ({ Key })),
    }),
  );
  return { store: new JsonStore(client, "evidence"), s3, objects };
}

const textOf = (document: unknown): string => (typeof document === "string" ? document : JSON.stringify(document));
