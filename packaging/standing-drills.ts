import { RDSClient, type RDSClientConfig } from "@aws-sdk/client-rds";
import { ListExecutionsCommand, SFNClient } from "@aws-sdk/client-sfn";
import { TAG } from "../src/plan/names.ts";
import { drillResources } from "../src/sweep/inventory.ts";

/** Whom to ask: region and credentials of the framework. */
export type Access = Pick<RDSClientConfig, "region" | "credentials">;

/** More of each are no help to anybody: one is enough to wait for. */
const MAX_NAMED = 10;

/**
 * What drills have that runs or stands in the stack's region, in sentences: executions of these machines, and clusters that bear a drill's name and
 * its tag. Without the stack nobody tears them down. Throws what AWS answers.
 */
export async function standingDrills(machineArns: readonly string[], access: Access): Promise<string[]> {
  const sfn = new SFNClient(access);
  const rds = new RDSClient(access);
  try {
    const running = await Promise.all(machineArns.map((arn) => runningOf(sfn, arn)));
    const { resources } = await drillResources(rds, String(access.region));
    const clusters = resources
      .filter(({ kind, tags }) => kind === "cluster" && tags.some(({ Key }) => Key === TAG.drill))
      .slice(0, MAX_NAMED)
      .map(({ id }) => `The cluster ${id} stands.`);
    return [...running.flat(), ...clusters];
  } finally {
    sfn.destroy();
    rds.destroy();
  }
}

async function runningOf(sfn: SFNClient, stateMachineArn: string): Promise<string[]> {
  const asked = new ListExecutionsCommand({ stateMachineArn, statusFilter: "RUNNING", maxResults: MAX_NAMED });
  const { executions = [] } = await sfn.send(asked);
  return executions.map(({ executionArn }) => `${executionArn} runs.`);
}
