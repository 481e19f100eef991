import type { S3Client } from "@aws-sdk/client-s3";
import { bucketSource } from "../../evidence/verify/bucket-source.ts";
import { directorySource } from "../../evidence/verify/directory-source.ts";
import type { EvidenceSource } from "../../evidence/verify/source.ts";
import { UsageError } from "../usage-error.ts";

/** Where evidence is. */
export type Place =
  | { readonly kind: "bucket"; readonly bucket: string; readonly prefix: string }
  | { readonly kind: "directory"; readonly path: string };

/** `s3://BUCKET`, `s3://BUCKET/PREFIX`, or a directory. Throws UsageError. */
export function placeOf(command: string, text: string | undefined): Place {
  if (text === undefined || text === "")
    throw new UsageError(`Name where the evidence is: restore-drill ${command} s3://BUCKET, or a directory.`);
  const [, scheme, rest = ""] = /^([\w+.-]+):\/\/(.*)$/s.exec(text) ?? [];
  if (scheme === undefined) return { kind: "directory", path: text };
  const [bucket = "", ...prefix] = rest.split("/");
  if (scheme !== "s3" || !/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucket))
    throw new UsageError(`"${text}" is neither s3://BUCKET nor a directory.`);
  return { kind: "bucket", bucket, prefix: prefix.filter((part) => part !== "").join("/") };
}

/** Reads only. Throws what says why the directory can not be looked into. */
export async function sourceAt(place: Place, s3: S3Client): Promise<EvidenceSource> {
  return place.kind === "bucket" ? bucketSource(s3, place.bucket, place.prefix) : directorySource(place.path);
}
