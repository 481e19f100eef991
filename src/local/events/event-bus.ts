/** EventBridge and its Scheduler: what happens in the account starts what the template's rules and schedules say. */
import type { DescribeExecutionOutput } from "@aws-sdk/client-sfn";
import type { PackagedTemplate } from "../../../packaging/template.ts";
import type { ExecutionEvent } from "../services/states.ts";
import { type DeadLetterQueues, type Sender, withLost } from "./dead-letters.ts";
import { type DeployedRule, type DeployedSchedule, readRules, readSchedules, type Target } from "./deployed.ts";
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

export interface EventBusOptions {
  readonly accountId: string;
  readonly region: string;
  readonly template: PackagedTemplate;
  readonly start: StartTarget;
  readonly deadLetters: Pick<DeadLetterQueues, "send">;
  readonly describe: (executionArn: string) => DescribeExecutionOutput;
  readonly finished: (executionArn: string) => Promise<DescribeExecutionOutput>;
  /** Told of every event that a rule could not deliver. */
  readonly onFailedInvocation?: (rule: string) => void;
}

/** When the tick is of, and how often it comes: the Scheduler delivers at least once. */
export interface Tick {
  readonly slot?: Date;
  readonly times?: number;
}

export interface EventBus {
  /** In the order in which they began. */
  readonly deliveries: readonly Delivery[];
  /** Takes every event of every execution; acts on those that change its status. */
  onExecutionEvent(event: ExecutionEvent): void;
  /** Takes an event as EventBridge writes it, of whatever account, region and time it says. What it starts is over when all has `settled`. */
  put(event: unknown): void;
  /**
   * Does what the schedule would do at its time, and resolves when its target has started. Rejects when it is DISABLED or not there, and
   * with what AWS would answer to a role that may not start it.
   */
  fireSchedule(name: string, tick?: Tick): Promise<void>;
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

/** What a delivery is made of. */
interface Parcel {
  readonly by: string;
  readonly source: Source;
  readonly target: Target;
  readonly makeInput: () => unknown;
  /** What lies in the queue if it fails. */
  readonly letter: unknown;
}

/** Throws on a rule or schedule that uses what is not known here. */
export function openEventBus(options: EventBusOptions): EventBus {
  const rules = readRules(options.template);
  const schedules = readSchedules(options.template);
  const deliveries: Delivery[] = [];
  const pending = new Set<Promise<unknown>>();
  let isClosed = false;

  const track = (work: Promise<unknown>): void => {
    const settled = work.catch(() => {}).finally(() => pending.delete(settled));
    pending.add(settled);
  };

  /** Resolves when the target has started; rejects with why it has not: an input that can not be made is such a reason. */
  const deliver = async (parcel: Parcel): Promise<void> => {
    if (isClosed || deliveries.length >= DELIVERIES_LIMIT) return;
    const { by, source, target } = parcel;
    const place = deliveries.push({ by, targetArn: target.arn, input: undefined }) - 1;
    const note = (learned: Partial<Delivery>): void => {
      const begun = deliveries[place];
      if (begun !== undefined) deliveries[place] = { ...begun, ...learned };
    };
    try {
      const input = parcel.makeInput();
      note({ input });
      const { ended } = await options.start(target, input, source);
      track(ended.catch((thrown: unknown) => note({ error: messageOf(thrown) })));
    } catch (error) {
      if (source.service === "events") options.onFailedInvocation?.(by);
      const lost = await bury(parcel, messageOf(error));
      note({ error: withLost(messageOf(error), lost === undefined ? [] : [lost]) });
      throw error;
    }
  };

  /** What is refused is not tried again. https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html */
  const bury = async ({ source, target, letter }: Parcel, reason: string): Promise<string | undefined> => {
    const { arn, roleArn, deadLetterArn } = target;
    if (deadLetterArn === undefined) return undefined;
    const isSchedule = source.service === "scheduler";
    const sender: Sender = isSchedule
      ? { from: source.arn, roleArn: roleArn ?? "" }
      : { from: source.arn, service: "events.amazonaws.com" };
    const attributes = {
      [isSchedule ? "SCHEDULE_ARN" : "RULE_ARN"]: source.arn,
      TARGET_ARN: arn,
      ERROR_MESSAGE: reason,
      RETRY_ATTEMPTS: "0",
    };
    return options.deadLetters.send(deadLetterArn, sender, { body: letter, attributes });
  };

  const deliverTo = (rule: DeployedRule, event: AccountEvent): Promise<void>[] =>
    rule.targets.map((target) => {
      const source: Source = { service: "events", arn: rule.arn };
      return deliver({ by: rule.name, source, target, makeInput: () => inputOf(target.input, event), letter: event });
    });

  const publish = (event: AccountEvent): void => {
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
    track(changed.then((execution) => publish(executionEvent(execution, options))));
  };

  const tick = (schedule: DeployedSchedule, slot: Date): Promise<void> => {
    const { name: by, arn, groupArn, target } = schedule;
    const input = scheduledInput(schedule, slot);
    const source: Source = { service: "scheduler", arn, assumesFor: groupArn };
    return deliver({ by, source, target, makeInput: () => JSON.parse(input), letter: input });
  };

  const fireSchedule = async (name: string, { slot = new Date(), times = 1 }: Tick = {}): Promise<void> => {
    const each = Array.from({ length: times });
    const schedule = schedules.find((deployed) => deployed.name === name);
    if (schedule !== undefined) {
      refuseDisabled(name, schedule.isEnabled);
      await Promise.all(each.map(() => tick(schedule, slot)));
      return;
    }
    const rule = rules.find((deployed) => deployed.name === name && deployed.isScheduled);
    if (rule === undefined) throw new TypeError(`The template has no schedule ${name}.`);
    refuseDisabled(name, rule.isEnabled);
    const event = { source: "aws.events", "detail-type": "Scheduled Event", resources: [rule.arn], detail: {} };
    await Promise.all(each.flatMap(() => deliverTo(rule, accountEvent(event, options))));
  };

  return {
    deliveries,
    onExecutionEvent,
    // A round trip, as nobody's object crosses a bus.
    put: (event) => publish(JSON.parse(JSON.stringify(event))),
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

const messageOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown));

function refuseDisabled(name: string, isEnabled: boolean): void {
  if (!isEnabled) throw new TypeError(`The schedule ${name} is DISABLED: it never fires.`);
}

/** https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html */
function scheduledInput({ arn, target }: DeployedSchedule, slot: Date): string {
  const attributes: Readonly<Record<string, string>> = {
    "aws.scheduler.schedule-arn": arn,
    "aws.scheduler.scheduled-time": `${slot.toISOString().slice(0, 19)}Z`,
    "aws.scheduler.execution-id": crypto.randomUUID(),
    "aws.scheduler.attempt-number": "1",
  };
  const text = target.input.Input ?? "{}";
  return text.replace(/<(aws\.scheduler\.[\w-]+)>/g, (all, name: string) => attributes[name] ?? all);
}
