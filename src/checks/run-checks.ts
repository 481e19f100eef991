import type { RDSDataClient } from "@aws-sdk/client-rds-data";
import * as z from "zod/mini";
import { NoReader, readerOf } from "../aws/data-api/reader.ts";
import { StatementFailed } from "../aws/data-api/statement-failed.ts";
import { DataSession, type SessionOptions } from "../aws/data-api.ts";
import { DataSessions } from "../aws/data-sessions.ts";
import type { JsonStore } from "../aws/json-store.ts";
import { InputInvalid } from "../errors.ts";
import { Parts } from "../evidence/parts.ts";
import type { CheckKind, CheckOf } from "../plan/checks.ts";
import { Drill } from "../plan/drill.ts";
import { SandboxAnswer } from "../recovery/answers.ts";
import { type AskedCheck, askedChecks } from "./asked-checks.ts";
import { Checkpoint } from "./checkpoint.ts";
import { findingOf, withoutReader } from "./fault.ts";
import type { Asking, Finding, Progress } from "./kind.ts";
import { kindOf } from "./kinds/index.ts";
import { withoutMistakenCall } from "./mistaken-call.ts";
import { type CheckResult, ChecksAnswer } from "./result.ts";
import { SliceTime } from "./slice-time.ts";

/** A database that was not reachable for this many checks in a row is not asked the rest; nor one that let time out all that it was asked. */
const MAX_UNAVAILABLE_IN_A_ROW = 3;

/** Timeouts alone may be the questions' fault, once others were answered: 10 of 45 s are 7.5 minutes. */
const MAX_UNANSWERED_IN_A_ROW = 10;

/** The plan holds the whole statement; 1,000 results of 20,000 characters would not be a report. */
const MAX_SQL_CHARS = 2000;

export interface RunChecksServices {
  readonly data: RDSDataClient;
  readonly store: JsonStore;
  readonly now: () => Date;
  /** What is left of this invocation. */
  readonly remainingMs: () => number;
  /** The key of strong fingerprints for a label, in hex. */
  readonly fingerprintKey: (label: string) => Promise<string>;
  readonly session?: SessionOptions;
}

export const RunChecksInput = z.object({
  drill: Drill,
  sandbox: SandboxAnswer,
  /** The step's own earlier answer. Not needed: `checks.json` is the checkpoint. */
  checks: z.optional(ChecksAnswer),
});
export type RunChecksInput = z.infer<typeof RunChecksInput>;

/**
 * Asks the sandbox the plan's checks for as long as this invocation lasts, and answers how many there are of each outcome; the results
 * themselves are in `<evidencePrefix>/checks.json`. `pending` until all are done or the drill's time is up, which leaves the rest
 * unchecked. Repeating or killing a slice is harmless.
 *
 * @throws EvidenceUnreadable without a readable plan.json; the SDK's error when the drill itself may not ask (permissions, secret)
 */
export async function runChecks(
  services: RunChecksServices,
  { drill, sandbox }: RunChecksInput,
): Promise<ChecksAnswer> {
  const asked = await askedChecks(services.store, drill);
  const checkpoint = await Checkpoint.open(services.store, drill, services.now);
  if (checkpoint.document.complete) return checkpoint.answer(asked.map(({ name }) => name));
  const sessions = openSessions(services, drill, sandbox);
  const earlierCalls = checkpoint.document.dataApiCalls ?? 0;
  try {
    await new Slice(services, drill, sessions, checkpoint).run(asked);
  } finally {
    await sessions.end();
  }
  checkpoint.document.dataApiCalls = earlierCalls + sessions.calls;
  if (checkpoint.document.results.length >= asked.length) await checkpoint.finish();
  else await checkpoint.save();
  return checkpoint.answer(asked.map(({ name }) => name));
}

function openSessions(
  { data, session }: RunChecksServices,
  { source }: Drill,
  { clusterArn, secretArn }: SandboxAnswer,
): DataSessions {
  if (secretArn === undefined) {
    throw new InputInvalid(
      "The sandbox has no secret yet, so nothing can be asked of it: RunChecks comes after RestoreSandbox is ready.",
    );
  }
  const address = { clusterArn, secretArn, database: source.database };
  return new DataSessions((settings = {}, reader) => new DataSession(data, address, { ...session, settings, reader }));
}

/** One invocation's share of the checks. */
class Slice {
  readonly #services: RunChecksServices;
  readonly #drill: Drill;
  readonly #sessions: DataSessions;
  readonly #reader: DataSession;
  readonly #checkpoint: Checkpoint;
  readonly #time: SliceTime;

  constructor(services: RunChecksServices, drill: Drill, sessions: DataSessions, checkpoint: Checkpoint) {
    this.#services = services;
    this.#drill = drill;
    this.#sessions = sessions;
    this.#reader = sessions.another({}, readerOf(drill.drillId));
    this.#checkpoint = checkpoint;
    this.#time = new SliceTime(services, new Date(drill.deadlines.checksEndAt));
  }

