import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandInput,
  NoSuchBucket,
  NoSuchKey,
  NotFound,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { s3Service } from "../../../src/local/services/s3.ts";
import { cloudOf, refusal } from "./cloud-of.ts";

const SCRATCH = join(import.meta.dirname, "../../../.restore-drill/test");
const Bucket = "evidence";
let directory: string;
let cloud: Awaited<ReturnType<typeof cloudOf>>;
let client: S3Client;
beforeEach(async () => {
  await mkdir(SCRATCH, { recursive: true });
  directory = await mkdtemp(join(SCRATCH, "s3-"));
  cloud = await cloudOf(s3Service({ directory, buckets: [Bucket] }));
  client = new S3Client(cloud.config());
});
afterEach(async () => {
  await cloud.close();
  await rm(directory, { recursive: true });
});

async function put(Key: string, Body: string | Uint8Array = Key): Promise<void> {
  await client.send(new PutObjectCommand({ Bucket, Key, Body }));
}

async function list(input: Omit<ListObjectsV2CommandInput, "Bucket"> = {}) {
  const page = await client.send(new ListObjectsV2Command({ Bucket, ...input }));
  return {
    keys: page.Contents?.map((item) => item.Key) ?? [],
    prefixes: page.CommonPrefixes?.map((item) => item.Prefix) ?? [],
    next: page.NextContinuationToken,
    truncated: page.IsTruncated,
  };
}

