/** HTTP as the wire layer sees it: one whole request, one whole answer. */
import type { IncomingMessage } from "node:http";
import type { Readable } from "node:stream";
import { ServiceError } from "./service.ts";

export interface WireRequest {
  readonly method: string;
  /** As sent, still percent-encoded: signatures are made over it. */
  readonly path: string;
  readonly query: ReadonlyMap<string, string>;
  /** Lower-case names. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
}

export interface WireAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array | Readable;
}

/** The largest body of a request. The largest that AWS takes from this project's calls is the Data API's 4 MiB. */
const BODY_LIMIT_BYTES = 8 * 1024 * 1024;

/** Reads one request whole; throws `ServiceError` RequestEntityTooLarge above `BODY_LIMIT_BYTES`, InvalidURI for a bad query string. */
export async function readRequest(incoming: IncomingMessage): Promise<WireRequest> {
  const url = incoming.url ?? "/";
  const mark = url.indexOf("?");
  return {
    method: incoming.method ?? "GET",
    path: mark < 0 ? url : url.slice(0, mark),
    query: mark < 0 ? new Map() : readQuery(url.slice(mark + 1)),
    headers: readHeaders(incoming),
    body: await readBody(incoming),
  };
}

/** Percent-decoding that answers a client's mistake as the client's. */
export function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new ServiceError("InvalidURI", `The URI part ${text} is not percent-encoded UTF-8`);
  }
}

function readQuery(text: string): Map<string, string> {
  const query = new Map<string, string>();
  for (const part of text.split("&")) {
    if (!part) continue;
    const mark = part.indexOf("=");
    const name = decode(mark < 0 ? part : part.slice(0, mark));
    query.set(name, mark < 0 ? "" : decode(part.slice(mark + 1)));
  }
  return query;
}

function readHeaders(incoming: IncomingMessage): Map<string, string> {
  const headers = new Map<string, string>();
  for (const [name, value] of Object.entries(incoming.headers)) {
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(",") : value);
  }
  return headers;
}

async function readBody(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > BODY_LIMIT_BYTES) {
      throw new ServiceError(
        "RequestEntityTooLarge",
        `The local cloud takes bodies of up to ${BODY_LIMIT_BYTES} bytes`,
        {
          status: 413,
        },
      );
    }
    chunks.push(chunk);
  }
  return chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks);
}
