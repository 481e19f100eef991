import type { Verdict } from "../verdict/verdict.ts";

/** From the least to the most urgent, as PagerDuty's Events API v2 calls them. */
const SEVERITIES = ["info", "warning", "error", "critical"] as const;
export type Severity = (typeof SEVERITIES)[number];

/** How urgent an outcome is, whichever time it is told: a reminder of bad backups is about bad backups. What is left behind is at least an error. */
export function severityOf({ verdict, reason }: Pick<Verdict, "verdict" | "reason">, leftovers: number): Severity {
  const ofVerdict = VERDICT_SEVERITY[verdict](reason);
  return leftovers > 0 && ofVerdict !== "critical" ? "error" : ofVerdict;
}

const VERDICT_SEVERITY = {
  passed: () => "info",
  inconclusive: () => "warning",
  errored: () => "warning",
  failed: (reason) => (reason === "objective" ? "error" : "critical"),
} as const satisfies Record<Verdict["verdict"], (reason: Verdict["reason"]) => Severity>;