describe("an object", () => {
  it("is a plain file that a person can open", async () => {
    await put("orders/2026-11-03/report.json", '{"verdict":"passed"}');
    expect(await readFile(join(directory, Bucket, "orders/2026-11-03/report.json"), "utf8")).toBe(
      '{"verdict":"passed"}',
    );
  });

  it("comes back as it was put, with its MD5 as ETag, its type and its metadata", async () => {
    const body = new Uint8Array([0, 255, 10, 13]);
    const input = {
      Bucket,
      Key: "a b+ü.bin",
      Body: body,
      ContentType: "application/x-drill",
      Metadata: { drill: "d-1" },
    };
    const written = await client.send(new PutObjectCommand(input));
    const read = await client.send(new GetObjectCommand({ Bucket, Key: "a b+ü.bin" }));
    expect([...((await read.Body?.transformToByteArray()) ?? [])]).toEqual([...body]);
    expect(read).toMatchObject({ ContentType: "application/x-drill", Metadata: { drill: "d-1" }, ContentLength: 4 });
    expect(read.ETag).toBe(written.ETag);
    expect(read.ETag).toMatch(/^"[0-9a-f]{32}"$/);
    const head = await client.send(new HeadObjectCommand({ Bucket, Key: "a b+ü.bin" }));
    expect(head).toMatchObject({ ContentLength: 4, ETag: read.ETag, LastModified: expect.any(Date) });
  });

  it("is found when it was put into the directory by hand", async () => {
    await mkdir(join(directory, Bucket, "by"), { recursive: true });
    await writeFile(join(directory, Bucket, "by/hand.txt"), "hello");
    const read = await client.send(new GetObjectCommand({ Bucket, Key: "by/hand.txt" }));
    expect(await read.Body?.transformToString()).toBe("hello");
  });

  it("is written once when it must be new, whoever else writes it", async () => {
    const attempts = ["a", "b", "c", "d"].map((Body) =>
      client.send(new PutObjectCommand({ Bucket, Key: "ledger/1.json", Body, IfNoneMatch: "*" })),
    );
    const outcomes = await Promise.allSettled(attempts);
    expect(outcomes.filter((outcome) => outcome.status === "fulfilled")).toHaveLength(1);
    const again = client.send(new PutObjectCommand({ Bucket, Key: "ledger/1.json", Body: "x", IfNoneMatch: "*" }));
    expect(await refusal(again)).toMatchObject({ name: "PreconditionFailed", $metadata: { httpStatusCode: 412 } });
    expect(await readdir(join(directory, ".incoming"))).toEqual([]);
  });

  it("is replaced by one of those who read the same version, and by none who read an older one", async () => {
    await put("turns.json", "first");
    const { ETag } = await client.send(new GetObjectCommand({ Bucket, Key: "turns.json" }));
    const attempts = ["a", "b", "c"].map((Body) =>
      client.send(new PutObjectCommand({ Bucket, Key: "turns.json", Body, IfMatch: ETag })),
    );
    const outcomes = await Promise.allSettled(attempts);
    expect(outcomes.filter((outcome) => outcome.status === "fulfilled")).toHaveLength(1);
    const late = client.send(new PutObjectCommand({ Bucket, Key: "turns.json", Body: "d", IfMatch: ETag }));
    expect(await refusal(late)).toMatchObject({ name: "PreconditionFailed", $metadata: { httpStatusCode: 412 } });
    const absent = client.send(new PutObjectCommand({ Bucket, Key: "nothing.json", Body: "d", IfMatch: ETag }));
    expect(await refusal(absent)).toMatchObject({ name: "NoSuchKey", $metadata: { httpStatusCode: 404 } });
  });

  it("is replaced by a later one, whole", async () => {
    await put("k", "a".repeat(100_000));
    const reads = Array.from({ length: 10 }, async () => {
      const read = await client.send(new GetObjectCommand({ Bucket, Key: "k" }));
      return (await read.Body?.transformToString())?.length;
    });
    const [lengths] = await Promise.all([Promise.all(reads), put("k", "b".repeat(200_000))]);
    for (const length of lengths) expect([100_000, 200_000]).toContain(length);
    expect(await readdir(join(directory, ".incoming"))).toEqual([]);
  });

  it("is gone after its deletion, with the folders that became empty; deleting it again succeeds", async () => {
    await put("a/b/c.json");
    await put("a/d.json");
    await client.send(new DeleteObjectCommand({ Bucket, Key: "a/b/c.json" }));
    await client.send(new DeleteObjectCommand({ Bucket, Key: "a/b/c.json" }));
    await client.send(new DeleteObjectCommand({ Bucket, Key: "a" }));
    expect(await readdir(join(directory, Bucket, "a"))).toEqual(["d.json"]);
  });

  it("is not there: NoSuchKey, NoSuchBucket, and of HEAD NotFound", async () => {
    await put("folder/file");
    for (const Key of ["missing", "folder", "folder/file/below"]) {
      expect(await refusal(client.send(new GetObjectCommand({ Bucket, Key })))).toBeInstanceOf(NoSuchKey);
      expect(await refusal(client.send(new HeadObjectCommand({ Bucket, Key })))).toBeInstanceOf(NotFound);
    }
    const elsewhere = { Bucket: "other-bucket", Key: "k" };
    expect(await refusal(client.send(new GetObjectCommand(elsewhere)))).toBeInstanceOf(NoSuchBucket);
    expect(await refusal(client.send(new PutObjectCommand({ ...elsewhere, Body: "x" })))).toBeInstanceOf(NoSuchBucket);
  });

  it.each(["../outside", "a/../../outside", "/etc/outside", "a//b", "a/./b", "folder/", "a\\..\\b"])(
    "is refused under the key %s",
    async (Key) => {
      const error = await refusal(client.send(new PutObjectCommand({ Bucket, Key, Body: "x" })));
      expect(error).toMatchObject({ name: "InvalidArgument" });
      expect(await readdir(dirname(directory))).not.toContain("outside");
      expect(await readdir(directory)).toEqual([".incoming", Bucket]);
    },
  );

  it("is refused where its key is a folder of others, or a folder of it is an object", async () => {
    await put("a/b");
    expect((await refusal(put("a"))).message).toContain("keeps objects as files");
    expect((await refusal(put("a/b/c"))).message).toContain("keeps objects as files");
    const onlyNew = client.send(new PutObjectCommand({ Bucket, Key: "a/b/c", Body: "x", IfNoneMatch: "*" }));
    expect((await refusal(onlyNew)).message).toContain("keeps objects as files");
  });

  it("is refused with what the local S3 does not have, by name", async () => {
    await put("k");
    const part = client.send(new GetObjectCommand({ Bucket, Key: "k", Range: "bytes=0-1" }));
    expect(await refusal(part)).toMatchObject({ name: "NotImplemented", message: expect.stringContaining("Range") });
  });
});

