import type { CheckKind } from "../../plan/checks.ts";
import type { KindOfCheck } from "../kind.ts";
import { catalog } from "./catalog.ts";
import { collations } from "./collations.ts";
import { fingerprint } from "./fingerprint.ts";
import { foreignKeys } from "./foreign-keys.ts";
import { freshness } from "./freshness.ts";
import { fullRead } from "./full-read.ts";
import { grants } from "./grants.ts";
import { hashChain } from "./hash-chain.ts";
import { heap } from "./heap.ts";
import { indexContents } from "./index-contents.ts";
import { largeObjects } from "./large-objects.ts";
import { migration } from "./migration.ts";
import { outbound } from "./outbound.ts";
import { extensions, tables } from "./present.ts";
import { rowSecurity } from "./row-security.ts";
import { rows } from "./rows.ts";
import { sequences } from "./sequences.ts";
import { sql } from "./sql.ts";
import { unlogged } from "./unlogged.ts";
import { constraints, indexes } from "./validity.ts";

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
  fingerprint,
  catalog,
  "foreign-keys": foreignKeys,
  "index-contents": indexContents,
  heap,
  collations,
  "row-security": rowSecurity,
  grants,
  "large-objects": largeObjects,
  unlogged,
  outbound,
  "hash-chain": hashChain,
};

/** The kind of a check, typed for it. */
export function kindOf<Kind extends CheckKind>(kind: Kind): KindOfCheck<Kind> {
  return KINDS[kind];
}
