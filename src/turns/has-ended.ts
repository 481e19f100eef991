import { DescribeExecutionCommand, ExecutionDoesNotExist, type SFNClient } from "@aws-sdk/client-sfn";
import type { JsonStore } from "../aws/json-store.ts";
import { readNotification } from "../notify/notification.ts";
import { secondsBetween } from "../recovery/pacing.ts";
import type { Turn } from "./turns.ts";

/** Teardown has 6 h; what is not finished an hour later is a leak, which no drill waits for. */
const FINISHING_SECONDS = 7 * 3600;

interface Services {
  readonly sfn: SFNClient;
  readonly store: JsonStore;
  readonly now: () => Date;
}

/** One that was stopped is finished by another execution, which tells people at its end. Step Functions forgets one 90 days after its end. */
export async function hasEnded(
  { sfn, store, now }: Services,
  { executionArn, evidencePrefix: prefix }: Pick<Turn, "executionArn" | "evidencePrefix">,
): Promise<boolean> {
  try {
    const { status, stopDate } = await sfn.send(new DescribeExecutionCommand({ executionArn }));
    if (status === "SUCCEEDED") return true;
    if (stopDate === undefined) return false;
    if (secondsBetween(stopDate, now()) > FINISHING_SECONDS) return true;
    return (await readNotification(store, prefix))?.state === "sent";
  } catch (error) {
    if (error instanceof ExecutionDoesNotExist) return true;
    throw error;
  }
}
