import * as z from "zod/mini";
import { type Drill, Instant } from "../plan/drill.ts";
import type { Verdict } from "../verdict/verdict.ts";
import { CONTINUED, cliCommand } from "./cli-command.ts";

/** A sandbox that people may recover from after an incident: what it is, what was proven of it, and the commands that promote it. */
export const Candidate = z.object({
  /** The backup that it was restored from: nothing later is in it. */
  recoveryPoint: z.object({ id: z.string(), createdAt: Instant }),
  failureMoment: Instant,
  proven: z.string(),
  promote: z.array(z.object({ when: z.string(), commands: z.array(z.string()) })),
});
export type Candidate = z.infer<typeof Candidate>;

/** What people put there themselves. */
const THEIRS = { subnetGroup: "YOUR-SUBNET-GROUP", securityGroup: "YOUR-SECURITY-GROUP" } as const;
/** RDS allows 63, and no hyphen before another. */
const MAX_CLUSTER_CHARS = 63;
const SUFFIX = "-recovered";

/** Undefined where no incident asked for the drill: its sandbox is one to look at. */
export function candidateOf(drill: Drill, verdict: Verdict): Candidate | undefined {
  if (drill.trigger.kind !== "incident") return undefined;
  const { id, createdAt } = drill.recoveryPoint;
  return {
    recoveryPoint: { id, createdAt },
    failureMoment: drill.failureMoment,
    proven: provenBy(verdict),
    // A backup in another region can not be restored beside production: it is copied first.
    promote: [
      ...(drill.recoveryPoint.region === drill.source.region ? [besideProduction(drill)] : []),
      fromCandidate(drill),
    ],
  };
}

function provenBy({ verdict, reason }: Verdict): string {
  switch (verdict) {
    case "passed":
      return "Every required check held. Not proven: what no check asks, and that the checks see damage, which a drill after an incident does not try.";
    case "inconclusive":
      return "NOT PROVEN: nothing wrong was seen, but not everything that decides was asked.";
    case "errored":
      return "NOT PROVEN: the drill broke before it could say.";
    case "failed":
      if (reason === "data")
        return "NOT RIGHT: required checks failed. Promote it only if you can do without what they found, or drill an older recovery point.";
      if (reason === "objective")
        return "No check that was asked failed, but it came too late, or what is newest in it is older than the plan allows.";
      return "NOT PROVEN: it did not come back as it should have.";
  }
}

/**
 * A cluster can not change its VPC, so what was restored into a closed network is not itself let out of it.
 * https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyDBCluster.html
 */
function besideProduction({ source, recoveryPoint, sandbox }: Drill): Candidate["promote"][number] {
  const { region, cluster } = source;
  const account = recoveryPoint.arn.split(":")[4] ?? "";
  const ask = cliCommand("rds describe-db-clusters", { region, "db-cluster-identifier": cluster });
  return {
    when: `If ${region} and the backup are there, beside production (with credentials of account ${account})`,
    commands: [
      // One answer of the cluster that is there: in single quotes nothing of it is run.
      `prod() { ${ask}${CONTINUED}--query "DBClusters[0].$1" --output text; }`,
      [
        cliCommand("rds restore-db-cluster-from-snapshot", {
          ...restored(region, cluster, recoveryPoint),
          "snapshot-identifier": recoveryPoint.arn,
          ...capacity(sandbox),
        }),
        '--db-cluster-parameter-group-name "$(prod DBClusterParameterGroup)"',
        '--db-subnet-group-name "$(prod DBSubnetGroup)"',
        "--vpc-security-group-ids $(prod 'VpcSecurityGroups[].VpcSecurityGroupId')",
      ].join(CONTINUED),
      ...withWriter(region, cluster, recoveryPoint, sandbox),
    ],
  };
}

function fromCandidate({ drillId, source, recoveryPoint, sandbox }: Drill): Candidate["promote"][number] {
  const { region } = sandbox;
  const { cluster } = source;
  // Not called like what a drill makes, so that no sweep looks at it.
  const snapshot = `recovered-${drillId}`;
  return {
    when: `If ${region === source.region ? "the backup is" : `${source.region} or the backup is`} lost, in ${region} from a snapshot of the candidate`,
    commands: [
      cliCommand("rds create-db-cluster-snapshot", {
        region,
        "db-cluster-identifier": sandbox.cluster,
        "db-cluster-snapshot-identifier": snapshot,
      }),
      cliCommand("rds wait db-cluster-snapshot-available", { region, "db-cluster-snapshot-identifier": snapshot }),
      cliCommand("rds restore-db-cluster-from-snapshot", {
        ...restored(region, cluster, recoveryPoint),
        "snapshot-identifier": snapshot,
        ...capacity(sandbox),
        "db-subnet-group-name": THEIRS.subnetGroup,
        "vpc-security-group-ids": THEIRS.securityGroup,
      }),
      ...withWriter(region, cluster, recoveryPoint, sandbox),
      // The master user's password was made for the sandbox, and its secret goes with the sandbox.
      cliCommand("rds modify-db-cluster", {
        region,
        "db-cluster-identifier": recoveredName(cluster),
        "manage-master-user-password": true,
        "apply-immediately": true,
      }),
    ],
  };
}

const recoveredName = (cluster: string): string =>
  `${cluster.slice(0, MAX_CLUSTER_CHARS - SUFFIX.length).replace(/-+$/, "")}${SUFFIX}`;

const restored = (region: string, cluster: string, { engine, engineVersion }: Drill["recoveryPoint"]) => ({
  region,
  "db-cluster-identifier": recoveredName(cluster),
  engine,
  "engine-version": engineVersion,
  "deletion-protection": true as const,
});

function capacity({ instanceClass, minAcu, maxAcu }: Drill["sandbox"]): Readonly<Record<string, string>> {
  if (instanceClass !== "db.serverless") return {};
  return { "serverless-v2-scaling-configuration": `MinCapacity=${minAcu},MaxCapacity=${maxAcu}` };
}

function withWriter(
  region: string,
  cluster: string,
  { engine }: Drill["recoveryPoint"],
  { instanceClass }: Drill["sandbox"],
): string[] {
  const name = recoveredName(cluster);
  return [
    cliCommand("rds wait db-cluster-available", { region, "db-cluster-identifier": name }),
    cliCommand("rds create-db-instance", {
      region,
      "db-cluster-identifier": name,
      "db-instance-identifier": `${name.slice(0, MAX_CLUSTER_CHARS - 2)}-1`,
      engine,
      // As it was drilled: see what production has.
      "db-instance-class": instanceClass,
    }),
  ];
}
