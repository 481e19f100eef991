import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";

const POLL_MILLISECONDS = 10;
// The postmaster kills backends that ignore an immediate shutdown after 5 s (its SIGKILL_CHILDREN_AFTER_SECS), then ends itself.
const QUIT_SECONDS = 7;
const KILL_SECONDS = 3;

/** A server, or the initdb that prepares one, that may have to be ended by a process that is not its parent. */
export interface ServerProcess {
  readonly pid: number;
  readonly dataDirectory: string;
}

/**
 * Ends a server that another process started, and waits until it is gone (10 s at most). A process that does not name the data
 * directory in its command line is somebody else's with a reused pid, and is left alone.
 */
export async function endServer({ pid, dataDirectory }: ServerProcess): Promise<void> {
  for (const [signal, seconds] of [
    ["SIGQUIT", QUIT_SECONDS],
    ["SIGKILL", KILL_SECONDS],
  ] as const) {
    if (!(await isServer(pid, dataDirectory))) return;
    try {
      process.kill(pid, signal);
    } catch {
      return;
    }
    const deadline = Date.now() + seconds * 1000;
    while (Date.now() < deadline && (await isServer(pid, dataDirectory))) await sleep(POLL_MILLISECONDS);
  }
}

async function isServer(pid: number, dataDirectory: string): Promise<boolean> {
  return (await commandLineOf(pid)).includes(dataDirectory);
}

/** Empty for a process that is gone, a zombie included. */
async function commandLineOf(pid: number): Promise<string> {
  if (process.platform === "linux") return readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
  const ps = promisify(execFile)("ps", ["-ww", "-o", "command=", "-p", String(pid)]);
  return ps.then(
    ({ stdout }) => stdout,
    () => "",
  );
}

/**
 * When a living process started, in the system's own units: with its pid, its identity. Empty where the system does not say
 * cheaply, undefined when the process is gone. A zombie is gone: in a container nobody may ever collect it.
 */
export async function startOf(pid: number): Promise<string | undefined> {
  if (process.platform !== "linux") return hasPid(pid) ? "" : undefined;
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
  // proc(5): fields 3 (state) and 22 (start), counted behind the command name, which may hold spaces and parentheses.
  const fields = stat?.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields?.[0] === "Z" ? undefined : fields?.[19];
}

function hasPid(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
