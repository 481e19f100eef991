import type { Logger } from "@aws-lambda-powertools/logger";
import * as z from "zod/mini";
import type { JsonStore } from "../aws/json-store.ts";
import { CheckResults } from "../checks/result.ts";
import { itemise } from "../cost/itemise.ts";
import { measuredUsage } from "../cost/usage.ts";
import { Counterproof } from "../counterproof/counterproof.ts";
import { Interruption } from "../plan/interruption.ts";
import type { ParsedPlan } from "../plan/validate.ts";
import { RestoreTestAnswer } from "../recovery/answers.ts";
import { withScorecard } from "../scenarios/scorecard.ts";
import { FailureInput } from "../verdict/failure.ts";
import { type Story, StoryInput, storyOf } from "../verdict/phases.ts";
import { Verdict } from "../verdict/verdict.ts";
import { composeEntry } from "./compose-entry.ts";
import { Drift } from "./drift.ts";
import { HISTORY_DRILLS, rememberDrill } from "./history.ts";
import { readJournal } from "./journal.ts";
import { keptSandboxOf } from "./kept-sandbox.ts";
import { type EarlierDrills, earlierDrills, writeLedger } from "./ledger.ts";
import { leftoversOf } from "./leftovers.ts";
import { hashesOf, linkOf, sha256 } from "./manifest.ts";
import { renderReport } from "./page/render-report.ts";
import { PARTS } from "./parts.ts";
import type { EvidenceAnswer, Manifest, Report } from "./report.ts";
import { type Subject, SubjectInput, subjectOf } from "./subject.ts";

export const RecordEvidenceInput = z.object({
  ...SubjectInput,
  ...StoryInput,
  verdict: Verdict,
  teardownFailure: z.optional(FailureInput),
  restoreTestAnswer: z.optional(RestoreTestAnswer),
  interruption: z.optional(Interruption),
});
type RecordEvidenceInput = z.infer<typeof RecordEvidenceInput>;

interface Services {
  readonly store: JsonStore;
  readonly plans: (name: string) => Promise<ParsedPlan>;
  readonly now: () => Date;
  readonly logger: Pick<Logger, "warn">;
}

/** Log message that saved queries rely on. */
const LOG = { historyRemade: "evidence.history-remade" } as const;

const COST_BASIS =
  "list prices of us-east-1 times measured use; serverless capacity counted at its maximum: an upper bound, not a bill";
const NO_COST = { usd: 0, items: [] };

/**
 * Files the drill: report.json, checks.json, report.html for people, manifest.json (SHA-256 of each, of plan.json and of the journal), then, last, its ledger entry,
 * so that an entry in the ledger always has its evidence, and then the line in the history of its database. Recording again replaces the same files.
 */
export async function recordEvidence(services: Services, input: RecordEvidenceInput): Promise<EvidenceAnswer> {
  const { store, now } = services;
  const subject = await subjectOf(services.plans, input);
  const { prefix } = subject;
  const endedAt = now().toISOString();
  const journal = await readJournal(store, prefix);
  const story = input.drill === undefined ? {} : storyOf(journal.entries, input);
  const results = await store.get(`${prefix}/checks.json`, CheckResults);
  const counterproof = await store.get(`${prefix}/counterproof.json`, Counterproof);
  const earlier = await earlierDrills(store, subject.database, new Date(endedAt), HISTORY_DRILLS + 1);
  const link = await linkOf(store, subject, earlier);
  const unreadable = [...journal.unreadable, ...(link.doubt === undefined ? [] : [link.doubt])];
  const report = withScorecard(
    compose(input, subject, story, { results, counterproof, unreadable }, endedAt),
    subject.scenario,
  );

  const [plan, parts, proofs] = await Promise.all([
    textsOf(store, prefix, ["plan.json"]),
    textsOf(store, prefix, PARTS),
    textsOf(store, prefix, PROOFS),
  ]);
  const files = {
    ...plan,
    ...parts,
    ...proofs,
    "report.json": await store.put(`${prefix}/report.json`, report),
    "checks.json": await store.put(
      `${prefix}/checks.json`,
      results ?? { drillId: subject.drillId, complete: false, results: [] },
    ),
  };
  const hashed = hashesOf({ ...files, ...journal.texts });
  const page = renderReport(report, {
    history: historyBefore(report, earlier),
    drift: driftIn(proofs),
    files: hashed,
  });
  await store.putText(`${prefix}/${PAGE}`, page, "text/html; charset=utf-8");
  const manifest: Manifest = {
    drillId: subject.drillId,
    ...(link.previous === undefined ? {} : { previous: link.previous }),
    files: [...hashed, ...hashesOf({ [PAGE]: page })],
  };
  const manifestSha256 = sha256(await store.put(`${prefix}/manifest.json`, manifest));
  const hasLeftParts = Object.keys(parts).length > 0;
  const entry = composeEntry(report, subject.trigger, story, { manifestSha256, hasLeftParts });
  const ledgerKey = await writeLedger(store, entry);
  for (const warning of await rememberDrill(store, entry))
    services.logger.warn(LOG.historyRemade, { database: entry.database, warning });
  return {
    bucket: store.bucket,
    prefix,
    files: [PAGE, ...Object.keys(files), "manifest.json"].map((file) => `${prefix}/${file}`).concat(ledgerKey),
    manifestSha256,
    leftovers: report.leftovers,
    actualUsd: report.cost.actual.usd,
  };
}

