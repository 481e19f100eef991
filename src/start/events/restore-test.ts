import * as z from "zod/mini";
import { InputInvalid } from "../../errors.ts";
import { type DrillRequest, RestoreJobId } from "../../plan/drill.ts";
import type { Plan } from "../../plan/plan.ts";
import { isSourceArn } from "../../plan/source-arn.ts";

/**
 * A restore job that ended, as AWS Backup tells of it. What else it says of the job is asked of AWS Backup itself, by the drill.
 * https://docs.aws.amazon.com/aws-backup/latest/devguide/eventbridge.html
 */
export const RestoreTestEvent = z.object({
  "detail-type": z.literal("Restore Job State Change"),
  source: z.literal("aws.backup"),
  account: z.string(),
  region: z.string(),
  detail: z.object({
    restoreJobId: RestoreJobId,
    status: z.string(),
    resourceType: z.string(),
    /** Only of jobs of a restore testing plan. */
    restoreTestingPlanArn: z.optional(z.string()),
    sourceResourceArn: z.optional(z.string()),
  }),
});

export type RestoreTestStart =
  | { readonly restoreJobId: string; readonly request: DrillRequest }
  | { readonly ignored: string };

/**
 * The drill that takes over what a restore test restored, or why there is none: the rule delivers the tests of every database and every kind of
 * resource, and a plan takes over none unless it says so. AWS Backup takes one answer for a test, so of several such plans of the database the first by
 * name has it.
 * Throws InputInvalid for a test whose event does not say of what it is.
 */
export function restoreTestRequest(
  { account, region, detail }: z.infer<typeof RestoreTestEvent>,
  plans: readonly Plan[],
): RestoreTestStart {
  const { restoreJobId, status, resourceType, restoreTestingPlanArn, sourceResourceArn } = detail;
  const job = `Restore job ${restoreJobId}`;
  if (restoreTestingPlanArn === undefined) return { ignored: `${job} is of no restore testing plan.` };
  if (status !== "COMPLETED") return { ignored: `${job} is ${status}: there is nothing to test.` };
  if (resourceType !== "Aurora") return { ignored: `${job} restored a resource of type ${resourceType}.` };
  if (sourceResourceArn === undefined)
    throw new InputInvalid(
      `The event of restore job ${restoreJobId} has no detail.sourceResourceArn, so which database it tests is not known. Start its drill by hand: {"plan": "...", "restoreTest": {"restoreJobId": "${restoreJobId}"}}.`,
    );
  const ofSource = plans
    .filter(({ source, sandbox }) => isSourceArn(sourceResourceArn, source, account) && sandbox.region === region)
    .sort((a, b) => (a.plan < b.plan ? -1 : 1));
  if (ofSource.length === 0)
    return { ignored: `${job} is of ${sourceResourceArn}, for which no plan has its sandbox in ${region}.` };
  const plan = ofSource.find(({ restoreTests }) => restoreTests);
  if (plan === undefined)
    return {
      ignored: `${job} is of ${sourceResourceArn}, and no plan of that source takes restore tests over (${ofSource.map(({ plan: name }) => name).join(", ")}): one that is to says restoreTests: true.`,
    };
  const by = restoreTestingPlanArn.split(":").slice(6).join(":").slice(0, 200);
  return {
    restoreJobId,
    request: { plan: plan.plan, trigger: { kind: "restore-test", by }, restoreTest: { restoreJobId } },
  };
}
