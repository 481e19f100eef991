/** S3 over a directory: an object is a plain file, `<directory>/<bucket>/<key>`, that a person can open. */
import type {
  DeleteObjectCommandInput,
  GetObjectCommandInput,
  HeadObjectCommandInput,
  ListObjectsV2CommandInput,
  PutObjectCommandInput,
} from "@aws-sdk/client-s3";
import * as s3 from "@aws-sdk/client-s3";
import { crc32Base64 } from "../wire/body-integrity.ts";
import { type Service, ServiceError } from "../wire/service.ts";
import { ObjectFiles } from "./s3/object-files.ts";

export interface S3Service extends Service {
  /** Makes a bucket, or finds the one that an earlier run left in the directory. Throws `TypeError` for a name that S3 would refuse. */
  createBucket(name: string): void;
}

/** 1,000 keys a page, as on AWS. https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html */
const PAGE_LIMIT_KEYS = 1000;

/** S3 with PutObject, GetObject, HeadObject, ListObjectsV2 and DeleteObject. What else a call asks for is refused, not ignored. */
export function s3Service(options: { readonly directory: string; readonly buckets?: readonly string[] }): S3Service {
  const files = new ObjectFiles(options.directory);
  for (const bucket of options.buckets ?? []) files.createBucket(bucket);

  async function describe(input: GetObjectCommandInput | HeadObjectCommandInput) {
    refuseMembers(input, CONDITIONS_NOT_HERE);
    const { body, modifiedAt, eTag, about } = await files.get(input.Bucket ?? "", input.Key ?? "");
    const headers = {
      ContentLength: body.length,
      ETag: eTag,
      LastModified: modifiedAt,
      AcceptRanges: "bytes",
      ContentType: about.contentType ?? "application/octet-stream",
      ...(about.metadata ? { Metadata: { ...about.metadata } } : {}),
      ...(input.ChecksumMode === "ENABLED" ? { ChecksumCRC32: crc32Base64(body) } : {}),
    };
    return { body, headers };
  }

  return {
    name: "s3",
    sdk: s3,
    createBucket: (name) => files.createBucket(name),
    operations: {
      async PutObject(input: PutObjectCommandInput) {
        refuseMembers(input, ["WriteOffsetBytes"]);
        if (input.IfNoneMatch !== undefined && input.IfNoneMatch !== "*") throw notHere("If-None-Match other than *");
        if (input.IfNoneMatch !== undefined && input.IfMatch !== undefined)
          throw notHere("If-Match with If-None-Match");
        const body = input.Body instanceof Uint8Array ? input.Body : Buffer.from("");
        const about = {
          ...(input.ContentType === undefined ? {} : { contentType: input.ContentType }),
          ...(input.Metadata === undefined ? {} : { metadata: input.Metadata }),
        };
        const onlyIf = input.IfNoneMatch === "*" ? ({ isNew: true } as const) : { eTag: input.IfMatch };
        return { ETag: await files.put(input.Bucket ?? "", input.Key ?? "", body, about, onlyIf) };
      },
      async GetObject(input: GetObjectCommandInput) {
        const { body, headers } = await describe(input);
        return { ...headers, Body: body };
      },
      async HeadObject(input: HeadObjectCommandInput) {
        return (await describe(input)).headers;
      },
      async DeleteObject(input: DeleteObjectCommandInput) {
        refuseMembers(input, ["IfMatch", "IfMatchLastModifiedTime", "IfMatchSize", "MFA", "VersionId"]);
        await files.delete(input.Bucket ?? "", input.Key ?? "");
        return {};
      },
      ListObjectsV2: (input: ListObjectsV2CommandInput) => listObjects(files, input),
    },
  };
}

const CONDITIONS_NOT_HERE = [
  "IfMatch",
  "IfModifiedSince",
  "IfNoneMatch",
  "IfUnmodifiedSince",
  "PartNumber",
  "Range",
  "VersionId",
];

