import * as z from "zod/mini";
import { Backups } from "./backups.ts";
import { Cadence } from "./cadence.ts";
import { Check, checkName } from "./checks.ts";
import { Incidents } from "./incidents.ts";
import { MAX_KEEP_SECONDS, MAX_TIME_SECONDS } from "./lifetimes.ts";
import { Duration, Region } from "./quantities.ts";

/** A check is one question; a plan that needs more is two plans. 1,000 results of about 500 bytes are half a megabyte of evidence. */
const MAX_CHECKS = 1000;

const Slug = z
  .string()
  .check(
    z.regex(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/, "needs lower-case letters, digits and single hyphens, a letter first"),
    z.maxLength(40),
  );

/** RDS finds a cluster by any spelling and stores it in lower case; snapshots, tags and the ledger are compared with what is stored. */
const CLUSTER_IDENTIFIER = /^[a-z][a-z0-9-]*$/;
/** The evidence of a database is in the folder of its name, and in these is what is no database's: open incidents, and what looks at all of them. */
const RESERVED_FOLDERS = ["incidents", "surveys", "coverage"];

const Objectives = z.pipe(
  z.strictObject({ rto: Duration, rpo: Duration }),
  z.transform(({ rto, rpo }) => ({ rtoSeconds: rto, rpoSeconds: rpo })),
);

const Limits = z.pipe(
  z.strictObject({
    /** From the drill's start to the end of its checks; teardown has its own. At most 36h. */
    time: z.prefault(
      Duration.check(z.refine((seconds) => seconds <= MAX_TIME_SECONDS, "is longer than the 36h one drill can run")),
      "12h",
    ),
    costUsd: z._default(z.number().check(z.gt(0)), 25),
  }),
  z.transform(({ time, costUsd }) => ({ timeSeconds: time, costUsd })),
);

const Keep = z.pipe(
  z.strictObject({
    /** `failed`: only when the verdict is failed. `always`: whatever it is. */
    when: z._default(z.enum(["failed", "always"]), "failed"),
    for: Duration.check(
      z.refine((seconds) => seconds <= MAX_KEEP_SECONDS, "is longer than the 72h a sandbox may be kept"),
    ),
  }),
  z.transform(({ when, for: seconds }) => ({ when, seconds })),
);

/** What a drill leaves for the next one to compare with has one place for each. */
const isSingle =
  (single: Check["kind"]) =>
  (checks: readonly Check[]): boolean =>
    checks.filter(({ kind }) => kind === single).length <= 1;
const twoOf = (single: Check["kind"]): string => `has more than one check of the kind ${single}: one asks everything`;

const isAutomated = (recoveryPoint: string): boolean =>
  recoveryPoint === "automated" || /(?:^|:)(?:rds|awsbackup):[^:]+$/.test(recoveryPoint);

const uniqueNames = (checks: readonly Check[]): boolean => new Set(checks.map(checkName)).size === checks.length;

