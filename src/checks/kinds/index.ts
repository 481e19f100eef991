import type { CheckKind } from "../../plan/checks.ts";
import type { KindOfCheck } from "../kind.ts";
import { constraints, indexes } from "./catalog.ts";
import { freshness } from "./freshness.ts";
import { fullRead } from "./full-read.ts";
import { migration } from "./migration.ts";
import { extensions, tables } from "./present.ts";
import { rows } from "./rows.ts";
import { sequences } from "./sequences.ts";
import { sql } from "./sql.ts";

/** Every kind that a plan may name: one that is missing here does not compile. */
const KINDS: { readonly [Kind in CheckKind]: KindOfCheck<Kind> } = {
  rows,
  freshness,
  tables,
  extensions,
  migration,
  indexes,
  constraints,
  sequences,
  "full-read": fullRead,
  sql,
};

/** The kind of a check, typed for it. */
export function kindOf<Kind extends CheckKind>(kind: Kind): KindOfCheck<Kind> {
  return KINDS[kind];
}
