import * as z from "zod/mini";
import type { Fingerprints, TableFingerprint } from "../../fingerprint/fingerprints.ts";
import type { Cut } from "../../fingerprint/hash-sql.ts";
import { type Known, knownFrom } from "../../fingerprint/known.ts";
import { RowKeys } from "../../fingerprint/row-keys.ts";
import {
  keptTables,
  type TableName,
  TakingCursor,
  takeFingerprints,
  type Wanted,
} from "../../fingerprint/take-fingerprints.ts";
import type { CheckOf } from "../../plan/checks.ts";
import { didYouMean } from "../../plan/suggest.ts";
import type { WalkEnd } from "../../reading/walk-progress.ts";
import { declaredFor, plainName } from "../content/declared.ts";
import { judgeContent } from "../content/judge-content.ts";
import { keysOf } from "../content/keys-of.ts";
import { countOf, listOf } from "../expectation.ts";
import { type Finding, found, type KindOfCheck } from "../kind.ts";
import { corruptOf, describeGaps, STOPPED } from "../reading-words.ts";

type Check = CheckOf<"fingerprint">;

/** The content of every table, rows and hashes, against what the source or an earlier drill had. */
export const fingerprint: KindOfCheck<"fingerprint"> = {
  expected: ({ mode }) => `every table as it was, by its ${mode} fingerprint`,

  async ask(check, asking, stored) {
    const { drill, references, parts } = asking;
    const known = await knownFrom(references, check);
    const usable = known.filter(({ hindrance }) => hindrance === undefined);
    const [best] = usable;
    const label = labelFor(check, best?.fingerprints.keyLabel ?? drill.evidencePrefix);
    const [first, second] = [cutsOf(known[0]), cutsOf(known[1])];
    const wanted: Wanted = {
      ...wantedBy(check, asking.only),
      key: label && (await asking.fingerprintKey(label)),
      cuts: (table) => [first(table), second(table), ownCut(check, table, drill.recoveryPoint.createdAt)],
      writtenSince: best?.from.kind === "baseline" ? BigInt(best.fingerprints.transaction) : undefined,
    };
    const { cursor, end } = await takeFingerprints(
      asking,
      wanted,
      stored === undefined ? undefined : z.parse(TakingCursor, stored),
    );
    if (end === "paused") return { cursor };
    const broken = brokenBy(cursor, end);
    if (broken !== undefined) return { finding: broken };
    const restored = { takenAt: drill.startedAt, recoveryPoint: drill.recoveryPoint.arn };
    await parts.leave("fingerprints.json", documentOf(check, cursor, label, restored));
    const isEmpty = cursor.tables.every(({ rows }) => rows === "0");
    const wasEmpty = known.every(({ fingerprints }) => fingerprints.tables.every(({ rows }) => rows === "0"));
    if (isEmpty && wasEmpty) return found("empty", `no rows in ${countOf(cursor.tables.length, "table")}`);
    return { finding: await judgeContent(check, asking, { cursor, wanted, known }) };
  },

  cutOff(stored, why) {
    const corrupt = corruptOf(z.parse(TakingCursor, stored).walk.gaps);
    if (corrupt.length === 0) return undefined;
    return { outcome: "failed", observed: `${describeGaps(corrupt)}; the rest was not read: ${why}`, fault: "corrupt" };
  },

  async capture(check, capturing, stored) {
    const capturedAt = capturing.capturedAt.toISOString();
    const label = labelFor(check, capturing.baselineId);
    const wanted: Wanted = {
      ...wantedBy(check),
      key: label && (await capturing.fingerprintKey(label)),
      cuts: (table) => [ownCut(check, table, capturing.settledAt.toISOString())],
      writtenSince: undefined,
    };
    const { cursor, end } = await takeFingerprints(
      capturing,
      wanted,
      stored === undefined ? undefined : z.parse(TakingCursor, stored),
    );
    if (end === "paused") return { cursor };
    const broken = brokenBy(cursor, end);
    if (broken !== undefined) return { finding: broken };
    const unknown = unknownTables(check, cursor);
    if (unknown.length > 0)
      return found("unchecked", `the plan names what the source does not have: ${listOf(unknown)}`);
    if (check.localise === "keys") {
      const { parts } = capturing;
      const taken = await parts.get("keys.json", RowKeys);
      const keys = await keysOf(capturing, wanted, cursor.tables, {
        taken,
        keep: (some) => parts.leave("keys.json", some),
      });
      if (keys === undefined) return { cursor };
    }
    await capturing.parts.leave("fingerprints.json", documentOf(check, cursor, label, { takenAt: capturedAt }));
    return found("held", `${countOf(cursor.tables.length, "table")} fingerprinted`);
  },
};

