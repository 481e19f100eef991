import { type Document, isNode, LineCounter, parseDocument } from "yaml";
import type { $ZodIssue } from "zod/v4/core";
import { PlanInvalid } from "../errors.ts";
import { type ParsedPlan, validatePlan } from "./validate.ts";

/**
 * Reads a plan file (YAML, so JSON too). Throws PlanInvalid naming every wrong field with its line, its value and what it should be.
 */
export function parsePlan(text: string, fileName: string): ParsedPlan {
  const lines = new LineCounter();
  const document = parseDocument(text, { prettyErrors: true, lineCounter: lines });
  const [syntaxError] = document.errors;
  if (syntaxError !== undefined) throw new PlanInvalid(`${fileName} is not YAML: ${syntaxError.message}`);
  return validatePlan(contentOf(document, fileName), fileName, (issue) => lineOf(document, lines, issue));
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
function lineOf(document: Document, lines: LineCounter, issue: $ZodIssue): number | undefined {
  const path = issue.code === "unrecognized_keys" ? [...issue.path, issue.keys[0] ?? ""] : [...issue.path];
  for (; path.length > 0; path.pop()) {
    const node = document.getIn(path, true);
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
  }
  return undefined;
}
