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
  /** Drills from before manifests were chained, but for the one that the first chained drill follows: no hash holds them in their place. */
  readonly older: number;
}

/** No drill looks further back for the one before it (see `earlierDrills`): after a longer silence a chain begins anew. */
const REMEMBERED_MILLISECONDS = 400 * 86_400_000;

/**
 * Holds each link against the manifest that it names. What it finds: a drill that is not there, a manifest that is another than the one that was
 * followed, two that follow the same, one that follows a later one, one that follows none in the middle, and one before the drill that says it is first.
 */
export function chainOf(links: readonly ChainLink[]): Chain {
  const byId = new Map(links.map((link) => [link.drillId, link]));
  const inOrder = [...links].sort((a, b) => (recordedAt(a) < recordedAt(b) ? -1 : 1));
  const older = olderIn(inOrder);
  const findings = [
    ...inOrder.flatMap((link) => (isLinked(link) ? followed(link, link.previous, byId) : [])),
    ...forks(inOrder),
    ...besideTheBeginning(inOrder),
    ...unlinked(inOrder, older),
  ];
  return { findings, older: older.drills };
}

type Linked = ChainLink & { readonly previous: NonNullable<ChainLink["previous"]> };
const isLinked = (link: ChainLink): link is Linked => link.previous !== undefined && link.previous !== null;

/** How many drills are from before manifests were chained, and the last place at which one of them may stand. */
function olderIn(inOrder: readonly ChainLink[]): { readonly drills: number; readonly lastPlace: number } {
  const firstChained = inOrder.findIndex(({ previous }) => previous !== undefined);
  const first = inOrder[firstChained];
  if (first === undefined) return { drills: inOrder.length, lastPlace: inOrder.length };
  // What stands before a beginning is told with it.
  if (!isLinked(first)) return { drills: 0, lastPlace: firstChained };
  const followedPlace = inOrder.findIndex(({ drillId }) => drillId === first.previous.drillId);
  const isThere = followedPlace !== -1 && followedPlace < firstChained;
  return isThere
    ? { drills: followedPlace, lastPlace: followedPlace }
    : { drills: firstChained, lastPlace: firstChained };
}

function followed(
  { drillId, key, endedAt }: ChainLink,
  previous: Linked["previous"],
  byId: ReadonlyMap<string, ChainLink>,
): Finding[] {
  const before = byId.get(previous.drillId);
  if (before === undefined)
    return [
      broken(
        key,
        `${drillId} follows ${previous.drillId}, which has no manifest here: it was taken out, or not copied`,
        drillId,
        previous.drillId,
      ),
    ];
  if (before.manifestSha256 !== previous.manifestSha256)
    return [
      broken(
        key,
        `${drillId} follows a manifest of ${previous.drillId} with SHA-256 ${previous.manifestSha256}; it is ${before.manifestSha256} now: altered, or recorded again, since`,
        drillId,
        before.drillId,
      ),
    ];
  if (before.endedAt !== undefined && endedAt !== undefined && before.endedAt > endedAt)
    return [
      broken(
        key,
        `${drillId} ended at ${endedAt} and follows ${previous.drillId}, which ended later, at ${before.endedAt}`,
        drillId,
        before.drillId,
      ),
    ];
  return [];
}

function forks(links: readonly ChainLink[]): Finding[] {
  const followers = Map.groupBy(links, ({ previous }) => previous?.drillId);
  return [...followers].flatMap(([before, both]) => {
    if (before === undefined || both.length < 2) return [];
    const ids = both.map(({ drillId }) => drillId);
    const what = `${ids.join(" and ")} both follow ${before}: one was put in later, or they were recorded in the same moment`;
    return [broken(both[0]?.key ?? "", what, ...ids)];
  });
}

/** A database has one first drill, and nothing was recorded before it. */
function besideTheBeginning(inOrder: readonly ChainLink[]): Finding[] {
  const [first, ...others] = inOrder.filter(({ previous }) => previous === null);
  if (first === undefined) return [];
  const before = inOrder.slice(0, inOrder.indexOf(first));
  const putIn = before
    .filter(({ previous }) => previous === undefined)
    .map(({ key, drillId }) =>
      broken(
        key,
        `${drillId} was recorded before ${first.drillId}, which says that it is the first: put in later`,
        drillId,
      ),
    );
  const chained = before.find(isLinked);
  return [
    ...putIn,
    ...(chained === undefined ? [] : [notTheFirst(first, chained)]),
    ...others.map((other) => notTheFirst(other, first)),
  ];
}

const notTheFirst = ({ key, drillId }: ChainLink, before: ChainLink): Finding =>
  broken(
    key,
    `${drillId} says that it is the first, though ${before.drillId} was recorded before it: one was put in later, or they were recorded in the same moment`,
    drillId,
    before.drillId,
  );

function unlinked(inOrder: readonly ChainLink[], { lastPlace }: { readonly lastPlace: number }): Finding[] {
  return inOrder.flatMap((link, index) => {
    const before = inOrder[index - 1];
    if (index <= lastPlace || link.previous !== undefined || before === undefined) return [];
    const silence = Date.parse(recordedAt(link)) - Date.parse(recordedAt(before));
    if (silence > REMEMBERED_MILLISECONDS) return [];
    return [
      broken(
        link.key,
        `${link.drillId} follows no drill, though ${before.drillId} was recorded before it`,
        link.drillId,
      ),
    ];
  });
}

const recordedAt = ({ drillId, endedAt }: ChainLink): string => endedAt ?? startOf(drillId).toISOString();

const broken = (key: string, what: string, ...drillIds: readonly string[]): Finding => ({
  state: "broken",
  key,
  what,
  drillIds,
});