const labelFor = ({ mode }: Check, label: string): string | undefined => (mode === "strong" ? label : undefined);

function wantedBy(check: Check, only?: string): Pick<Wanted, "mode" | "columnOrder" | "isLeftOut"> {
  const { mode, columnOrder, except } = check;
  return {
    mode,
    columnOrder,
    isLeftOut: (table) =>
      (only !== undefined && table.table !== only) ||
      declaredFor(
        except.map((one) => ({ table: one })),
        table,
      ) !== undefined,
  };
}

/** The closed ranges of an earlier time. A partition that was made since is held against the range of the others. */
function cutsOf(known: Known | undefined): (name: TableName) => Cut | undefined {
  const own = new Map<string, TableFingerprint>();
  const ofSiblings = new Map<string, TableFingerprint>();
  for (const table of known?.fingerprints.tables ?? []) {
    own.set(table.table, table);
    if (table.partOf !== undefined && table.closed !== undefined) ofSiblings.set(table.partOf, table);
  }
  return ({ table, partOf }) => {
    const closed = (own.get(table) ?? (partOf === undefined ? undefined : ofSiblings.get(partOf)))?.closed;
    return closed && { by: closed.by, before: new Date(closed.before) };
  };
}

/** The closed range as it will be known to later drills: what was written before `settles` ago is taken as settled. */
function ownCut({ closed }: Check, name: TableName, at: string): Cut | undefined {
  const declared = declaredFor(closed, name);
  return declared && { by: declared.by, before: new Date(Date.parse(at) - declared.settles * 1000) };
}

function brokenBy({ walk: { gaps } }: TakingCursor, end: Exclude<WalkEnd, "paused">): Finding | undefined {
  const corrupt = corruptOf(gaps);
  if (corrupt.length > 0)
    return { outcome: "failed", observed: `${describeGaps(corrupt)}${STOPPED[end]}`, fault: "corrupt" };
  if (gaps.length === 0 && end === "done") return undefined;
  return {
    outcome: "unchecked",
    observed: `${describeGaps(gaps)}${STOPPED[end]}`,
    ...(end === "unanswered" ? { fault: "timeout" } : {}),
  };
}

/** Tables that the plan names and the source does not have: misspelt, or gone. */
function unknownTables({ closed, changing, except }: Check, { tables, leftOut, unhashed }: TakingCursor): string[] {
  const there = new Set([
    ...tables.flatMap(({ table, partOf }) => [table, partOf]),
    ...unhashed.map(({ table }) => table),
    ...leftOut.flatMap(({ table, partOf }) => [table, partOf]),
  ]);
  const named = [
    ...closed.map(({ table }) => ["closed", table] as const),
    ...changing.map(({ table }) => ["changing", table] as const),
    ...except.map((table) => ["except", table] as const),
  ];
  const names = [...there].filter((name) => name !== undefined);
  return named
    .filter(([, table]) => !there.has(plainName(table)))
    .map(([field, table]) => `${field} names ${plainName(table)}.${didYouMean(plainName(table), names)}`);
}

function documentOf(
  { mode, columnOrder }: Check,
  { majorVersion, transaction, tables, unhashed }: TakingCursor,
  keyLabel: string | undefined,
  restored: Pick<Fingerprints, "takenAt" | "recoveryPoint">,
): Fingerprints {
  return {
    mode,
    columnOrder,
    ...(keyLabel === undefined ? {} : { keyLabel }),
    majorVersion,
    ...restored,
    transaction,
    tables: keptTables(tables),
    unhashed,
  };
}
