import { join, relative } from "node:path";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/**
 * Files that take longest, longest first: started last, one of them would run alone while the other worker has nothing left to do.
 * Figures kept from the run before would say so too, but a clean clone has none.
 */
const LONGEST: readonly string[] = [
  "test/drills/sabotages.test.ts",
  "test/chaos/campaign.test.ts",
  "test/detection/",
  "test/cli/main.test.ts",
  "test/drills/",
  "test/checks/",
  "test/cli/",
  "test/local/",
];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rankOf = ({ moduleId }: TestSpecification): number => {
      const file = relative(import.meta.dirname, moduleId);
      const rank = LONGEST.findIndex((prefix) => file.startsWith(prefix));
      return rank < 0 ? LONGEST.length : rank;
    };
    return (await super.sort(files)).sort((one, other) => rankOf(one) - rankOf(other));
  }
}

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: "test/package-once.ts",
    // Whole drills on real PostgreSQL say themselves that they take longer.
    testTimeout: 60_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    // Each file has a process of its own, and so has each command that a test runs: what one has compiled, the next one loads.
    env: { NODE_COMPILE_CACHE: join(import.meta.dirname, ".restore-drill/compiled") },
  },
});
