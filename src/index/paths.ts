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
   * `proven`: a pass within what its plan promises, and no drill since that did not pass. `in-doubt`: one passed, and the last did not. `lapsed`: the pass
   * is longer ago, or of a plan that is gone. `never`: drilled, and no drill passed.
   */
  readonly state: "proven" | "in-doubt" | "lapsed" | "never";
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

/** Two plans may go one way: then the newest of both counts, and a pass for as long as its own plan promises. */
function cellsOf({ plans, paths }: DatabaseRow, at: Date): Map<string, PathCell> {
  const byWay = Map.groupBy(paths, ({ path }) => keyOf(path));
  return new Map([...byWay].flatMap(([key, gone]) => cellOf(gone, plans, at).map((cell) => [key, cell] as const)));
}

function cellOf(gone: DatabaseHistory["paths"], plans: DatabaseRow["plans"], at: Date): PathCell[] {
  const lastDrill = newestOf(gone.map((own) => own.lastDrill));
  const lastPass = newestOf(gone.flatMap((own) => own.lastPass ?? []));
  if (lastDrill === undefined) return [];
  if (lastPass === undefined) return [{ state: "never", lastDrill }];
  if (lastDrill.verdict !== "passed") return [{ state: "in-doubt", lastDrill, lastPass }];
  const isInTime = (pass: PastDrill | undefined): boolean => {
    const promisedDays = plans.find(({ plan }) => plan === pass?.plan)?.promisedDays ?? 0;
    return pass !== undefined && Date.parse(pass.endedAt) + promisedDays * 86_400_000 >= at.getTime();
  };
  return [{ state: gone.some((own) => isInTime(own.lastPass)) ? "proven" : "lapsed", lastDrill, lastPass }];
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
