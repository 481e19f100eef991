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
  /** `proven`: a pass within what its plan promises. `lapsed`: longer ago, or of a plan that is gone. `never`: drilled, and no drill passed. */
  readonly state: "proven" | "lapsed" | "never";
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

/** Two plans may go one way: then the newest of both counts. */
function cellsOf({ plans, paths }: DatabaseRow, at: Date): Map<string, PathCell> {
  const cells = new Map<string, PathCell>();
  for (const { plan, path, lastDrill, lastPass } of paths) {
    const promisedDays = plans.find((own) => own.plan === plan)?.promisedDays ?? 0;
    const isProven = lastPass !== undefined && Date.parse(lastPass.endedAt) + promisedDays * 86_400_000 >= at.getTime();
    const state = isProven ? "proven" : lastPass === undefined ? "never" : "lapsed";
    const cell: PathCell = { state, lastDrill, ...(lastPass === undefined ? {} : { lastPass }) };
    const key = keyOf(path);
    const other = cells.get(key);
    cells.set(key, other === undefined ? cell : better(other, cell));
  }
  return cells;
}

const ORDER: readonly PathCell["state"][] = ["proven", "lapsed", "never"];

function better(a: PathCell, b: PathCell): PathCell {
  const byState = ORDER.indexOf(a.state) - ORDER.indexOf(b.state);
  const [ofA, ofB] = [a, b].map(({ lastPass, lastDrill }) => (lastPass ?? lastDrill).drillId);
  return byState < 0 || (byState === 0 && (ofA ?? "") >= (ofB ?? "")) ? a : b;
}

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
