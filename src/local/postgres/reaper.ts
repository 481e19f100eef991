/**
 * Outlives the process that opened a PostgreSQL host by a moment: its standard input is a pipe from there, and at its end, however
 * the other side died, the servers still listed are ended and the host's run directory is deleted.
 *
 * Input: one JSON line an event, `{"started": ServerProcess}` or `{"ended": pid}`. Argument: the run directory.
 */
import { rm } from "node:fs/promises";
import { createInterface } from "node:readline";
import { endServer, type ServerProcess } from "./processes.ts";

const [runDirectory] = process.argv.slice(2);
if (runDirectory === undefined) throw new Error("usage: reaper.ts RUN_DIRECTORY");

const servers = new Map<number, ServerProcess>();
for await (const line of createInterface({ input: process.stdin })) {
  const event: { started?: ServerProcess; ended?: number } = JSON.parse(line);
  if (event.started) servers.set(event.started.pid, event.started);
  if (event.ended !== undefined) servers.delete(event.ended);
}

await Promise.all([...servers.values()].map(endServer));
// Retried because an initdb that was ended may still be writing for a moment.
await rm(runDirectory, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
