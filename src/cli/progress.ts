import { styleText } from "node:util";
import * as z from "zod/mini";
import { ChecksAnswer } from "../checks/result.ts";
import { CounterproofAnswer } from "../counterproof/counterproof.ts";
import type { ExecutionEvent } from "../local/services/states.ts";
import { Drill } from "../plan/drill.ts";
import { CopyAnswer, IsolationAnswer, SandboxAnswer, TeardownAnswer } from "../recovery/answers.ts";
import { TurnAnswer } from "../turns/take-turn.ts";
import { formatDuration } from "../verdict/duration.ts";
import { Verdict } from "../verdict/verdict.ts";
import { printable } from "./printable.ts";

/** The parts of an execution's document that tell how far it got. */
const Document = z.object({
  turn: z.optional(TurnAnswer),
  drill: z.optional(Drill),
  copy: z.optional(CopyAnswer),
  sandbox: z.optional(SandboxAnswer),
  network: z.optional(IsolationAnswer),
  isolation: z.optional(IsolationAnswer),
  checks: z.optional(ChecksAnswer),
  counterproof: z.optional(CounterproofAnswer),
  verdict: z.optional(Verdict),
  teardown: z.optional(TeardownAnswer),
  /** Why one of the three last steps did not do what it is there for: the machine goes on without it. */
  teardownFailure: z.optional(z.unknown()),
  evidenceFailure: z.optional(z.unknown()),
  notifyFailure: z.optional(z.unknown()),
});
type Document = z.infer<typeof Document>;

export interface Terminal {
  write(text: string): unknown;
  readonly isTTY?: boolean;
}

/** What a step is called on the terminal, for one that failed and so has nothing else to tell. */
const PHASE_OF: Readonly<Record<string, string>> = {
  TakeTurn: "turn",
  PlanDrill: "plan",
  ProveNetwork: "network",
  CopySnapshot: "copy",
  RestoreSandbox: "restore",
  ProveIsolation: "isolation",
  RunChecks: "checks",
  ProveChecks: "counterproof",
  JudgeDrill: "judge",
  TearDown: "tear down",
  AnswerRestoreTest: "answer",
  RecordEvidence: "evidence",
  NotifyOutcome: "notify",
};

/** What a drill is not told of by its own steps. */
const ENDED_FROM_OUTSIDE: Readonly<Record<string, string>> = {
  ExecutionAborted: "was stopped",
  ExecutionTimedOut: "ran out of time",
};

/** `\r` and "erase to the end of the line". */
const LINE_START = "\r\u001b[K";

/** Lines that appear as a drill gets through its phases; on a terminal the last one shows what is being waited for. */
export class Progress {
  readonly #terminal: Terminal;
  #startedAt = Date.now();
  /** The moment of the event at which the last line ended: one that is read later tells the same durations. */
  #lastEndedAt = Date.now();

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  preparing(what: string): void {
    this.#waiting(`${printable(what)} ...`);
  }

  /** Takes every event of the execution; most of them are not worth a line. */
  take({ type, state, output, at }: ExecutionEvent): void {
    const moment = Date.parse(at);
    if (type === "ExecutionStarted") {
      this.#startedAt = moment;
      this.#lastEndedAt = moment;
    }
    if (type === "LambdaFunctionFailed" && state !== undefined) this.#line(PHASE_OF[state] ?? state, "failed", moment);
    const ended = ENDED_FROM_OUTSIDE[type];
    if (ended !== undefined)
      this.#line("interrupted", `the execution ${ended}; another one finishes the drill`, moment);
    if (!type.endsWith("StateExited") || state === undefined) return;
    const document = z.safeParse(Document, output).data;
    if (document === undefined) return;
    const { done, waitingFor } = tell(state, document);
    if (done !== undefined) this.#line(done[0], done[1], moment);
    if (waitingFor !== undefined) this.#waiting(waitingFor);
  }

