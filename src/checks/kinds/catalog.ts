import { toldVersion } from "../../aws/data-api/told.ts";
import type { DataSession } from "../../aws/data-api.ts";
import { leaveDrift } from "../../evidence/drift.ts";
import { type CheckOf, checkName } from "../../plan/checks.ts";
import { parseTable } from "../../reading/identifiers.ts";
import { Catalog, majorOf } from "../../structure/catalog.ts";
import { type CatalogDiff, catalogDrift, countDifferences, describeDiff, diffCatalogs } from "../../structure/diff.ts";
import { holdsMigration } from "../../structure/migration-heads.ts";
import { readCatalog } from "../../structure/read-catalog.ts";
import { compareVersions, countOf, MAX_LISTED } from "../expectation.ts";
import { type Asking, found, type KindOfCheck, type Progress, type Reference } from "../kind.ts";

const PART = "catalog.json";

/** Of a few hundred characters each; at the 16,000 of two longest definitions 32 MB. How many there are is in what was observed. */
const MAX_DRIFT = 2000;

/** Nothing is kept between slices: a slice that begins with this check has all of its time for it. */
const AGAIN = "from the start";

/**
 * The structure of the database, object by object, as it was before. Differences fail the check, unless migrations ran in between: then
 * they are listed, since whether they are the migrations' only their authors can say.
 */
export const catalog: KindOfCheck<"catalog"> = {
  expected: () => "the structure that was there before, or changed by migrations alone",

  async ask(check, asking) {
    const restored = await read(check, asking.session, asking);
    if ("cursor" in restored || "finding" in restored) return restored;
    await asking.parts.leave(PART, restored);
    const reference = await firstReference(asking.references);
    if (reference === undefined) {
      const observed = `${describeSize(restored)}; nothing to compare with yet: this drill's own structure is kept for the next one`;
      return found("unchecked", observed);
    }
    const entries = catalogDrift(reference.catalog, restored).slice(0, MAX_DRIFT);
    await leaveDrift(asking.parts, checkName(check), { reference: reference.point, entries });
    const forgotten = await forgottenHeads(check, asking.session, reference.catalog, restored);
    return compare(reference.point, reference.catalog, restored, forgotten);
  },

  async capture(check, capturing) {
    const source = await read(check, capturing.session, capturing);
    if ("cursor" in source || "finding" in source) return source;
    await capturing.parts.leave(PART, source);
    return found("held", describeSize(source));
  },
};

async function read(
  { migrations }: CheckOf<"catalog">,
  session: DataSession,
  { hasTime }: Pick<Asking, "hasTime">,
): Promise<Catalog | Progress> {
  const restored = await readCatalog(session, hasTime, declaredIn(migrations));
  if (restored === "time") return { cursor: AGAIN };
  if (restored === "size")
    return found("unchecked", "more than 200,000 objects or 32 MiB of definitions: not compared");
  return restored;
}

const declaredIn = (migrations: CheckOf<"catalog">["migrations"]) =>
  migrations && {
    table: parseTable(migrations.table),
    column: migrations.column,
    orderBy: migrations.orderBy ?? migrations.column,
  };

/** Tables of migrations that do not hold the head they had: whatever their head is now, they went back. */
async function forgottenHeads(
  { migrations }: CheckOf<"catalog">,
  session: DataSession,
  { migrations: before }: Catalog,
  { migrations: after }: Catalog,
): Promise<ReadonlySet<string>> {
  const forgotten = new Set<string>();
  for (const [table, head] of Object.entries(before)) {
    if (after[table] === undefined || after[table] === head) continue;
    if (!(await holdsMigration(session, table, head, declaredIn(migrations)))) forgotten.add(table);
  }
  return forgotten;
}

async function firstReference(
  references: readonly Reference[],
): Promise<{ point: Reference; catalog: Catalog } | undefined> {
  for (const point of references) {
    const known = await point.parts.get(PART, Catalog);
    if (known !== undefined) return { point, catalog: known };
  }
  return undefined;
}

function compare(point: Reference, reference: Catalog, restored: Catalog, forgotten: ReadonlySet<string>): Progress {
  const since = `the ${point.kind} of ${point.takenAt}`;
  if (reference.sha256 === restored.sha256) return found("held", `${describeSize(restored)}, the same as in ${since}`);
  const diff = diffCatalogs(reference, restored);
  const differences = `${countOf(countDifferences(diff), "difference")} since ${since}`;
  const migrations = migrationsBetween(reference, restored, forgotten);
  if (migrations.moved !== undefined) {
    return found("held", `${differences}, explained by migrations ${migrations.moved}: ${listed(diff)}`);
  }
  if (majorOf(reference) !== majorOf(restored)) {
    const majors = `PostgreSQL ${majorOf(reference)} and ${majorOf(restored)} print some of the same structure otherwise`;
    return found("unchecked", `${differences}, but ${majors}: ${listed(diff)}`);
  }
  const back = migrations.back === undefined ? "" : `, and migrations went back ${migrations.back}`;
  return found("failed", `${differences}${back}: ${listed(diff)}`);
}

const listed = (diff: CatalogDiff): string => describeDiff(diff, MAX_LISTED).join("; ");

const describeSize = ({ entries }: Catalog): string =>
  `${entries.length.toLocaleString("en-US")} ${entries.length === 1 ? "entry" : "entries"} of structure`;

/** A migration table that is lost explains nothing, and neither does one that went back: restoring can do both. */
function migrationsBetween(
  { migrations: before }: Catalog,
  { migrations: after }: Catalog,
  forgotten: ReadonlySet<string>,
): { moved?: string; back?: string } {
  const moves = Object.entries(after)
    .filter(([table, head]) => before[table] !== head)
    .map(([table, head]) => ({
      isForgotten: forgotten.has(table),
      was: before[table],
      text: `${before[table] === undefined ? "none" : toldVersion(before[table])} -> ${toldVersion(head)}`,
      head,
    }));
  const back = moves.filter(
    ({ isForgotten, was, head }) =>
      isForgotten || (was !== undefined && isNumbered(was, head) && compareVersions(head, was) < 0),
  );
  if (back.length > 0) return { back: back.map(({ text }) => text).join(", ") };
  return moves.length > 0 ? { moved: moves.map(({ text }) => text).join(", ") } : {};
}

const isNumbered = (...versions: readonly string[]): boolean => versions.every((version) => /^\d+$/.test(version));
