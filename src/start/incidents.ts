import { setTimeout as pauseFor } from "node:timers/promises";
import * as z from "zod/mini";
import type { JsonStore } from "../aws/json-store.ts";
import { IncidentContended, InputInvalid } from "../errors.ts";
import { DrillRequest, Instant } from "../plan/drill.ts";
import { databaseKey } from "../plan/names.ts";
import { Plan } from "../plan/plan.ts";
import { secondsBetween } from "../recovery/pacing.ts";
import type { Incident } from "./incident.ts";
import { type DrillStarter, executionArnOf, executionName, startDrill } from "./start-drill.ts";

/** The incident of a database that was last opened, as `incidents/<region>/<cluster>.json`. */
const OpenIncident = z.object({
  plan: Plan.shape.plan,
  /** When its first event was raised: with the plan, the name of its drill's execution. */
  openedAt: Instant,
  /** When that event was here. */
  claimedAt: Instant,
  /** What the drill is started with: whoever starts it again starts it with the same. */
  request: DrillRequest,
});
type OpenIncident = z.infer<typeof OpenIncident>;

export interface IncidentServices extends DrillStarter {
  readonly store: JsonStore;
  readonly now: () => Date;
}

export interface IncidentDrill {
  readonly plan: string;
  readonly executionArn: string;
  /** False for an event of an incident that is known. */
  readonly started: boolean;
  readonly why: string;
}

/** EventBridge delivers for 24 h at most; what is older was sent again by somebody, or is of another day's incident. */
const MAX_AGE_SECONDS = 24 * 3600;
/** Clocks differ by seconds. */
const MAX_AHEAD_SECONDS = 300;
/** Step Functions knows a name for 90 days after its execution's end, and would take it for a new one then. No quiet is longer than 7 days. */
const MENDED_SECONDS = 60 * 86_400;
/** One of those that write at the same moment is first, and the others see it then: one more look is enough, but where S3 answers both with a conflict. */
const MAX_RACES = 8;
const MAX_PAUSE_MS = 200;
/** `DrillRequest` has the limit. */
const MAX_BY_CHARS = 200;

/**
 * Starts the drill of an incident, once: the first of its events writes the incident down on the condition that nobody else did, and every event
 * that was raised before `incidents.quiet` of the first is over joins it, whenever it comes. Who joins starts the same execution again, which is
 * nothing where it was started, and mends it where the one before died between the two. Plans of one database share its incidents.
 * Throws InputInvalid for an event of the future or of more than 24 h ago that joins nothing, EvidenceUnreadable, or IncidentContended.
 */
export async function startForIncident(
  services: IncidentServices,
  incident: Incident,
  plan: Plan,
): Promise<IncidentDrill> {
  const key = keyOf(plan);
  for (let race = 0; race < MAX_RACES; race += 1) {
    const found = await services.store.getVersioned(key, OpenIncident);
    if (found !== undefined && belongsTo(found.document, incident, plan)) return join(services, found.document);
    assertRecent(incident, services.now());
    const opened = open(incident, plan, services.now());
    if (await services.store.replace(key, opened, found?.version)) return begin(services, opened);
    await pauseFor(Math.random() * MAX_PAUSE_MS);
  }
  throw new IncidentContended(
    `${key} was written by others ${MAX_RACES} times while event ${incident.eventId} looked at it. The call is tried again by itself; whether the drill was started is in that document.`,
  );
}

const keyOf = ({ source }: Plan): string => `incidents/${databaseKey(source)}.json`;

const belongsTo = ({ openedAt }: OpenIncident, { raisedAt }: Incident, { incidents }: Plan): boolean =>
  secondsBetween(openedAt, raisedAt) < incidents.quietSeconds;

function assertRecent({ eventId, sentAt, raisedAt, happenedAt }: Incident, now: Date): void {
  if (secondsBetween(sentAt, now) > MAX_AGE_SECONDS)
    throw new InputInvalid(
      `Event ${eventId} is not of today: "time" is ${sentAt}, more than ${MAX_AGE_SECONDS / 3600} h ago, and EventBridge delivers for no longer. No drill was started. If the incident still is one, start a drill by hand, with "failureMoment".`,
    );
  // One that was opened in the future would be joined by all that comes until then.
  const ahead = Object.entries({ time: sentAt, detail: raisedAt > happenedAt ? raisedAt : happenedAt }).find(
    ([, moment]) => secondsBetween(now, moment) > MAX_AHEAD_SECONDS,
  );
  if (ahead !== undefined)
    throw new InputInvalid(
      `Event ${eventId} is of the future: "${ahead[0]}" says ${ahead[1]}, and it is ${now.toISOString()}. No drill was started. Send it again with the moment since when data is damaged.`,
    );
}

function open({ eventId, what, raisedAt, happenedAt }: Incident, plan: Plan, now: Date): OpenIncident {
  const failureMoment = new Date(Date.parse(happenedAt) - plan.incidents.lookbackSeconds * 1000).toISOString();
  return {
    plan: plan.plan,
    openedAt: raisedAt,
    claimedAt: now.toISOString(),
    request: {
      plan: plan.plan,
      failureMoment,
      trigger: { kind: "incident", by: startedBy(what, `at ${happenedAt} (event ${eventId})`) },
    },
  };
}

/** People's words may be long, and hold what no notification should. */
function startedBy(what: string, when: string): string {
  const plain = what.replace(/\p{C}+/gu, " ").trim();
  const roomChars = MAX_BY_CHARS - when.length - 1;
  return `${plain.length <= roomChars ? plain : `${plain.slice(0, roomChars - 3)}...`} ${when}`;
}

async function begin(services: IncidentServices, opened: OpenIncident): Promise<IncidentDrill> {
  const name = nameOf(opened);
  const { executionArn, isNew } = await startDrill(services, name, opened.request);
  const why = isNew ? `It is the first event of an incident: ${name} was started.` : `${name} was started before.`;
  return { plan: opened.plan, executionArn, started: isNew, why };
}

async function join(services: IncidentServices, opened: OpenIncident): Promise<IncidentDrill> {
  const name = nameOf(opened);
  const isMended = secondsBetween(opened.claimedAt, services.now()) > MENDED_SECONDS;
  const executionArn = isMended
    ? executionArnOf(services.stateMachineArn, name)
    : (await startDrill(services, name, opened.request)).executionArn;
  const why = `It joins the incident of ${opened.openedAt}, whose drill is ${name}. To drill once more, start a drill by hand.`;
  return { plan: opened.plan, executionArn, started: false, why };
}

const nameOf = ({ plan, openedAt }: OpenIncident): string => executionName("incident", plan, new Date(openedAt));
