import type { DataSession } from "../aws/data-api.ts";
import type { CheckKind, CheckOf } from "../plan/checks.ts";
import type { Drill } from "../plan/drill.ts";
import type { CheckResult } from "./result.ts";

/** What a check may use while it is asked. */
export interface Asking {
  readonly session: DataSession;
  readonly drill: Drill;
  /** False when the slice should end: a check of many statements then answers its cursor. True until the slice has got anywhere at all. */
  hasTime(): boolean;
  /** Tells that the check got this far; stored now and then, so that a killed slice loses little. */
  reached(cursor: unknown): Promise<void>;
}

/** What came of a check. */
export type Finding = Pick<CheckResult, "outcome" | "observed" | "fault" | "sql" | "newestAt">;

/** A check ends with its finding, or is left at a cursor from which another slice goes on. */
export type Progress = { readonly finding: Finding } | { readonly cursor: unknown };

/** One kind of check: what it expects, in words, and how it is asked. */
export interface KindOfCheck<Kind extends CheckKind> {
  expected(check: CheckOf<Kind>): string;
  /** Statements that fail are thrown on as StatementFailed; the caller turns them into a finding. */
  ask(check: CheckOf<Kind>, asking: Asking, cursor: unknown): Promise<Progress>;
  /** What is certain at the cursor of a check that is cut off there, and how it was cut off; undefined when nothing is. */
  cutOff?(cursor: unknown, why: string): Finding | undefined;
}

export const found = (
  outcome: Finding["outcome"],
  observed: string,
  more: Omit<Finding, "outcome" | "observed"> = {},
): Progress => ({ finding: { outcome, observed, ...more } });
