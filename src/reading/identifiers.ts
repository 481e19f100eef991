/** A table as the plan names it. Parts are as the catalog has them: unquoted ones folded to lower case. */
export interface TableIdentifier {
  readonly schema: string;
  readonly table: string;
}

const PART = /"((?:[^"]|"")+)"|([A-Za-z_][\w$]*)/g;

/** Reads `orders`, `sales.orders` or `sales."Order Items"`. A name without a schema is one of `public`. */
export function parseTable(name: string): TableIdentifier {
  const parts = [...name.matchAll(PART)].map(([, quoted, plain = ""]) =>
    quoted === undefined ? plain.toLowerCase() : quoted.replaceAll('""', '"'),
  );
  const [first = "", second] = parts;
  return second === undefined ? { schema: "public", table: first } : { schema: first, table: second };
}

/** A name for the text of a statement. The Data API takes `:b` for a placeholder in quotes too, so a colon is written as an escape. */
export function quoteIdentifier(name: string): string {
  if (!name.includes(":")) return quoted(name);
  return `U&${quoted(name.replaceAll("\\", "\\\\").replaceAll(":", "\\003A"))}`;
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

export function quoteTable({ schema, table }: TableIdentifier): string {
  return `${quoteIdentifier(schema)}.${quoteIdentifier(table)}`;
}

/** The plan's table as SQL: always quoted, always with its schema. */
export function sqlNameOf(planTable: string): string {
  return quoteTable(parseTable(planTable));
}

/** The plan's table as a value that PostgreSQL reads as a name (`to_regclass`), which knows no escapes. */
export function regclassOf(planTable: string): string {
  const { schema, table } = parseTable(planTable);
  return `${quoted(schema)}.${quoted(table)}`;
}

/** The same for people: quotes only where they are needed. */
export function displayName({ schema, table }: TableIdentifier): string {
  return [schema, table].map((part) => (/^[a-z_][a-z0-9_$]*$/.test(part) ? part : quoted(part))).join(".");
}
