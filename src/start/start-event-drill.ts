import type { Logger } from "@aws-lambda-powertools/logger";
import * as z from "zod/mini";
import { allPlans, type DeployedPlans } from "../plan/library.ts";
import { accountOf, databaseKey } from "../plan/names.ts";
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
  readonly logger: Pick<Logger, "info" | "error">;
}

/** Nobody waits for it: it is logged, and what went wrong is a dead letter. */
export interface EventAnswer {
  /** Whether a drill runs that would not without this event. */
  readonly started: boolean;
  readonly why: string;
  /** One a database. */
  readonly drills: readonly IncidentDrill[];
}

/** In one message: 20 of about 300 characters are well below the 256 KiB of a dead letter. The log has all. */
const MAX_REASONS = 20;

/** Log messages that saved queries rely on. */
const LOG = { answered: "event.answered", failed: "event.failed" } as const;

/**
 * Starts what an event asks for: one drill of each database that its incident is about, or of what AWS Backup restored for a test. Calling it again
 * with the same event starts nothing more. Throws NoPlanForEvent, PlanInvalid, and what startForIncident throws, once every database had its turn:
 * for several, an AggregateError that names them all.
 */
export async function startEventDrill(services: Services, event: StartingEvent): Promise<EventAnswer> {
  const plans = await allPlans(services.plans);
  const answer =
    event["detail-type"] === "Restore Job State Change"
      ? await startRestoreTest(services, event, plans)
      : await startForAll(services, event, readIncident(services, event, plans));
  tell(services, event, answer);
  return answer;
}

function tell({ logger }: Services, event: StartingEvent, answer: EventAnswer): void {
  logger.info(LOG.answered, { detailType: event["detail-type"], ...answer });
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
async function startForAll(services: Services, event: StartingEvent, reading: Reading): Promise<EventAnswer> {
  if ("ignored" in reading) return { started: false, why: reading.ignored, drills: [] };
  const { incident } = reading;
  const drills: IncidentDrill[] = [];
  const failures: Failure[] = [];
  for (const plan of onePerDatabase(incident.plans, accountOf(services.stateMachineArn))) {
    // What one database's incident can not be read for is no reason to leave the others without a drill.
    await startForIncident(services, incident, plan).then(
      (drill) => drills.push(drill),
      (error) => failures.push({ plan: plan.plan, error }),
    );
  }
  const why = drills.map((drill) => drill.why).join(" ");
  const answer = { started: drills.some(({ started }) => started), why, drills };
  if (failures.length === 0) return answer;
  // What was started is told all the same: the error does not say it.
  if (drills.length > 0) tell(services, event, answer);
  for (const failure of failures) services.logger.error(LOG.failed, { plan: failure.plan, reason: reasonOf(failure) });
  throw allOf(failures);
}

/** A database whose incident has no drill now. */
interface Failure {
  readonly plan: string;
  readonly error: unknown;
}

const reasonOf = ({ error }: Failure): string =>
  error instanceof Error ? `${error.name}: ${error.message}` : String(error);

/** Names come first: however long reasons are, and wherever a message is cut, it says which databases have no drill. */
function allOf(failures: readonly Failure[]): unknown {
  const [first, ...others] = failures;
  if (others.length === 0) return first?.error;
  const plans = failures.map(({ plan }) => plan).join(", ");
  const reasons = failures
    .slice(0, MAX_REASONS)
    .map((failure) => `${failure.plan}: ${reasonOf(failure)}`)
    .join(" ");
  return new AggregateError(
    failures.map(({ error }) => error),
    `${failures.length} databases of this event have no drill, those of the plans ${plans}. ${reasons}`,
  );
}

function onePerDatabase(plans: readonly Plan[], ownAccount: string | undefined): Plan[] {
  const databases = new Map<string, Plan>();
  for (const plan of plans) {
    const database = databaseKey(plan.source, ownAccount);
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
