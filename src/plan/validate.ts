import * as z from "zod/mini";
import type { $ZodIssue } from "zod/v4/core";
import en from "zod/v4/locales/en.js";
import { PlanInvalid } from "../errors.ts";
import { knownKeys, valueAt } from "./known-keys.ts";
import { Plan, type PlanFile } from "./plan.ts";
import { didYouMean, nearestOf } from "./suggest.ts";

z.config(en());

/** A value is quoted in an error so that it can be found in the file, but a pasted document is not repeated whole. */
const MAX_QUOTED_CHARS = 80;

export interface ParsedPlan {
  /** With defaults filled in and durations in seconds. */
  readonly plan: Plan;
  /** As the user wrote it: what the evidence keeps. */
  readonly file: PlanFile;
}

/**
 * Holds a plan's content against the schema. Throws PlanInvalid naming every wrong field with its value and what it should be, and its
 * line where `lineOf` knows it.
 */
export function validatePlan(
  file: unknown,
  fileName: string,
  lineOf: (issue: $ZodIssue) => number | undefined = () => undefined,
): ParsedPlan {
  if (file === null) throw new PlanInvalid(`${fileName} is empty: a plan has plan, source, sandbox and objectives.`);
  const parsed = Plan.safeParse(file);
  if (parsed.success) return { plan: parsed.data, file: file as PlanFile };
  const problems = parsed.error.issues.map((issue) => {
    const line = lineOf(issue);
    return `${line === undefined ? "" : `line ${line}: `}${describeIssue(issue, file)}`;
  });
  throw new PlanInvalid(`${fileName} is not a plan:\n${problems.map((problem) => `  - ${problem}`).join("\n")}`);
}

function describeIssue(issue: $ZodIssue, file: unknown): string {
  const where = issue.path.length === 0 ? "the plan" : issue.path.map(pathPart).join("").replace(/^\./, "");
  if (issue.code === "unrecognized_keys") {
    const known = knownKeys(Plan, issue.path, file);
    return issue.keys
      .map((key) => `${where} has no key "${key}".${didYouMean(key, known) || ` It has: ${known.join(", ")}.`}`)
      .join("\n  - ");
  }
  const value = valueAt(file, issue.path);
  if (issue.code === "invalid_union" && "options" in issue && Array.isArray(issue.options)) {
    const options = issue.options.map(String);
    if (value === undefined) return describeMissingKind(where, options, valueAt(file, issue.path.slice(0, -1)));
    return `${where} is ${quote(value)}, which is not one of ${options.join(", ")}.${typeof value === "string" ? didYouMean(value, options) : ""}`;
  }
  if (value === undefined && issue.code === "custom") return `${where}, by default, ${issue.message}`;
  const message = issue.message.replace(/^Invalid input: /, "");
  if (value === undefined) return `${where} is missing: ${message.replace(/, received undefined$/, "")}`;
  return `${where} is ${quote(value)}: ${message}`;
}

/** Without its kind nothing is known of a check, so its misspelt `kind` is no unknown key yet. */
function describeMissingKind(where: string, kinds: readonly string[], check: unknown): string {
  const keys = typeof check === "object" && check !== null ? Object.keys(check) : [];
  const misspelt = keys.find((key) => nearestOf(key, ["kind"]) !== undefined);
  const hint = misspelt === undefined ? "" : ` There is "${misspelt}". Did you mean "kind"?`;
  return `${where} is missing: it is one of ${kinds.join(", ")}.${hint}`;
}

const pathPart = (part: PropertyKey): string => (typeof part === "number" ? `[${part}]` : `.${String(part)}`);

function quote(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length <= MAX_QUOTED_CHARS ? text : `${text.slice(0, MAX_QUOTED_CHARS)}...`;
}
