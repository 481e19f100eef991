/** Whether logs, machines and names of the stack are as they have to be. */
import * as z from "zod/mini";
import { physicalNames } from "../../../packaging/physical-names.ts";
import { problemsUnless, resourcesOf, type TemplateCheck } from "./resources.ts";

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html */
const RETENTIONS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];
const LogGroup = z.object({ LogGroupName: z.string(), RetentionInDays: z.optional(z.number()) });

/** Without a group of its own a function makes one that keeps everything for ever. */
export const logProblems: TemplateCheck = (template) => {
  const groups = resourcesOf(template, "AWS::Logs::LogGroup", LogGroup);
  const names = groups.map(({ properties }) => properties.LogGroupName);
  const functions = resourcesOf(template, "AWS::Lambda::Function", z.object({ FunctionName: z.string() }));
  return [
    ...groups.flatMap(({ id, properties: { RetentionInDays } }) =>
      problemsUnless(id, { "it forgets after a time that CloudWatch has": RETENTIONS.includes(RetentionInDays ?? 0) }),
    ),
    ...functions.flatMap(({ id, properties }) =>
      problemsUnless(id, { "it has a log group": names.includes(`/aws/lambda/${properties.FunctionName}`) }),
    ),
  ];
};

const YEAR_SECONDS = 31_536_000;

/** A machine without an end runs for a year; a Task that may take longer than its machine is never over. */
export const machineProblems: TemplateCheck = (template) =>
  template.stateMachines.flatMap(({ name, definition }) => {
    const { TimeoutSeconds: limit } = z.parse(z.object({ TimeoutSeconds: z._default(z.number(), 0) }), definition);
    const tasks = timeoutsIn(definition["States"]);
    return problemsUnless(name, {
      "it has an end within a year": limit > 0 && limit <= YEAR_SECONDS,
      "every Task ends before it": tasks.length > 0 && tasks.every((seconds) => seconds < limit),
    });
  });

/** The time of every Task, however deep: one without has Step Functions' own, of 99,999,999 s. */
function timeoutsIn(value: unknown): number[] {
  if (typeof value !== "object" || value === null) return [];
  const own = Reflect.get(value, "Type") === "Task" ? [Number(Reflect.get(value, "TimeoutSeconds") ?? 99_999_999)] : [];
  return [...own, ...Object.values(value).flatMap(timeoutsIn)];
}

/** Stages stand side by side in one account: what has a name of its own has the stage's in it, at its beginning or after what AWS wants there. */
export const stagelessProblems =
  (name: string): TemplateCheck =>
  (template) =>
    physicalNames(
      Object.fromEntries(
        Object.entries(template.resources).map(([id, { type, properties }]) => [
          id,
          { Type: type, Properties: z.parse(z.record(z.string(), z.unknown()), properties) },
        ]),
      ),
    ).flatMap(({ logicalId, name: given }) =>
      problemsUnless(logicalId, {
        [`${given} begins with ${name}`]: given
          .replace(/^(\/aws\/(lambda|vendedlogs\/states)\/|alias\/)/, "")
          .startsWith(name),
      }),
    );
