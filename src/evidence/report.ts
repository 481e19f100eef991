import * as z from "zod/mini";
import { CheckResult } from "../checks/result.ts";
import { Counterproof } from "../counterproof/counterproof.ts";
import { CostItem, Drill, Execution } from "../plan/drill.ts";
import { Interruption } from "../plan/interruption.ts";
import { IsolationAnswer, RestoreTestAnswer, TeardownAnswer } from "../recovery/answers.ts";
import { Scorecard } from "../scenarios/scorecard.ts";
import { Verdict } from "../verdict/verdict.ts";
import { KeptSandbox } from "./kept-sandbox.ts";

const Cost = z.object({ usd: z.number(), items: z.array(CostItem) });

/** `report.json`: everything an auditor asks of one drill. Durations in seconds, moments ISO 8601, money USD. */
export const Report = z.object({
  schemaVersion: z.literal(1),
  drillId: z.string(),
  /** The cluster whose backup was drilled; `unplanned` when the drill was refused before one was known. */
  database: z.string(),
  plan: z.string(),
  execution: Execution,
  /** Who or what started it, also where planning refused it. Absent in older reports: there it is the drill's. */
  trigger: z.optional(z.object({ kind: z.string(), by: z.string() })),
  endedAt: z.iso.datetime(),
  verdict: Verdict,
  /** How the execution ended before its drill did, where another one finished it. */
  interruption: z.optional(Interruption),
  /** Absent when planning refused the drill. */
  drill: z.optional(Drill),
  /** Notes of the drill's steps that could not be read, one sentence each: what they held is missing or older here. */
  unreadable: z.optional(z.array(z.string())),
  checks: z.array(CheckResult),
  /** How the checks took to a sandbox that was damaged on purpose; absent when that was not wanted, or did not come to be. */
  counterproof: z.optional(Counterproof),
  /** What was seen of the sandbox's network before anything was made in it, and then of the sandbox; the facts that broke included. */
  network: z.optional(IsolationAnswer),
  isolation: z.optional(IsolationAnswer),
  teardown: z.optional(TeardownAnswer),
  /** What AWS Backup was told, where the drill was its restore test. */
  restoreTest: z.optional(RestoreTestAnswer),
  leftovers: TeardownAnswer.shape.leftovers,
  /** The sandbox, where it stays for a while because the plan says so. */
  kept: z.optional(KeptSandbox),
  /** Of an exercise: how it went by its own criteria. The verdict is that of any drill. */
  scorecard: z.optional(Scorecard),
  cost: z.object({ estimated: Cost, actual: Cost, basis: z.string() }),
});
export type Report = z.infer<typeof Report>;

export const Manifest = z.object({
  drillId: z.string(),
  /**
   * The drill of the same database that was recorded before this one, and the SHA-256 of its manifest: a drill that is taken out or put in later
   * breaks the chain. Null for the first one of all. Absent where that is not known, after a silence of more than 400 days, and in older manifests.
   */
  previous: z.optional(z.nullable(z.object({ drillId: z.string(), manifestSha256: z.string() }))),
  files: z.array(z.object({ file: z.string(), sha256: z.string(), bytes: z.number() })),
});
export type Manifest = z.infer<typeof Manifest>;

/** `$.evidence` */
export const EvidenceAnswer = z.object({
  bucket: z.string(),
  prefix: z.string(),
  files: z.array(z.string()),
  manifestSha256: z.string(),
  leftovers: TeardownAnswer.shape.leftovers,
  actualUsd: z.number(),
});
export type EvidenceAnswer = z.infer<typeof EvidenceAnswer>;
