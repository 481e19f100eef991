/** The template's EventBridge rules and schedules, as they are deployed. */
import * as z from "zod/mini";
import type { PackagedTemplate } from "../../../packaging/template.ts";
import { type Matcher, readPattern } from "./pattern.ts";
import { InputSettings } from "./target-input.ts";

export interface Target {
  readonly arn: string;
  readonly roleArn?: string | undefined;
  readonly input: InputSettings;
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
  readonly isEnabled: boolean;
  readonly target: Target;
}

const State = z._default(z.string(), "ENABLED");
const Rule = z.object({
  State,
  EventPattern: z.optional(z.unknown()),
  ScheduleExpression: z.optional(z.string()),
  Targets: z.array(z.extend(InputSettings, { Arn: z.string(), RoleArn: z.optional(z.string()) })),
});
const Schedule = z.object({
  State,
  Target: z.object({ Arn: z.string(), RoleArn: z.string(), Input: z.optional(z.string()) }),
});

export interface Place {
  readonly accountId: string;
  readonly region: string;
}

/** Throws on what is not known here: a kind of target, an operator of a pattern. */
export function readRules({ resources }: PackagedTemplate, { region, accountId }: Place): DeployedRule[] {
  return ofType(resources, "AWS::Events::Rule").map(({ ref: name, properties }) => {
    const { State: state, EventPattern, ScheduleExpression, Targets } = z.parse(Rule, properties);
    return {
      name,
      arn: `arn:aws:events:${region}:${accountId}:rule/${name}`,
      isEnabled: state !== "DISABLED",
      ...(EventPattern === undefined ? {} : { matches: readPattern(EventPattern) }),
      isScheduled: ScheduleExpression !== undefined,
      targets: Targets.map(({ Arn, RoleArn, ...input }) => known({ arn: Arn, roleArn: RoleArn, input })),
    };
  });
}

/** Throws on a kind of target that is not known here. */
export function readSchedules({ resources }: PackagedTemplate, { region, accountId }: Place): DeployedSchedule[] {
  return ofType(resources, "AWS::Scheduler::Schedule").map(({ ref: name, properties }) => {
    const { State: state, Target: target } = z.parse(Schedule, properties);
    const { Arn: arn, RoleArn: roleArn, Input = "{}" } = target;
    return {
      name,
      arn: `arn:aws:scheduler:${region}:${accountId}:schedule/default/${name}`,
      isEnabled: state !== "DISABLED",
      target: known({ arn, roleArn, input: { Input } }),
    };
  });
}

function ofType(resources: PackagedTemplate["resources"], type: string) {
  return Object.values(resources).filter((resource) => resource.type === type);
}

export const isMachine = (arn: string): boolean => /^arn:aws:states:[^:]*:\d+:stateMachine:/.test(arn);
const isFunction = (arn: string): boolean => /^arn:aws:lambda:[^:]*:\d+:function:/.test(arn);

function known(target: Target): Target {
  if (isMachine(target.arn) || isFunction(target.arn)) return target;
  throw new TypeError(`The local cloud can not deliver to ${target.arn}.`);
}
