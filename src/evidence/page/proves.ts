import type { CheckResult } from "../../checks/result.ts";
import type { CheckKind } from "../../plan/checks.ts";

/** What checks prove together, in the order a reader asks: is it all there, is it right, does it fit, would it run. */
const PROOFS = {
  readable: "Everything can be read",
  content: "What was in it is in it",
  recent: "It is recent",
  structure: "Its structure is complete",
  consistent: "Its parts fit together",
  access: "Who may see what came back as it was",
  inert: "Nothing in it acts beyond it, or is lost with a restore",
  own: "What the plan asks in its own SQL",
} as const;
type Proof = keyof typeof PROOFS;

/** A kind that is missing here does not compile. */
const PROVED_BY: Readonly<Record<CheckKind, Proof>> = {
  "full-read": "readable",
  heap: "readable",
  rows: "content",
  fingerprint: "content",
  "hash-chain": "content",
  "large-objects": "content",
  freshness: "recent",
  tables: "structure",
  extensions: "structure",
  migration: "structure",
  catalog: "structure",
  indexes: "consistent",
  constraints: "consistent",
  "foreign-keys": "consistent",
  "index-contents": "consistent",
  sequences: "consistent",
  collations: "consistent",
  "row-security": "access",
  grants: "access",
  unlogged: "inert",
  outbound: "inert",
  sql: "own",
};

export interface ProofGroup {
  readonly title: string;
  readonly held: readonly CheckResult[];
  /** Required before optional, failed before what could not be asked or had nothing to look at. */
  readonly others: readonly CheckResult[];
}

const SEVERITY: readonly CheckResult["outcome"][] = ["failed", "unchecked", "empty", "held"];
const severity = ({ outcome, required }: CheckResult): number => SEVERITY.indexOf(outcome) * 2 + (required ? 0 : 1);

/** By what they prove, the group with the worst first. */
export function groupByProof(checks: readonly CheckResult[]): ProofGroup[] {
  const groups = (Object.keys(PROOFS) as Proof[]).flatMap((proof) => {
    const own = checks.filter(({ kind }) => proofOf(kind) === proof);
    if (own.length === 0) return [];
    const others = own.filter(({ outcome }) => outcome !== "held").sort((a, b) => severity(a) - severity(b));
    return [{ title: PROOFS[proof], held: own.filter(({ outcome }) => outcome === "held"), others }];
  });
  const worst = ({ others: [first] }: ProofGroup): number =>
    first === undefined ? SEVERITY.length * 2 : severity(first);
  return groups.sort((a, b) => worst(a) - worst(b));
}

/** A report may be of a later release, with kinds that this one does not know. */
const KNOWN: ReadonlyMap<string, Proof> = new Map(Object.entries(PROVED_BY));
const proofOf = (kind: string): Proof => KNOWN.get(kind) ?? "own";
