import * as z from "zod/mini";
import type { Plan } from "../../plan/plan.ts";
import { ENVELOPE, EventInstant, type Reading } from "../incident.ts";
import { noPlanFor } from "../no-plan.ts";

const ALARM_ARN = /^arn:[\w-]+:cloudwatch:[\w-]+:\d+:alarm:/;

interface Place {
  readonly region: string;
  readonly account: string;
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html */
export const AlarmEvent = z.object({
  ...ENVELOPE,
  source: z.literal("aws.cloudwatch"),
  "detail-type": z.literal("CloudWatch Alarm State Change"),
  /** The alarm's ARN. */
  resources: z.optional(z.array(z.string())),
  detail: z.object({
    alarmName: z.string().check(z.minLength(1)),
    state: z.object({
      value: z.string(),
      timestamp: EventInstant,
      /** A composite alarm whose suppressor is on tells nobody else either. */
      actionsSuppressedBy: z.optional(z.string()),
    }),
    /** The event is sent all the same: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-mute-rules.html */
    muteDetail: z.optional(z.object({ mutedByArn: z.optional(z.string()) })),
  }),
});

type AlarmEvent = z.infer<typeof AlarmEvent>;

/**
 * An alarm that rings, for the plans that name it: one of their source's account and region, or of the stack's own (`home`). Regions and accounts
 * may have alarms of one name, and a rule asks for names alone: one of elsewhere is ignored. Throws NoPlanForEvent.
 */
export function readAlarm(event: AlarmEvent, plans: readonly Plan[], home: Place): Reading {
  const { id, time, detail } = event;
  const { alarmName, state, muteDetail } = detail;
  if (state.value !== "ALARM") return { ignored: `The alarm ${alarmName} went to ${state.value}, not to ALARM.` };
  if (muteDetail !== undefined)
    return { ignored: `The alarm ${alarmName} is muted by ${muteDetail.mutedByArn ?? "a mute rule"}.` };
  if (state.actionsSuppressedBy !== undefined)
    return { ignored: `The actions of the alarm ${alarmName} are suppressed by ${state.actionsSuppressedBy}.` };
  const named = plans.filter(({ incidents }) => incidents.alarms.includes(alarmName));
  if (named.length === 0)
    throw noPlanFor({
      asked: `alarm "${alarmName}"`,
      word: alarmName,
      there: plans.flatMap(({ incidents }) => incidents.alarms),
      fix: "Write it into incidents.alarms of the plan whose database it is about, and deploy; or do not send it here.",
    });
  const place = placeOf(event);
  const meant = named.filter(
    ({ source: { region, account = home.account } }) => isSame(place, home) || isSame(place, { region, account }),
  );
  if (meant.length === 0)
    return {
      ignored: `The alarm ${alarmName} is in ${place.region} of the account ${place.account}: neither the stack nor the source of a plan that names an alarm so is there.`,
    };
  const raisedAt = state.timestamp;
  return {
    incident: { eventId: id, sentAt: time, what: `alarm ${alarmName}`, raisedAt, happenedAt: raisedAt, plans: meant },
  };
}

/** By its ARN, which is the same wherever the event was forwarded to; what surrounds it stands in for that. */
function placeOf({ resources = [], region, account }: AlarmEvent): Place {
  const [, , , ofRegion = region, ofAccount = account] = resources.find((arn) => ALARM_ARN.test(arn))?.split(":") ?? [];
  return { region: ofRegion, account: ofAccount };
}

const isSame = (one: Place, other: Place): boolean => one.region === other.region && one.account === other.account;
