import { createHash, randomBytes } from "node:crypto";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { GetObjectCommand, NoSuchKey, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { mockClient } from "aws-sdk-client-mock";
import type * as z from "zod/mini";
import type { SessionOptions } from "../../src/aws/data-api.ts";
import { JsonStore } from "../../src/aws/json-store.ts";
import { type CheckResult, CheckResults, type ChecksAnswer } from "../../src/checks/result.ts";
import { runChecks } from "../../src/checks/run-checks.ts";
import { withClient } from "../../src/local/postgres/client.ts";
import { openPostgresHost } from "../../src/local/postgres/open-postgres-host.ts";
import type { PostgresServer } from "../../src/local/postgres/postgres-host.ts";
import type { Check } from "../../src/plan/checks.ts";
import type { Drill } from "../../src/plan/drill.ts";
import type { SandboxAnswer } from "../../src/recovery/answers.ts";
import { makeTestRoot } from "../local/postgres/test-root.ts";
import { type DataApiDouble, openDataApiDouble } from "./data-api-double.ts";

export type CheckInput = z.input<typeof Check>;

const RECOVERY_POINT_AT = "2026-11-01T12:00:00.000Z";

/** A real server that plays the restored sandbox, and a way to ask it checks. The role that asks is not a superuser. */
export class Sandbox {
  readonly #close: () => Promise<void>;
  readonly #restart: (change: (dataDirectory: string) => Promise<void>) => Promise<void>;
  server: PostgresServer;

  private constructor(
    server: PostgresServer,
    close: () => Promise<void>,
    restart: (change: (dataDirectory: string) => Promise<void>) => Promise<PostgresServer>,
  ) {
    this.server = server;
    this.#close = close;
    this.#restart = async (change) => {
      this.server = await restart(change);
    };
  }

  /** `binaries`: the package of another version than the local cloud's own. */
  static async open(options: { readonly binaries?: string } = {}): Promise<Sandbox> {
    const root = await makeTestRoot();
    const host = await openPostgresHost({ root, ...options });
    const directory = join(host.runDirectory, "sandbox");
    let server = await host.create(directory);
    const sandbox = new Sandbox(
      server,
      async () => {
        await host.close();
        await rm(root, { recursive: true, force: true });
      },
      async (change) => {
        await server.stop({ clean: true });
        await change(directory);
        server = await host.start(directory);
        return server;
      },
    );
    await sandbox.run(
      "postgres",
      "create role drill login password 'drill' bypassrls createrole; grant pg_read_all_data, pg_write_all_data to drill with admin option",
    );
    return sandbox;
  }

  close(): Promise<void> {
    return this.#close();
  }

  /** Edits the files of the stopped server. */
  whileStopped(change: (dataDirectory: string) => Promise<void>): Promise<void> {
    return this.#restart(change);
  }

  /** Runs statements as the superuser. */
  async run(database: string, sql: string): Promise<string[][]> {
    return withClient(this.server.connection, database, async (client) => {
      const answer = await client.query({ text: sql, rowMode: "array" });
      return Array.isArray(answer) ? [] : answer.rows;
    });
  }

  /** A database of its own for one test. */
  async database(sql = ""): Promise<string> {
    const name = `d${randomBytes(6).toString("hex")}`;
    await this.run("postgres", `create database ${name}`);
    if (sql !== "") await this.run(name, sql);
    return name;
  }

  api(): DataApiDouble {
    return openDataApiDouble(() => ({ ...this.server.connection, user: "drill", password: "drill" }));
  }
}

export interface Asked {
  readonly answer: ChecksAnswer;
  readonly answers: ChecksAnswer[];
  readonly stored: CheckResults;
  /** In the order in which they were asked: the full read first. */
  readonly results: CheckResult[];
  /** Those of the plan's checks, without the full read that every drill is asked. */
  readonly planned: CheckResult[];
  readonly api: DataApiDouble;
}

export interface AskOptions {
  readonly remainingMs?: () => number;
  readonly now?: () => Date;
  readonly session?: SessionOptions;
  readonly checksEndAt?: string;
  readonly prepare?: (api: DataApiDouble) => void;
  readonly store?: JsonStore;
}

