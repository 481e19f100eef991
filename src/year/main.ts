/**
 * `npm run year`: twelve databases and 120 drills over a year, on the local cloud. It goes on where it was left, for as many drills as are asked
 * for: `-- 20`. To begin anew, delete `.restore-drill/year`.
 */
import { join } from "node:path";
import { runYear } from "./run-year.ts";

const SEED = 20_260_101;

const asked = process.argv[2];
const drills = asked === undefined ? undefined : Number(asked);
if (drills !== undefined && !Number.isInteger(drills)) {
  console.error("npm run year takes how many of its drills to run, or nothing for all that are left.");
  process.exitCode = 64;
} else {
  const { evidenceDirectory, seconds, verdicts } = await runYear({
    root: join(process.cwd(), ".restore-drill"),
    seed: SEED,
    drills,
    onDrill: (done, all, { plan, at, trouble }, verdict) => {
      const day = at.toISOString().slice(0, 10);
      console.log(
        `${String(done).padStart(3)}/${all}  ${day}  ${plan.plan.padEnd(17)} ${verdict.padEnd(13)} ${trouble ?? ""}`,
      );
    },
  });
  const counted = Object.entries(verdicts).map(([verdict, count]) => `${count} ${verdict}`);
  console.log(`${counted.join(", ")} in ${Math.round(seconds / 60)} min. Their evidence: ${evidenceDirectory}`);
}
