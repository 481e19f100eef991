// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders of CloudFormation, not of JavaScript
import { readdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { RegoEngine, TemplateFile } from "@aws/cloudformation-validate";
import validateDefinition from "asl-validator";
import { beforeAll, describe, expect, it } from "vitest";
import * as z from "zod/mini";
import { functionNames } from "../../packaging/bundle.ts";
import { isAllowed } from "../../packaging/permissions.ts";
import { type PackagedTemplate, readPackagedTemplate } from "../../packaging/template.ts";
import { SurveyBackupsInput } from "../../src/backups/survey-backups.ts";
import { CaptureBaselineInput } from "../../src/baseline/capture-baseline.ts";
import { StartDueDrillsInput } from "../../src/cadence/start-due-drills.ts";
import { WatchdogInput } from "../../src/cadence/watchdog.ts";
import { STEPS } from "../../src/evidence/journal.ts";
import { WriteIndexInput } from "../../src/index/write-index.ts";
import { readPattern } from "../../src/local/events/pattern.ts";
import { StartScheduledDrillInput } from "../../src/start/start-scheduled-drill.ts";
import { SweepInput } from "../../src/sweep/sweep.ts";
import { PROJECT_DIRECTORY, packagedService } from "./packaged-service.ts";
import { settingsReadBy } from "./settings.ts";

let directory: string;
let template: PackagedTemplate;
beforeAll(async () => {
  directory = await packagedService();
  template = await readPackagedTemplate(directory);
});

const FUNCTIONS = functionNames();
/** `capture-baseline.asl.json` is the machine restore-drill-capture-baseline, and `restore-drill.asl.json` the drill itself. */
const MACHINES = readdirSync(join(PROJECT_DIRECTORY, "statemachines"))
  .map((file) => file.replace(".asl.json", ""))
  .sort();
const fileOf = (machine: string): string =>
  machine === "restore-drill" ? machine : machine.replace("restore-drill-", "");

const ofType = (type: string): unknown[] =>
  Object.values(template.resources)
    .filter((resource) => resource.type === type)
    .map(({ properties }) => properties);

describe("the packaged template", () => {
  it("has nothing that AWS's validator calls an error", () => {
    const engine = new RegoEngine();
    try {
      const file = join(directory, "cloudformation-template-update-stack.json");
      const { diagnostics } = engine.validateStandard(new TemplateFile(file));
      const errors = diagnostics.filter(({ severity }) => severity === "ERROR" || severity === "FATAL");
      expect(errors.map(({ ruleId, message }) => `${ruleId} ${message}`)).toEqual([]);
    } finally {
      engine.free();
    }
  });

  it("has one function for every entry file, called alike, and with it every step of a drill", () => {
    expect(template.functions.map(({ name }) => name)).toEqual(FUNCTIONS);
    expect(FUNCTIONS).toEqual(expect.arrayContaining([...STEPS]));
  });

  it("damages no sandbox unless someone asks for it", () => {
    const { environment } = template.functions.find(({ name }) => name === "plan-drill") ?? {};
    expect(environment?.["COUNTERPROOF"]).toBe("off");
  });

  it("keeps the key of fingerprints when the stack is deleted: an HMAC key, for the functions that make them alone", () => {
    const key = template.resources["FingerprintKey"];
    expect(key).toMatchObject({
      deletionPolicy: "Retain",
      properties: { KeyUsage: "GENERATE_VERIFY_MAC", KeySpec: "HMAC_256" },
    });
    const given = template.functions.filter(({ environment }) => "FINGERPRINT_KEY" in environment);
    expect(given.map(({ name }) => name)).toEqual(["capture-baseline", "prove-checks", "run-checks"]);
    const makers = template.functions.filter(({ statements }) =>
      statements.some(({ Action }) => Action.includes("kms:GenerateMac")),
    );
    expect(makers.map(({ name }) => name)).toEqual(["capture-baseline", "prove-checks", "run-checks"]);
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
    expect(names).toEqual(expect.arrayContaining(FUNCTIONS.map((name) => `/aws/lambda/restore-drill-${name}`)));
  });

  it.each(FUNCTIONS)("%s is given every setting that it reads", async (step) => {
    const { environment } = template.functions.find(({ name }) => name === step) ?? { environment: {} };
    const read = await settingsReadBy(join(PROJECT_DIRECTORY, "functions", `${step}.ts`));
    expect(read).toContain("EVIDENCE_BUCKET");
    expect(read.filter((name) => !(name in environment))).toEqual([]);
  });
});

describe("the state machines", () => {
  it("passes the validator of the Amazon States Language once its placeholders are substituted", () => {
    for (const { definition } of template.stateMachines) {
      const { isValid, errorsText } = validateDefinition(structuredClone(definition));
      expect(isValid, errorsText("\n")).toBe(true);
      expect(JSON.stringify(definition)).not.toContain("${");
    }
  });

  it("has a substitution for every placeholder, and a placeholder for every substitution", async () => {
    expect(template.stateMachines.map(({ name }) => fileOf(name)).sort()).toEqual(MACHINES);
    for (const { name, substitutions } of template.stateMachines) {
      const file = join(PROJECT_DIRECTORY, "statemachines", `${fileOf(name)}.asl.json`);
      const placeholders = new Set(
        [...(await readFile(file, "utf8")).matchAll(/\$\{(\w+)\}/g)].map(([, each]) => each),
      );
      expect(Object.keys(substitutions).sort()).toEqual([...placeholders].sort());
    }
  });

  it("gives every Task at least the time that its function may take", () => {
    const tasks = template.stateMachines.flatMap(({ definition }) => tasksIn(definition));
    expect(tasks.length).toBeGreaterThanOrEqual(STEPS.length);
    for (const { Resource, TimeoutSeconds } of tasks) {
      const called = template.functions.find(({ arn }) => arn === Resource);
      expect(TimeoutSeconds, called?.name).toBeGreaterThanOrEqual(called?.timeoutSeconds ?? Number.POSITIVE_INFINITY);
    }
  });
});

describe("the schedules", () => {
  const Schedule = z.object({
    GroupName: z.string(),
    ScheduleExpression: z.string(),
    State: z.string(),
    Target: z.object({ Arn: z.string(), Input: z.string() }),
  });
  const schedules = () => z.parse(z.array(Schedule), ofType("AWS::Scheduler::Schedule"));
  const idOf = (arn: string): string => arn.slice(arn.lastIndexOf(":") + 1);

  /** What each target understands; a plan's is what EventBridge Scheduler makes of it. */
  const INPUTS: Readonly<Record<string, z.core.$ZodType>> = {
    "restore-drill-sweep": SweepInput,
    "restore-drill-watchdog": WatchdogInput,
    "restore-drill-survey-backups": SurveyBackupsInput,
    "restore-drill-write-index": WriteIndexInput,
    "restore-drill-start-scheduled-drill": StartScheduledDrillInput,
    "restore-drill-start-due-drills": StartDueDrillsInput,
    "restore-drill-capture-baseline": CaptureBaselineInput.shape.request,
  };

  it("are all in the stack's own group, and give their targets what they understand", () => {
    expect(new Set(schedules().map(({ Target }) => idOf(Target.Arn)))).toEqual(new Set(Object.keys(INPUTS)));
    for (const { GroupName, Target } of schedules()) {
      expect(GroupName).toBe("restore-drill");
      const input = Target.Input.replace("<aws.scheduler.scheduled-time>", "2026-11-24T04:00:00Z");
      const read = INPUTS[idOf(Target.Arn)];
      expect(read && z.safeParse(read, JSON.parse(input)).success, Target.Input).toBe(true);
    }
  });

  it("start nothing that costs money before somebody enables them, and always look after what is there", () => {
    const states = schedules().map(({ Target, State }) => [idOf(Target.Arn), State]);
    expect(Object.fromEntries(states)).toEqual({
      "restore-drill-sweep": "ENABLED",
      "restore-drill-watchdog": "ENABLED",
      "restore-drill-survey-backups": "ENABLED",
      "restore-drill-write-index": "ENABLED",
      "restore-drill-start-scheduled-drill": "DISABLED",
      "restore-drill-start-due-drills": "DISABLED",
      "restore-drill-capture-baseline": "DISABLED",
    });
  });
});

describe("the rules", () => {
  const Rule = z.object({
    Name: z.string(),
    EventPattern: z.unknown(),
    Targets: z.array(z.object({ Arn: z.string(), RoleArn: z.optional(z.string()) })),
  });

  it("may each start what they name: a machine under a role, a function by its own permission", () => {
    const permissions = ofType("AWS::Lambda::Permission");
    for (const { Name, Targets } of z.parse(z.array(Rule), ofType("AWS::Events::Rule"))) {
      for (const { Arn, RoleArn } of Targets) {
        if (Arn.startsWith("arn:aws:states:")) {
          expect(isAllowed(template.roles.get(RoleArn ?? "") ?? [], "states:StartExecution", Arn), Name).toBe(true);
          continue;
        }
        expect(permissions, Name).toContainEqual({
          FunctionName: Arn,
          Action: "lambda:InvokeFunction",
          Principal: "events.amazonaws.com",
          SourceArn: `arn:aws:events:eu-central-1:000000000000:rule/${Name}`,
        });
      }
    }
  });

  it("have patterns that EventBridge reads: lists of values, in at most 2,048 characters", () => {
    for (const { Name, EventPattern } of z.parse(z.array(Rule), ofType("AWS::Events::Rule"))) {
      expect(() => readPattern(EventPattern), Name).not.toThrow();
      expect(JSON.stringify(EventPattern).length, Name).toBeLessThanOrEqual(2048);
    }
  });

  it("take requests of anybody, and of AWS Backup only Aurora's restore tests that were completed", () => {
    const matches = (id: string, event: object): boolean => {
      const { EventPattern } = z.parse(Rule, template.resources[id]?.properties);
      return readPattern(EventPattern)(event);
    };
    const requested = { source: "restore-drill", "detail-type": "Restore Drill Requested", detail: { plan: "orders" } };
    expect(matches("DrillRequested", requested)).toBe(true);
    expect(matches("DrillRequested", { ...requested, source: "another" })).toBe(false);
    const detail = {
      restoreJobId: "AB12",
      status: "COMPLETED",
      resourceType: "Aurora",
      restoreTestingPlanArn: "arn:aws:backup:eu-central-1:111122223333:restore-testing-plan:weekly-1",
    };
    const ended = (changes: object) =>
      matches("RestoreTestEnded", {
        source: "aws.backup",
        "detail-type": "Restore Job State Change",
        detail: { ...detail, ...changes },
      });
    expect(ended({})).toBe(true);
    expect(
      [{ status: "RUNNING" }, { resourceType: "EBS" }, { restoreTestingPlanArn: undefined }].filter(ended),
    ).toEqual([]);
  });
});

const Task = z.object({ Type: z.literal("Task"), Resource: z.string(), TimeoutSeconds: z.number() });

function tasksIn(value: unknown): z.infer<typeof Task>[] {
  if (typeof value !== "object" || value === null) return [];
  const task = Task.safeParse(value);
  return task.success ? [task.data] : Object.values(value).flatMap(tasksIn);
}
