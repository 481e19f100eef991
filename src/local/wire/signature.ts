/**
 * AWS Signature Version 4, verified: the request is signed again with the principal's secret and the two signatures compared.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
import { createHash } from "node:crypto";
import { Sha256 } from "@smithy/core/checksum";
import { HttpRequest } from "@smithy/core/protocols";
import { SignatureV4 } from "@smithy/signature-v4";
import type { WireRequest } from "./message.ts";
import { type Principal, ServiceError } from "./service.ts";

/** What a request says of its signer. Nothing of it is proven until `verifySignature` has returned. */
export interface SignatureClaim {
  readonly accessKeyId: string;
  readonly region: string;
  readonly service: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
}

/** AWS refuses requests whose clock is off by more: 15 minutes for S3, 5 for most others; one generous limit here. */
const CLOCK_SKEW_LIMIT_SECONDS = 15 * 60;

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([^/,\s]+)\/(\d{8})\/([^/,]+)\/([^/,]+)\/aws4_request,\s*SignedHeaders=([^,\s]+),\s*Signature=([0-9a-f]{64})$/;

/** Reads the Authorization header; throws `ServiceError` MissingAuthenticationToken or IncompleteSignature (403). */
export function readClaim(request: WireRequest): SignatureClaim {
  const header = request.headers.get("authorization");
  if (!header) {
    throw new ServiceError("MissingAuthenticationToken", "The request has no Authorization header", { status: 403 });
  }
  const match = AUTHORIZATION.exec(header);
  if (!match) {
    throw new ServiceError("IncompleteSignature", "The Authorization header is not that of Signature Version 4", {
      status: 403,
    });
  }
  const [, accessKeyId = "", , region = "", service = "", signedHeaders = "", signature = ""] = match;
  return { accessKeyId, region, service, signedHeaders: signedHeaders.split(";"), signature };
}

/** Throws `ServiceError` SignatureDoesNotMatch (403) unless `principal` signed exactly this request, a short time ago. */
export async function verifySignature(
  request: WireRequest,
  claim: SignatureClaim,
  principal: Principal,
): Promise<void> {
  const signingDate = readSigningDate(request);
  verifyPayload(request);
  const headers: Record<string, string> = {};
  for (const name of claim.signedHeaders) headers[name] = request.headers.get(name) ?? "";
  const signed = await signerFor(claim, principal).sign(
    new HttpRequest({
      method: request.method,
      path: request.path,
      query: Object.fromEntries(request.query),
      headers,
      body: request.body,
    }),
    { signingDate, signableHeaders: new Set(claim.signedHeaders) },
  );
  const expected = signed.headers["authorization"]?.slice(-64);
  if (expected !== claim.signature) {
    throw mismatch("The signature of the request is not the one calculated from the secret access key");
  }
}

/** Kept by what they sign for: principals times services times regions, so a few hundred at the most; then begun anew. */
const signers = new Map<string, SignatureV4>();
const SIGNER_LIMIT = 1000;

function signerFor(claim: SignatureClaim, principal: Principal): SignatureV4 {
  const key = JSON.stringify([principal.accessKeyId, principal.secretAccessKey, claim.region, claim.service]);
  const known = signers.get(key);
  if (known) return known;
  if (signers.size >= SIGNER_LIMIT) signers.clear();
  const signer = new SignatureV4({
    credentials: { accessKeyId: principal.accessKeyId, secretAccessKey: principal.secretAccessKey },
    region: claim.region,
    service: claim.service,
    sha256: Sha256,
    applyChecksum: false,
    // S3 alone signs its paths as they are sent; every other service signs them encoded once more.
    uriEscapePath: claim.service !== "s3",
  });
  signers.set(key, signer);
  return signer;
}

function readSigningDate(request: WireRequest): Date {
  const text = request.headers.get("x-amz-date") ?? "";
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (!match) throw mismatch("The request has no X-Amz-Date header of the form 20060102T150405Z");
  const [, year, month, day, hour, minute, second] = match;
  const date = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  const skewSeconds = Math.abs(Date.now() - date.getTime()) / 1000;
  if (!(skewSeconds <= CLOCK_SKEW_LIMIT_SECONDS)) {
    throw mismatch(
      `The signature of ${text} is more than ${CLOCK_SKEW_LIMIT_SECONDS} seconds off the local cloud's clock`,
    );
  }
  return date;
}

/** The signature covers the stated hash, so the hash must be that of the body. */
function verifyPayload(request: WireRequest): void {
  const stated = request.headers.get("x-amz-content-sha256");
  if (stated === undefined || stated === "UNSIGNED-PAYLOAD" || stated.startsWith("STREAMING-")) return;
  if (stated !== createHash("sha256").update(request.body).digest("hex")) {
    throw mismatch("The body is not the one that x-amz-content-sha256 was calculated from");
  }
}

function mismatch(message: string): ServiceError {
  return new ServiceError("SignatureDoesNotMatch", message, { status: 403 });
}