  async run(asked: readonly AskedCheck[]): Promise<void> {
    const { results } = this.#checkpoint.document;
    for (let check = asked[results.length]; check !== undefined; check = asked[results.length]) {
      const reason = this.#reasonToStop();
      if (reason !== undefined) await this.#giveUp(check, reason);
      else if (!this.#time.hasTime() || !(await this.#askOne(check))) return;
    }
  }

  /** False when the check is left at a cursor: the slice ends there. */
  async #askOne(check: AskedCheck): Promise<boolean> {
    const { cursor } = this.#checkpoint.document;
    const began = performance.now() / 1000 - (cursor?.seconds ?? 0);
    const seconds = (): number => performance.now() / 1000 - began;
    let share = cursor?.share;
    const reached = async (at: unknown, now = share): Promise<void> => {
      share = now;
      this.#time.progressed();
      await this.#checkpoint.reached({ seconds: seconds(), at, ...(share === undefined ? {} : { share }) });
    };
    const asking = { ...this.#means(), hasTime: () => this.#time.hasTime(), reached };
    const progress = await ask(check, asking, cursor?.at).catch(async (error: unknown): Promise<Progress> => {
      if (error instanceof NoReader) return { finding: this.#cutOff(check, withoutReader(error)) };
      if (!(error instanceof StatementFailed)) throw error;
      return { finding: this.#cutOff(check, findingOf(await withoutMistakenCall(this.#sessions.first, error))) };
    });
    if ("cursor" in progress) {
      await reached(progress.cursor);
      // Out of the drill's time, the loop goes on and records that; out of this slice's, another slice does.
      return this.#reasonToStop() !== undefined;
    }
    await this.#record(check, progress.finding, seconds());
    return true;
  }

  #means(): Omit<Asking, "hasTime" | "reached"> {
    const { store, fingerprintKey } = this.#services;
    const drill = this.#drill;
    return {
      session: this.#sessions.first,
      another: (settings) => this.#sessions.another(settings),
      reader: this.#reader,
      parts: new Parts(store, drill.evidencePrefix),
      fingerprintKey,
      drill,
      references: drill.references.map((point) => ({ ...point, parts: new Parts(store, point.prefix, point.sha256) })),
    };
  }

  /** Also a check in progress: what it spent and found in earlier slices stays. */
  async #giveUp(check: AskedCheck, reason: string): Promise<void> {
    const { cursor } = this.#checkpoint.document;
    await this.#record(check, this.#cutOff(check, { outcome: "unchecked", observed: reason }), cursor?.seconds ?? 0);
  }

  /** A corrupt table stays corrupt when the drill's time is up, or the database gone, before the last table was read. */
  #cutOff(check: AskedCheck, otherwise: Finding): Finding {
    const { cursor } = this.#checkpoint.document;
    if (cursor === undefined) return otherwise;
    return kindOf(check.kind).cutOff?.(cursor.at, otherwise.observed) ?? otherwise;
  }

  async #record(check: AskedCheck, { sql, ...finding }: Finding, seconds: number): Promise<void> {
    this.#time.progressed();
    const statement = sql ?? ("sql" in check ? check.sql : undefined);
    if (check.kind === "full-read" && finding.outcome === "held") {
      this.#checkpoint.document.fullReadAt = this.#services.now().toISOString();
    }
    await this.#checkpoint.add({
      name: check.name,
      kind: check.kind,
      required: check.required,
      expected: expectedOf(check),
      ...finding,
      seconds: Math.round(seconds * 1000) / 1000,
      ...(statement === undefined ? {} : { sql: statement.slice(0, MAX_SQL_CHARS) }),
    });
  }

  #reasonToStop(): string | undefined {
    if (this.#time.isOver()) return "the drill's time was up";
    const { results } = this.#checkpoint.document;
    const last = results.at(-1);
    const isGiven = last?.outcome === "unchecked" && last.observed.startsWith(NOT_ASKED);
    return isGiven ? last.observed : goneAfter(results);
  }
}

const NOT_ASKED = "not asked: ";

/** Why a database that answered like this is not asked the rest. */
function goneAfter(results: readonly CheckResult[]): string | undefined {
  const unavailable = results.length - 1 - results.findLastIndex(({ fault }) => fault !== "unavailable");
  const unanswered =
    results.length - 1 - results.findLastIndex(({ fault }) => fault !== "unavailable" && fault !== "timeout");
  const hasAnswered = unanswered < results.length;
  const isGone =
    unavailable >= MAX_UNAVAILABLE_IN_A_ROW ||
    unanswered >= (hasAnswered ? MAX_UNANSWERED_IN_A_ROW : MAX_UNAVAILABLE_IN_A_ROW);
  return isGone ? `${NOT_ASKED}the database left ${unanswered} checks in a row unanswered` : undefined;
}

async function ask<Kind extends CheckKind>(check: CheckOf<Kind>, asking: Asking, cursor: unknown): Promise<Progress> {
  return kindOf<Kind>(check.kind as Kind).ask(check, asking, cursor);
}

function expectedOf<Kind extends CheckKind>(check: CheckOf<Kind>): string {
  return kindOf<Kind>(check.kind as Kind).expected(check);
}