  end(): void {
    if (this.#terminal.isTTY) this.#terminal.write(LINE_START);
  }

  #line(phase: string, what: string, moment: number): void {
    const took = formatDuration((moment - this.#lastEndedAt) / 1000);
    this.#lastEndedAt = moment;
    this.end();
    this.#terminal.write(`  ${phase.padEnd(12)} ${took.padStart(12)}   ${what}\n`);
  }

  #waiting(what: string): void {
    if (!this.#terminal.isTTY) return;
    const elapsed = formatDuration((Date.now() - this.#startedAt) / 1000);
    this.#terminal.write(`${LINE_START}  ${styleText("dim", `${elapsed.padStart(8)}   ${what}`)}`);
  }
}

interface Told {
  /** A phase that ended, and how. */
  readonly done?: readonly [phase: string, what: string];
  readonly waitingFor?: string;
}

function tell(state: string, document: Document): Told {
  const { turn, drill, network, copy, sandbox, isolation, checks, verdict, teardown } = document;
  if (state === "TakeTurn" && turn !== undefined) return tellTurn(turn);
  if (state === "PlanDrill" && drill !== undefined)
    return {
      done: [
        "plan",
        `${exerciseOf(drill)}${drill.recoveryPoint.id}, ${formatDuration(drill.recoveryPoint.ageSeconds)} old, from ${drill.recoveryPoint.region}`,
      ],
    };
  if (state === "ProveNetwork" && network !== undefined)
    return { done: ["network", `${network.facts.length} facts hold, before anything is created`] };
  if (state === "CopySnapshot" && copy !== undefined)
    return copy.phase === "ready"
      ? {
          done: [
            "copy",
            copy.skipped
              ? "not needed: the recovery point is in the drill region"
              : `${copy.snapshotId} in ${drill?.sandbox.region}`,
          ],
        }
      : { waitingFor: `copying the snapshot, ${copy.percent} %` };
  if (state === "RestoreSandbox" && sandbox !== undefined)
    return sandbox.phase === "ready"
      ? { done: ["restore", `${drill?.sandbox.cluster} answered its first query`] }
      : { waitingFor: `waiting for ${sandbox.waitingFor}` };
  if (state === "ProveIsolation" && isolation !== undefined)
    return { done: ["isolation", `${isolation.facts.length} facts hold`] };
  if (state === "RunChecks" && checks !== undefined)
    return checks.phase === "ready"
      ? { done: ["checks", countOutcomes(checks)] }
      : { waitingFor: `${checks.done} of ${checks.total} checks${underWay(checks)}` };
  if (state === "ProveChecks" && document.counterproof !== undefined) return tellProof(document.counterproof);
  if (state === "JudgeDrill" && verdict !== undefined) return { done: ["judge", verdict.verdict] };
  if (state === "TearDown" && document.teardownFailure !== undefined)
    return { done: ["tear down", "NOT FINISHED: what is left behind is in the report"] };
  if (state === "TearDown" && teardown !== undefined)
    return teardown.phase === "ready"
      ? { done: ["tear down", `${teardown.deleted.length} deleted, ${teardown.leftovers.length} left behind`] }
      : {
          waitingFor: `deleting ${teardown.remaining.map(({ kind }) => kind).join(", ") || "nothing more, looking again"}`,
        };
  if (state === "RecordEvidence")
    return {
      done: ["evidence", document.evidenceFailure === undefined ? "report, checks, manifest, ledger" : "NOT WRITTEN"],
    };
  if (state === "NotifyOutcome")
    return { done: ["notify", document.notifyFailure === undefined ? "SNS" : "NOBODY WAS TOLD"] };
  return {};
}

const exerciseOf = ({ scenario }: Drill): string => (scenario === undefined ? "" : `exercise ${scenario.name}: `);

/** Nothing to tell where nobody was in the way. */
function tellTurn({ phase, looks, waitingFor }: TurnAnswer): Told {
  if (phase === "pending") return { waitingFor: `waiting for ${waitingFor ?? "its turn"}` };
  return looks === 1 ? {} : { done: ["turn", "other drills have ended"] };
}

function underWay({ underWay }: ChecksAnswer): string {
  if (underWay === undefined) return "";
  const { check, percent, secondsLeft } = underWay;
  const left = secondsLeft === undefined ? "" : `, about ${formatDuration(secondsLeft)} left`;
  return `; ${printable(check)}: ${percent} %${left}`;
}

function tellProof({ phase, tried, detected, untried, why }: CounterproofAnswer): Told {
  const planted = `${tried} ${tried === 1 ? "damage" : "damages"} planted, ${detected} detected`;
  if (phase === "pending") return { waitingFor: planted };
  const left = untried === 0 ? "" : `, ${untried} could not be planted`;
  return { done: ["counterproof", why === undefined ? `${planted}${left}` : `nothing planted: ${why}`] };
}

function countOutcomes({ held, failed, unchecked, empty }: ChecksAnswer): string {
  const counts = { held, failed, unchecked, empty };
  return Object.entries(counts)
    .filter(([, number]) => number > 0)
    .map(([outcome, number]) => `${number} ${outcome}`)
    .join(", ");
}
