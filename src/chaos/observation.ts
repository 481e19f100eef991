/** What a drill left to be seen: what people were told, and the evidence as it is in the bucket. */
import { createHash } from "node:crypto";
import { glob, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import * as z from "zod/mini";
import { CheckResults } from "../checks/result.ts";
import { LedgerEntry } from "../evidence/ledger.ts";
import { Manifest, Report } from "../evidence/report.ts";
import type { PublishedMessage } from "../local/services/sns.ts";

export interface Leftover {
  readonly kind: "instance" | "cluster" | "snapshot" | "server" | "directory";
  readonly id: string;
  readonly status: string;
}

export interface Evidence {
  readonly report: Report | undefined;
  readonly ledger: LedgerEntry | undefined;
  readonly manifestSha256: string | undefined;
  readonly checks: CheckResults | undefined;
  /** A sentence each: a file that can not be read, or that is not what the manifest says. */
  readonly problems: readonly string[];
}

export interface Observation {
  readonly drillId: string;
  readonly isReached: boolean;
  /** Everything had come to its end when this was looked at. */
  readonly isAtRest: boolean;
  readonly execution: { readonly status: string; readonly error: string; readonly cause: string };
  /** How the executions ended that finished this drill for it: `ExecutionSucceeded`, ... */
  readonly finishing: readonly string[];
  /** Everything that was published while the drill ran. */
  readonly messages: readonly PublishedMessage[];
  readonly evidence: Evidence;
  readonly leftovers: readonly Leftover[];
  readonly isSourceChanged: boolean;
  /** ARNs, and keys of the evidence bucket. */
  readonly touched: readonly string[];
}

/** The part of a notification for machines, as far as it is held against the evidence. */
const Told = z.object({
  drillId: z.string(),
  verdict: z.enum(["passed", "failed", "inconclusive", "errored"]),
  reason: z.optional(z.string()),
  summary: z.string(),
  leftovers: z.array(z.object({ kind: z.string(), id: z.string(), reason: z.string() })),
  evidence: z.optional(z.string()),
  interruption: z.optional(z.object({ status: z.string() })),
  repeated: z.optional(z.unknown()),
  /** To those who are paged, beside the notification. */
  page: z.optional(z.boolean()),
});
export type Told = z.infer<typeof Told> & { readonly isRepetition: boolean };

type Published = Pick<Observation, "messages" | "drillId">;

/** The notifications of the drill's end, in the order in which they were published, repetitions among them. */
export const toldOf = (published: Published): Told[] => allOf(published).filter(({ page }) => page !== true);

/** What woke people, as notifications above: none for most drills, as alarms do it. */
export const pagesOf = (published: Published): Told[] => allOf(published).filter(({ page }) => page === true);

const allOf = ({ messages, drillId }: Published): Told[] =>
  messages.flatMap((message) => toldBy(message, drillId) ?? []);

/** What was published while the drill ran and is no notification of its end: nothing else has a reason to speak. */
export function strangersOf({ messages, drillId }: Published): string[] {
  return messages
    .filter((message) => toldBy(message, drillId) === undefined)
    .map(({ bodies }) => (bodies["default"] ?? "").slice(0, 200));
}

function toldBy({ bodies, attributes }: PublishedMessage, drillId: string): Told | undefined {
  const { data } = z.safeParse(Told, parse(bodies["default"] ?? ""));
  if (data?.drillId !== drillId) return undefined;
  const isRepetition = [data.repeated, attributes["repeated"]?.value].some((mark) => mark === true || mark === "true");
  return { ...data, isRepetition };
}

export async function observeEvidence(directory: string, drillId: string): Promise<Evidence> {
  const texts = new Map<string, string>();
  // What is known of its end, in a directory of its own, comes after the manifest.
  const pattern = `*/{${drillId}/*,${drillId}/journal/*,ledger/${drillId}.json}`;
  for await (const entry of glob(pattern, { cwd: directory, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const folder = basename(entry.parentPath);
    const name = folder === "ledger" ? "ledger.json" : folder === "journal" ? `journal/${entry.name}` : entry.name;
    texts.set(name, await readFile(join(entry.parentPath, entry.name), "utf8"));
  }
  const problems: string[] = [];
  const read = <Schema extends z.core.$ZodType>(name: string, schema: Schema): z.output<Schema> | undefined => {
    const text = texts.get(name);
    if (text === undefined) return undefined;
    const { data, error } = z.safeParse(schema, parse(text));
    if (error !== undefined) problems.push(`${name} can not be read: ${error.message.slice(0, 200)}`);
    return data;
  };
  const manifest = read("manifest.json", Manifest);
  for (const { file, sha256 } of manifest?.files ?? []) {
    const text = texts.get(file);
    if (text === undefined) problems.push(`${file} is in the manifest and not in the bucket`);
    else if (hash(text) !== sha256) problems.push(`${file} is not the one of the manifest`);
  }
  const manifestText = texts.get("manifest.json");
  return {
    report: read("report.json", Report),
    ledger: read("ledger.json", LedgerEntry),
    manifestSha256: manifestText === undefined ? undefined : hash(manifestText),
    checks: read("checks.json", CheckResults),
    problems,
  };
}

const hash = (text: string): string => createHash("sha256").update(text).digest("hex");

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
