import * as z from "zod/mini";
import type { Plan } from "../../plan/plan.ts";
import { ENVELOPE, EventInstant, type Reading } from "../incident.ts";
import { noPlanFor } from "../no-plan.ts";

/** https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_findings_eventbridge.html, with the members of the API's Finding. */
export const ThreatEvent = z.object({
  ...ENVELOPE,
  source: z.literal("aws.guardduty"),
  "detail-type": z.literal("GuardDuty Finding"),
  detail: z.object({
    type: z.string(),
    /** Of the account that is attacked: an administrator's account also gets the findings of its members. */
    accountId: z.string(),
    region: z.string(),
    createdAt: EventInstant,
    resource: z.object({
      // An RDS database that is no member of an Aurora cluster has none: no plan is of one.
      rdsDbInstanceDetails: z.object({ dbClusterIdentifier: z.string().check(z.minLength(1)) }),
    }),
    service: z.optional(
      z.object({
        eventFirstSeen: z.optional(EventInstant),
        archived: z.optional(z.boolean()),
        additionalInfo: z.optional(z.looseObject({})),
      }),
    ),
  }),
});
type ThreatEvent = z.infer<typeof ThreatEvent>;

/**
 * A finding of GuardDuty, for the plans of its cluster that ask for findings. The same finding comes again for as long as it goes on, which is one
 * incident: it counts from its creation, and the data from the first thing that was seen. A rule names clusters and regions, not which is where: of
 * a namesake elsewhere it is ignored. Throws NoPlanForEvent.
 */
export function readThreat({ id, time, detail }: ThreatEvent, plans: readonly Plan[], ownAccount: string): Reading {
  const { type, accountId, region, service, createdAt } = detail;
  const { dbClusterIdentifier: cluster } = detail.resource.rdsDbInstanceDetails;
  if (isSample(detail)) return { ignored: `The finding ${type} of ${cluster} is one of GuardDuty's samples.` };
  if (service?.archived === true) return { ignored: `The finding ${type} of ${cluster} is archived.` };
  const asking = plans.filter(({ incidents }) => incidents.guardduty);
  const ofTheName = asking.filter(({ source }) => source.cluster === cluster);
  if (ofTheName.length === 0)
    throw noPlanFor({
      asked: `GuardDuty findings about the cluster "${cluster}"`,
      word: cluster,
      there: asking.map(({ source }) => source.cluster),
      fix: "Write incidents.guardduty: true into the plan of that cluster, and deploy; or do not send its findings here.",
    });
  const named = ofTheName.filter(
    ({ source }) => source.region === region && (source.account ?? ownAccount) === accountId,
  );
  if (named.length === 0)
    return {
      ignored: `The finding ${type} is of a cluster ${cluster} in ${region} of the account ${accountId}, and no plan that asks for findings is of that one.`,
    };
  const happenedAt = service?.eventFirstSeen ?? createdAt;
  return {
    incident: {
      eventId: id,
      sentAt: time,
      what: `GuardDuty ${type} of ${cluster}`,
      raisedAt: createdAt,
      happenedAt: happenedAt < createdAt ? happenedAt : createdAt,
      plans: named,
    },
  };
}

/** `{"sample": true}`, itself or as a text in `value`. */
function isSample({ service }: ThreatEvent["detail"]): boolean {
  return /\\?"sample\\?":\s*true/.test(JSON.stringify(service?.additionalInfo ?? {}));
}
