import type { EvidenceSource } from "../../evidence/verify/source.ts";
import { type VerifiedDatabase, type VerifiedEvidence, verifyEvidence } from "../../evidence/verify/verify-evidence.ts";
import { EXIT } from "../exit-codes.ts";
import { inOneLine } from "../printable.ts";
import type { Terminal } from "../progress.ts";

/** What a person reads of one database; all of it is in the JSON document. */
const MAX_LINES = 40;

const OUTCOME: Readonly<Record<VerifiedEvidence["outcome"], { readonly exit: number; readonly words: string }>> = {
  intact: {
    exit: EXIT.passed,
    words: "INTACT: every file is what its manifest says, every manifest what the ledger and the next drill say.",
  },
  broken: {
    exit: EXIT.failed,
    words: "NOT INTACT: see above. Earlier versions of objects are kept by the bucket: aws s3api list-object-versions.",
  },
  "not all looked at": {
    exit: EXIT.errored,
    words: "NOT PROVEN: nothing wrong was seen, but not everything could be looked at.",
  },
};

/** Recomputes the evidence and tells it, a database as soon as it is through. Resolves to the exit code. */
export async function tellVerified(
  source: EvidenceSource,
  { stdout, json: isJson }: { readonly stdout: Terminal; readonly json: boolean },
): Promise<number> {
  const verified = await verifyEvidence(source, {
    onDatabase: (database) => {
      if (!isJson) stdout.write(linesOf(database));
    },
  });
  const { exit, words } = OUTCOME[verified.outcome];
  stdout.write(isJson ? `${JSON.stringify(verified, null, 2)}\n` : closing(verified, words));
  return exit;
}

function linesOf(verified: VerifiedDatabase): string {
  const { database, drills, first, last, intactFiles, findings, unlooked, unchainedDrills, runningDrills } = verified;
  const wrong = findings.map(({ state, key, what }) => `${state.padEnd(10)} ${inOneLine(`${key}: ${what}`)}`);
  const unseen = unlooked.map(({ key, why }) => `${"not seen".padEnd(10)} ${inOneLine(`${key}: ${why}`)}`);
  const notes = [
    ...(unchainedDrills === 0
      ? []
      : [`${drillsOf(unchainedDrills)} of before manifests were chained: nothing shows whether one was taken out`]),
    ...(runningDrills.length === 0
      ? []
      : [
          `${drillsOf(runningDrills.length)} without evidence yet, which may still run: ${runningDrills.slice(0, 5).join(", ")}${runningDrills.length > 5 ? ", ..." : ""}`,
        ]),
  ].map((note) => `${"note".padEnd(10)} ${note}`);
  const all = [...wrong, ...unseen];
  const shown = all.slice(0, MAX_LINES);
  const rest = all.length === shown.length ? [] : [`and ${all.length - shown.length} more: --json has all of them`];
  const period = first === undefined || last === undefined ? "" : ` of ${days(first, last)}`;
  const state = findings.length > 0 ? "NOT INTACT" : unlooked.length > 0 ? "not all seen" : "intact";
  const heading = `${inOneLine(database)}: ${state}; ${drillsOf(drills)}${period}, ${intactFiles.toLocaleString("en-US")} files as they were recorded`;
  return [heading, ...[...shown, ...rest, ...notes].map((line) => `  ${line}`)].map((line) => `${line}\n`).join("");
}

const drillsOf = (count: number): string => (count === 1 ? "1 drill" : `${count.toLocaleString("en-US")} drills`);

function days(first: string, last: string): string {
  const [from, to] = [first.slice(0, 10), last.slice(0, 10)];
  return from === to ? from : `${from} to ${to}`;
}

function closing({ databases, beside, unlooked, address }: VerifiedEvidence, words: string): string {
  const uncovered = databases.reduce((sum, each) => sum + each.uncovered.length, 0);
  const lines = [
    ...unlooked.slice(0, MAX_LINES).map(({ key, why }) => `${"not seen".padEnd(12)} ${inOneLine(`${key}: ${why}`)}`),
    ...(unlooked.length > MAX_LINES ? [`and ${unlooked.length - MAX_LINES} more: --json has all of them`] : []),
    ...(uncovered === 0
      ? []
      : [
          `Named by no manifest, so that no hash holds them: ${uncovered.toLocaleString("en-US")} notes of what came after it, and pages made from the rest.`,
        ]),
    ...(beside.length === 0
      ? []
      : [
          `Not of one database, and not looked at: ${beside.slice(0, 12).map(inOneLine).join(", ")}${beside.length > 12 ? ", ..." : ""}`,
        ]),
  ];
  return `\n${lines.map((line) => `${line}\n`).join("")}${words}\n${inOneLine(address)}. What this proves, and what not: docs/evidence.md\n`;
}