/** What people open first. */
const PAGE = "report.html";

/** The drills before this one: recorded again, it finds itself in the ledger, and maybe others that came after it. */
const historyBefore = ({ drillId }: Report, { entries, warnings }: EarlierDrills): EarlierDrills => ({
  entries: entries.filter((entry) => entry.drillId < drillId).slice(-HISTORY_DRILLS),
  warnings,
});

function driftIn({ "drift.json": text }: Readonly<Record<string, string>>): Drift | "unreadable" | undefined {
  if (text === undefined) return undefined;
  try {
    return z.parse(Drift, JSON.parse(text));
  } catch {
    return "unreadable";
  }
}

/** What a comparison and a counterproof leave, where there was one. */
const PROOFS = ["drift.json", "counterproof.json"] as const;

/** Those of the files that are there, as they are stored. */
async function textsOf(store: JsonStore, prefix: string, names: readonly string[]): Promise<Record<string, string>> {
  const texts = await Promise.all(names.map((name) => store.getText(`${prefix}/${name}`)));
  return Object.fromEntries(names.flatMap((name, index) => (texts[index] === undefined ? [] : [[name, texts[index]]])));
}

function compose(
  input: RecordEvidenceInput,
  subject: Subject,
  story: Story,
  {
    results,
    counterproof,
    unreadable,
  }: {
    readonly results: CheckResults | undefined;
    readonly counterproof: Counterproof | undefined;
    readonly unreadable: string[];
  },
  endedAt: string,
): Report {
  const { drill, verdict, execution, teardown } = input;
  const kept = keptSandboxOf(input);
  return {
    schemaVersion: 1,
    drillId: subject.drillId,
    database: subject.database,
    plan: subject.plan,
    execution,
    trigger: subject.trigger,
    endedAt,
    verdict,
    ...(input.interruption === undefined ? {} : { interruption: input.interruption }),
    ...(drill === undefined ? {} : { drill }),
    ...(unreadable.length === 0 ? {} : { unreadable }),
    checks: results?.results ?? [],
    ...(counterproof === undefined ? {} : { counterproof }),
    ...(story.network === undefined ? {} : { network: story.network }),
    ...(story.isolation === undefined ? {} : { isolation: story.isolation }),
    ...(teardown === undefined ? {} : { teardown }),
    ...(input.restoreTestAnswer === undefined ? {} : { restoreTest: input.restoreTestAnswer }),
    leftovers: leftoversOf(input),
    ...(kept === undefined ? {} : { kept }),
    cost: {
      estimated: drill?.estimate ?? NO_COST,
      actual:
        drill === undefined
          ? NO_COST
          : itemise(measuredUsage(drill, { ...story, teardown }, callsIn(results) + callsIn(counterproof), endedAt)),
      basis: COST_BASIS,
    },
  };
}

const callsIn = (asked: CheckResults | Counterproof | undefined): number => asked?.dataApiCalls ?? 0;
