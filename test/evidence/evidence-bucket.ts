import {
  GetObjectCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandInput,
  NoSuchKey,
  PutObjectCommand,
  type PutObjectCommandInput,
  S3Client,
  S3ServiceException,
} from "@aws-sdk/client-s3";
import { mockClient } from "aws-sdk-client-mock";
import { JsonStore } from "../../src/aws/json-store.ts";

/** A store over a mocked S3 client that keeps what it is given, in the order it was written. */
export function evidenceBucket(documents: Readonly<Record<string, unknown>> = {}) {
  const client = new S3Client({ region: "eu-west-1" });
  const s3 = mockClient(client);
  const objects = new Map(Object.entries(documents).map(([key, document]) => [key, textOf(document)]));
  s3.on(PutObjectCommand).callsFake(({ Key = "", Body, IfMatch, IfNoneMatch }: PutObjectCommandInput) => {
    const there = objects.get(Key);
    if (IfNoneMatch !== undefined && there !== undefined) throw preconditionFailed();
    if (IfMatch !== undefined && IfMatch !== there) throw preconditionFailed();
    objects.delete(Key);
    objects.set(Key, String(Body));
    return {};
  });
  s3.on(GetObjectCommand).callsFake(({ Key }: { Key: string }) => {
    const text = objects.get(Key);
    if (text === undefined) throw new NoSuchKey({ message: "The specified key does not exist.", $metadata: {} });
    return { Body: { transformToString: async () => text }, ETag: text };
  });
  s3.on(ListObjectsV2Command).callsFake(
    ({ Prefix = "", StartAfter = "", MaxKeys = 1000, Delimiter }: ListObjectsV2CommandInput) => {
      const keys = [...objects.keys()].filter((key) => key.startsWith(Prefix) && key > StartAfter).sort();
      if (Delimiter === undefined) return { Contents: keys.slice(0, MaxKeys).map((Key) => ({ Key })) };
      const folders = new Set(keys.flatMap((key) => (key.includes(Delimiter) ? [key.split(Delimiter)[0]] : [])));
      return { CommonPrefixes: [...folders].map((folder) => ({ Prefix: `${folder}${Delimiter}` })) };
    },
  );
  return { store: new JsonStore(client, "evidence"), s3, objects };
}

const preconditionFailed = (): S3ServiceException =>
  new S3ServiceException({ name: "PreconditionFailed", $fault: "client", $metadata: { httpStatusCode: 412 } });

const textOf = (document: unknown): string => (typeof document === "string" ? document : JSON.stringify(document));
