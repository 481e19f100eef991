/** Which ways back were gone, and which are proven: databases against recovery paths. */
import type { DatabaseHistory, PastDrill } from "../evidence/history.ts";
import type { DatabaseRow } from "./rows.ts";

type Path = DatabaseHistory["paths"][number]["path"];

export interface PathColumn {
  readonly key: string;
  /** What is restored, and where from and to. */
  readonly what: string;
  readonly where: string;
  /** How many databases have gone it. */
  readonly databases: number;
}

export interface PathCell {
  /**
   * `proven`: each of its plans passed within what it promises, and had no drill since that did not pass. `in-doubt`: one passed, and the last of a plan
   * did not. `lapsed`: a plan's pass is longer ago, or of a plan that is gone. `never`: drilled, and no drill passed.
   */
  readonly state: "proven" | "in-doubt" | "lapsed" | "never";
  /** Of the plan that decides; the pass is another one's, maybe a later one, where that plan never passed. */
  readonly lastDrill: PastDrill;
  readonly lastPass?: PastDrill;
}

export interface Matrix {
  /** The most used first. */
  readonly columns: readonly PathColumn[];
  /** By database, and by the column's key. */
  readonly cells: ReadonlyMap<string, ReadonlyMap<string, PathCell>>;
}

export function matrixOf(rows: readonly DatabaseRow[], at: Date): Matrix {
  const columns = new Map<string, PathColumn>();
  const cells = new Map<string, ReadonlyMap<string, PathCell>>();
  for (const row of rows) {
    const own = cellsOf(row, at);
    cells.set(row.database, own);
    for (const { path } of row.paths) columns.set(keyOf(path), columnOf(path));
  }
  const used = [...columns.values()].map((column) => ({
    ...column,
    databases: [...cells.values()].filter((own) => own.has(column.key)).length,
  }));
  return { columns: used.sort((a, b) => b.databases - a.databases || (a.key < b.key ? -1 : 1)), cells };
}

function cellsOf({ plans, paths }: DatabaseRow, at: Date): Map<string, PathCell> {
  const byWay = Map.groupBy(paths, ({ path }) => keyOf(path));
  return new Map([...byWay].flatMap(([key, gone]) => cellOf(gone, plans, at).map((cell) => [key, cell] as const)));
}

const WORST_FIRST: readonly PathCell["state"][] = ["in-doubt", "lapsed", "proven"];

/**
 * Two plans may go one way: each by its own drills and its own promise, and the worst of them counts. A plan that is gone counts where no other
 * goes that way, or where it failed after all others.
 */
function cellOf(gone: DatabaseHistory["paths"], plans: DatabaseRow["plans"], at: Date): PathCell[] {
  const newest = newestOf(gone.map((own) => own.lastDrill));
  const lastPass = newestOf(gone.flatMap((own) => own.lastPass ?? []));
  if (newest === undefined) return [];
  if (lastPass === undefined) return [{ state: "never", lastDrill: newest }];
  const counted = gone.filter(
    ({ plan, lastDrill }) =>
      plans.some((own) => own.plan === plan) || (lastDrill === newest && newest.verdict !== "passed"),
  );
  return (counted.length === 0 ? gone : counted)
    .map((own) => ({ state: stateOf(own, plans, at), lastDrill: own.lastDrill, lastPass: own.lastPass ?? lastPass }))
    .sort(
      (a, b) =>
        WORST_FIRST.indexOf(a.state) - WORST_FIRST.indexOf(b.state) ||
        (a.lastDrill.drillId < b.lastDrill.drillId ? 1 : -1),
    )
    .slice(0, 1);
}

function stateOf(
  { plan, lastDrill, lastPass = lastDrill }: DatabaseHistory["paths"][number],
  plans: DatabaseRow["plans"],
  at: Date,
): PathCell["state"] {
  if (lastDrill.verdict !== "passed") return "in-doubt";
  const promisedDays = plans.find((own) => own.plan === plan)?.promisedDays ?? 0;
  return Date.parse(lastPass.endedAt) + promisedDays * 86_400_000 >= at.getTime() ? "proven" : "lapsed";
}

const newestOf = (drills: readonly PastDrill[]): PastDrill | undefined =>
  drills.toSorted((a, b) => (a.drillId < b.drillId ? -1 : 1)).at(-1);

const keyOf = ({ fromRegion, toRegion, account, recoveryPoint, isRestoreTest, scenario }: Path): string =>
  JSON.stringify([recoveryPoint, fromRegion, toRegion, account, isRestoreTest === true, scenario]);

function columnOf(path: Path): Omit<PathColumn, "databases"> & { databases: number } {
  const { fromRegion, toRegion, account, recoveryPoint, isRestoreTest, scenario } = path;
  const point = isRestoreTest === true ? "restore test of AWS Backup" : KINDS[recoveryPoint];
  return {
    key: keyOf(path),
    what: `${point}${scenario === undefined ? "" : `, exercise ${scenario}`}`,
    where: `${fromRegion === toRegion ? `in ${toRegion}` : `${fromRegion} to ${toRegion}`}${account === undefined ? "" : `, account ${account}`}`,
    databases: 0,
  };
}

const KINDS: Readonly<Record<Path["recoveryPoint"], string>> = {
  automated: "automated backup",
  manual: "manual snapshot",
  awsbackup: "AWS Backup",
};
