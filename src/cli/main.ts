/** The command line. Exit codes: 0 passed, 1 failed, 2 errored, 3 inconclusive, 64 bad usage. */
import { join, relative } from "node:path";
import type { Sabotage } from "../local/sabotage/sabotage.ts";
import { SABOTAGES } from "../local/sabotage/sabotages.ts";
import { SCENARIO_WORDS, type ScenarioName } from "../plan/scenario.ts";
import { didYouMean } from "../plan/suggest.ts";
import { type DrillArguments, readArguments, USAGE } from "./arguments.ts";
import { goOnWithoutReader } from "./closed-pipe.ts";
import { drillDocument, refusalDocument } from "./drill-document.ts";
import { EXIT } from "./exit-codes.ts";
import { localHistory, openInBrowser, pageBelow, summariseHistory } from "./history.ts";
import { Progress } from "./progress.ts";
import { rehearse } from "./rehearsal.ts";
import { scenarioNamed } from "./scenario-named.ts";
import { summarise } from "./summary.ts";
import { UsageError } from "./usage-error.ts";

/** What is being done when Ctrl-C comes may take longer to give up than a person waits; the servers' reaper then ends what is left. */
const INTERRUPTION_SECONDS = 5;

/** The local cloud's own directory, ignored by git. Nothing else is written. */
const ROOT = join(process.cwd(), ".restore-drill");

async function main(argv: readonly string[]): Promise<number> {
  const args = readArguments(argv);
  if (args.help) return print(USAGE);
  if (args.command === "history") return history(args);
  if (args.sabotage === "list") return print(listSabotages());
  if (args.scenario === "list") return print(listScenarios());
  return drill(args, {
    sabotage: args.sabotage === undefined ? undefined : sabotageNamed(args.sabotage),
    scenario: args.scenario === undefined ? undefined : scenarioNamed(args.scenario),
  });
}

async function drill(
  args: DrillArguments,
  { sabotage, scenario }: { sabotage: Sabotage | undefined; scenario: ScenarioName | undefined },
): Promise<number> {
  const progress = new Progress(args.json ? process.stderr : process.stdout);
  const isSilent = args.json && !process.stderr.isTTY;
  const interruption = new AbortController();
  process.once("SIGINT", () => {
    interruption.abort(new Error("interrupted"));
    setTimeout(() => process.exit(EXIT.interrupted), INTERRUPTION_SECONDS * 1000).unref();
  });
  try {
    const rehearsal = await rehearse({
      root: ROOT,
      source: args.source,
      planFile: args.plan,
      sabotage,
      scenario,
      signal: interruption.signal,
      ...(isSilent
        ? {}
        : { onPreparing: (what) => progress.preparing(what), onEvent: (event) => progress.take(event) }),
    });
    progress.end();
    print(args.json ? `${JSON.stringify(drillDocument(rehearsal), null, 2)}\n` : `\n${summarise(rehearsal)}`);
    // The cloud was one of this plan alone, and wrote the page of such an account.
    await localHistory(ROOT).catch((error: unknown) => {
      process.stderr.write(`The page over all databases was not written anew, and shows this plan's alone: ${error}\n`);
    });
    return EXIT[rehearsal.verdict];
  } catch (error) {
    progress.end();
    if (interruption.signal.aborted) return EXIT.interrupted;
    const refusal = error instanceof Error ? error : new Error(String(error));
    if (args.json) print(`${JSON.stringify(refusalDocument(refusal), null, 2)}\n`);
    else process.stderr.write(`${refusal.name}: ${refusal.message}\n`);
    return EXIT.errored;
  }
}

async function history({ json }: DrillArguments): Promise<number> {
  const index = await localHistory(ROOT);
  if (index === undefined) throw new UsageError("Nothing was drilled here yet: npm run drill does that.");
  const page = pageBelow(ROOT);
  if (json) return print(`${JSON.stringify(index, null, 2)}\n`);
  openInBrowser(page);
  return print(summariseHistory(index, relative(process.cwd(), page)));
}

function sabotageNamed(name: string): Sabotage {
  const found = SABOTAGES.find((sabotage) => sabotage.name === name);
  if (found !== undefined) return found;
  const names = SABOTAGES.map((sabotage) => sabotage.name);
  throw new UsageError(`There is no sabotage "${name}".${didYouMean(name, names)} There are: ${names.join(", ")}.`);
}

function listSabotages(): string {
  const lines = SABOTAGES.map(({ name, what, verdict, reason }) => {
    const ending = `${verdict}${reason === undefined ? "" : ` (${reason})`}`;
    return `  ${name.padEnd(14)} ${ending.padEnd(24)} ${what}`;
  });
  return `Recoveries that are bad on purpose, and the verdict that each has to end in:\n\n${lines.join("\n")}\n`;
}

function listScenarios(): string {
  const lines = Object.entries(SCENARIO_WORDS).map(([name, { what }]) => `  ${name.padEnd(21)} ${what}`);
  return `Exercises: a drill with what it takes to have happened, and a scorecard (docs/scenarios.md):\n\n${lines.join("\n")}\n`;
}

function print(text: string): number {
  process.stdout.write(text);
  return EXIT.passed;
}

goOnWithoutReader(process.stdout);

// Node would end with 1, which says that a recovery failed.
process.on("uncaughtException", (error) => {
  process.stderr.write(`${error.stack ?? error.message}\n`);
  process.exit(EXIT.errored);
});

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`${error.message}\nSee npm run drill -- --help\n`);
  process.exitCode = EXIT.usage;
}
