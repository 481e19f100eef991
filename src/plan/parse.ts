import { parseDocument } from "yaml";
import * as z from "zod/mini";
import en from "zod/v4/locales/en.js";
import { PlanInvalid } from "../errors.ts";
import { Plan, type PlanFile } from "./plan.ts";
import { didYouMean } from "./suggest.ts";

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
 * Reads a plan file (YAML, so JSON too). Throws PlanInvalid naming every wrong field with its line, its value and what it should be.
 */
export function parsePlan(text: string, fileName: string): ParsedPlan {
  const document = parseDocument(text, { prettyErrors: true });
  const [syntaxError] = document.errors;
  if (syntaxError !== undefined) throw new PlanInvalid(`${fileName} is not YAML: ${syntaxError.message}`);
  const file: unknown = document.toJS();
  const parsed = Plan.safeParse(file);
  if (parsed.success) return { plan: parsed.data, file: file as PlanFile };
  const problems = parsed.error.issues.map((issue) => describeIssue(issue, file));
  throw new PlanInvalid(`${fileName} is not a plan:\n${problems.map((problem) => `  - ${problem}`).join("\n")}`);
}

function describeIssue(issue: z.core.$ZodIssue, file: unknown): string {
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
    return `${where} is ${quote(value)}, which is not one of ${options.join(", ")}.${didYouMean(String(value), options)}`;
  }
  if (value === undefined) return `${where} is missing: ${issue.message}`;
  return `${where} is ${quote(value)}: ${issue.message}`;
}

const pathPart = (part: PropertyKey): string => (typeof part === "number" ? `[${part}]` : `.${String(part)}`);

function quote(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length <= MAX_QUOTED_CHARS ? text : `${text.slice(0, MAX_QUOTED_CHARS)}...`;
}

function valueAt(document: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, part) => (typeof value === "object" && value !== null ? Reflect.get(value, part) : undefined),
    document,
  );
}

/** The keys that the schema allows where an unknown one was found. */
function knownKeys(schema: z.core.$ZodType, path: readonly PropertyKey[], value: unknown): string[] {
  const { def } = schema._zod;
  const [part, ...rest] = path;
  if (schema instanceof z.core.$ZodObject) {
    const { shape } = schema._zod.def;
    if (part === undefined) return Object.keys(shape);
    const member = shape[String(part)];
    return member === undefined ? [] : knownKeys(member, rest, valueAt(value, [part]));
  }
  if (schema instanceof z.core.$ZodArray && part !== undefined)
    return knownKeys(schema._zod.def.element, rest, valueAt(value, [part]));
  if (schema instanceof z.core.$ZodDiscriminatedUnion) {
    const discriminator = schema._zod.def.discriminator;
    const chosen = schema._zod.def.options.find((option) =>
      option._zod.propValues?.[discriminator]?.has(valueAt(value, [discriminator]) as string),
    );
    return chosen === undefined ? [] : knownKeys(chosen, path, value);
  }
  if (schema instanceof z.core.$ZodPipe) return knownKeys(schema._zod.def.in, path, value);
  return "innerType" in def ? knownKeys(def.innerType as z.core.$ZodType, path, value) : [];
}
