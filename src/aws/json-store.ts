import {
  GetObjectCommand,
  ListObjectsV2Command,
  NoSuchKey,
  PutObjectCommand,
  type S3Client,
  S3ServiceException,
} from "@aws-sdk/client-s3";
import * as z from "zod/mini";
import { EvidenceUnreadable } from "../errors.ts";

/** One page of S3's listing. Nothing here lists further: callers ask for the newest few below a narrow prefix, or for one page after the other. */
export const MAX_KEYS = 1000;

/** A folder is a database, but for a few: 5,000. */
const MAX_FOLDER_PAGES = 5;

/** Another writer was there first: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html */
const LOST_RACE_STATUS = new Set([404, 409, 412]);

/** A document, its text as it is stored, and the version of it that was read, to be replaced only as long as it is the newest. */
export interface Versioned<Document> {
  readonly document: Document;
  readonly text: string;
  readonly version: string;
}

/** JSON documents in the evidence bucket. What is read back is parsed by a schema: a half-written or edited document is an error that names it. */
export class JsonStore {
  readonly bucket: string;
  readonly #s3: S3Client;

  constructor(s3: S3Client, bucket: string) {
    this.#s3 = s3;
    this.bucket = bucket;
  }

  /** Writes the document, indented for people, and resolves to the exact text written. */
  async put(key: string, document: unknown): Promise<string> {
    const text = `${JSON.stringify(document, null, 2)}\n`;
    await this.putText(key, text, "application/json");
    return text;
  }

  async putText(key: string, text: string, contentType: string): Promise<void> {
    await this.#put(key, text, contentType);
  }

  async #put(key: string, text: string, contentType: string, condition: object = {}): Promise<void> {
    const object = { Bucket: this.bucket, Key: key, Body: text, ContentType: contentType };
    await this.#s3.send(new PutObjectCommand({ ...object, ...condition }));
  }

  /** The document, or undefined when there is none. Throws EvidenceUnreadable when there is one that is not what it should be. */
  async get<Schema extends z.core.$ZodType>(key: string, schema: Schema): Promise<z.output<Schema> | undefined> {
    const text = await this.getText(key);
    return text === undefined ? undefined : this.#parse(key, schema, text);
  }

  /** The same, with the version that `replace` takes. */
  async getVersioned<Schema extends z.core.$ZodType>(
    key: string,
    schema: Schema,
  ): Promise<Versioned<z.output<Schema>> | undefined> {
    const object = await this.#getObject(key);
    return object === undefined ? undefined : { ...object, document: this.#parse(key, schema, object.text) };
  }

  /** Writes the document where there is none (no `version`), or in the place of that version. False when another writer was first. */
  async replace(key: string, document: unknown, version: string | undefined): Promise<boolean> {
    const condition = version === undefined ? { IfNoneMatch: "*" } : { IfMatch: version };
    try {
      await this.#put(key, `${JSON.stringify(document, null, 2)}\n`, "application/json", condition);
      return true;
    } catch (error) {
      if (error instanceof S3ServiceException && LOST_RACE_STATUS.has(error.$metadata.httpStatusCode ?? 0))
        return false;
      throw error;
    }
  }

  #parse<Schema extends z.core.$ZodType>(key: string, schema: Schema, text: string): z.output<Schema> {
    const parsed = z.safeParse(schema, parseJson(text));
    if (parsed.success) return parsed.data;
    const [issue] = parsed.error.issues;
    const field =
      issue === undefined || issue.path.length === 0
        ? "it is not the JSON document it should be"
        : `"${issue.path.join(".")}": ${issue.message}`;
    throw new EvidenceUnreadable(
      `s3://${this.bucket}/${key} can not be read: ${field}. Restore an earlier version of the object or delete it.`,
    );
  }

  async getText(key: string): Promise<string | undefined> {
    return (await this.#getObject(key))?.text;
  }

  async #getObject(key: string): Promise<{ text: string; version: string } | undefined> {
    try {
      const answer = await this.#s3.send(new GetObjectCommand({ Bucket: this.bucket, Key: key }));
      return { text: (await answer.Body?.transformToString()) ?? "", version: answer.ETag ?? "" };
    } catch (error) {
      if (error instanceof NoSuchKey) return undefined;
      throw error;
    }
  }

  /** Keys below a prefix in key order, from `startAfter` on, at most `MAX_KEYS`. */
  async list(prefix: string, startAfter?: string): Promise<string[]> {
    const answer = await this.#s3.send(
      new ListObjectsV2Command({
        Bucket: this.bucket,
        Prefix: prefix,
        MaxKeys: MAX_KEYS,
        ...(startAfter === undefined ? {} : { StartAfter: startAfter }),
      }),
    );
    return (answer.Contents ?? []).flatMap(({ Key }) => (Key === undefined ? [] : [Key]));
  }

  /** The folders at the root of the bucket, of at most `MAX_FOLDER_PAGES` of its listing; `isCutOff` says that there are more. */
  async folders(): Promise<{ folders: string[]; isCutOff: boolean }> {
    const folders: string[] = [];
    let next: string | undefined;
    for (let page = 0; page < MAX_FOLDER_PAGES; page += 1) {
      const answer = await this.#s3.send(
        new ListObjectsV2Command({
          Bucket: this.bucket,
          Delimiter: "/",
          MaxKeys: MAX_KEYS,
          ...(next === undefined ? {} : { ContinuationToken: next }),
        }),
      );
      folders.push(...(answer.CommonPrefixes ?? []).flatMap(({ Prefix }) => Prefix?.slice(0, -1) ?? []));
      next = answer.NextContinuationToken;
      if (next === undefined) return { folders, isCutOff: false };
    }
    return { folders, isCutOff: true };
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
