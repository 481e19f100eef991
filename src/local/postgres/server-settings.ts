/** The account that owns every local server, named like RDS's own: imported roles and master users cannot collide with it. */
export const HOST_USER = "rdsadmin";

/** Given to `initdb`: the same on every machine, whatever its locale and time zone. */
const INITDB_ARGUMENTS: readonly string[] = [
  `--username=${HOST_USER}`,
  "--auth=scram-sha-256",
  "--encoding=UTF8",
  // The server's own Unicode order: sorting and indexes do not depend on the machine's C library.
  "--locale-provider=builtin",
  "--builtin-locale=C.UTF-8",
  "--locale=C",
  "--data-checksums",
  // Small segments keep a copy of an idle database near the size of its data.
  "--wal-segsize=1",
  "--no-sync",
  "--no-instructions",
  "--set=timezone=UTC",
  "--set=log_timezone=UTC",
];

/** Earlier versions have no locale provider of their own (17) and take their settings from the environment (16). */
export function initdbArguments(version: string): readonly string[] {
  const major = Number.parseInt(version, 10);
  return INITDB_ARGUMENTS.filter((argument) => {
    if (argument.includes("builtin")) return major >= 17;
    return argument.startsWith("--set=") ? major >= 16 : true;
  });
}

/**
 * Given to every start, so that a data directory holds nothing that is true of one host only.
 *
 * fsync is off: only a crash of the whole machine could lose writes, and a sandbox does not survive that anyway. What a killed
 * server has committed is with the operating system and stays; full_page_writes stays on because a hot copy depends on it.
 */
export function serverArguments(dataDirectory: string, port: number): string[] {
  const settings: Readonly<Record<string, string | number>> = {
    listen_addresses: "127.0.0.1",
    port,
    // A socket's path may have 107 bytes at most, which a project directory easily exceeds.
    unix_socket_directories: "",
    fsync: "off",
    full_page_writes: "on",
    wal_level: "replica",
    max_wal_senders: 0,
    // The hot copy holds back WAL with a temporary slot.
    max_replication_slots: 4,
    wal_init_zero: "off",
    wal_recycle: "off",
    min_wal_size: "2MB",
    max_wal_size: "256MB",
    shared_buffers: "32MB",
    max_connections: 50,
    // Under the data directory instead of /dev/shm, of which a container has 64 MB.
    dynamic_shared_memory_type: "mmap",
    jit: "off",
    log_destination: "stderr",
    logging_collector: "off",
    log_min_error_statement: "panic",
    hba_file: `${dataDirectory}/pg_hba.conf`,
  };
  return ["-D", dataDirectory, ...Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`])];
}
