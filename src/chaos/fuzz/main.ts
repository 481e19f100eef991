import { fuzz } from "./target.ts";
import { TARGETS } from "./targets.ts";

/** Hands `inputs` inputs to everything that takes any, evenly. Answers whether all were taken as they should be. */
export async function runFuzzing(inputs: number, seed: number, say: (line: string) => void): Promise<boolean> {
  const runs = Math.ceil(inputs / TARGETS.length);
  let isRight = true;
  for (const target of TARGETS) {
    const begun = performance.now();
    try {
      await fuzz(target, runs, seed);
      say(
        `${target.name.padEnd(40)} ${String(runs).padStart(7)} inputs  ${((performance.now() - begun) / 1000).toFixed(1)} s`,
      );
    } catch (error) {
      isRight = false;
      say(
        `${target.name}: ${error instanceof Error ? error.message : String(error)}${error instanceof Error && error.cause instanceof Error ? `\n${error.cause.stack}` : ""}`,
      );
    }
  }
  say(`${runs * TARGETS.length} inputs, seed ${seed}`);
  return isRight;
}
