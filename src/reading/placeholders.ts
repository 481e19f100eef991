/** Quoted names and literals, and the colon of an array slice, which is no cast. */
const WITH_COLONS = /"(?:[^"]|"")*"|(\bE)?'(?:[^']|'')*'|(?<!:):(?=\w)/g;

/**
 * SQL as the catalog words it (a predicate, an expression) so that it can stand in a statement: the Data API takes `:30` in the literal
 * `'12:30'`, and `:2` in `[1:2]`, for a placeholder that nothing is bound to. The catalog writes literals with backslashes as `E''`, and
 * those without plainly.
 */
export function withoutPlaceholders(sql: string): string {
  return sql.replaceAll(WITH_COLONS, (part: string, escaping: string | undefined) => {
    if (part === ":") return ": ";
    if (!part.includes(":")) return part;
    if (escaping !== undefined) return part.replaceAll(":", "\\072");
    return `U&${part.replaceAll("\\", "\\\\").replaceAll(":", "\\003A")}`;
  });
}
