/** `npm run bench`: what the README claims, measured on this machine, as ratios within one run. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { timeDrills } from "./drill-time.ts";
import { measureImports } from "./imports.ts";

const DRILL_ROUNDS = 5;
const IMPORT_ROUNDS = 7;

const directory = join(process.cwd(), ".restore-drill");
await mkdir(directory, { recursive: true });

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

console.log(`Functions, import times as medians of ${IMPORT_ROUNDS} interleaved rounds:`);
for (const { name, bytes, importMilliseconds, ratio } of await measureImports(directory, IMPORT_ROUNDS))
  console.log(
    `  ${name.padEnd(18)} ${(bytes / 1000).toFixed(0).padStart(5)} kB  ${importMilliseconds.toFixed(0).padStart(5)} ms  ${ratio.toFixed(2)} x the bare client`,
  );
