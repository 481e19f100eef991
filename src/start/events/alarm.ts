import * as z from "zod/mini";
import type { Plan } from "../../plan/plan.ts";
import { ENVELOPE, EventInstant, type Reading } from "../incident.ts";
import { noPlanFor } from "../no-plan.ts";

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html */
export const AlarmEvent = z.object({
  ...ENVELOPE,
  source: z.literal("aws.cloudwatch"),
  "detail-type": z.literal("CloudWatch Alarm State Change"),
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

/** An alarm that rings, for the plans that name it. Throws NoPlanForEvent. */
export function readAlarm({ id, time, detail }: z.infer<typeof AlarmEvent>, plans: readonly Plan[]): Reading {
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
  const raisedAt = state.timestamp;
  return {
    incident: { eventId: id, sentAt: time, what: `alarm ${alarmName}`, raisedAt, happenedAt: raisedAt, plans: named },
  };
}
