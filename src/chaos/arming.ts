/** Puts one fault at a time into a local cloud, and notes every call site and state that a drill comes by. */
import type { LocalCloud, LocalCloudOptions } from "../local/cloud.ts";
import type { InterceptedCall } from "../local/wire/desk.ts";
import { type Fault, refusalFor } from "./fault.ts";
import { type Moment, nameOf, type Site, siteOf } from "./site.ts";

/** A drill whose calls fail for good and not by a permission waits until its deadlines: hours become this many drills without a fault. */
const CHECKS_DRILLS = 5;
const TEARDOWN_DRILLS = 2;
/** Of a fast machine: one SDK call that fails for good takes a second or two by itself. */
const LEAST_DRILL_SECONDS = 3;

type Hooks = Required<Pick<LocalCloudOptions, "intercept" | "beforeAnswer" | "alterAnswer" | "onEvent">>;

/** A site, and how far the drill was when it first came there. */
export interface PassedSite {
  readonly site: Site;
  readonly moment: Moment;
}

export class Arming {
  readonly hooks: Hooks;
  readonly #passed = new Map<string, PassedSite>();
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

  arm(fault: Fault | undefined): void {
    this.#fault = fault;
    this.#fired = 0;
    this.#moment = "before";
    this.#passed.clear();
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

  #note(site: Site): string {
    const name = nameOf(site);
    if (!this.#passed.has(name)) this.#passed.set(name, { site, moment: this.#moment });
    return name;
  }

  #intercept(call: InterceptedCall): void {
    if (!isFunction(call)) return;
    const name = this.#note(siteOf(call));
    this.#hurryJournal(call);
    const fault = this.#fault;
    if (fault?.site.at !== "call" || nameOf(fault.site) !== name) return;
    const { kind } = fault;
    if (kind === "throttled" && this.#fired > 0) return;
    if (kind === "throttled" || kind === "denied" || kind === "unavailable") {
      this.#fired += 1;
      throw refusalFor(kind, call.service);
    }
  }

  async #beforeAnswer(call: InterceptedCall & { readonly error?: string }): Promise<"lost" | undefined> {
    if (!isFunction(call)) return undefined;
    if (call.service === "sns" && call.error === undefined) this.#moment = "told";
    const fault = this.#fault;
    if (fault?.site.at !== "call" || this.#fired > 0 || nameOf(fault.site) !== nameOf(siteOf(call))) return undefined;
    if (fault.kind !== "answer-lost" && fault.kind !== "timed-out" && fault.kind !== "killed") return undefined;
    this.#fired += 1;
    if (fault.kind === "timed-out") await this.#cloud?.lambda.timeOutFunction(call.principal);
    if (fault.kind === "killed") await this.#cloud?.lambda.killFunction(call.principal);
    return "lost";
  }

  #hear({ executionArn, type, state }: { executionArn: string; type: string; state?: string }): void {
    if (state === "JudgeDrill" && type.endsWith("StateExited") && this.#moment === "before") this.#moment = "judged";
    if (state === undefined || !type.endsWith("StateEntered")) return;
    const machine = executionArn.split(":")[6] ?? "";
    const name = this.#note({ at: "state", machine, state });
    const fault = this.#fault;
    if (fault?.site.at !== "state" || this.#fired > 0 || nameOf(fault.site) !== name) return;
    this.#fired += 1;
    void this.#cloud?.states.endExecution(executionArn, fault.kind === "stopped" ? "ABORTED" : "TIMED_OUT");
  }

  #hurried(answer: unknown): unknown {
    return this.#fault?.kind === "unavailable" ? hurried(answer, this.#drillSeconds) : answer;
  }

  /** What the nets read of a drill that never ended says the same as its document. */
  #hurryJournal({ service, operation, input }: InterceptedCall): void {
    const { Key: key, Body: body } = input;
    if (service !== "s3" || operation !== "PutObject" || !String(key).endsWith("/journal/plan-drill.json")) return;
    if (this.#fault?.kind !== "unavailable" || !(body instanceof Uint8Array)) return;
    const entry = JSON.parse(Buffer.from(body).toString()) as { answer?: unknown };
    Object.assign(input, {
      Body: Buffer.from(JSON.stringify({ ...entry, answer: hurried(entry.answer, this.#drillSeconds) })),
    });
  }
}

const isFunction = ({ principal }: InterceptedCall): boolean => principal.startsWith("restore-drill-");

function hurried(drill: unknown, drillSeconds: number): unknown {
  if (typeof drill !== "object" || drill === null || !("deadlines" in drill)) return drill;
  const checksEndAt = new Date(Date.now() + CHECKS_DRILLS * drillSeconds * 1000);
  const teardownEndAt = new Date(checksEndAt.getTime() + TEARDOWN_DRILLS * drillSeconds * 1000);
  return {
    ...drill,
    deadlines: { checksEndAt: checksEndAt.toISOString(), teardownEndAt: teardownEndAt.toISOString() },
  };
}
