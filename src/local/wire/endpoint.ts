/** The local cloud's one HTTP endpoint, for real AWS SDK clients that find it through `AWS_ENDPOINT_URL`. */
import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { answerCall, type Desk, type EndpointOptions, openDesk } from "./desk.ts";
import { readRequest, type WireAnswer } from "./message.ts";

export type { EndpointOptions } from "./desk.ts";

export interface Endpoint {
  /** `http://127.0.0.1:<port>`: with an IP address in it, S3 clients put the bucket into the path by themselves. */
  readonly url: string;
  /** Resolves when the port is free; calls still running are cut off and their `signal` is aborted. */
  close(): Promise<void>;
}

/**
 * Starts the endpoint on a free port of the loopback interface. Throws `TypeError` when a service does not fit its SDK package,
 * or when two services have one name.
 */
export async function startEndpoint(options: EndpointOptions): Promise<Endpoint> {
  const desk = openDesk(options);
  const server = createServer((incoming, response) => {
    serve(desk, incoming, response).catch((defect: unknown) => {
      options.onDefect?.(defect);
      response.destroy();
    });
  });
  // SDK clients keep idle connections; a server that drops them first makes a call fail that was just being sent.
  server.keepAliveTimeout = 120_000;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error ? reject(error) : resolve()));
        server.closeAllConnections();
      }),
  };
}

async function serve(desk: Desk, incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  const hangUp = new AbortController();
  response.on("close", () => {
    if (!response.writableFinished) hangUp.abort();
  });
  const reply = await answerCall(desk, () => readRequest(incoming), incoming.headers, hangUp.signal, randomUUID());
  // Node's own header has the machine's time, and clients sign by what the server says: they keep to a modelled clock too.
  response.setHeader("date", new Date().toUTCString());
  if (reply === "lost") response.destroy();
  else await send(reply, incoming, response);
}

async function send(reply: WireAnswer, incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  const { status, headers, body } = reply;
  // An unread rest of a body that was too large would be taken for the connection's next request.
  const close = incoming.complete ? {} : { connection: "close" };
  if (incoming.method === "HEAD" || status === 204 || status === 304) {
    response.writeHead(status, { ...headers, ...close }).end();
    return;
  }
  if (body instanceof Readable) {
    response.writeHead(status, { ...headers, ...close });
    await pipeline(body, response);
    return;
  }
  const length = String(Buffer.byteLength(body));
  response.writeHead(status, { ...headers, ...close, "content-length": length }).end(body);
}