describe("a listing", () => {
  it("is in the order of UTF-8 bytes, and holds sizes and times", async () => {
    // U+FF5E sorts before U+1F600 in UTF-8, after it in UTF-16.
    const keys = ["z", "a/b", "a-b", "ä", "\u{1f600}", "\u{ff5e}", "B"];
    for (const key of keys) await put(key);
    expect((await list()).keys).toEqual(["B", "a-b", "a/b", "z", "ä", "\u{ff5e}", "\u{1f600}"]);
    const page = await client.send(new ListObjectsV2Command({ Bucket, Prefix: "ä" }));
    expect(page.Contents).toMatchObject([
      { Key: "ä", Size: 2, LastModified: expect.any(Date), ETag: expect.any(String) },
    ]);
    expect(page).toMatchObject({ KeyCount: 1, IsTruncated: false });
  });

  it("is of one prefix, which need not end at a slash", async () => {
    for (const key of ["orders/1/a", "orders/10/b", "orders/2/c", "other"]) await put(key);
    expect((await list({ Prefix: "orders/1" })).keys).toEqual(["orders/1/a", "orders/10/b"]);
    expect((await list({ Prefix: "orders/1/" })).keys).toEqual(["orders/1/a"]);
    expect((await list({ Prefix: "../" })).keys).toEqual([]);
    expect((await list({ Prefix: "nothing/here/" })).keys).toEqual([]);
  });

  it("groups what is below a delimiter, on pages too", async () => {
    for (const key of ["a/1", "a/2", "b", "c/1", "c/2/3", "d"]) await put(key);
    expect(await list({ Delimiter: "/" })).toMatchObject({
      keys: ["b", "d"],
      prefixes: ["a/", "c/"],
      truncated: false,
    });
    expect(await list({ Delimiter: "/", Prefix: "c/" })).toMatchObject({ keys: ["c/1"], prefixes: ["c/2/"] });
    const first = await list({ Delimiter: "/", MaxKeys: 1 });
    expect(first).toMatchObject({ keys: [], prefixes: ["a/"], truncated: true });
    const second = await list({ Delimiter: "/", MaxKeys: 2, ContinuationToken: first.next });
    expect(second).toMatchObject({ keys: ["b"], prefixes: ["c/"], truncated: true });
    const third = await list({ Delimiter: "/", MaxKeys: 2, ContinuationToken: second.next });
    expect(third).toMatchObject({ keys: ["d"], prefixes: [], truncated: false });
  });

  it("goes on where it ended, and starts after a key", async () => {
    for (const key of ["a", "b", "c", "d", "e"]) await put(key);
    const first = await list({ MaxKeys: 2 });
    expect(first).toMatchObject({ keys: ["a", "b"], truncated: true });
    const second = await list({ MaxKeys: 3, ContinuationToken: first.next });
    expect(second).toMatchObject({ keys: ["c", "d", "e"], truncated: false, next: undefined });
    expect((await list({ StartAfter: "c" })).keys).toEqual(["d", "e"]);
    expect(await refusal(list({ ContinuationToken: "made-up" }))).toMatchObject({ name: "InvalidArgument" });
  });

  it("holds at most 1,000 keys whatever is asked", async () => {
    await mkdir(join(directory, Bucket, "many"));
    await Promise.all(
      Array.from({ length: 1001 }, (_, index) =>
        writeFile(join(directory, Bucket, "many", String(index).padStart(4, "0")), ""),
      ),
    );
    const page = await list({ MaxKeys: 5000 });
    expect(page.keys).toHaveLength(1000);
    expect((await list({ ContinuationToken: page.next })).keys).toEqual(["many/1000"]);
    expect(await list({ MaxKeys: 0 })).toMatchObject({ keys: [], truncated: false });
  });

  it("does not show what is being written", async () => {
    await writeFile(join(directory, ".incoming", "half"), "x");
    expect((await list()).keys).toEqual([]);
    expect(await refusal(client.send(new ListObjectsV2Command({ Bucket: ".incoming" })))).toBeInstanceOf(NoSuchBucket);
  });
});

describe("createBucket", () => {
  it("keeps what an earlier run left there, and refuses names that S3 would", async () => {
    await put("kept");
    const again = s3Service({ directory });
    again.createBucket(Bucket);
    const second = await cloudOf(again);
    const page = await new S3Client(second.config()).send(new ListObjectsV2Command({ Bucket }));
    await second.close();
    expect(page.Contents?.map((item) => item.Key)).toEqual(["kept"]);
    for (const name of ["..", "UPPER", "a", ".incoming", "a/b"]) {
      expect(() => again.createBucket(name)).toThrow("is no name for an S3 bucket");
    }
  });
});
