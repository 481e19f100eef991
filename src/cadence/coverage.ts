import * as z from "zod/mini";
import { Instant } from "../plan/drill.ts";

/** A database that the account has: an Aurora or Multi-AZ cluster, or an instance that belongs to none. */
export const FoundDatabase = z.object({
  name: z.string(),
  region: z.string(),
  kind: z.enum(["cluster", "instance"]),
  engine: z.string(),
  engineVersion: z.optional(z.string()),
  /** Since when it exists; absent of one that is still being made. */
  createdAt: z.optional(Instant),
});
export type FoundDatabase = z.infer<typeof FoundDatabase>;

/** Where the newest is, in the evidence bucket. S3 keeps those of earlier days as its versions. */
export const COVERAGE_KEY = "coverage/latest.json";

/** What the account has, held against what the plans drill. A region that did not answer is in `unknown`, and says nothing about its databases. */
export const Coverage = z.object({
  schemaVersion: z.literal(1),
  at: Instant,
  /** Those that were asked and answered in full. */
  regions: z.array(z.string()),
  covered: z.array(z.extend(FoundDatabase, { plans: z.array(z.string()) })),
  /** No plan drills it, and nobody said why not. `isDrillable` is false where this version could not, whatever a plan says. */
  uncovered: z.array(z.extend(FoundDatabase, { isDrillable: z.boolean(), why: z.string() })),
  /** Nobody wants it drilled: `reason` is what its tag says. */
  exempt: z.array(z.extend(FoundDatabase, { reason: z.string() })),
  /** What is in it is another database's, by name or ARN, whose backups are the ones to prove. */
  replicas: z.array(z.extend(FoundDatabase, { of: z.string() })),
  plansWithoutDatabase: z.array(z.object({ plan: z.string(), region: z.string(), database: z.string() })),
  /** Plans whose source is in an account that can not be asked from here. */
  elsewhere: z.array(z.object({ plan: z.string(), account: z.string(), region: z.string(), database: z.string() })),
  /** What could not be asked in full: a region, or a plan that would have named one. */
  unknown: z.array(z.object({ region: z.optional(z.string()), plan: z.optional(z.string()), reason: z.string() })),
});
export type Coverage = z.infer<typeof Coverage>;
