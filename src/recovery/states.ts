/**
 * States from which RDS does not come back by itself. SDK waiters miss most of them.
 * https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/accessing-monitoring.html
 * https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/accessing-monitoring.html
 */
const TERMINAL_INSTANCE = new Set([
  "failed",
  "restore-error",
  "insufficient-capacity",
  "inaccessible-encryption-credentials",
  "inaccessible-encryption-credentials-recoverable",
  "storage-full",
  "modify-failed",
  "upgrade-failed",
]);
const TERMINAL_CLUSTER = new Set([
  "cloning-failed",
  "migration-failed",
  "restore-failed",
  "inaccessible-encryption-credentials",
  "inaccessible-encryption-credentials-recoverable",
  "upgrade-failed",
]);

export function isTerminalInstance(status: string | undefined): boolean {
  return status !== undefined && (TERMINAL_INSTANCE.has(status) || status.startsWith("incompatible-"));
}

export function isTerminalCluster(status: string | undefined): boolean {
  return status !== undefined && (TERMINAL_CLUSTER.has(status) || status.startsWith("incompatible-"));
}

/** States that only somebody's request leads to: nothing stops by itself before its seventh day, and a drill deletes only once it is judged. */
const TAKEN_DOWN = new Set(["stopping", "stopped", "deleting", "deleted"]);

export const isTakenDown = (status: string | undefined): boolean => status !== undefined && TAKEN_DOWN.has(status);
