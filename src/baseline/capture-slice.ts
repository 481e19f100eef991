import { createHash } from "node:crypto";
import { StatementFailed } from "../aws/data-api/statement-failed.ts";
import { DataSession, SnapshotLost } from "../aws/data-api.ts";
import { DataSessions } from "../aws/data-sessions.ts";
import type { AskedCheck } from "../checks/asked-checks.ts";
import type { Capturing, Progress } from "../checks/kind.ts";
import { kindOf } from "../checks/kinds/index.ts";
import { SliceTime } from "../checks/slice-time.ts";
import { BaselineFailed } from "../errors.ts";
import { PARTS, Parts } from "../evidence/parts.ts";
import type { CheckKind, CheckOf } from "../plan/checks.ts";
import { planSha256 } from "../plan/plan-hash.ts";
import { type Baseline, baselineKey, baselinePrefix } from "./baseline.ts";
import type { CaptureServices, Subject } from "./capture-baseline.ts";
import type { CaptureProgress } from "./capture-progress.ts";
import { HeldSnapshot, type Moment } from "./held-snapshot.ts";

/**
 * An open transaction keeps vacuum from removing what dies anywhere in the cluster, so a capture that takes longer is a burden on
 * production: it is given up. The machine's own timeout (statemachines/capture-baseline.asl.json) is this and one invocation of 870 s more.
 */
const MAX_CAPTURE_SECONDS = 3600;

/** The source is at work: one statement of ours at a time, whatever it could bear. */
const CAPTURE_LANES = 1;

/** A failover or a restart of the source loses the moment; one that keeps being lost will not be held the fifth time. */
const MAX_ATTEMPTS = 4;

/** One invocation's share of a capture. */
export class CaptureSlice {
  readonly #services: CaptureServices;
  readonly #subject: Subject;
  readonly #progress: CaptureProgress;
  readonly #time: SliceTime;

  constructor(services: CaptureServices, subject: Subject, progress: CaptureProgress) {
    this.#services = services;
    this.#subject = subject;
    this.#progress = progress;
    const endsAt = new Date(progress.document.startedAt).getTime() + MAX_CAPTURE_SECONDS * 1000;
    this.#time = new SliceTime(services, new Date(endsAt));
  }

  async run(): Promise<void> {
    if (this.#time.isOver()) await this.#letGo();
    while (this.#time.hasTime()) {
      try {
        await this.#captureAtOneMoment();
        break;
      } catch (error) {
        if (!isLost(error)) throw error;
        await this.#beginAgain(error);
      }
    }
    if (this.#progress.document.finishedAt === undefined && this.#time.isOver()) {
      throw this.#failed(
        `it was not complete after ${MAX_CAPTURE_SECONDS / 60} minutes, and an open transaction holds back vacuum on the source`,
      );
    }
  }

