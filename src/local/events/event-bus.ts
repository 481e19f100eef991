/** EventBridge and its Scheduler: what happens in the account starts what the template's rules and schedules say. */
import type { DescribeExecutionOutput } from "@aws-sdk/client-sfn";
import type { PackagedTemplate } from "../../../packaging/template.ts";
import type { ExecutionEvent } from "../services/states.ts";
import { type DeployedRule, type Place, readRules, readSchedules, type Target } from "./deployed.ts";
import { type AccountEvent, accountEvent, executionEvent } from "./execution-event.ts";
import type { Source, StartTarget } from "./start-target.ts";
import { inputOf } from "./target-input.ts";

/** One event or tick that a target was given. */
export interface Delivery {
  /** The rule's or schedule's name. */
  readonly by: string;
  readonly targetArn: string;
  /** Undefined where none could be made of the event. */
  readonly input: unknown;
  /** Why the target did not start, or how it failed. An execution that ends red was delivered. */
  readonly error?: string;
}

export interface EventBusOptions extends Place {
  readonly template: PackagedTemplate;
  readonly start: StartTarget;
  readonly describe: (executionArn: string) => DescribeExecutionOutput;
  readonly finished: (executionArn: string) => Promise<DescribeExecutionOutput>;
}

export interface EventBus {
  /** In the order in which they began. */
  readonly deliveries: readonly Delivery[];
  /** Takes every event of every execution; acts on those that change its status. */
  onExecutionEvent(event: ExecutionEvent): void;
  /**
   * Does what the schedule would do at its time, and resolves when its target has started. Rejects when it is DISABLED or not there, and
   * with what AWS would answer to a role that may not start it.
   */
  fireSchedule(name: string): Promise<void>;
  /** Resolves when every delivery, and whatever it started, has ended. Rejects when rules feed each other without an end. */
  settled(): Promise<void>;
  /** Delivers nothing any more. */
  close(): void;
}

/** A test of every fault of a drill delivers a few hundred; a rule that answers to what it starts itself would never end. */
const DELIVERIES_LIMIT = 10_000;

/** The event that begins an execution, and those that end one. */
const STATUS_CHANGES = new Set<string>([
  "ExecutionStarted",
  "ExecutionSucceeded",
  "ExecutionFailed",
  "ExecutionTimedOut",
  "ExecutionAborted",
]);

/** Throws on a rule or schedule that uses what is not known here. */
export function openEventBus(options: EventBusOptions): EventBus {
  const rules = readRules(options.template, options);
  const schedules = readSchedules(options.template, options);
  const deliveries: Delivery[] = [];
  const pending = new Set<Promise<unknown>>();
  let isClosed = false;

  const track = (work: Promise<unknown>): void => {
    const settled = work.catch(() => {}).finally(() => pending.delete(settled));
    pending.add(settled);
  };

  /** Resolves when the target has started; rejects with why it has not: an input that can not be made is such a reason. */
  const deliver = async (by: string, source: Source, target: Target, makeInput: () => unknown): Promise<void> => {
    if (isClosed || deliveries.length >= DELIVERIES_LIMIT) return;
    const place = deliveries.push({ by, targetArn: target.arn, input: undefined }) - 1;
    const note = (learned: Partial<Delivery>): void => {
      const begun = deliveries[place];
      if (begun !== undefined) deliveries[place] = { ...begun, ...learned };
    };
    const fail = (thrown: unknown): void => note({ error: thrown instanceof Error ? thrown.message : String(thrown) });
    try {
      const input = makeInput();
      note({ input });
      const { ended } = await options.start(target, input, source);
      track(ended.catch(fail));
    } catch (error) {
      fail(error);
      throw error;
    }
  };

  const deliverTo = (rule: DeployedRule, event: AccountEvent): Promise<void>[] =>
    rule.targets.map((target) =>
      deliver(rule.name, { service: "events", arn: rule.arn }, target, () => inputOf(target.input, event)),
    );

  const publish = (execution: DescribeExecutionOutput): void => {
    const event = executionEvent(execution, options);
    for (const rule of rules) {
      if (rule.isEnabled && rule.matches?.(event) === true) deliverTo(rule, event).forEach(track);
    }
  };

  const onExecutionEvent = ({ executionArn, type }: ExecutionEvent): void => {
    if (isClosed || !STATUS_CHANGES.has(type)) return;
    const changed =
      type === "ExecutionStarted"
        ? Promise.resolve().then(() => options.describe(executionArn))
        : options.finished(executionArn);
    track(changed.then(publish));
  };

  const fireSchedule = async (name: string): Promise<void> => {
    const schedule = schedules.find((each) => each.name === name);
    if (schedule !== undefined) {
      refuseDisabled(name, schedule.isEnabled);
      const source = { service: "scheduler", arn: schedule.arn } as const;
      return deliver(name, source, schedule.target, () => scheduledInput(schedule.target, schedule.arn));
    }
    const rule = rules.find((each) => each.name === name && each.isScheduled);
    if (rule === undefined) throw new TypeError(`The template has no schedule ${name}.`);
    refuseDisabled(name, rule.isEnabled);
    const tick = { source: "aws.events", "detail-type": "Scheduled Event", resources: [rule.arn], detail: {} };
    await Promise.all(deliverTo(rule, accountEvent(tick, options)));
  };

  return {
    deliveries,
    onExecutionEvent,
    fireSchedule,
    async settled() {
      while (pending.size > 0) await Promise.all(pending);
      if (deliveries.length >= DELIVERIES_LIMIT)
        throw new Error(`${DELIVERIES_LIMIT} deliveries: a rule answers to what it starts.`);
    },
    close: () => {
      isClosed = true;
    },
  };
}

function refuseDisabled(name: string, isEnabled: boolean): void {
  if (!isEnabled) throw new TypeError(`The schedule ${name} is DISABLED: it never fires.`);
}

/** https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html */
function scheduledInput({ input }: Target, scheduleArn: string): unknown {
  const attributes: Readonly<Record<string, string>> = {
    "aws.scheduler.schedule-arn": scheduleArn,
    "aws.scheduler.scheduled-time": `${new Date().toISOString().slice(0, 19)}Z`,
    "aws.scheduler.execution-id": crypto.randomUUID(),
    "aws.scheduler.attempt-number": "1",
  };
  const text = input.Input ?? "{}";
  return JSON.parse(text.replace(/<(aws\.scheduler\.[\w-]+)>/g, (all, name: string) => attributes[name] ?? all));
}
