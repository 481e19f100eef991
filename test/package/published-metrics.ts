import { glob, readFile } from "node:fs/promises";
import { join } from "node:path";
import { PROJECT_DIRECTORY } from "./packaged-service.ts";

/** Names of the metrics that any file of the project publishes: as they are written out, and those of verdicts from their list. */
export async function publishedMetrics(): Promise<Set<string>> {
  const texts: string[] = [];
  for await (const file of glob("src/**/*.ts", { cwd: PROJECT_DIRECTORY, exclude: ["src/local/**"] }))
    texts.push(await readFile(join(PROJECT_DIRECTORY, file), "utf8"));
  const found = texts
    .join("\n")
    .matchAll(/addMetric\(\s*"(\w+)"|\b\w+: "(Drill(?:Passed|Failed|Inconclusive|Errored))"/g);
  return new Set([...found].map(([, added = "", verdict]) => verdict ?? added));
}
