/** A process that opens a host with one server and waits to be killed. Argument: the root. Prints what it started as JSON. */
import { join } from "node:path";
import { openPostgresHost } from "../../../src/local/postgres/open-postgres-host.ts";

const [root] = process.argv.slice(2);
if (root === undefined) throw new Error("usage: doomed-host.ts ROOT");
const host = await openPostgresHost({ root });
const server = await host.create(join(host.runDirectory, "doomed"));
console.log(JSON.stringify({ runDirectory: host.runDirectory, dataDirectory: server.dataDirectory }));
setInterval(() => {}, 1000);
