/** Puts one fault at a time into a local cloud, and notes every call site and state that a drill comes by. */
import * as z from "zod/mini";
import { CheckResults } from "../checks/result.ts";
import type { LocalCloud, LocalCloudOptions } from "../local/cloud.ts";
import type { InterceptedCall } from "../local/wire/desk.ts";
import { type Fault, refusalFor, type Setting } from "./fault.ts";
import { waitsForDeadlines } from "./oracle.ts";
import { MOMENTS, type Moment, nameOf, type Site, siteOf } from "./site.ts";

/** A drill that waits until its deadlines: hours become this many drills without a fault. */
const CHECKS_DRILLS = 5;
const TEARDOWN_DRILLS = 2;
/** Of a fast machine: one SDK call that fails for good takes a second or two by itself. */
const LEAST_DRILL_SECONDS = 3;

type Hooks = Required<Pick<LocalCloudOptions, "intercept" | "beforeAnswer" | "alterAnswer" | "onEvent">>;

/** A site, how far the drill was when it first came there, and how often it came. */
export interface PassedSite {
  readonly site: Site;
  readonly moment: Moment;
  readonly calls: number;
}

const FINISH_MACHINE = "restore-drill-finish-drill";

export class Arming {
  readonly hooks: Hooks;
  readonly #passed = new Map<string, PassedSite>();
  readonly #answered = new Map<string, number>();
  #finishing: string[] = [];
  #stopIn: string | undefined;
  #cloud: LocalCloud | undefined;
  #fault: Fault | undefined;
  #fired = 0;
  #moment: Moment = "before";
  #drillSeconds = LEAST_DRILL_SECONDS;

