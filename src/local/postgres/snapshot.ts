import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { withClient } from "./client.ts";
import { copyTree } from "./copy-tree.ts";
import { PostgresSnapshotFailed } from "./errors.ts";
import type { PostgresServer } from "./postgres-host.ts";

// What pg_basebackup leaves out too: the state of the running server, rebuilt at start, and other servers' replication slots.
const EMPTIED = [
  "pg_wal",
  "pg_replslot",
  "pg_dynshmem",
  "pg_notify",
  "pg_serial",
  "pg_snapshots",
  "pg_stat_tmp",
  "pg_subtrans",
];
const LEFT_OUT = new Set(["postmaster.pid", "postmaster.opts", "backup_label", "backup_manifest", "tablespace_map"]);
const WAL_SEGMENT = /^[0-9A-F]{24}$/;

/**
 * A low-level base backup of a running server (https://www.postgresql.org/docs/18/continuous-archiving.html, "Making a Base Backup
 * Using the Low Level API"). A start on the copy recovers to the moment at which the backup ended.
 *
 * Resolves to the bytes copied.
 */
export async function takeSnapshot(server: PostgresServer, snapshotDirectory: string): Promise<number> {
  const from = server.dataDirectory;
  return withClient(server.connection, "postgres", async (client) => {
    // Checkpoints delete WAL that the copy needs; the slot keeps it and goes with this session.
    await client.query("select pg_create_physical_replication_slot('snapshot_' || pg_backend_pid(), true, true)");
    await client.query("select pg_backup_start('restore-drill', true)");
    const bytes = await copyTree(from, snapshotDirectory, { skip: isLeftOut, toleratesVanishing: true });
    const ended = await client.query<{ labelfile: string; spcmapfile: string }>("select * from pg_backup_stop(false)");
    const label = ended.rows[0];
    if (label === undefined || label.spcmapfile !== "") {
      throw new PostgresSnapshotFailed(
        `${from} has tablespaces outside its data directory, which a snapshot cannot hold.`,
      );
    }
    for (const directory of EMPTIED) {
      if (directory !== "pg_wal") await mkdir(join(snapshotDirectory, directory), { mode: 0o700 });
    }
    await writeFile(join(snapshotDirectory, "backup_label"), label.labelfile, { mode: 0o600 });
    return bytes + (await copyWal(join(from, "pg_wal"), join(snapshotDirectory, "pg_wal"), label.labelfile));
  });
}

/** The segments from the backup's start on: older ones are not needed, and may be deleted at any moment. */
async function copyWal(from: string, to: string, label: string): Promise<number> {
  const first = /^START WAL LOCATION: .*\(file ([0-9A-F]{24})\)/m.exec(label)?.[1];
  if (first === undefined)
    throw new PostgresSnapshotFailed(`${from}: the backup label does not say where its WAL starts.`);
  const bytes = await copyTree(from, to, { skip: (path) => !WAL_SEGMENT.test(path) || path < first });
  await mkdir(join(to, "archive_status"), { mode: 0o700 });
  await mkdir(join(to, "summaries"), { mode: 0o700 });
  return bytes;
}

function isLeftOut(path: string): boolean {
  if (EMPTIED.includes(path) || LEFT_OUT.has(path)) return true;
  return path.includes("pgsql_tmp") || path.endsWith("pg_internal.init");
}
