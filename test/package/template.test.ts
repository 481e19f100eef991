// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders of CloudFormation, not of JavaScript
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { RegoEngine, TemplateFile } from "@aws/cloudformation-validate";
import validateDefinition from "asl-validator";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod/mini";
import { type PackagedTemplate, readPackagedTemplate } from "../../packaging/template.ts";
import { STEPS } from "../../src/evidence/journal.ts";
import { DrillRequest } from "../../src/plan/drill.ts";
import { type PackagedService, PROJECT_DIRECTORY, packageService } from "./packaged-service.ts";
import { settingsReadBy } from "./settings.ts";

let service: PackagedService;
let template: PackagedTemplate;
beforeAll(async () => {
  service = await packageService();
  template = await readPackagedTemplate(service.directory);
});
afterAll(() => service?.remove());

const ofType = (type: string): unknown[] =>
  Object.values(template.resources)
    .filter((resource) => resource.type === type)
    .map(({ properties }) => properties);

describe("the packaged template", () => {
  it("has nothing that AWS's validator calls an error", () => {
    const engine = new RegoEngine();
    try {
      const file = join(service.directory, "cloudformation-template-update-stack.json");
      const { diagnostics } = engine.validateStandard(new TemplateFile(file));
      const errors = diagnostics.filter(({ severity }) => severity === "ERROR" || severity === "FATAL");
      expect(errors.map(({ ruleId, message }) => `${ruleId} ${message}`)).toEqual([]);
    } finally {
      engine.free();
    }
  });

  it("has one function a step, called alike", () => {
    expect(template.functions.map(({ name }) => name)).toEqual([...STEPS].sort());
  });

  it("keeps the evidence when the stack is deleted, versioned, closed to the public and to plain HTTP", () => {
    const [bucket, policy] = [template.resources["EvidenceBucket"], template.resources["EvidenceBucketPolicy"]];
    expect(bucket?.properties).toMatchObject({
      VersioningConfiguration: { Status: "Enabled" },
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
    });
    expect(JSON.stringify(policy?.properties)).toContain('"Bool":{"aws:SecureTransport":"false"}');
    expect(bucket?.deletionPolicy).toBe("Retain");
  });

  it("encrypts the topic with a key of its own, which rotates", () => {
    expect(ofType("AWS::SNS::Topic")).toMatchObject([{ KmsMasterKeyId: expect.stringMatching(/^arn:aws:kms:/) }]);
    expect(ofType("AWS::KMS::Key")).toMatchObject([{ EnableKeyRotation: true }]);
  });
});

describe("every function", () => {
  it("ends within Lambda's 900 s and runs on a runtime that Lambda has", () => {
    for (const { properties } of Object.values(template.resources).filter((each) => each.type.endsWith("::Function"))) {
      const { Timeout, Runtime } = z.parse(z.object({ Timeout: z.number(), Runtime: z.string() }), properties);
      expect(Timeout).toBeLessThanOrEqual(900);
      expect(Runtime).toBe("nodejs24.x");
    }
  });

  it("logs to a group that forgets", () => {
    const groups = z.parse(
      z.array(z.object({ LogGroupName: z.string(), RetentionInDays: z.number() })),
      ofType("AWS::Logs::LogGroup"),
    );
    const names = groups.map(({ LogGroupName }) => LogGroupName);
    expect(names).toEqual(expect.arrayContaining(STEPS.map((step) => `/aws/lambda/restore-drill-${step}`)));
  });

  it.each(STEPS)("%s is given every setting that it reads", async (step) => {
    const { environment } = template.functions.find(({ name }) => name === step) ?? { environment: {} };
    const read = await settingsReadBy(join(PROJECT_DIRECTORY, "functions", `${step}.ts`));
    expect(read).toContain("EVIDENCE_BUCKET");
    expect(read.filter((name) => !(name in environment))).toEqual([]);
  });
});

describe("the state machine", () => {
  it("passes the validator of the Amazon States Language once its placeholders are substituted", () => {
    for (const { definition } of template.stateMachines) {
      const { isValid, errorsText } = validateDefinition(structuredClone(definition));
      expect(isValid, errorsText("\n")).toBe(true);
      expect(JSON.stringify(definition)).not.toContain("${");
    }
  });

  it("has a substitution for every placeholder, and a placeholder for every substitution", async () => {
    const source = await readFile(join(PROJECT_DIRECTORY, "statemachines/restore-drill.asl.json"), "utf8");
    const placeholders = new Set([...source.matchAll(/\$\{(\w+)\}/g)].map(([, name]) => name));
    expect(template.stateMachines).toHaveLength(1);
    expect(Object.keys(template.stateMachines[0]?.substitutions ?? {}).sort()).toEqual([...placeholders].sort());
  });

  it("gives every Task at least the time that its function may take", () => {
    const tasks = template.stateMachines.flatMap(({ definition }) => tasksIn(definition));
    expect(tasks).toHaveLength(STEPS.length);
    for (const { Resource, TimeoutSeconds } of tasks) {
      const called = template.functions.find(({ arn }) => arn === Resource);
      expect(TimeoutSeconds, called?.name).toBeGreaterThanOrEqual(called?.timeoutSeconds ?? Number.POSITIVE_INFINITY);
    }
  });
});

describe("the schedule", () => {
  const Schedule = z.object({
    ScheduleExpression: z.string(),
    State: z.string(),
    Target: z.object({ Arn: z.string(), Input: z.string() }),
  });

  it("starts the state machine with a request that PlanDrill understands, at times that exist, once it is enabled", () => {
    const schedules = z.parse(z.array(Schedule), ofType("AWS::Scheduler::Schedule"));
    expect(schedules).toHaveLength(1);
    for (const { ScheduleExpression, State, Target } of schedules) {
      expect(ScheduleExpression).toMatch(CRON);
      expect(State).toBe("DISABLED");
      expect(Target.Arn).toBe(template.stateMachines[0]?.arn);
      expect(z.parse(DrillRequest, JSON.parse(Target.Input))).toMatchObject({
        plan: "orders",
        trigger: { kind: "schedule" },
      });
    }
  });
});

/** Minute, hour, then a day of the month or of the week but not both: https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html */
const CRON =
  /^cron\(([0-5]?\d) ([01]?\d|2[0-3]) (\? \S+ (SUN|MON|TUE|WED|THU|FRI|SAT)|([1-9]|[12]\d|3[01]|L) \S+ \?) (\*|20\d\d)\)$/;

const Task = z.object({ Type: z.literal("Task"), Resource: z.string(), TimeoutSeconds: z.number() });

function tasksIn(value: unknown): z.infer<typeof Task>[] {
  if (typeof value !== "object" || value === null) return [];
  const task = Task.safeParse(value);
  return task.success ? [task.data] : Object.values(value).flatMap(tasksIn);
}
