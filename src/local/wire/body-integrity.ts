/**
 * What S3 clients put around a body: the `aws-chunked` framing with its trailing checksum, and checksums in headers.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
 */
import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import type { WireRequest } from "./message.ts";
import { ServiceError } from "./service.ts";

/** The request as it would be without framing, its checksums held against its body; throws `ServiceError` BadDigest (400). */
export function unwrapBody(request: WireRequest): WireRequest {
  const plain = isChunked(request) ? dechunk(request) : request;
  for (const [header, digest] of CHECKSUMS) {
    const stated = plain.headers.get(header);
    if (stated !== undefined && stated !== digest(plain.body)) {
      throw new ServiceError("BadDigest", `The ${header} you specified did not match what was received`, {
        status: 400,
      });
    }
  }
  return plain;
}

/** The CRC-32 of bytes as S3 writes it: big-endian, base64. */
export function crc32Base64(bytes: Uint8Array): string {
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32(bytes));
  return checksum.toString("base64");
}

/** Those that Node computes. The SDK's default is CRC-32. */
const CHECKSUMS: readonly (readonly [string, (body: Uint8Array) => string])[] = [
  ["x-amz-checksum-crc32", crc32Base64],
  ["x-amz-checksum-sha1", (body) => createHash("sha1").update(body).digest("base64")],
  ["x-amz-checksum-sha256", (body) => createHash("sha256").update(body).digest("base64")],
  ["content-md5", (body) => createHash("md5").update(body).digest("base64")],
];

function isChunked(request: WireRequest): boolean {
  return (request.headers.get("x-amz-content-sha256") ?? "").startsWith("STREAMING-");
}

function dechunk(request: WireRequest): WireRequest {
  const headers = new Map(request.headers);
  const chunks: Buffer[] = [];
  let at = 0;
  // Ends: every turn moves `at` past at least one line break of a body of limited length.
  for (;;) {
    const sizeLine = readLine(request.body, at);
    const sizeText = sizeLine.text.split(";")[0] ?? "";
    if (!/^[0-9a-fA-F]{1,8}$/.test(sizeText)) throw badFraming();
    const size = Number.parseInt(sizeText, 16);
    at = sizeLine.next;
    if (size === 0) break;
    if (at + size + 2 > request.body.length) throw badFraming();
    chunks.push(request.body.subarray(at, at + size));
    at += size + 2;
  }
  while (at < request.body.length) {
    const line = readLine(request.body, at);
    at = line.next;
    const colon = line.text.indexOf(":");
    if (colon > 0) headers.set(line.text.slice(0, colon).trim().toLowerCase(), line.text.slice(colon + 1).trim());
  }
  const body = Buffer.concat(chunks);
  const stated = headers.get("x-amz-decoded-content-length");
  if (stated !== undefined && Number(stated) !== body.length) throw badFraming();
  headers.set("content-length", String(body.length));
  dropChunkedEncoding(headers);
  return { ...request, headers, body };
}

function dropChunkedEncoding(headers: Map<string, string>): void {
  const encodings = (headers.get("content-encoding") ?? "").split(",").map((name) => name.trim());
  const rest = encodings.filter((name) => name !== "" && name !== "aws-chunked");
  if (rest.length > 0) headers.set("content-encoding", rest.join(","));
  else headers.delete("content-encoding");
}

function readLine(body: Buffer, from: number): { text: string; next: number } {
  const end = body.indexOf("\r\n", from);
  if (end < 0) throw badFraming();
  return { text: body.toString("latin1", from, end), next: end + 2 };
}

function badFraming(): ServiceError {
  return new ServiceError("IncompleteBody", "The aws-chunked body does not have the length that its framing says", {
    status: 400,
  });
}
