import { PlanInvalid } from "../../errors.ts";
import { drillOf } from "../../plan/names.ts";
import type { Plan } from "../../plan/plan.ts";
import { formatDuration } from "../../verdict/duration.ts";
import { SOURCE_KEY } from "../account.ts";
import { MACHINE_ARN } from "../deployment.ts";
import { stopExecutions } from "../run-execution.ts";
import type { RestoredServer } from "../services/rds/core.ts";
import { DEFAULT_TIME_SCALE, DURATION_SECONDS } from "../services/rds/durations.ts";
import { ServiceError } from "../wire/service.ts";
import { alterOneLetter, corruptPage, invalidateIndex, loseAllRows, loseRows } from "./damage.ts";
import type { Sabotage, Stage } from "./sabotage.ts";

/** A statement is cancelled by the Data API after 45 s; a sabotage that lets every one hang does not wait that long. */
const SHORT_STATEMENT_SECONDS = 1;
/** Nobody watches a restore crawl for longer. */
const MAX_SLOW_SECONDS = 300;
/** By how much an objective is missed. */
const TOO_MUCH = 1.1;

const damaging =
  (damage: (database: string, server: RestoredServer) => Promise<void>) =>
  ({ cloud, plan }: Stage): void =>
    cloud.rds.onRestored((_cluster, server) => damage(plan.source.database, server));

/** Every way to spoil a recovery, with the verdict that it has to end in. */
export const SABOTAGES: readonly Sabotage[] = [
  {
    name: "missing-rows",
    what: "A fifth of the rows of the largest table does not come back.",
    verdict: "failed",
    reason: "data",
    prepare: damaging(loseRows),
  },
  {
    name: "schema-only",
    what: "Every table comes back, and every one is empty.",
    verdict: "failed",
    reason: "data",
    prepare: damaging(loseAllRows),
  },
  {
    name: "corrupt-page",
    what: "One page of the largest table is overwritten on disk.",
    verdict: "failed",
    reason: "data",
    prepare: damaging(corruptPage),
  },
  {
    name: "one-letter",
    what: "One letter of one value is another, and nothing else tells.",
    verdict: "failed",
    reason: "data",
    prepare: damaging(alterOneLetter),
  },
  {
    name: "invalid-index",
    what: "An index comes back that PostgreSQL does not use.",
    verdict: "failed",
    reason: "data",
    prepare: damaging(invalidateIndex),
  },
  {
    name: "stale",
    what: "The newest backup is older than the RPO allows.",
    verdict: "failed",
    reason: "objective",
    backupAgeSeconds: (plan) => plan.objectives.rpoSeconds * TOO_MUCH,
  },
  {
    name: "slow",
    what: "The restore takes longer than the RTO allows.",
    verdict: "failed",
    reason: "objective",
    faults: (plan) => {
      const factor = tooSlow(plan);
      return { stretch: (step) => (step === "clusterRestore" ? factor : undefined) };
    },
  },
  {
    name: "wrong-key",
    what: "The KMS key of the backup was disabled: nothing can decrypt it.",
    verdict: "failed",
    reason: "recovery",
    prepare: ({ cloud, plan }) => cloud.account.keys.disable(plan.source.region, SOURCE_KEY),
  },
  {
    name: "restore-fails",
    what: "RDS gives the restore up: the cluster ends as restore-failed.",
    verdict: "failed",
    reason: "recovery",
    faults: () => ({ outcome: (step) => (step === "clusterRestore" ? "restore-failed" : undefined) }),
  },
  {
    name: "unanswered",
    what: "The sandbox is up, but no question is answered within the Data API's limit.",
    verdict: "inconclusive",
    reason: "unchecked",
    faults: () => ({ hangs: (sql, { id }) => drillOf(id) !== undefined && sql !== "select 1" }),
    dataApiLimits: { statementSeconds: SHORT_STATEMENT_SECONDS },
  },
  {
    name: "denied",
    what: "A role of the drill lost the permission to create the writer instance.",
    verdict: "errored",
    reason: "drill",
    intercept: ({ operation }) => {
      if (operation === "CreateDBInstance")
        throw new ServiceError("AccessDenied", "User is not authorized to perform: rds:CreateDBInstance");
    },
  },
  {
    name: "stopped",
    what: "Somebody stops the drill in the console while its sandbox is being made.",
    verdict: "errored",
    reason: "drill",
    prepare: ({ cloud }) => cloud.rds.onRestored(() => stopExecutions(cloud, MACHINE_ARN, "stopped by the sabotage")),
  },
  {
    name: "leak",
    what: "The backup is fine, but the sandbox's cluster can not be deleted.",
    verdict: "passed",
    intercept: ({ operation }) => {
      if (operation === "DeleteDBCluster")
        throw new ServiceError("AccessDenied", "User is not authorized to perform: rds:DeleteDBCluster");
    },
  },
];

/** How many times longer than modelled the restore has to take for the RTO to be missed. Throws PlanInvalid for an RTO of hours. */
function tooSlow(plan: Plan): number {
  const { rtoSeconds } = plan.objectives;
  if (rtoSeconds > MAX_SLOW_SECONDS)
    throw new PlanInvalid(
      `The sabotage "slow" lasts until the RTO is missed, and objectives.rto of ${plan.plan} is ${formatDuration(rtoSeconds)}. Give it a plan with an RTO of at most ${formatDuration(MAX_SLOW_SECONDS)}.`,
    );
  const modelledSeconds = DURATION_SECONDS.clusterRestore * DEFAULT_TIME_SCALE;
  return (rtoSeconds * TOO_MUCH) / modelledSeconds;
}
