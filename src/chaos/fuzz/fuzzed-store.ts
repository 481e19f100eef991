import {
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
  S3ServiceException,
} from "@aws-sdk/client-s3";
import { JsonStore } from "../../aws/json-store.ts";

const PRECONDITION_FAILED = 412;

/** A bucket in which every object is this text, every listing names `keys`, and another writer is always first. */
export function storeOf(text: string, keys: readonly string[] = []): JsonStore {
  const send = async (command: unknown): Promise<unknown> => {
    if (command instanceof GetObjectCommand) return { ETag: '"0"', Body: { transformToString: async () => text } };
    if (command instanceof ListObjectsV2Command) return { Contents: keys.map((Key) => ({ Key })) };
    if (command instanceof PutObjectCommand)
      throw new S3ServiceException({
        name: "PreconditionFailed",
        $fault: "client",
        $metadata: { httpStatusCode: PRECONDITION_FAILED },
      });
    throw new TypeError("The bucket of the fuzzing knows no such command.");
  };
  return new JsonStore({ send } as unknown as S3Client, "evidence");
}