/** Runs slices until the checks are done, as the state machine does. */
export async function ask(
  sandbox: Sandbox,
  database: string,
  checks: readonly CheckInput[],
  options: AskOptions = {},
): Promise<Asked> {
  const store = options.store ?? memoryStore();
  await store.put("shop/drill-1/plan.json", { plan: planWith(database, checks) });
  const api = sandbox.api();
  options.prepare?.(api);
  const answers: ChecksAnswer[] = [];
  try {
    for (let slice = 0; slice < 500 && answers.at(-1)?.phase !== "ready"; slice += 1) {
      answers.push(
        await runChecks(
          {
            data: api.client,
            store,
            now: options.now ?? (() => new Date("2026-11-01T15:00:00Z")),
            remainingMs: options.remainingMs ?? (() => 900_000),
            fingerprintKey,
            session: { pause: async () => {}, ...options.session },
          },
          { drill: drillOf(database, options.checksEndAt), sandbox: SANDBOX },
        ),
      );
    }
  } finally {
    await api.close();
  }
  const stored = await store.get("shop/drill-1/checks.json", CheckResults);
  const answer = answers.at(-1);
  if (stored === undefined || answer === undefined) throw new Error("nothing was stored");
  const { results } = stored;
  return { answer, answers, stored, results, planned: results.filter(({ kind }) => kind !== "full-read"), api };
}

/** The result of one check, without the full read that every drill is asked. */
export async function askOne(
  sandbox: Sandbox,
  database: string,
  check: CheckInput,
  options: AskOptions = {},
): Promise<CheckResult> {
  const { planned } = await ask(sandbox, database, [check], options);
  const [first] = planned;
  if (first === undefined) throw new Error("no result");
  return first;
}

/** As KMS would: the same for the same label. */
export const fingerprintKey = async (label: string): Promise<string> =>
  createHash("sha256").update(`key of ${label}`).digest("hex");

export function memoryStore(): JsonStore {
  const objects = new Map<string, string>();
  const s3 = new S3Client({ region: "eu-central-1" });
  const mock = mockClient(s3);
  mock.on(PutObjectCommand).callsFake(({ Key, Body }) => {
    objects.set(Key, Body);
    return {};
  });
  mock.on(GetObjectCommand).callsFake(({ Key }) => {
    const text = objects.get(Key);
    if (text === undefined) throw new NoSuchKey({ message: "no such key", $metadata: {} });
    return { Body: { transformToString: async () => text } };
  });
  return new JsonStore(s3, "evidence");
}

export const planWith = (database: string, checks: readonly CheckInput[]) => ({
  plan: "shop",
  source: { region: "eu-west-1", cluster: "shop", database },
  sandbox: { region: "eu-central-1" },
  objectives: { rto: "4h", rpo: "24h" },
  checks,
});

export const SANDBOX: SandboxAnswer = {
  phase: "ready",
  waitSeconds: 0,
  looks: 1,
  startedAt: "2026-11-01T13:00:00.000Z",
  waitingFor: "nothing",
  clusterArn: "arn:aws:rds:eu-central-1:123456789012:cluster:restore-drill-1",
  secretArn: "arn:aws:secretsmanager:eu-central-1:123456789012:secret:rds!cluster-1",
  milestones: {},
};

export function drillOf(database: string, checksEndAt = "2026-11-02T00:00:00.000Z"): Drill {
  const at = "2026-11-01T13:00:00.000Z";
  return {
    drillId: "drill-1",
    plan: "shop",
    planSha256: "0",
    trigger: { kind: "manual", by: "test" },
    startedAt: at,
    turn: { looks: 1, waitedSeconds: 0 },
    plannedAt: at,
    failureMoment: at,
    source: { region: "eu-west-1", cluster: "shop", clusterArn: "arn", database },
    recoveryPoint: {
      arn: "arn",
      id: "rds:shop",
      kind: "automated",
      region: "eu-west-1",
      createdAt: RECOVERY_POINT_AT,
      ageSeconds: 3600,
      engine: "aurora-postgresql",
      engineVersion: "16.4",
      sizeGib: 1,
      storageEncryption: "sse-kms",
    },
    copy: { needed: false, snapshotId: "rds:shop" },
    sandbox: {
      region: "eu-central-1",
      cluster: "restore-drill-1",
      writer: "restore-drill-1-writer",
      instanceClass: "db.serverless",
      minAcu: 0.5,
      maxAcu: 8,
      subnetGroup: "g",
      securityGroup: "sg",
      parameterGroup: "p",
      kmsKeyArn: "k",
    },
    tags: {},
    objectives: { rtoSeconds: 14_400, rpoSeconds: 86_400 },
    deadlines: { checksEndAt, teardownEndAt: checksEndAt },
    limits: { timeSeconds: 43_200, costUsd: 25 },
    estimate: { usd: 1, items: [] },
    expectedSeconds: {},
    checkCount: 1,
    counterproof: false,
    references: [],
    evidencePrefix: "shop/drill-1",
    warnings: [],
  };
}
