/** `npm run chaos`: every fault at every call and state of a drill; `-- --help` says what else. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { readChaosArguments, USAGE } from "./arguments.ts";
import { discover, openWorlds, runCampaign, selected, WORLDS } from "./campaign.ts";
import { describeFault } from "./fault.ts";
import { runFuzzing } from "./fuzz/main.ts";
import { differenceList, outcomeTable } from "./table.ts";
import { World } from "./world.ts";

const FUZZED_INPUTS = 120_000;
/** Where a line can not be written over: besides those of differences, one in so many. */
const LINE_EVERY = 20;

const directory = join(process.cwd(), ".restore-drill");

const asked = readChaosArguments(process.argv.slice(2));
if ("mistake" in asked) {
  console.error(`${asked.mistake}\n\n${USAGE}`);
  process.exitCode = 64;
} else if (asked.help) console.log(USAGE);
else if (asked.fuzz)
  process.exitCode = (await runFuzzing(FUZZED_INPUTS, asked.seed, (line) => console.log(line))) ? 0 : 1;
else process.exitCode = await campaign();

async function campaign(): Promise<number> {
  if ("mistake" in asked) return 64;
  await mkdir(directory, { recursive: true });
  const begun = performance.now();
  const worlds = await openWorlds(directory, asked.list ? 1 : (asked.worlds ?? WORLDS));
  const faults = selected(await discover(worlds), asked);
  if (asked.list) {
    for (const { fault } of faults) console.log(describeFault(fault));
    for (const world of worlds) await world.close();
    return 0;
  }
  let done = 0;
  let different = 0;
  const outcomes = await runCampaign((name) => World.open(directory, name), faults, {
    worlds,
    onOutcome: (outcome) => {
      done += 1;
      if (outcome.differences.length > 0) different += 1;
      const line = `${done}/${faults.length} faults, ${different} with a difference: ${outcome.name}`;
      if (process.stderr.isTTY) process.stderr.write(`\r\x1b[2K${line.slice(0, (process.stderr.columns ?? 80) - 1)}`);
      else if (outcome.differences.length > 0) process.stderr.write(`${differenceList([outcome])}\n`);
      else if (done % LINE_EVERY === 0) process.stderr.write(`${line}\n`);
    },
  });
  if (process.stderr.isTTY) process.stderr.write("\r\x1b[2K");
  console.log(
    `${outcomes.length} faults tried in ${Math.round((performance.now() - begun) / 1000)} s (seed ${asked.seed}).\n`,
  );
  console.log(outcomeTable(outcomes));
  const differences = differenceList(outcomes);
  if (differences !== "") console.log(`\n${differences}`);
  return different === 0 && outcomes.length > 0 ? 0 : 1;
}
