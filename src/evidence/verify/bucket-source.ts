import { GetObjectCommand, ListObjectsV2Command, type ListObjectsV2Output, type S3Client } from "@aws-sdk/client-s3";
import { type EvidenceSource, type Level, type Listing, MAX_LISTED_KEYS, TooMuchEvidence } from "./source.ts";

/** As many as S3 lists at once. https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html */
const PAGE_KEYS = 1000;
const MAX_PAGES = MAX_LISTED_KEYS / PAGE_KEYS;

/** The evidence bucket, or what is below a prefix of it. Needs s3:ListBucket and s3:GetObject. */
export function bucketSource(s3: S3Client, bucket: string, prefix = ""): EvidenceSource {
  const base = prefix === "" ? "" : `${prefix}/`;
  return {
    address: `s3://${bucket}${prefix === "" ? "" : `/${prefix}`}`,
    top: () => topOf(s3, bucket, base),
    list: (folder) => listBelow(s3, bucket, base, folder),
    async *read(key) {
      const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: `${base}${key}` }));
      if (Body !== undefined) yield* Body.transformToWebStream();
    },
  };
}

async function topOf(s3: S3Client, bucket: string, base: string): Promise<Level> {
  const level: Level = { folders: [], files: [], unlooked: [] };
  for await (const page of pagesOf(s3, { Bucket: bucket, Prefix: base, Delimiter: "/" })) {
    for (const { Prefix = "" } of page.CommonPrefixes ?? []) level.folders.push(Prefix.slice(base.length, -1));
    for (const { Key = "" } of page.Contents ?? []) if (Key !== base) level.files.push(Key.slice(base.length));
  }
  return level;
}

async function listBelow(s3: S3Client, bucket: string, base: string, folder: string): Promise<Listing> {
  const bytes = new Map<string, number>();
  // The console makes an empty object of a folder's name.
  for await (const page of pagesOf(s3, { Bucket: bucket, Prefix: `${base}${folder === "" ? "" : `${folder}/`}` }))
    for (const { Key = "", Size = 0 } of page.Contents ?? [])
      if (!Key.endsWith("/")) bytes.set(Key.slice(base.length), Size);
  return { bytes, unlooked: [] };
}

async function* pagesOf(
  s3: S3Client,
  asked: { readonly Bucket: string; readonly Prefix: string; readonly Delimiter?: string },
): AsyncGenerator<ListObjectsV2Output> {
  let token: string | undefined;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const answer = await s3.send(
      new ListObjectsV2Command({
        ...asked,
        MaxKeys: PAGE_KEYS,
        ...(token === undefined ? {} : { ContinuationToken: token }),
      }),
    );
    yield answer;
    token = answer.NextContinuationToken;
    if (token === undefined) return;
  }
  throw new TooMuchEvidence(`s3://${asked.Bucket}/${asked.Prefix} holds more than ${MAX_LISTED_KEYS} objects.`);
}
