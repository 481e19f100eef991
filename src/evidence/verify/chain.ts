import { startOf } from "../../plan/names.ts";
import type { Manifest } from "../report.ts";
import type { Finding } from "./finding.ts";

/** One drill in the chain of its database: its manifest as it is now, and the one that it says came before. */
export interface ChainLink {
  readonly drillId: string;
  readonly key: string;
  /** Recomputed. */
  readonly manifestSha256: string;
  readonly previous?: Manifest["previous"];
  /** When it was recorded; absent where its report can not be read. */
  readonly endedAt?: string | undefined;
}

export interface Chain {
  readonly findings: Finding[];
  /** Drills before the first that follows another: from before manifests were chained, but for the one that begins the chain. */
  readonly older: number;
}

/** No drill looks further back for the one before it (see `earlierDrills`): after a longer silence a chain begins anew. */
const REMEMBERED_MILLISECONDS = 400 * 86_400_000;

/**
 * Holds each link against the manifest that it names. What it finds: a drill that is not there, a manifest that is another than the one that was
 * followed, two that follow the same, one that follows a later one, and one that follows none in the middle.
 */
export function chainOf(links: readonly ChainLink[]): Chain {
  const byId = new Map(links.map((link) => [link.drillId, link]));
  const inOrder = [...links].sort((a, b) => (recordedAt(a) < recordedAt(b) ? -1 : 1));
  const firstChained = inOrder.findIndex(({ previous }) => previous !== undefined);
  const older = firstChained === -1 ? inOrder.length : firstChained;
  const findings = [
    ...inOrder.flatMap((link) => (link.previous === undefined ? [] : followed(link, link.previous, byId))),
    ...forks(inOrder),
    ...unlinked(inOrder, older),
  ];
  return { findings, older: Math.max(0, older - 1) };
}

function followed(
  { drillId, key, endedAt }: ChainLink,
  previous: NonNullable<ChainLink["previous"]>,
  byId: ReadonlyMap<string, ChainLink>,
): Finding[] {
  const before = byId.get(previous.drillId);
  if (before === undefined)
    return [
      broken(
        key,
        `${drillId} follows ${previous.drillId}, which has no manifest here: it was taken out, or not copied`,
      ),
    ];
  if (before.manifestSha256 !== previous.manifestSha256)
    return [
      broken(
        key,
        `${drillId} follows a manifest of ${previous.drillId} with SHA-256 ${previous.manifestSha256}; it is ${before.manifestSha256} now: altered, or recorded again, since`,
      ),
    ];
  if (before.endedAt !== undefined && endedAt !== undefined && before.endedAt > endedAt)
    return [
      broken(
        key,
        `${drillId} ended at ${endedAt} and follows ${previous.drillId}, which ended later, at ${before.endedAt}`,
      ),
    ];
  return [];
}

function forks(links: readonly ChainLink[]): Finding[] {
  const followers = Map.groupBy(links, ({ previous }) => previous?.drillId);
  return [...followers].flatMap(([before, both]) =>
    before === undefined || both.length < 2
      ? []
      : [
          broken(
            both[0]?.key ?? "",
            `${both.map(({ drillId }) => drillId).join(" and ")} both follow ${before}: one was put in later, or they were recorded in the same moment`,
          ),
        ],
  );
}

function unlinked(inOrder: readonly ChainLink[], older: number): Finding[] {
  return inOrder.flatMap((link, index) => {
    const before = inOrder[index - 1];
    if (index <= older || link.previous !== undefined || before === undefined) return [];
    const silence = Date.parse(recordedAt(link)) - Date.parse(recordedAt(before));
    if (silence > REMEMBERED_MILLISECONDS) return [];
    return [broken(link.key, `${link.drillId} follows no drill, though ${before.drillId} was recorded before it`)];
  });
}

const recordedAt = ({ drillId, endedAt }: ChainLink): string => endedAt ?? startOf(drillId).toISOString();

const broken = (key: string, what: string): Finding => ({ state: "broken", key, what });
