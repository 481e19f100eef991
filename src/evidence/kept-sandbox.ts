import * as z from "zod/mini";
import { hourlyUsd } from "../cost/usage.ts";
import { type Drill, Instant } from "../plan/drill.ts";
import type { TeardownAnswer } from "../recovery/answers.ts";
import type { Verdict } from "../verdict/verdict.ts";
import { Candidate, candidateOf } from "./candidate.ts";
import { CONTINUED, cliCommand } from "./cli-command.ts";

/** A sandbox that stays after its drill: until when, what it costs, how to ask it, and how to end it before its time. */
export const KeptSandbox = z.object({
  until: Instant,
  resources: z.array(z.object({ kind: z.string(), id: z.string(), region: z.string() })),
  /** At list prices, with serverless capacity at its maximum. */
  usdPerHour: z.number(),
  /** Commands of the AWS CLI, version 2. The first asks through the Data API: the sandbox is closed to every network. */
  ask: z.string(),
  end: z.string(),
  /** After an incident. */
  candidate: z.optional(Candidate),
});
export type KeptSandbox = z.infer<typeof KeptSandbox>;

interface Ended {
  readonly execution: { readonly id: string };
  readonly verdict: Verdict;
  readonly drill?: Drill | undefined;
  readonly teardown?: TeardownAnswer | undefined;
}

/** Undefined when nothing stays. No secret is in it: an ARN gives nobody the permission to read what it names. */
export function keptSandboxOf({ execution, verdict, drill, teardown }: Ended): KeptSandbox | undefined {
  const cluster = teardown?.kept.find(({ kind }) => kind === "cluster");
  if (drill === undefined || teardown === undefined || cluster === undefined) return undefined;
  const candidate = candidateOf(drill, verdict);
  // The execution is where the stack is, and its machine is called like the stack's other parts begin.
  const [, , , stackRegion = "", , , machine = ""] = execution.id.split(":");
  return {
    until: cluster.until,
    resources: teardown.kept.map(({ kind, id, region }) => ({ kind, id, region })),
    usdPerHour: hourlyUsd(drill),
    ask: cliCommand("rds-data execute-statement", {
      region: cluster.region,
      "resource-arn": cluster.arn ?? cluster.id,
      "secret-arn": cluster.secretArn ?? "(of the cluster's MasterUserSecret)",
      database: drill.source.database,
      sql: "select version()",
    }),
    end: [
      cliCommand("lambda invoke", {
        region: stackRegion,
        "function-name": `${machine}-sweep`,
        "cli-binary-format": "raw-in-base64-out",
        payload: JSON.stringify({ drill: drill.drillId }),
      }),
      "/dev/stdout",
    ].join(CONTINUED),
    ...(candidate === undefined ? {} : { candidate }),
  };
}