  async #beginAgain(error: Error): Promise<void> {
    const { attempt } = this.#progress.document;
    if (attempt >= MAX_ATTEMPTS)
      throw this.#failed(`the source lost the transaction ${attempt} times (${error.message})`, error);
    this.#time.progressed();
    await this.#progress.beginAgain(this.#services.now());
  }

  async #captureAtOneMoment(): Promise<void> {
    const held = await this.#hold();
    const { data, session } = this.#shared();
    const { snapshotId } = held.moment;
    const sessions = new DataSessions(
      (settings) =>
        new DataSession(
          data,
          this.#subject.address,
          { ...session, settings: settings ?? {} },
          { kind: "shared", snapshotId },
        ),
    );
    // Until the last word is known, the moment is not needed any more.
    let isPending = false;
    try {
      isPending = !(await this.#captureAll(sessions, held.moment));
    } finally {
      await sessions.end();
      // A capture whose time is up fails next.
      if (isPending && !this.#time.isOver()) await held.leave();
      else await held.release();
    }
  }

  /** Of a slice that comes too late to do anything. What is gone already need not be let go. */
  async #letGo(): Promise<void> {
    if (this.#progress.document.moment === undefined) return;
    const held = await this.#hold().catch(() => undefined);
    await held?.release();
  }

  #shared() {
    const { data, session } = this.#services;
    return { data: data(this.#subject.parsed.plan.source.region), session };
  }

  async #hold(): Promise<HeldSnapshot> {
    const { data, session } = this.#shared();
    const { address } = this.#subject;
    const { document } = this.#progress;
    if (document.moment !== undefined) return HeldSnapshot.resume(data, address, document.moment, session);
    const held = await HeldSnapshot.take(data, address, session).catch((error: unknown) => {
      throw this.#unlessLost(error, "the source could not be read");
    });
    document.moment = held.moment;
    await this.#progress.save();
    return held;
  }

  /** False when a check is left at a cursor, or the slice has no time for the next. */
  async #captureAll(sessions: DataSessions, moment: Moment): Promise<boolean> {
    const { document } = this.#progress;
    for (const check of this.#subject.checks) {
      if (document.captured.includes(check.name)) continue;
      if (!this.#time.hasTime() || !(await this.#captureOne(check, sessions, moment))) {
        await this.#progress.save();
        return false;
      }
    }
    await this.#finish(moment);
    return true;
  }

  async #captureOne(check: AskedCheck, sessions: DataSessions, moment: Moment): Promise<boolean> {
    const { document } = this.#progress;
    const { store, fingerprintKey } = this.#services;
    const reached = async (at: unknown): Promise<void> => {
      this.#time.progressed();
      await this.#progress.reached(at);
    };
    const capturing: Capturing = {
      session: sessions.first,
      another: (settings) => sessions.another(settings),
      parts: new Parts(store, this.#prefix),
      fingerprintKey,
      hasTime: () => this.#time.hasTime(),
      mostLanes: CAPTURE_LANES,
      reached,
      baselineId: document.captureId,
      capturedAt: new Date(moment.capturedAt),
      settledAt: new Date(moment.settledAt),
    };
    const progress = await capture(check, capturing, document.cursor?.at).catch((error: unknown) => {
      throw this.#unlessLost(error, `the check "${check.name}" could not be asked`);
    });
    if ("cursor" in progress) {
      await reached(progress.cursor);
      return false;
    }
    const { outcome, observed } = progress.finding;
    if (outcome !== "held" && outcome !== "empty")
      throw this.#failed(`the check "${check.name}" is ${outcome} on the source: ${observed}`);
    this.#time.progressed();
    await this.#progress.captured(check.name);
    return true;
  }

  /** The baseline last: what is listed in it is there. */
  async #finish({ capturedAt }: Moment): Promise<void> {
    const { store, now } = this.#services;
    const { parsed, checks, engineVersion, clusterResourceId } = this.#subject;
    const { plan, source } = parsed.plan;
    const { document } = this.#progress;
    const finishedAt = now().toISOString();
    const parts = await this.#parts();
    if (parts.length === 0) throw this.#failed("its checks left nothing to compare with");
    const mode = checks.find((check) => check.kind === "fingerprint")?.mode;
    const baseline: Baseline = {
      captureId: document.captureId,
      plan,
      planSha256: planSha256(parsed.file),
      cluster: source.cluster,
      database: source.database,
      ...(clusterResourceId === undefined ? {} : { clusterResourceId }),
      engineVersion,
      startedAt: document.attemptStartedAt,
      capturedAt,
      finishedAt,
      ...(mode === undefined ? {} : { mode }),
      checks: checks.map(({ name, kind }) => ({ name, kind })),
      parts,
    };
    await store.put(baselineKey(source.cluster, document.captureId), baseline);
    document.finishedAt = finishedAt;
    await this.#progress.save();
  }

  async #parts(): Promise<Baseline["parts"]> {
    const texts = await Promise.all(PARTS.map((part) => this.#services.store.getText(`${this.#prefix}/${part}`)));
    return PARTS.flatMap((part, index) => {
      const text = texts[index];
      if (text === undefined) return [];
      return [{ part, sha256: createHash("sha256").update(text).digest("hex"), bytes: Buffer.byteLength(text) }];
    });
  }

  get #prefix(): string {
    return baselinePrefix(this.#subject.parsed.plan.source.cluster, this.#progress.document.captureId);
  }

  /** What only the drill's operator can mend stays as it is: permissions, the secret. */
  #unlessLost(error: unknown, what: string): unknown {
    if (isLost(error) || !(error instanceof StatementFailed)) return error;
    return this.#failed(`${what}: ${error.message}`, error);
  }

  #failed(why: string, cause?: Error): BaselineFailed {
    const { cluster } = this.#subject.parsed.plan.source;
    return new BaselineFailed(
      `No baseline of ${cluster} was captured: ${why}. The baseline before this one, if there is one, still stands.`,
      cause === undefined ? {} : { cause },
    );
  }
}

/** The source went away under the transaction: what was read of its moment can not be completed. */
function isLost(error: unknown): error is Error {
  return error instanceof SnapshotLost || (error instanceof StatementFailed && error.fault === "unavailable");
}

async function capture<Kind extends CheckKind>(
  check: CheckOf<Kind>,
  capturing: Capturing,
  cursor: unknown,
): Promise<Progress> {
  const kind = kindOf<Kind>(check.kind as Kind);
  if (kind.capture === undefined) throw new TypeError(`Checks of the kind ${check.kind} are not captured.`);
  return kind.capture(check, capturing, cursor);
}
