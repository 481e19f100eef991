/** The template's EventBridge rules and schedules, as they are deployed. */
import * as z from "zod/mini";
import { ofType, type PackagedTemplate } from "../../../packaging/template.ts";
import { type Matcher, readPattern } from "./pattern.ts";
import { InputSettings } from "./target-input.ts";

export interface Target {
  readonly arn: string;
  readonly roleArn?: string | undefined;
  readonly input: InputSettings;
  /** The queue of what could not be delivered. */
  readonly deadLetterArn?: string | undefined;
}

export interface DeployedRule {
  readonly name: string;
  readonly arn: string;
  readonly isEnabled: boolean;
  /** Absent when it only acts on a schedule. */
  readonly matches?: Matcher;
  readonly isScheduled: boolean;
  readonly targets: readonly Target[];
}

export interface DeployedSchedule {
  readonly name: string;
  readonly arn: string;
  /** The Scheduler assumes a role on behalf of the group. */
  readonly groupArn: string;
  readonly isEnabled: boolean;
  readonly target: Target;
}

const State = z._default(z.string(), "ENABLED");
const DeadLetterConfig = z.optional(z.object({ Arn: z.string() }));
const Rule = z.object({
  State,
  EventPattern: z.optional(z.unknown()),
  ScheduleExpression: z.optional(z.string()),
  Targets: z.array(z.extend(InputSettings, { Arn: z.string(), RoleArn: z.optional(z.string()), DeadLetterConfig })),
});
const Schedule = z.object({
  State,
  Target: z.object({ Arn: z.string(), RoleArn: z.string(), Input: z.optional(z.string()), DeadLetterConfig }),
});

/** Throws on what is not known here: a kind of target, an operator of a pattern. */
export function readRules({ resources }: PackagedTemplate): DeployedRule[] {
  return ofType(resources, "AWS::Events::Rule").map(({ ref: name, arn = "", properties }) => {
    const { State: state, EventPattern, ScheduleExpression, Targets } = z.parse(Rule, properties);
    return {
      name,
      arn,
      isEnabled: state !== "DISABLED",
      ...(EventPattern === undefined ? {} : { matches: readPattern(EventPattern) }),
      isScheduled: ScheduleExpression !== undefined,
      targets: Targets.map(({ Arn, RoleArn, DeadLetterConfig: letters, ...input }) =>
        known({ arn: Arn, roleArn: RoleArn, deadLetterArn: letters?.Arn, input }),
      ),
    };
  });
}

/** Throws on a kind of target that is not known here. */
export function readSchedules({ resources }: PackagedTemplate): DeployedSchedule[] {
  return ofType(resources, "AWS::Scheduler::Schedule").map(({ ref: name, arn = "", properties }) => {
    const { State: state, Target: target } = z.parse(Schedule, properties);
    const { Arn, RoleArn: roleArn, Input = "{}", DeadLetterConfig: letters } = target;
    return {
      name,
      arn,
      groupArn: arn.replace(":schedule/", ":schedule-group/").replace(/\/[^/]*$/, ""),
      isEnabled: state !== "DISABLED",
      target: known({ arn: Arn, roleArn, deadLetterArn: letters?.Arn, input: { Input } }),
    };
  });
}

export const isMachine = (arn: string): boolean => /^arn:aws:states:[^:]*:\d+:stateMachine:/.test(arn);
const isFunction = (arn: string): boolean => /^arn:aws:lambda:[^:]*:\d+:function:/.test(arn);

function known(target: Target): Target {
  if (isMachine(target.arn) || isFunction(target.arn)) return target;
  throw new TypeError(`The local cloud can not deliver to ${target.arn}.`);
}
