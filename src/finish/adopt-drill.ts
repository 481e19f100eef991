import type { Logger } from "@aws-lambda-powertools/logger";
import { DescribeExecutionCommand, ExecutionDoesNotExist, type SFNClient } from "@aws-sdk/client-sfn";
import * as z from "zod/mini";
import type { JsonStore } from "../aws/json-store.ts";
import { subjectOf } from "../evidence/subject.ts";
import { toldOutcome } from "../notify/notification.ts";
import { Drill, Execution, Instant } from "../plan/drill.ts";
import { describeInterruption } from "../plan/interruption.ts";
import type { ParsedPlan } from "../plan/validate.ts";
import { INTERRUPTED, MACHINE_ERROR, OUTCOME_ERROR } from "../verdict/verdict.ts";
import { type InterruptedExecution, readInterrupted } from "./interrupted-execution.ts";

/** `executionArn`: of the drill that was interrupted. `execution`: the one that finishes it. */
export const AdoptDrillInput = z.object({ request: z.object({ executionArn: z.string() }), execution: Execution });

/** `$.adoption` */
export interface AdoptionAnswer {
  readonly adopted: boolean;
  /** Why, in one sentence. */
  readonly why: string;
  /** What the machine goes on with, where it goes on. */
  readonly document?: Readonly<Record<string, unknown>>;
}

interface Services {
  readonly store: JsonStore;
  readonly sfn: SFNClient;
  readonly plans: (name: string) => Promise<ParsedPlan>;
  readonly now: () => Date;
  readonly logger: Pick<Logger, "error">;
}

const Adoption = z.object({ by: z.string(), at: Instant });

/** What a drill ends red with that has told its outcome. */
const ENDED_BY_ITSELF = new Set<string | undefined>([...Object.values(OUTCOME_ERROR), MACHINE_ERROR.notJudged]);

/**
 * Takes over a drill whose execution ended before it had torn down, recorded and told: answers the document of that execution as it stood,
 * for the steps that are left. Answers `adopted: false` for one that ended by itself, or is taken over already (events come at least once).
 * Throws NotInterrupted for an execution that still runs.
 */
export async function adoptDrill(
  services: Services,
  { request, execution: own }: z.infer<typeof AdoptDrillInput>,
): Promise<AdoptionAnswer> {
  const found = await readInterrupted(services.sfn, request.executionArn);
  if (found === undefined) return { adopted: false, why: "It succeeded." };
  const { status, error } = found.interruption;
  if (status === "FAILED" && ENDED_BY_ITSELF.has(error))
    return { adopted: false, why: `It ended by itself, with its verdict (${error}).` };

  const drill = z.safeParse(Drill, found.document["drill"]).data;
  const { prefix } = await subjectOf(services.plans, { execution: found.execution, request: found.request, drill });
  // Without the bucket the drill is finished all the same: a sandbox that stands costs more than being told twice.
  const told = await toldOutcome(services.store, prefix).catch(logged(services.logger));
  if (told !== undefined) return { adopted: false, why: `It had told its outcome (${told.verdict}) before it ended.` };
  const other = await claim(services, `${prefix}/outcome/adoption.json`, own.id).catch(logged(services.logger));
  if (other !== undefined) return { adopted: false, why: `${other} finishes it.` };
  return { adopted: true, why: describeInterruption(found.interruption), document: documentOf(found) };
}

const logged =
  (logger: Pick<Logger, "error">) =>
  (error: Error): undefined => {
    logger.error("adoption.note.failed", { error });
    return undefined;
  };

/** The first who writes has it, until its own execution ends without success. Answers who else has it. */
async function claim({ store, sfn, now }: Services, key: string, own: string): Promise<string | undefined> {
  const mine = { by: own, at: now().toISOString() };
  if (await store.replace(key, mine, undefined)) return undefined;
  const earlier = await store.getVersioned(key, Adoption);
  if (earlier === undefined) return "Another execution";
  const { by } = earlier.document;
  if (by === own) return undefined;
  if (!(await hasGivenUp(sfn, by))) return by;
  return (await store.replace(key, mine, earlier.version)) ? undefined : "Another execution";
}

async function hasGivenUp(sfn: SFNClient, executionArn: string): Promise<boolean> {
  try {
    const { status } = await sfn.send(new DescribeExecutionCommand({ executionArn }));
    return status !== "RUNNING" && status !== "SUCCEEDED";
  } catch (error) {
    if (error instanceof ExecutionDoesNotExist) return true;
    throw error;
  }
}

/** A failure that the drill had come to is still why it ended; one that had not is ended by its interruption. */
function documentOf({ execution, request, document, interruption }: InterruptedExecution): Record<string, unknown> {
  const failure = { Error: INTERRUPTED, Cause: describeInterruption(interruption) };
  return { failure, ...document, execution, request: request ?? {}, interruption };
}
