import type { RDSDataClient } from "@aws-sdk/client-rds-data";
import { NoReader, readerOf } from "../aws/data-api/reader.ts";
import { StatementFailed } from "../aws/data-api/statement-failed.ts";
import { type DatabaseAddress, DataSession, type SessionOptions, type View } from "../aws/data-api.ts";
import type { JsonStore } from "../aws/json-store.ts";
import type { AskedCheck } from "../checks/asked-checks.ts";
import { findingOf, withoutReader } from "../checks/fault.ts";
import type { Asking, Progress, Reference } from "../checks/kind.ts";
import { kindOf } from "../checks/kinds/index.ts";
import type { CheckOutcome } from "../checks/result.ts";
import type { CheckKind, CheckOf } from "../plan/checks.ts";
import type { Drill } from "../plan/drill.ts";
import { OwnEvidence } from "./own-evidence.ts";

/** Nothing that is asked again took this long before: one that does now is not waited for. */
export const ASK_SECONDS = 45;

export interface AskAgainServices {
  readonly data: RDSDataClient;
  readonly store: JsonStore;
  readonly fingerprintKey: (label: string) => Promise<string>;
  readonly session?: SessionOptions;
}

/** One question to a sandbox that was damaged first, or not. */
export interface Question {
  readonly drill: Drill;
  readonly address: DatabaseAddress;
  readonly check: AskedCheck;
  readonly only: string | undefined;
  /** What every transaction of the question does first. */
  readonly damage: readonly string[];
}

/**
 * What a check answers in a sandbox damaged in these ways. Damage, question and undoing are one transaction, which is always rolled back:
 * one that an error ends is begun anew with the same damage, so that the check never meets the data as it was by accident.
 *
 * @throws DamageRefused when the database does not let itself be damaged so
 */
export async function askAgain(
  services: AskAgainServices,
  question: Question,
): Promise<{ readonly outcome: CheckOutcome; readonly calls: number }> {
  const sessions: DataSession[] = [];
  const open = (settings: SessionOptions["settings"] = {}): DataSession => {
    const alone = async (): Promise<void> => {
      for (const other of sessions) if (other !== session) await other.end();
    };
    const view: View = { kind: "damaged", by: question.damage, alone };
    const options = { ...services.session, settings, reader: readerFor(question) };
    const session: DataSession =
      question.damage.length === 0
        ? new DataSession(services.data, question.address, options)
        : new DataSession(services.data, question.address, options, view);
    sessions.push(session);
    return session;
  };
  try {
    const outcome = await outcomeOf(question, askingOf(services, question, open));
    return { outcome, calls: sessions.reduce((sum, { calls }) => sum + calls, 0) };
  } finally {
    for (const session of sessions) await session.end();
  }
}

function askingOf(
  { store, fingerprintKey }: AskAgainServices,
  { drill, only }: Question,
  open: (settings?: SessionOptions["settings"]) => DataSession,
): Asking {
  const parts = new OwnEvidence(store, drill.evidencePrefix, only);
  const itself: Reference = {
    kind: "drill",
    id: drill.drillId,
    takenAt: drill.startedAt,
    prefix: drill.evidencePrefix,
    parts,
  };
  const endsAt = performance.now() + ASK_SECONDS * 1000;
  const session = open();
  return {
    session,
    // The same one: what it does first, the reader sees too.
    reader: session,
    another: open,
    parts,
    fingerprintKey,
    drill,
    references: [itself],
    mostLanes: 1,
    hasTime: () => performance.now() < endsAt,
    reached: async () => {},
    ...(only === undefined ? {} : { only }),
  };
}

async function outcomeOf({ check }: Question, asking: Asking): Promise<CheckOutcome> {
  let progress: Progress = { cursor: undefined };
  while ("cursor" in progress) {
    if (!asking.hasTime()) return "unchecked";
    const cursor: unknown = progress.cursor;
    progress = await ask(withoutExcuses(check), asking, cursor).catch((error: unknown): Progress => {
      if (error instanceof NoReader) return { finding: withoutReader(error) };
      if (!(error instanceof StatementFailed)) throw error;
      return { finding: findingOf(error) };
    });
  }
  return progress.finding.outcome;
}

/** Only where the plan has SQL of its own in the check, or in what damages it. */
const readerFor = ({ check, drill }: Question): string | undefined =>
  check.kind === "sql" || check.kind === "hash-chain" ? readerOf(drill.drillId) : undefined;

/** What the plan lets change is no excuse for a damage of our own. */
function withoutExcuses(check: AskedCheck): AskedCheck {
  return check.kind === "fingerprint" ? { ...check, closed: [], changing: [] } : check;
}

async function ask<Kind extends CheckKind>(check: CheckOf<Kind>, asking: Asking, cursor: unknown): Promise<Progress> {
  return kindOf<Kind>(check.kind as Kind).ask(check, asking, cursor);
}
