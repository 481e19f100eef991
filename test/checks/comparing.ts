import { readerOf } from "../../src/aws/data-api/reader.ts";
import { DataSession, type SessionOptions } from "../../src/aws/data-api.ts";
import { DataSessions } from "../../src/aws/data-sessions.ts";
import type { JsonStore } from "../../src/aws/json-store.ts";
import type { Asking, Capturing, Finding, KindOfCheck, Progress } from "../../src/checks/kind.ts";
import { Parts } from "../../src/evidence/parts.ts";
import type { CheckKind, CheckOf } from "../../src/plan/checks.ts";
import type { ReferencePoint } from "../../src/plan/drill.ts";
import type { DataApiDouble } from "./data-api-double.ts";
import { drillOf, fingerprintKey, memoryStore, SANDBOX, type Sandbox } from "./sandbox.ts";

export interface Comparing {
  readonly references?: readonly ReferencePoint[];
  /** Called before every statement of the check's own. */
  readonly hasTime?: () => boolean;
  readonly prepare?: (api: DataApiDouble) => void;
  /** What a slice that was killed had stored: the last cursor reached is gone back to. */
  readonly killEveryReached?: boolean;
  /** A slice has time until it has got anywhere. */
  readonly endEveryReached?: boolean;
  readonly statementSeconds?: number;
}

export const baselineAt = (prefix: string, takenAt = "2026-11-01T11:00:00.000Z"): ReferencePoint => ({
  kind: "baseline",
  id: prefix,
  takenAt,
  prefix,
});

/** Asks or captures one check of a kind that compares with an earlier time. Parts are kept below a prefix of one store. */
export class Comparison<Kind extends CheckKind> {
  readonly store: JsonStore = memoryStore();
  readonly #sandbox: Sandbox;
  readonly #kind: KindOfCheck<Kind>;
  /** Statements of the last check asked. */
  statements: string[] = [];
  slices = 0;

  constructor(sandbox: Sandbox, kind: KindOfCheck<Kind>) {
    this.#sandbox = sandbox;
    this.#kind = kind;
  }

  parts(prefix: string): Parts {
    return new Parts(this.store, prefix);
  }

  capture(database: string, check: CheckOf<Kind>, prefix: string, comparing: Comparing = {}): Promise<Finding> {
    return this.#untilFound(database, comparing, async (reading, cursor) => {
      const capturing = {
        ...reading,
        parts: this.parts(prefix),
        baselineId: prefix,
        capturedAt: new Date(),
        settledAt: new Date(),
      };
      const progress = await this.#kind.capture?.(check, capturing, cursor);
      if (progress === undefined) throw new Error("this kind captures nothing");
      return progress;
    });
  }

  ask(database: string, check: CheckOf<Kind>, prefix: string, comparing: Comparing = {}): Promise<Finding> {
    const references = (comparing.references ?? []).map((point) => ({ ...point, parts: this.parts(point.prefix) }));
    return this.#untilFound(database, comparing, (reading, cursor) =>
      this.#kind.ask(check, { ...reading, parts: this.parts(prefix), drill: drillOf(database), references }, cursor),
    );
  }

  async #untilFound(
    database: string,
    comparing: Comparing,
    step: (
      reading: Omit<Asking & Capturing, "parts" | "drill" | "references" | "baselineId" | "capturedAt" | "settledAt">,
      cursor: unknown,
    ) => Promise<Progress>,
  ): Promise<Finding> {
    const api = this.#sandbox.api();
    comparing.prepare?.(api);
    const { clusterArn, secretArn = "" } = SANDBOX;
    const open = (settings: SessionOptions["settings"] = {}, reader?: string): DataSession =>
      new DataSession(
        api.client,
        { clusterArn, secretArn, database },
        { statementSeconds: comparing.statementSeconds ?? 44, settings, reader },
      );
    try {
      let cursor: unknown;
      for (this.slices = 1; this.slices < 500; this.slices += 1) {
        const sessions = new DataSessions(open);
        let hasProgressed = false;
        const reached = async (at: unknown): Promise<void> => {
          hasProgressed = true;
          if (comparing.killEveryReached !== true) return;
          cursor = JSON.parse(JSON.stringify(at));
          throw new Killed();
        };
        const reading = {
          session: sessions.first,
          reader: sessions.another({}, readerOf("drill-1")),
          another: (settings: SessionOptions["settings"]) => sessions.another(settings),
          fingerprintKey,
          hasTime: comparing.hasTime ?? (() => !(comparing.endEveryReached && hasProgressed)),
          reached,
        };
        const progress = await step(reading, cursor).catch((error: unknown) => {
          if (error instanceof Killed) return { cursor };
          throw error;
        });
        await sessions.end();
        if ("finding" in progress) return progress.finding;
        cursor = JSON.parse(JSON.stringify(progress.cursor));
      }
      throw new Error("never came to an end");
    } finally {
      this.statements = api.statements;
      await api.close();
    }
  }
}

class Killed extends Error {}
