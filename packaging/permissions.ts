/** What IAM would answer to a call, for the part of its language that this project's roles use. */
import * as z from "zod/mini";

const oneOrMany = z.pipe(
  z.union([z.string(), z.array(z.string())]),
  z.transform((value) => (typeof value === "string" ? [value] : value)),
);
const conditionValue = z.union([z.string(), z.boolean(), z.number()]);

/** An identity policy's statement, with its intrinsic functions resolved. */
export const PolicyStatement = z.strictObject({
  Sid: z.optional(z.string()),
  Effect: z.enum(["Allow", "Deny"]),
  Action: oneOrMany,
  Resource: oneOrMany,
  Condition: z._default(
    z.record(z.string(), z.record(z.string(), z.union([conditionValue, z.array(conditionValue)]))),
    {},
  ),
});
export type PolicyStatement = z.infer<typeof PolicyStatement>;

/** Condition keys of a request (`aws:RequestTag/restore-drill:drill`) and their values. A key that a request does not have is absent. */
export type RequestContext = Readonly<Record<string, string | readonly string[]>>;

/** `unmatched` is AWS's implicit deny: no statement says anything of it. */
export type Decision = "allowed" | "denied" | "unmatched";

/**
 * What the statements decide of the action on the resource: allowed when at least one Allow and no Deny matches. Many calls are authorised
 * on several resources; ask once for each. Throws on a condition operator that is not known here.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 */
export function decide(
  statements: readonly PolicyStatement[],
  action: string,
  resourceArn: string,
  context: RequestContext = {},
): Decision {
  const matching = statements.filter((statement) => matches(statement, action, resourceArn, context));
  if (matching.some(({ Effect }) => Effect === "Deny")) return "denied";
  return matching.length > 0 ? "allowed" : "unmatched";
}

export function isAllowed(...asked: Parameters<typeof decide>): boolean {
  return decide(...asked) === "allowed";
}

function matches(statement: PolicyStatement, action: string, resourceArn: string, context: RequestContext): boolean {
  return (
    statement.Action.some((pattern) => isLike(action.toLowerCase(), pattern.toLowerCase())) &&
    statement.Resource.some((pattern) => isLike(resourceArn, pattern)) &&
    Object.entries(statement.Condition).every(([operator, tests]) =>
      Object.entries(tests).every(([key, wanted]) =>
        holds(operator, valuesOf(context, key), (Array.isArray(wanted) ? wanted : [wanted]).map(String)),
      ),
    )
  );
}

/** IAM's wildcards: `*` is any run of characters, colons and slashes too; `?` is any one. */
function isLike(text: string, pattern: string): boolean {
  const expression = pattern
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", "[^]*")
    .replaceAll("?", "[^]");
  return new RegExp(`^${expression}$`).test(text);
}

/** Names of condition keys are not case-sensitive; their values are. */
function valuesOf(context: RequestContext, key: string): readonly string[] | undefined {
  const [, value] = Object.entries(context).find(([name]) => name.toLowerCase() === key.toLowerCase()) ?? [];
  return typeof value === "string" ? [value] : value;
}

const comparisons: Readonly<Record<string, (value: string, wanted: string) => boolean>> = {
  StringEquals: (value, wanted) => value === wanted,
  StringLike: isLike,
  ArnLike: isLike,
  Bool: (value, wanted) => value.toLowerCase() === wanted.toLowerCase(),
};

function holds(operator: string, values: readonly string[] | undefined, wanted: readonly string[]): boolean {
  if (operator === "Null") return wanted.includes(String(values === undefined));
  const [, quantifier, comparison, ifExists] =
    /^(?:(ForAllValues|ForAnyValue):)?([A-Za-z]+?)(IfExists)?$/.exec(operator) ?? [];
  const compare = comparisons[comparison ?? ""];
  if (compare === undefined) throw new Error(`The condition operator ${operator} is not known here.`);
  if (values === undefined) return ifExists !== undefined || quantifier === "ForAllValues";
  const isWanted = (value: string): boolean => wanted.some((each) => compare(value, each));
  return quantifier === "ForAllValues" ? values.every(isWanted) : values.some(isWanted);
}
