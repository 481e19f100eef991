import * as z from "zod/mini";
import { Plan } from "../plan/plan.ts";
import { type DrillStarter, executionName, startDrill } from "./start-drill.ts";

/** As packaging/plan-resources.ts writes it into a schedule. */
export const StartScheduledDrillInput = z.strictObject({
  plan: Plan.shape.plan,
  /** The schedule's name, which says who started the drill. */
  schedule: z.string().check(z.regex(/^[\w.-]{1,64}$/, "is not the name of a schedule")),
  /** The moment that the schedule names for this drill. */
  slot: z.iso.datetime("is no moment such as 2026-11-24T04:00:00Z, which <aws.scheduler.scheduled-time> stands for"),
});

export interface ScheduledAnswer {
  /** False for a slot whose drill was started before. */
  readonly started: boolean;
  readonly why: string;
  readonly executionArn: string;
}

/**
 * Starts the drill of one slot of a schedule. EventBridge Scheduler delivers at least once, each time with the slot's own time, with a flexible window
 * too: the execution's name is made of that time in whole minutes, which is as exact as a schedule is, so one slot is one drill.
 * https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html
 */
export async function startScheduledDrill(
  starter: DrillStarter,
  { plan, schedule, slot }: z.infer<typeof StartScheduledDrillInput>,
): Promise<ScheduledAnswer> {
  const name = executionName("schedule", plan, minuteOf(slot));
  const { executionArn, isNew } = await startDrill(starter, name, {
    plan,
    trigger: { kind: "schedule", by: schedule },
  });
  const why = isNew ? `The slot of ${slot} has come.` : `The drill of ${slot} was started before.`;
  return { started: isNew, why, executionArn };
}

function minuteOf(slot: string): Date {
  const moment = new Date(slot);
  moment.setUTCSeconds(0, 0);
  return moment;
}
