import { setTimeout as pauseFor } from "node:timers/promises";
import * as z from "zod/mini";
import type { JsonStore } from "../aws/json-store.ts";
import { IncidentContended, IncidentOpen, InputInvalid } from "../errors.ts";
import { DrillRequest, Instant } from "../plan/drill.ts";
import { accountOf, databaseKey } from "../plan/names.ts";
import { Plan } from "../plan/plan.ts";
import { secondsBetween } from "../recovery/pacing.ts";
import type { Incident } from "./incident.ts";
import { type DrillStarter, executionArnOf, executionName, startDrill } from "./start-drill.ts";

/** The incident of a database that was last opened, as `incidents/<region>/<cluster>.json`. */
const OpenIncident = z.object({
  plan: Plan.shape.plan,
  /** When its first event was raised: with the plan, the name of its drill's execution. */
  openedAt: Instant,
  /** What is raised before then joins it, of whichever plan. Older documents have none: the quiet of the plan that asks counts from `openedAt`. */
  quietUntil: z.optional(Instant),
  /** Since when its data may be damaged, which its drill goes back to. Not in older documents. */
  happenedAt: z.optional(Instant),
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
 * that was raised before `incidents.quiet` of the first one's plan is over joins it, whenever it comes. Who joins starts the same execution again,
 * which is nothing where it was started, and mends it where the one before died between the two. Plans of one database share its incidents.
 * Throws InputInvalid for an event of the future or of more than 24 h ago that joins nothing, IncidentOpen for a request of another moment than the
 * one that the incident's drill goes back to, EvidenceUnreadable, or IncidentContended.
 */
export async function startForIncident(
  services: IncidentServices,
  incident: Incident,
  plan: Plan,
): Promise<IncidentDrill> {
  const key = `incidents/${databaseKey(plan.source, accountOf(services.stateMachineArn))}.json`;
  for (let race = 0; race < MAX_RACES; race += 1) {
    const found = await services.store.getVersioned(key, OpenIncident);
    if (found !== undefined && belongsTo(found.document, incident, plan)) {
      assertSameMoment(found.document, incident, plan);
      return join(services, found.document);
    }
    assertRecent(incident, services.now());
    const opened = open(incident, plan, services.now());
    if (await services.store.replace(key, opened, found?.version)) return begin(services, opened);
    await pauseFor(Math.random() * MAX_PAUSE_MS);
  }
  throw new IncidentContended(
    `${key} was written by others ${MAX_RACES} times while event ${incident.eventId} looked at it. The call is tried again by itself; whether the drill was started is in that document.`,
  );
}

const belongsTo = (opened: OpenIncident, { raisedAt }: Incident, plan: Plan): boolean =>
  secondsBetween(quietUntil(opened, plan), raisedAt) < 0;

const quietUntil = ({ quietUntil: known, openedAt }: OpenIncident, { incidents }: Plan): string =>
  known ?? after(openedAt, incidents.quietSeconds);

const after = (moment: string, seconds: number): string => new Date(Date.parse(moment) + seconds * 1000).toISOString();

const failureMomentOf = ({ happenedAt }: Incident, { incidents }: Plan): string =>
  after(happenedAt, -incidents.lookbackSeconds);

/** Whoever corrects a moment, or knows a better one, would otherwise wait for a drill that goes back to the wrong one. */
function assertSameMoment(opened: OpenIncident, incident: Incident, plan: Plan): void {
  const { eventId, happenedAt, isMomentNamed = false } = incident;
  if (!isMomentNamed || opened.happenedAt === undefined || opened.happenedAt === happenedAt) return;
  const byHand = {
    plan: plan.plan,
    failureMoment: failureMomentOf(incident, plan),
    trigger: { kind: "incident" },
  } satisfies DrillRequest;
  throw new IncidentOpen(
    `Event ${eventId} is about ${happenedAt}, and the incident of ${plan.source.cluster} that is open until ${quietUntil(opened, plan)} about ${opened.happenedAt}: its drill, ${nameOf(opened)}, goes back to before that. No drill was started for ${happenedAt}. If that is the right moment, start one by hand, with the input ${JSON.stringify(byHand)}, and stop the other if it is in the way.`,
  );
}

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

function open(incident: Incident, plan: Plan, now: Date): OpenIncident {
  const { eventId, what, raisedAt, happenedAt } = incident;
  return {
    plan: plan.plan,
    openedAt: raisedAt,
    quietUntil: after(raisedAt, plan.incidents.quietSeconds),
    happenedAt,
    claimedAt: now.toISOString(),
    request: {
      plan: plan.plan,
      failureMoment: failureMomentOf(incident, plan),
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
