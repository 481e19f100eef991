/** The command line as a person runs it: a process of its own. */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { onTestFinished } from "vitest";

export const PROJECT = resolve(import.meta.dirname, "../..");
const MAIN = join(PROJECT, "src/cli/main.ts");
/** A drill takes some 10 s; a machine that runs much beside it is given fifteen times that. */
const LIMIT_SECONDS = 150;

export interface RunningCommand {
  readonly pid: number;
  /** Resolves with all of stdout so far, once it matches. Rejects when the command ends without. */
  prints(pattern: RegExp): Promise<string>;
  interrupt(): void;
  readonly ended: Promise<EndedCommand>;
}

export interface EndedCommand {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Started with the project's own cache of the demo database, unless `cwd` says otherwise. Killed when the test ends before it. */
export function start(args: readonly string[], cwd = PROJECT): RunningCommand {
  const { NO_COLOR: _no, FORCE_COLOR: _force, ...env } = process.env;
  const child = spawn(process.execPath, [MAIN, ...args], { cwd, env, timeout: LIMIT_SECONDS * 1000 });
  onTestFinished(() => void child.kill("SIGKILL"));
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const ended = once(child, "close").then(([code]) => ({ code, stdout, stderr }));
  return {
    pid: child.pid ?? -1,
    ended,
    interrupt: () => void child.kill("SIGINT"),
    async prints(pattern) {
      while (!pattern.test(stdout)) {
        const isOver = await Promise.race([once(child.stdout, "data").then(() => false), ended.then(() => true)]);
        if (isOver && !pattern.test(stdout)) throw new Error(`${pattern} was not printed: ${stdout}${stderr}`);
      }
      return stdout;
    },
  };
}

export const run = (args: readonly string[], cwd?: string): Promise<EndedCommand> => start(args, cwd).ended;

/** Processes whose command line holds this text. */
export async function processesOf(text: string): Promise<string[]> {
  // pgrep ends with 1 when it finds none.
  const { stdout } = await promisify(execFile)("pgrep", ["-f", text]).catch((error: { stdout?: string }) => ({
    stdout: error.stdout ?? "",
  }));
  return stdout.split("\n").filter((line) => line !== "");
}
