import type { Logger } from "@aws-lambda-powertools/logger";
import * as z from "zod/mini";
import { allPlans, type DeployedPlans } from "../plan/library.ts";
import { databaseKey } from "../plan/names.ts";
import type { Plan } from "../plan/plan.ts";
import { AlarmEvent, readAlarm } from "./events/alarm.ts";
import { RequestedEvent, readRequested } from "./events/requested.ts";
import { RestoreTestEvent, restoreTestRequest } from "./events/restore-test.ts";
import { readThreat, ThreatEvent } from "./events/threat.ts";
import type { Reading } from "./incident.ts";
import { type IncidentDrill, type IncidentServices, startForIncident } from "./incidents.ts";
import { executionNameFor, startDrill } from "./start-drill.ts";

/** An event as EventBridge delivers it, whole: what is missing in it is named by the one who reads it. */
export const StartingEvent = z.discriminatedUnion("detail-type", [
  AlarmEvent,
  ThreatEvent,
  RequestedEvent,
  RestoreTestEvent,
]);
type StartingEvent = z.infer<typeof StartingEvent>;

interface Services extends IncidentServices {
  readonly plans: DeployedPlans;
  readonly logger: Pick<Logger, "info">;
}

/** Nobody waits for it: it is logged, and what went wrong is a dead letter. */
export interface EventAnswer {
  /** Whether a drill runs that would not without this event. */
  readonly started: boolean;
  readonly why: string;
  /** One a database. */
  readonly drills: readonly IncidentDrill[];
}

/** Log messages that saved queries rely on. */
const LOG = { answered: "event.answered" } as const;

/**
 * Starts what an event asks for: one drill of each database that its incident is about, or of what AWS Backup restored for a test. Calling it again
 * with the same event starts nothing more. Throws NoPlanForEvent, PlanInvalid, and what startForIncident throws, once every database had its turn.
 */
export async function startEventDrill(services: Services, event: StartingEvent): Promise<EventAnswer> {
  const plans = await allPlans(services.plans);
  const answer =
    event["detail-type"] === "Restore Job State Change"
      ? await startRestoreTest(services, event, plans)
      : await startForAll(services, readIncident(services, event, plans));
  services.logger.info(LOG.answered, { detailType: event["detail-type"], ...answer });
  return answer;
}

function readIncident(
  { stateMachineArn }: Services,
  event: Exclude<StartingEvent, z.infer<typeof RestoreTestEvent>>,
  plans: readonly Plan[],
): Reading {
  const [, , , region = "", account = ""] = stateMachineArn.split(":");
  switch (event["detail-type"]) {
    case "CloudWatch Alarm State Change":
      return readAlarm(event, plans, { region, account });
    case "GuardDuty Finding":
      return readThreat(event, plans, account);
    case "Restore Drill Requested":
      return readRequested(event, plans);
  }
}

/** Of plans of one database the first by name has the drill: a second one would restore the same again. At most as many as there are plans. */
async function startForAll(services: Services, reading: Reading): Promise<EventAnswer> {
  if ("ignored" in reading) return { started: false, why: reading.ignored, drills: [] };
  const { incident } = reading;
  const drills: IncidentDrill[] = [];
  const failures: unknown[] = [];
  for (const plan of onePerDatabase(incident.plans)) {
    // What one database's incident can not be read for is no reason to leave the others without a drill.
    await startForIncident(services, incident, plan).then(
      (drill) => drills.push(drill),
      (error) => failures.push(error),
    );
  }
  const [failure] = failures;
  if (failure !== undefined) throw failure;
  return { started: drills.some(({ started }) => started), why: drills.map(({ why }) => why).join(" "), drills };
}

function onePerDatabase(plans: readonly Plan[]): Plan[] {
  const databases = new Map<string, Plan>();
  for (const plan of plans) {
    const database = databaseKey(plan.source);
    if (!databases.has(database)) databases.set(database, plan);
  }
  return [...databases.values()];
}

async function startRestoreTest(
  services: Services,
  event: z.infer<typeof RestoreTestEvent>,
  plans: readonly Plan[],
): Promise<EventAnswer> {
  const found = restoreTestRequest(event, plans);
  if ("ignored" in found) return { started: false, why: found.ignored, drills: [] };
  const name = executionNameFor("restore-test", found.restoreJobId);
  const { executionArn, isNew } = await startDrill(services, name, found.request);
  const why = isNew ? `${name} was started.` : `${name} was started before.`;
  return { started: isNew, why, drills: [{ plan: found.request.plan, executionArn, started: isNew, why }] };
}
