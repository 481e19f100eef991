import { type Document, isNode, LineCounter, parseDocument } from "yaml";
import * as z from "zod/mini";
import en from "zod/v4/locales/en.js";
import { PlanInvalid } from "../errors.ts";
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
 * Reads a plan file (YAML, so JSON too). Throws PlanInvalid naming every wrong field with its line, its value and what it should be.
 */
export function parsePlan(text: string, fileName: string): ParsedPlan {
  const lines = new LineCounter();
  const document = parseDocument(text, { prettyErrors: true, lineCounter: lines });
  const [syntaxError] = document.errors;
  if (syntaxError !== undefined) throw new PlanInvalid(`${fileName} is not YAML: ${syntaxError.message}`);
  const file = contentOf(document, fileName);
  if (file === null) throw new PlanInvalid(`${fileName} is empty: a plan has plan, source, sandbox and objectives.`);
  const parsed = Plan.safeParse(file);
  if (parsed.success) return { plan: parsed.data, file: file as PlanFile };
  const problems = parsed.error.issues.map((issue) => {
    const line = lineOf(document, lines, issue);
    return `${line === undefined ? "" : `line ${line}: `}${describeIssue(issue, file)}`;
  });
  throw new PlanInvalid(`${fileName} is not a plan:\n${problems.map((problem) => `  - ${problem}`).join("\n")}`);
}

/** An alias without its anchor, or one that unfolds to more than the library allows, is found only here. */
function contentOf(document: Document, fileName: string): unknown {
  try {
    return document.toJS();
  } catch (error) {
    throw new PlanInvalid(`${fileName} is not YAML: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}

/** The line of the nearest thing that is there: of a missing field, the line of what it is missing from. */
function lineOf(document: Document, lines: LineCounter, issue: z.core.$ZodIssue): number | undefined {
  const path = issue.code === "unrecognized_keys" ? [...issue.path, issue.keys[0] ?? ""] : [...issue.path];
  for (; path.length > 0; path.pop()) {
    const node = document.getIn(path, true);
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
  }
  return undefined;
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
    if (value === undefined) return describeMissingKind(where, options, valueAt(file, issue.path.slice(0, -1)));
    return `${where} is ${quote(value)}, which is not one of ${options.join(", ")}.${didYouMean(String(value), options)}`;
  }
  if (value === undefined && issue.code === "custom") return `${where}, by default, ${issue.message}`;
  if (value === undefined) return `${where} is missing: ${issue.message}`;
  return `${where} is ${quote(value)}: ${issue.message}`;
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
