import { DrillError } from "../../errors.ts";

/** The connection string does not parse. */
export class SourceUrlInvalid extends DrillError {
  override readonly name = "Drill.SourceUrlInvalid";
}

/** Nothing answers at the host and port, or it does not take connections. */
export class SourceUnreachable extends DrillError {
  override readonly name = "Drill.SourceUnreachable";
}

/** The server answers but does not let this user in. */
export class SourceLoginRefused extends DrillError {
  override readonly name = "Drill.SourceLoginRefused";
}

/** The server has no database of that name. */
export class SourceDatabaseMissing extends DrillError {
  override readonly name = "Drill.SourceDatabaseMissing";
}

/** The user may not read everything that has to be copied. */
export class SourcePermissionDenied extends DrillError {
  override readonly name = "Drill.SourcePermissionDenied";
}

/** The database has no tables, so that there is nothing to prove. */
export class SourceEmpty extends DrillError {
  override readonly name = "Drill.SourceEmpty";
}

/** The database uses an extension that the local PostgreSQL does not have. */
export class ExtensionUnavailable extends DrillError {
  override readonly name = "Drill.ExtensionUnavailable";
}

/** `pg_dump` or `pg_restore` is not on the PATH. */
export class PgDumpMissing extends DrillError {
  override readonly name = "Drill.PgDumpMissing";
}

/** `pg_dump` refuses servers of a newer major version than its own. */
export class PgDumpTooOld extends DrillError {
  override readonly name = "Drill.PgDumpTooOld";
}

/** The copy out of the source or into the local cloud stopped half-way. */
export class SourceImportFailed extends DrillError {
  override readonly name = "Drill.SourceImportFailed";
}
