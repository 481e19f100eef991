import { GROUPS } from "./faults.ts";
import { type Cell, COLUMNS, type Column, isNaive, type Observation } from "./observe.ts";
import { REMARKS } from "./remarks.ts";

const WORDS: Readonly<Record<Cell, string>> = { failed: "seen", held: "-", unchecked: "unchecked", empty: "empty" };

const row = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;

export const seenIn = ({ cells }: Observation): Column[] => COLUMNS.filter((column) => cells.get(column) === "failed");

/** `docs/detection.md`, all of it. */
export function documentOf(observations: readonly Observation[], postgresVersion: string): string {
  return `# What each check sees

Faults that a restored database can have, and the checks that see them. Each cell is what a test observed on PostgreSQL ${postgresVersion}, and the test fails when a cell, a number or a remark is not so. This page is never edited by hand; it is made by

\`\`\`
npx vitest run test/detection -u
\`\`\`

${HOW}

**seen**: the check failed. **-**: it held. **unchecked**: it could not tell.

${GROUPS.map(({ title, faults }) => tableOf(title, observations, new Set(faults))).join("\n\n")}

## How many

Of ${changing(observations).length} faults that change rows:

${[row(["check", "seen"]), row(["---", "---:"]), ...COUNTED.map((column) => row([column, String(countIn(column, observations))]))].join("\n")}

## What surprises

${REMARKS.map(({ says }) => `- ${says}`).join("\n")}
`;
}

const HOW = `One database has something of each kind: 20,000 customers with indexes, a trigger, a policy and a grant; 20,000 events in two partitions, each row there twice; 150 texts in TOAST; an audit log of 2,000 rows that is a hash chain. Every fault is done to a copy of its own (\`create database … template\`) and is as small as it can be. Its victims are not among the rows of the 1 % sample, as 99 of 100 rows are not.

The baseline is captured from the undamaged database, after the damage was done to the copies. A table in which rows were written after its baseline counts as used since, not as damaged, and the check says that it can not tell. Damage by a disk, a restore, or somebody at the files leaves no such rows; here, where much of it is done by SQL, the order of things makes it look the same.

Bytes are flipped in the files of the stopped server. Where a checksum is "made to fit", the page got the one that belongs to its new content.

Each copy is asked what a drill asks, by a role that is not a superuser, through the same code: the full read, the plan's checks, and the references that a baseline leaves. The first three columns are no checks of this project but what is often asked in place of one, as plain SQL held against the answer of the source: \`count(*)\` of every table; the md5 of all rows whose number can be divided by 100; \`count\`, \`min\`, \`max\` and \`sum\` of every column of numbers, text and times. An error counts as seen.`;

/** What is asked of rows. */
const COUNTED = COLUMNS.filter(
  (column) => isNaive(column) || column === "full-read" || column === "heap" || column.endsWith("fingerprint"),
);

const changing = (observations: readonly Observation[]): Observation[] =>
  observations.filter(({ fault }) => fault.isContent);

const countIn = (column: Column, observations: readonly Observation[]): number =>
  changing(observations).filter((observation) => seenIn(observation).includes(column)).length;

function tableOf(title: string, observations: readonly Observation[], faults: ReadonlySet<unknown>): string {
  const rows = observations
    .filter(({ fault }) => faults.has(fault))
    .map(({ fault, cells }) => row([fault.what, ...COLUMNS.map((column) => WORDS[cells.get(column) ?? "unchecked"])]));
  const rule = row(["---", ...COLUMNS.map(() => ":---:")]);
  return [`## ${title}`, "", row(["fault", ...COLUMNS]), rule, ...rows].join("\n");
}
