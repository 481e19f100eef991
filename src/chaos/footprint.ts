/** Everything of a campaign's account that a drill may not change, and everything that it may not leave: before it and after it. */
import { createHash } from "node:crypto";
import { glob, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { historyKey } from "../evidence/history.ts";
import { INDEX_KEY, INDEX_PAGE } from "../index/write-index.ts";
import type { LocalCloud } from "../local/cloud.ts";
import type { PostgresHost, PostgresServer } from "../local/postgres/postgres-host.ts";
import { foreignResources, NEVER } from "./foreign.ts";
import { SOURCE } from "./source.ts";
import { lookAtSource } from "./source-look.ts";

export interface Footprint {
  readonly source: string;
  /** What is not the drill's, by ARN or by its key in the evidence bucket. */
  readonly foreign: ReadonlyMap<string, string>;
  /** Data directories, snapshots, and directories that a server runs on: `eu-central-1/clusters/...`. */
  readonly directories: readonly string[];
}

/** What drills of all databases, or of one, write into: whose turn it is, how they all stand, which came before. */
const SHARED: ReadonlySet<string> = new Set(["turns.json", INDEX_PAGE, INDEX_KEY, historyKey(SOURCE.cluster)]);

/** Evidence of a drill that never was, of a database that no plan names. */
export async function leaveForeignEvidence(directory: string): Promise<void> {
  for (const file of [
    `payroll/${NEVER}/report.json`,
    `payroll/ledger/${NEVER}.json`,
    "payroll/baselines/latest.json",
  ]) {
    await mkdir(dirname(join(directory, file)), { recursive: true });
    await writeFile(join(directory, file), "{}");
  }
}

/** `own`: what the drill itself may write in the evidence bucket is not looked at. */
export async function lookAround(
  { cloud, host, source }: { cloud: LocalCloud; host: PostgresHost; source: PostgresServer },
  own?: string,
): Promise<Footprint> {
  const root = join(host.runDirectory, "rds");
  const foreign = new Map(await foreignResources(cloud));
  for (const file of await evidenceFiles(cloud))
    if (!SHARED.has(file) && (own === undefined || !file.includes(own)))
      foreign.set(`s3://${file}`, hash(await readFile(join(cloud.evidenceDirectory, file))));
  const directories = new Set([...(await directoriesIn(root)), ...(await servedIn(root))]);
  return { source: await lookAtSource(source.connection), foreign, directories: [...directories].sort() };
}

export async function evidenceFiles({ evidenceDirectory: directory }: LocalCloud): Promise<string[]> {
  const found: string[] = [];
  for await (const entry of glob("**/*", { cwd: directory, withFileTypes: true }))
    if (entry.isFile()) found.push(relative(directory, join(entry.parentPath, entry.name)));
  return found;
}

/** A drill that is remembered would be waited for and compared with by the next one. */
export async function forgetEvidence(cloud: LocalCloud, kept: ReadonlySet<string>): Promise<void> {
  for (const file of await evidenceFiles(cloud)) if (!kept.has(file)) await rm(join(cloud.evidenceDirectory, file));
}

const hash = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");

/** Data directories and snapshots, by region. */
async function directoriesIn(root: string): Promise<string[]> {
  const found: string[] = [];
  for await (const entry of glob("*/*/*", { cwd: root })) found.push(entry);
  return found;
}

/** What PostgreSQL runs on, whether or not RDS, or the file system, knows of it any more. Linux alone says it without a process of its own. */
async function servedIn(root: string): Promise<string[]> {
  if (process.platform !== "linux") return [];
  const found: string[] = [];
  for (const pid of await readdir("/proc")) {
    if (!/^\d+$/.test(pid)) continue;
    const words = (await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")).split("\0");
    const directory = words.find((word) => word.startsWith(`${root}/`));
    if (directory !== undefined) found.push(relative(root, directory));
  }
  return found;
}
