import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { mockClient } from "aws-sdk-client-mock";
import "aws-sdk-client-mock-vitest/extend";
import { describe, expect, it } from "vitest";
import * as z from "zod/mini";
import { JsonStore } from "../../src/aws/json-store.ts";
import { EvidenceUnreadable } from "../../src/errors.ts";
import { evidenceBucket } from "../evidence/evidence-bucket.ts";

const Counted = z.object({ count: z.number() });

describe("put", () => {
  it("writes JSON for people and answers the exact text", async () => {
    const { store, s3 } = evidenceBucket();
    const text = await store.put("a/b.json", { count: 1 });
    expect(text).toBe('{\n  "count": 1\n}\n');
    expect(s3).toHaveReceivedCommandExactlyOnceWith(PutObjectCommand, {
      Bucket: "evidence",
      Key: "a/b.json",
      Body: text,
      ContentType: "application/json",
    });
  });
});

describe("get", () => {
  it("parses what is there", async () => {
    expect(await evidenceBucket({ "a.json": { count: 1, more: true } }).store.get("a.json", Counted)).toEqual({
      count: 1,
    });
  });

  it("is undefined when there is nothing", async () => {
    expect(await evidenceBucket().store.get("a.json", Counted)).toBeUndefined();
  });

  it.each([
    [
      "half a document",
      '{"count": 1',
      /s3:\/\/evidence\/a\.json can not be read: it is not the JSON document it should be/,
    ],
    ["an empty object", "", /it is not the JSON document/],
    ["another document", '{"count": "many"}', /can not be read: "count": /],
  ])("names %s and says what to do", async (_, text, message) => {
    const read = evidenceBucket({ "a.json": text }).store.get("a.json", Counted);
    await expect(read).rejects.toThrow(EvidenceUnreadable);
    await expect(read).rejects.toThrow(message);
    await expect(read).rejects.toThrow(/Restore an earlier version of the object or delete it\.$/);
  });

  it("does not take a refusal for an absence", async () => {
    const client = new S3Client({});
    mockClient(client)
      .on(GetObjectCommand)
      .rejects(Object.assign(new Error("denied"), { name: "AccessDenied" }));
    await expect(new JsonStore(client, "evidence").get("a.json", Counted)).rejects.toMatchObject({
      name: "AccessDenied",
    });
  });
});

describe("list", () => {
  it("is one page of keys below the prefix, after the key given", async () => {
    const { store, s3 } = evidenceBucket({ "o/1": 1, "o/2": 1, "o/3": 1, "p/1": 1 });
    expect(await store.list("o/", "o/1")).toEqual(["o/2", "o/3"]);
    expect(await store.list("o/")).toEqual(["o/1", "o/2", "o/3"]);
    expect(s3).toHaveReceivedCommandWith(ListObjectsV2Command, { Bucket: "evidence", Prefix: "o/", MaxKeys: 1000 });
  });

  it("is empty where there is nothing", async () => {
    const client = new S3Client({});
    mockClient(client).on(ListObjectsV2Command).resolves({});
    expect(await new JsonStore(client, "evidence").list("o/")).toEqual([]);
  });
});

describe("replace", () => {
  it("writes where there is nothing, once", async () => {
    const { store, objects } = evidenceBucket();
    expect(await store.replace("a.json", { count: 1 }, undefined)).toBe(true);
    expect(await store.replace("a.json", { count: 2 }, undefined)).toBe(false);
    expect(objects.get("a.json")).toContain('"count": 1');
  });

  it("replaces the version that was read, and no other", async () => {
    const { store } = evidenceBucket({ "a.json": { count: 1 } });
    const read = await store.getVersioned("a.json", Counted);
    expect(await store.replace("a.json", { count: 2 }, read?.version)).toBe(true);
    expect(await store.replace("a.json", { count: 3 }, read?.version)).toBe(false);
    expect(await store.get("a.json", Counted)).toEqual({ count: 2 });
  });

  it("throws what is not a lost race", async () => {
    const { store, s3 } = evidenceBucket();
    s3.on(PutObjectCommand).rejects(Object.assign(new Error("denied"), { name: "AccessDenied" }));
    await expect(store.replace("a.json", {}, undefined)).rejects.toThrow("denied");
  });
});
