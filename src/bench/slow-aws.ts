/**
 * S3 and RDS of a fleet over HTTP, as far as the watchdog and the index ask them: every answer takes the same time, and nothing is kept. A worker of
 * its own, so that its CPU time is not theirs.
 */
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { parentPort, workerData } from "node:worker_threads";
import type { DatabaseHistory } from "../evidence/history.ts";
import type { LedgerEntry } from "../evidence/ledger.ts";

export interface Fleet {
  readonly databases: readonly string[];
  /** Of each database, the oldest first. */
  readonly drills: readonly Pick<LedgerEntry, "drillId" | "startedAt" | "endedAt" | "verdict">[];
  /** Whether each database has its history beside its ledger. */
  readonly hasHistories?: boolean;
  readonly answerMilliseconds: number;
}

/** RDS's own. */
const PAGE = 100;

/** What the worker says once it listens. */
export interface Opened {
  readonly url: string;
}

const fleet: Fleet = workerData;
const server = createServer((request, response) => {
  void answerTo(request, fleet).then((text) => {
    if (text === undefined) response.writeHead(404);
    setTimeout(() => response.end(text ?? "<Error><Code>NoSuchKey</Code></Error>"), fleet.answerMilliseconds);
  });
});
server.listen(0, "127.0.0.1");
await once(server, "listening");
// Of a server that listens on a port.
const { port } = server.address() as AddressInfo;
parentPort?.postMessage({ url: `http://127.0.0.1:${port}` } satisfies Opened);

async function answerTo(request: IncomingMessage, fleet: Fleet): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const { pathname, searchParams } = new URL(request.url ?? "/", "http://localhost");
  if (request.method === "POST") return describeAnswer(new URLSearchParams(Buffer.concat(chunks).toString()), fleet);
  if (request.method === "PUT") return "";
  if (searchParams.has("list-type")) return listAnswer(searchParams, fleet);
  return pathname.includes("/ledger/") ? JSON.stringify(entryAt(pathname, fleet)) : historyAnswer(pathname, fleet);
}

function listAnswer(asked: URLSearchParams, { drills }: Fleet): string {
  const prefix = asked.get("prefix") ?? "";
  const after = asked.get("start-after") ?? "";
  const keys = drills.map(({ drillId }) => `${prefix}${drillId}.json`).filter((key) => key > after);
  const contents = keys.map((key) => `<Contents><Key>${key}</Key></Contents>`).join("");
  return `<ListBucketResult><IsTruncated>false</IsTruncated>${contents}</ListBucketResult>`;
}

/** As after every drill has been recorded; nothing else is there. */
function historyAnswer(path: string, fleet: Fleet): string | undefined {
  const [, database] = /([^/]+)\/history\.json$/.exec(path) ?? [];
  if (fleet.hasHistories !== true || database === undefined) return undefined;
  const drills = fleet.drills.map(({ drillId }) => entryAt(`/${database}/ledger/${drillId}.json`, fleet));
  const last = drills.at(-1);
  const history = {
    schemaVersion: 1,
    database,
    drills,
    passes: { [database]: last },
    lastDrills: { [database]: last },
    paths: [],
  };
  return JSON.stringify(history satisfies Record<keyof DatabaseHistory, unknown>);
}

function entryAt(path: string, { drills }: Fleet) {
  const [, database = "", drillId = ""] = /([^/]+)\/ledger\/(.+)\.json$/.exec(path) ?? [];
  return {
    ...drills.find((drill) => drill.drillId === drillId),
    plan: database,
    database,
    trigger: { kind: "schedule", by: "weekly" },
    summary: "The restored database is right.",
    stepSeconds: {},
    leftovers: 0,
    actualUsd: 1.5,
    manifestSha256: "0".repeat(64),
  };
}

function describeAnswer(asked: URLSearchParams, { databases }: Fleet): string {
  const action = asked.get("Action") ?? "";
  const from = Number(asked.get("Marker") ?? 0);
  const page = action === "DescribeDBClusters" ? databases.slice(from, from + PAGE) : [];
  const clusters = page.map(
    (name) =>
      `<DBCluster><DBClusterIdentifier>${name}</DBClusterIdentifier><Engine>aurora-postgresql</Engine><EngineVersion>16.4</EngineVersion></DBCluster>`,
  );
  const marker =
    action === "DescribeDBClusters" && from + PAGE < databases.length ? `<Marker>${from + PAGE}</Marker>` : "";
  return `<${action}Response><${action}Result><DBClusters>${clusters.join("")}</DBClusters>${marker}</${action}Result></${action}Response>`;
}
