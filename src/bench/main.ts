/**
 * `npm run bench`: what the README claims, measured on this machine, as ratios within one run. `npm run bench -- drill`, `imports`, `proofs`,
 * `growth`, `watchdog`, `index` or `report` is one part of it alone.
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { timeDrills } from "./drill-time.ts";
import { measureImports } from "./imports.ts";
import { timeIndex } from "./index-time.ts";
import { compareWithPeers, measureChain, measureGrowth, measureManyTables } from "./proofs.ts";
import { timeReports } from "./report-time.ts";
import { timeWatchdog } from "./watchdog-time.ts";

const DRILL_ROUNDS = 5;
const IMPORT_ROUNDS = 7;
const PROOF_ROUNDS = 5;
const REPORT_ROUNDS = 9;
const WATCHED_DATABASES = 1000;

const directory = join(process.cwd(), ".restore-drill");
await mkdir(directory, { recursive: true });

const PARTS: Readonly<Record<string, () => Promise<void>>> = {
  drill,
  imports,
  proofs,
  growth,
  watchdog,
  index,
  report,
};
const asked = process.argv.slice(2);
const unknown = asked.find((name) => PARTS[name] === undefined);
if (unknown !== undefined) {
  console.error(`There is no bench "${unknown}". There are: ${Object.keys(PARTS).join(", ")}.`);
  process.exitCode = 64;
} else {
  for (const [name, run] of Object.entries(PARTS)) if (asked.length === 0 || asked.includes(name)) await run();
}

async function drill(): Promise<void> {
  const time = await timeDrills(directory, DRILL_ROUNDS);
  const ownShare = 1 - time.elsewhereSeconds / time.drillSeconds;
  console.log(`A drill of the demo database, median of ${DRILL_ROUNDS}:
  the whole command           ${time.commandSeconds.toFixed(1)} s
  the drill                   ${time.drillSeconds.toFixed(1)} s
  inside PostgreSQL or a
  modelled AWS duration       ${time.elsewhereSeconds.toFixed(1)} s
  own code                    ${(100 * ownShare).toFixed(0)} %
  state transitions           ${time.transitions}
`);
}

async function imports(): Promise<void> {
  console.log(`Functions, import times as medians of ${IMPORT_ROUNDS} interleaved rounds:`);
  for (const { name, bytes, importMilliseconds, ratio } of await measureImports(directory, IMPORT_ROUNDS))
    console.log(
      `  ${name.padEnd(18)} ${(bytes / 1000).toFixed(0).padStart(5)} kB  ${importMilliseconds.toFixed(0).padStart(5)} ms  ${ratio.toFixed(2)} x the bare client`,
    );
}

async function proofs(): Promise<void> {
  const figures = await compareWithPeers(directory, PROOF_ROUNDS);
  const [{ seconds: base } = { seconds: Number.NaN }] = figures;
  console.log(`\nOne table of 1,000,000 mixed rows, medians of ${PROOF_ROUNDS} interleaved rounds:`);
  for (const { name, seconds } of figures)
    console.log(`  ${name.padEnd(40)} ${seconds.toFixed(2).padStart(6)} s  ${(seconds / base).toFixed(2).padStart(5)}`);
  const many = await measureManyTables(directory);
  console.log(`\n2,000 tables of 100 rows:
  strong fingerprints       ${many.batched.seconds.toFixed(1)} s in ${many.batched.statements} calls
  one statement a table     ${many.oneByOneSeconds.toFixed(1)} s
  structure (catalog)       ${many.catalogSeconds.toFixed(1)} s`);
  const { rowsPerSecond } = await measureChain(directory);
  console.log(`\nA hash chain: ${Math.round(rowsPerSecond / 1000)},000 rows a second`);
}

/** Needs some 12 GB of disk and ten minutes. */
async function growth(): Promise<void> {
  console.log("\nGrowth: 1 M rows, 10 M rows, and 2 GB of TOAST");
  for (const { name, seconds, statements, longestSeconds, megabytesUsed } of await measureGrowth(directory, 1))
    console.log(
      `  ${name.padEnd(14)} ${seconds.toFixed(1).padStart(7)} s  ${String(statements).padStart(5)} calls  longest statement ${longestSeconds.toFixed(1)} s  heap ${megabytesUsed.toFixed(0)} MB`,
    );
}

async function watchdog(): Promise<void> {
  const { seconds, cpuSeconds } = await timeWatchdog(directory, WATCHED_DATABASES);
  console.log(`\nThe watchdog over ${WATCHED_DATABASES} databases with a year of weekly drills each, of an S3 that answers in 30 ms:
  in all                    ${seconds.toFixed(1)} s
  of it computed            ${cpuSeconds.toFixed(1)} s`);
}

async function index(): Promise<void> {
  const [histories, ledgers] = [
    await timeIndex(WATCHED_DATABASES, "histories"),
    await timeIndex(WATCHED_DATABASES, "ledgers"),
  ];
  console.log(`\nThe index over ${WATCHED_DATABASES} databases with a year of weekly drills each, of an S3 that answers in 30 ms:
  from their histories      ${histories.seconds.toFixed(1)} s, of it computed ${histories.cpuSeconds.toFixed(1)} s
  from their ledgers        ${ledgers.seconds.toFixed(1)} s, ${(ledgers.seconds / histories.seconds).toFixed(1)} times as long
  index.html                ${(histories.pageBytes / 1000).toFixed(0)} kB`);
}

async function report(): Promise<void> {
  console.log(`\nA report after a year of weekly drills, medians of ${REPORT_ROUNDS}:`);
  for (const { checks, pageBytes, jsonBytes, milliseconds } of timeReports([10, 1_000, 10_000], REPORT_ROUNDS))
    console.log(
      `  ${String(checks).padStart(6)} checks  report.html ${(pageBytes / 1000).toFixed(0).padStart(4)} kB in ${milliseconds.toFixed(0).padStart(4)} ms  report.json ${(jsonBytes / 1000).toFixed(0).padStart(5)} kB`,
    );
}
