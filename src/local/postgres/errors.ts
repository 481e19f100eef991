import { DrillError } from "../../errors.ts";

/** The npm package with the server binaries is not installed for this machine. */
export class PostgresBinariesMissing extends DrillError {
  override readonly name = "Drill.PostgresBinariesMissing";
}

/** PostgreSQL refuses to run as root, and no way was found to run it as anybody else. */
export class PostgresNeedsUnprivilegedUser extends DrillError {
  override readonly name = "Drill.PostgresNeedsUnprivilegedUser";
}

/** `initdb` did not make a data directory. */
export class PostgresInitFailed extends DrillError {
  override readonly name = "Drill.PostgresInitFailed";
}

/** A server stopped before, or did not begin, answering. The message ends with what it logged. */
export class PostgresStartFailed extends DrillError {
  override readonly name = "Drill.PostgresStartFailed";
}

/** A path that is not below the host's own root, or that the host may not use in this way. */
export class PathRefused extends DrillError {
  override readonly name = "Drill.PathRefused";
}

/** A hot copy that could not be completed. */
export class PostgresSnapshotFailed extends DrillError {
  override readonly name = "Drill.PostgresSnapshotFailed";
}