/** What a user writes in `drills/<plan>.yml`. Unknown keys are errors. */
export const Plan = z
  .strictObject({
    plan: Slug,
    description: z.optional(z.string()),
    source: z.strictObject({
      region: Region,
      /** The account that the source is in, where it is not the stack's: its snapshots are shared with the stack's account in `region`. */
      account: z.optional(z.string().check(z.regex(/^\d{12}$/, "is not an account id of 12 digits (quote it)"))),
      /** The identifier of the Aurora cluster whose backups are proven. It is read, never written to. */
      cluster: z.string().check(
        z.minLength(1),
        z.maxLength(63),
        z.refine(
          (text) => CLUSTER_IDENTIFIER.test(text),
          "is not a cluster identifier: write it as RDS stores it, lower-case letters, digits and hyphens (no ARN)",
        ),
        z.refine(
          (text) => !RESERVED_FOLDERS.includes(text),
          "would have its evidence in a folder of the stack's own (incidents, surveys, coverage): rename the cluster, whose data that leaves as it is",
        ),
      ),
      /** The database inside the cluster that the checks ask. */
      database: z.string().check(z.minLength(1), z.maxLength(63)),
      /** ARN of the Secrets Manager secret of a role that may read the source: baselines are captured under it. */
      secret: z.optional(z.string().check(z.regex(/^arn:[\w-]+:secretsmanager:/, "is not the ARN of a secret"))),
    }),
    /** `latest`, `automated`, `manual`, or one cluster snapshot's identifier or ARN. */
    recoveryPoint: z._default(z.string().check(z.minLength(1)), "latest"),
    sandbox: z.strictObject({
      region: Region,
      /** Key, network and parameter group of the drill region; by default what the stack made there. */
      kmsKey: z.optional(z.string()),
      subnetGroup: z.optional(z.string()),
      securityGroup: z.optional(z.string().check(z.regex(/^sg-[0-9a-f]+$/, "is not a security group id (sg-...)"))),
      parameterGroup: z.optional(z.string()),
      instanceClass: z._default(
        z
          .string()
          .check(
            z.regex(
              /^db\.(serverless|(?!t\d)[a-z0-9]+\.\w+)$/,
              "must be db.serverless or a class that has the Data API (no T classes)",
            ),
          ),
        "db.serverless",
      ),
      /** Aurora capacity units. At least 0.5: a minimum of 0 would pause the sandbox in the middle of its checks. */
      minAcu: z._default(z.number().check(z.gte(0.5), z.lte(256)), 0.5),
      maxAcu: z._default(z.number().check(z.gte(1), z.lte(256)), 8),
    }),
    objectives: Objectives,
    limits: z.prefault(Limits, {}),
    /** Whether, and for how long, the sandbox stays for somebody to look at. By default nothing does. */
    keep: z.optional(Keep),
    cadence: z.prefault(Cadence, {}),
    incidents: z.prefault(Incidents, {}),
    /** What is wanted of the source's backups, whether a drill restores them or not. */
    backups: z.prefault(Backups, {}),
    /** Whether drills take over what AWS Backup's restore testing restores of this source. It takes one answer, which nothing can change. */
    restoreTests: z._default(z.boolean(), false),
    /** Whether a drill that found nothing wrong damages its own sandbox, to see its checks fail. By default as the stack says. */
    counterproof: z.optional(z.boolean()),
    checks: z
      ._default(z.array(Check), [])
      .check(
        z.maxLength(MAX_CHECKS, `has more than ${MAX_CHECKS} checks: split the plan`),
        z.refine(isSingle("fingerprint"), twoOf("fingerprint")),
        z.refine(isSingle("catalog"), twoOf("catalog")),
        z.refine(uniqueNames, "has two checks of one name: give each its own `name`"),
      ),
  })
  .check(
    // What did not parse is not there to compare, and has its own message.
    z.refine((plan) => !(plan.limits?.timeSeconds < plan.objectives?.rtoSeconds), {
      path: ["limits", "time"],
      error: "is shorter than objectives.rto: the drill would stop before the objective could be judged",
    }),
    z.refine(({ source }) => source?.account === undefined || source.secret === undefined, {
      path: ["source", "secret"],
      error:
        "can not be used from here: the source is in another account, and only there can a baseline be captured. Leave it out, and deploy the service in source.account for baselines",
    }),
    z.refine((plan) => plan.source?.account === undefined || !isAutomated(plan.recoveryPoint), {
      path: ["recoveryPoint"],
      error:
        "can not come from source.account: RDS shares no automated snapshots, only manual copies of them. Write latest, or name one that is shared",
    }),
    z.refine(({ backups, source }) => backups?.copyIn === undefined || backups.copyIn !== source?.region, {
      path: ["backups", "copyIn"],
      error: "is source.region, where the original is: name another region, or leave it out",
    }),
    z.refine((plan) => !(plan.sandbox?.maxAcu < plan.sandbox?.minAcu), {
      path: ["sandbox", "maxAcu"],
      error: "is smaller than sandbox.minAcu",
    }),
  );
export type Plan = z.infer<typeof Plan>;
/** What the YAML file itself holds, before defaults. */
export type PlanFile = z.input<typeof Plan>;
