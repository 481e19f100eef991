import type { Change, PathChange } from "./template-diff.ts";

/** A value is shown so that it can be recognised; the template has the whole of it. */
const MAX_VALUE_CHARS = 60;
const CONTEXT_CHARS = 12;
/** A function that reads another setting is one line; a new dashboard of hundreds of lines is not read here. */
const MAX_PATHS = 12;

const SIGN = { added: "+", removed: "-", changed: "~", replaced: "!" } as const;

/** The changes for a reviewer: what is replaced or loses data in capitals, the rest in one line a path. */
export function diffText(changes: readonly Change[], against: string): string {
  if (changes.length === 0) return `Nothing changes against ${against}.\n`;
  const counts = (["added", "removed", "changed", "replaced"] as const).flatMap((kind) => {
    const count = changes.filter((change) => change.kind === kind).length;
    return count === 0 ? [] : [`${count} ${kind}`];
  });
  return `Against ${against}: ${counts.join(", ")}.\n\n${changes.flatMap(linesOf).join("\n")}\n`;
}

function linesOf({ section, name, type, kind, paths, data }: Change): string[] {
  const what = section === "Resources" ? `${type} ${name}` : `${section.slice(0, -1)} ${name}`;
  const replaced = kind === "replaced" ? "  REPLACED" : "";
  const lost = data === "lost" ? "  ITS DATA IS DELETED" : "";
  const kept = data === "kept" ? "  what it holds is kept, and no longer the stack's" : "";
  const [shown, more] = [paths.slice(0, MAX_PATHS), paths.length - MAX_PATHS];
  return [
    `${SIGN[kind]} ${what}${replaced}${lost}${kept}`,
    ...shown.map(pathLine),
    ...(more > 0 ? [`    and ${more} more`] : []),
  ];
}

function pathLine({ path, from, to, replaces }: PathChange): string {
  const shortPath = path.replace(/^Properties\./, "");
  const [was, is] = path === "code" ? [] : shortened(textOf(from), textOf(to));
  const values = was === undefined ? "" : `: ${was} -> ${is}`;
  return `    ${shortPath}${values}${replaces ? "  (not without a new one)" : ""}`;
}

const textOf = (value: unknown): string => (value === undefined ? "none" : JSON.stringify(value));

/** From a little before where they begin to differ. */
function shortened(...texts: [string, string]): string[] {
  const [from, to] = texts;
  let same = 0;
  while (same < from.length && from[same] === to[same]) same++;
  const isLong = texts.some((text) => text.length > MAX_VALUE_CHARS);
  const start = isLong && same > 2 * CONTEXT_CHARS ? same - CONTEXT_CHARS : 0;
  return texts.map((text) => {
    const shown = text.slice(start, start + MAX_VALUE_CHARS);
    return `${start > 0 ? "…" : ""}${shown}${start + MAX_VALUE_CHARS < text.length ? "…" : ""}`;
  });
}
