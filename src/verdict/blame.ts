import { INTERRUPTED, type Verdict } from "./verdict.ts";

type Blame = { verdict: "failed"; reason: "recovery" | "objective" } | { verdict: "errored"; reason: "drill" };

/** Recovery itself does not work: it would not have worked in a disaster either. */
const RECOVERY = new Set([
  "Drill.NoRecoveryPoint",
  "Drill.CopyFailed",
  "Drill.RestoreFailed",
  "Drill.FirstQueryFailed",
  "DBClusterSnapshotNotFoundFault",
  "InsufficientDBClusterCapacityFault",
  "InsufficientDBInstanceCapacityFault",
  "InsufficientStorageClusterCapacityFault",
  "InvalidDBClusterSnapshotStateFault",
  "KMSKeyNotAccessibleFault",
]);

/** A plan's time limit is never shorter than its RTO, so what ran out of time has missed the objective. */
const TOO_LATE = new Set(["Drill.CopyTimedOut", "Drill.RestoreTimedOut"]);

/**
 * Whose fault an error is, by its name (the SDK's class name, or ours). Everything unknown is the drill's own: permissions, quotas,
 * throttling and bugs must never be told as bad backups.
 */
export function blameFor(errorName: string): Blame {
  if (RECOVERY.has(errorName)) return { verdict: "failed", reason: "recovery" };
  if (TOO_LATE.has(errorName)) return { verdict: "failed", reason: "objective" };
  return { verdict: "errored", reason: "drill" };
}

const NEXT_STEPS: Readonly<Record<string, string>> = {
  [INTERRUPTED]: "Start the drill again: it did not come to its end, and the backup was not judged.",
  "Drill.NoRecoveryPoint":
    "Nothing could be restored: see to it today that what the summary misses is there, then drill again.",
  KMSKeyNotAccessibleFault:
    "The KMS key is disabled, being deleted, or not granted to the drill's role: find out which; a backup under a lost key is lost.",
};

/** One sentence of advice for the person at 3 a.m. */
export function nextStepFor(
  verdict: Verdict["verdict"],
  reason: Verdict["reason"],
  errorName: string | undefined,
  objectives: Verdict["objectives"] = {},
): string {
  const known = errorName === undefined ? undefined : NEXT_STEPS[errorName];
  if (known !== undefined) return known;
  switch (reason) {
    case "data":
      return "Do not count on this recovery point until the findings are explained: compare them with the source, and the checks with its schema; then drill an older recovery point.";
    case "recovery":
      return "Treat this database as not recoverable from this recovery point until a drill passes.";
    case "objective":
      return objectives.rpo?.met === false && objectives.rto?.met !== false
        ? "Back up more often, find out why the newest backup is old, or agree on another RPO: recovery works, but to a moment that is too old."
        : "Shorten the slowest phase, or agree on another RTO: recovery works, but takes too long.";
    case "unchecked":
      return "Mend the checks that did not run and drill again: nothing wrong was seen, but nothing is proven either.";
    case "empty":
      return "Make sure that the right database was backed up and is asked: the checks had nothing to look at.";
    case "drill":
      return "Mend the cause and start the drill again: the backup was not judged.";
    default:
      return verdict === "passed" ? "Nothing to do." : "Look at the evidence.";
  }
}
