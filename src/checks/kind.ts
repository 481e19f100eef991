import type { DataSession, SessionOptions } from "../aws/data-api.ts";
import type { Parts } from "../evidence/parts.ts";
import type { CheckKind, CheckOf } from "../plan/checks.ts";
import type { Drill, ReferencePoint } from "../plan/drill.ts";
import type { CheckResult, Share } from "./result.ts";

/** What a check may use wherever it is asked. */
interface Reading {
  readonly session: DataSession;
  /** One more session with the same database, for statements side by side or under other settings. Ended with the slice. */
  another(settings?: SessionOptions["settings"]): DataSession;
  /** Where what was found is left for later drills to compare with. */
  readonly parts: Parts;
  /** The key of strong fingerprints, 64 hex digits: the same for the same label, and secret. */
  fingerprintKey(label: string): Promise<string>;
  /** False when the slice should end: a check of many statements then answers its cursor. True until the slice has got anywhere at all. */
  hasTime(): boolean;
  /** The most statements side by side; by default as many as the database gains from. */
  readonly mostLanes?: number;
  /** Tells that the check got this far; stored now and then, so that a killed slice loses little. `share`: of a long check, for people. */
  reached(cursor: unknown, share?: Share): Promise<void>;
}

/** What is known of the database from an earlier time. */
export interface Reference extends ReferencePoint {
  readonly parts: Parts;
}

/** What a check may use while it is asked of a sandbox. */
export interface Asking extends Reading {
  readonly drill: Drill;
  /** What the plan wrote as SQL is asked here, with `askAsReader`, and nowhere else: under a role that can not write. */
  readonly reader: DataSession;
  /** The one to trust most first. */
  readonly references: readonly Reference[];
  /** Where a check asks many tables, sequences or indexes: the one of them that is asked, by its name with its schema. */
  readonly only?: string;
}

/** What a check may use while a baseline is captured on the source. */
export interface Capturing extends Reading {
  readonly baselineId: string;
  readonly capturedAt: Date;
  /** What bears an earlier time than this is complete: no transaction that was open then began before. */
  readonly settledAt: Date;
}

/** What came of a check. */
export type Finding = Pick<CheckResult, "outcome" | "observed" | "fault" | "sql" | "newestAt" | "rowsRead">;

/** A check ends with its finding, or is left at a cursor from which another slice goes on. */
export type Progress = { readonly finding: Finding } | { readonly cursor: unknown };

/** One kind of check: what it expects, in words, and how it is asked. */
export interface KindOfCheck<Kind extends CheckKind> {
  expected(check: CheckOf<Kind>): string;
  /** Statements that fail are thrown on as StatementFailed; the caller turns them into a finding. */
  ask(check: CheckOf<Kind>, asking: Asking, cursor: unknown): Promise<Progress>;
  /** What is certain at the cursor of a check that is cut off there, and how it was cut off; undefined when nothing is. */
  cutOff?(cursor: unknown, why: string): Finding | undefined;
  /**
   * Leaves in `parts` what a later drill will hold its sandbox against; `held` when that is complete. Only kinds that compare with an
   * earlier time have it.
   */
  capture?(check: CheckOf<Kind>, capturing: Capturing, cursor: unknown): Promise<Progress>;
}

export const found = (
  outcome: Finding["outcome"],
  observed: string,
  more: Omit<Finding, "outcome" | "observed"> = {},
): Progress => ({ finding: { outcome, observed, ...more } });