  constructor() {
    this.hooks = {
      intercept: (call) => this.#intercept(call),
      beforeAnswer: (call) => this.#beforeAnswer(call),
      alterAnswer: (name, answer) => (name.endsWith("plan-drill") ? this.#hurried(answer) : answer),
      onEvent: (event) => this.#hear(event),
    };
  }

  attach(cloud: LocalCloud): void {
    this.#cloud = cloud;
  }

  arm({ stoppedIn }: Pick<Setting, "stoppedIn">, fault: Fault | undefined): void {
    this.#fault = fault;
    this.#fired = 0;
    this.#moment = "before";
    this.#stopIn = stoppedIn;
    this.#finishing = [];
    this.#passed.clear();
    this.#answered.clear();
  }

  disarm(): void {
    this.#fault = undefined;
    this.#stopIn = undefined;
  }

  /** How long a drill without a fault took here. */
  tookSeconds(seconds: number): void {
    this.#drillSeconds = Math.max(LEAST_DRILL_SECONDS, seconds);
  }

  /** How often the fault came to be since it was armed. */
  get fired(): number {
    return this.#fired;
  }

  /** In the order in which a drill first comes by them. */
  get passed(): readonly PassedSite[] {
    return [...this.#passed.values()];
  }

  /** How the executions ended that finished this drill: `ExecutionSucceeded`, ... */
  get finishing(): readonly string[] {
    return this.#finishing;
  }

  #note(site: Site): PassedSite {
    const name = nameOf(site);
    const { moment, calls } = this.#passed.get(name) ?? { moment: this.#moment, calls: 0 };
    const passed = { site, moment, calls: calls + 1 };
    this.#passed.set(name, passed);
    return passed;
  }

  #advance(moment: Moment): void {
    if (MOMENTS.indexOf(moment) > MOMENTS.indexOf(this.#moment)) this.#moment = moment;
  }

  #intercept(call: InterceptedCall): void {
    if (!isFunction(call)) return;
    const { site, calls } = this.#note(siteOf(call));
    this.#hurryJournal(call);
    const fault = this.#fault;
    if (fault?.site.at !== "call" || nameOf(fault.site) !== nameOf(site)) return;
    const { kind } = fault;
    if (kind === "throttled" && (this.#fired > 0 || calls < callOf(fault))) return;
    if (kind === "throttled" || kind === "denied" || kind === "unavailable") {
      this.#fired += 1;
      throw refusalFor(kind, call.service);
    }
  }

  async #beforeAnswer(call: InterceptedCall & { readonly error?: string }): Promise<"lost" | undefined> {
    if (!isFunction(call)) return undefined;
    if (call.error === undefined && hasStoredFailure(call)) this.#advance("bad");
    if (call.error === undefined && call.service === "sns") this.#advance("told");
    const name = nameOf(siteOf(call));
    const nth = (this.#answered.get(name) ?? 0) + 1;
    this.#answered.set(name, nth);
    const fault = this.#fault;
    if (fault?.site.at !== "call" || this.#fired > 0 || nameOf(fault.site) !== name || nth < callOf(fault))
      return undefined;
    if (fault.kind !== "answer-lost" && fault.kind !== "timed-out" && fault.kind !== "killed") return undefined;
    this.#fired += 1;
    if (fault.kind === "timed-out") await this.#cloud?.lambda.timeOutFunction(call.principal);
    if (fault.kind === "killed") await this.#cloud?.lambda.killFunction(call.principal);
    return "lost";
  }

  #hear({ executionArn, type, state }: { executionArn: string; type: string; state?: string }): void {
    const machine = executionArn.split(":")[6] ?? "";
    if (state === "JudgeDrill" && type.endsWith("StateExited")) this.#advance("judged");
    if (machine === FINISH_MACHINE && ENDS.has(type)) this.#finishing.push(type);
    if (state === undefined || !type.endsWith("StateEntered")) return;
    const site = { at: "state", machine, state } as const;
    this.#note(site);
    if (this.#stopIn === state) {
      this.#stopIn = undefined;
      void this.#cloud?.states.endExecution(executionArn, "ABORTED");
    }
    const fault = this.#fault;
    if (fault?.site.at !== "state" || this.#fired > 0 || nameOf(fault.site) !== nameOf(site)) return;
    this.#fired += 1;
    void this.#cloud?.states.endExecution(executionArn, fault.kind === "stopped" ? "ABORTED" : "TIMED_OUT");
  }

  #hurried(drill: unknown): unknown {
    const fault = this.#fault;
    if (fault === undefined || !waitsForDeadlines(fault) || typeof drill !== "object" || drill === null) return drill;
    if (!("deadlines" in drill)) return drill;
    const { checksEndAt, teardownEndAt } = drill.deadlines as { checksEndAt: string; teardownEndAt: string };
    const drillMs = this.#drillSeconds * 1000;
    // Only what is refused is hurried: what comes after it has the time that it needs.
    const isTeardown = fault.site.at === "call" && fault.site.function.endsWith("-tear-down");
    const checksEnd = isTeardown ? Date.parse(checksEndAt) : Date.now() + CHECKS_DRILLS * drillMs;
    const teardownMs = isTeardown ? TEARDOWN_DRILLS * drillMs : Date.parse(teardownEndAt) - Date.parse(checksEndAt);
    const deadlines = [checksEnd, checksEnd + teardownMs].map((at) => new Date(at).toISOString());
    return { ...drill, deadlines: { checksEndAt: deadlines[0], teardownEndAt: deadlines[1] } };
  }

  /** What the nets read of a drill that never ended says the same as its document. */
  #hurryJournal({ service, operation, input }: InterceptedCall): void {
    const { Key: key, Body: body } = input;
    if (service !== "s3" || operation !== "PutObject" || !String(key).endsWith("/journal/plan-drill.json")) return;
    if (!(body instanceof Uint8Array)) return;
    const entry = JSON.parse(Buffer.from(body).toString()) as { answer?: unknown };
    Object.assign(input, { Body: Buffer.from(JSON.stringify({ ...entry, answer: this.#hurried(entry.answer) })) });
  }
}

const ENDS = new Set(["ExecutionSucceeded", "ExecutionFailed", "ExecutionAborted", "ExecutionTimedOut"]);

const callOf = (fault: Fault): number => ("call" in fault ? (fault.call ?? 1) : 1);

const isFunction = ({ principal }: InterceptedCall): boolean => principal.startsWith("restore-drill-");

/** From here on the drill knows that the data is bad, whatever becomes of the function that stored it. */
function hasStoredFailure({ service, operation, input: { Key: key, Body: body } }: InterceptedCall): boolean {
  if (service !== "s3" || operation !== "PutObject" || !String(key).endsWith("/checks.json")) return false;
  if (!(body instanceof Uint8Array)) return false;
  const { data } = z.safeParse(CheckResults, JSON.parse(Buffer.from(body).toString()));
  return data?.results.some(({ required, outcome }) => required && outcome === "failed") === true;
}