interface Page {
  readonly keys: string[];
  readonly commonPrefixes: string[];
  /** The key or common prefix to go on after, when there is more. */
  readonly next?: string;
}

async function listObjects(files: ObjectFiles, input: ListObjectsV2CommandInput) {
  const { Bucket: bucket = "", Prefix: prefix = "", Delimiter: delimiter = "", StartAfter } = input;
  const pageKeys = Math.min(readPageSize(input.MaxKeys), PAGE_LIMIT_KEYS);
  const after = input.ContinuationToken === undefined ? (StartAfter ?? "") : readToken(input.ContinuationToken);
  const page = cutPage(await files.keys(bucket, prefix), { prefix, delimiter, after, pageKeys });
  const write = input.EncodingType === "url" ? encodeKey : (text: string) => text;
  return {
    Name: bucket,
    Prefix: write(prefix),
    MaxKeys: pageKeys,
    KeyCount: page.keys.length + page.commonPrefixes.length,
    IsTruncated: page.next !== undefined,
    Contents: await Promise.all(
      page.keys.map(async (key) => ({ ...(await files.head(bucket, key)), Key: write(key) })),
    ),
    CommonPrefixes: page.commonPrefixes.map((one) => ({ Prefix: write(one) })),
    ...(delimiter === "" ? {} : { Delimiter: write(delimiter) }),
    ...(input.EncodingType === undefined ? {} : { EncodingType: input.EncodingType }),
    ...(input.ContinuationToken === undefined ? {} : { ContinuationToken: input.ContinuationToken }),
    ...(StartAfter === undefined ? {} : { StartAfter: write(StartAfter) }),
    ...(page.next === undefined ? {} : { NextContinuationToken: writeToken(page.next) }),
  };
}

/** One page of sorted keys; keys that share the text up to the delimiter are one common prefix, and count once. */
function cutPage(
  keys: readonly string[],
  { prefix, delimiter, after, pageKeys }: { prefix: string; delimiter: string; after: string; pageKeys: number },
): Page {
  const page = { keys: [] as string[], commonPrefixes: [] as string[] };
  let last = after;
  for (const key of keys) {
    if (Buffer.compare(Buffer.from(key), Buffer.from(last)) <= 0) continue;
    // A common prefix was answered already: what is below it sorts after it, and is passed over.
    if (delimiter !== "" && last.endsWith(delimiter) && last.startsWith(prefix) && key.startsWith(last)) continue;
    if (page.keys.length + page.commonPrefixes.length >= pageKeys) {
      return pageKeys === 0 ? page : { ...page, next: last };
    }
    const end = delimiter === "" ? -1 : key.indexOf(delimiter, prefix.length);
    last = end < 0 ? key : key.slice(0, end + delimiter.length);
    (end < 0 ? page.keys : page.commonPrefixes).push(last);
  }
  return page;
}

function readPageSize(maxKeys: number | undefined): number {
  if (maxKeys === undefined) return PAGE_LIMIT_KEYS;
  if (!Number.isInteger(maxKeys) || maxKeys < 0) {
    throw new ServiceError("InvalidArgument", "Argument maxKeys must be an integer between 0 and 2147483647");
  }
  return maxKeys;
}

function writeToken(after: string): string {
  return Buffer.from(`after:${after}`).toString("base64url");
}

function readToken(token: string): string {
  const text = Buffer.from(token, "base64url").toString();
  if (!text.startsWith("after:"))
    throw new ServiceError("InvalidArgument", "The continuation token provided is incorrect");
  return text.slice("after:".length);
}

function encodeKey(key: string): string {
  return encodeURIComponent(key).replaceAll("%2F", "/");
}

function refuseMembers(input: object, names: readonly string[]): void {
  const present = names.find((name) => (input as Readonly<Record<string, unknown>>)[name] !== undefined);
  if (present !== undefined) throw notHere(present);
}

function notHere(what: string): ServiceError {
  return new ServiceError("NotImplemented", `The local cloud's S3 does not have ${what}`, { status: 501 });
}
