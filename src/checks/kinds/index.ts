import type { CheckKind } from "../../plan/checks.ts";
import type { KindOfCheck } from "../kind.ts";
import { freshness } from "./freshness.ts";
import { fullRead } from "./full-read.ts";
import { migration } from "./migration.ts";
import { extensions, tables } from "./present.ts";
import { rows } from "./rows.ts";
import { sequences } from "./sequences.ts";
import { sql } from "./sql.ts";
import { constraints, indexes } from "./validity.ts";

const notYet = {
  expected: () => "",
  ask: () => Promise.reject(new Error("not yet")),
};

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
  fingerprint: notYet,
  catalog: notYet,
  "foreign-keys": notYet,
  "index-contents": notYet,
  heap: notYet,
  collations: notYet,
  "row-security": notYet,
  grants: notYet,
  "large-objects": notYet,
  unlogged: notYet,
  outbound: notYet,
  "hash-chain": notYet,
};

/** The kind of a check, typed for it. */
export function kindOf<Kind extends CheckKind>(kind: Kind): KindOfCheck<Kind> {
  return KINDS[kind];
}
