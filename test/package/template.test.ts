// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders of CloudFormation, not of JavaScript
import { readdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { RegoEngine, TemplateFile } from "@aws/cloudformation-validate";
import validateDefinition from "asl-validator";
import { beforeAll, describe, expect, it } from "vitest";
import * as z from "zod/mini";
import { functionNames } from "../../packaging/bundle.ts";
import { type PackagedTemplate, readPackagedTemplate } from "../../packaging/template.ts";
import { CaptureBaselineInput } from "../../src/baseline/capture-baseline.ts";
import { STEPS } from "../../src/evidence/journal.ts";
import { DrillRequest } from "../../src/plan/drill.ts";
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
    ScheduleExpression: z.string(),
    State: z.string(),
    Target: z.object({ Arn: z.string(), Input: z.string() }),
  });

  const startedBy = (machine: string) => {
    const schedules = z.parse(z.array(Schedule), ofType("AWS::Scheduler::Schedule"));
    const { arn } = template.stateMachines.find(({ name }) => name === machine) ?? {};
    return schedules.filter(({ Target }) => Target.Arn === arn);
  };

  it("start each machine at times that exist, once they are enabled", () => {
    for (const machine of ["restore-drill", "restore-drill-capture-baseline"] as const) {
      const schedules = startedBy(machine);
      expect(schedules).toMatchObject([{ State: "DISABLED", ScheduleExpression: expect.stringMatching(CRON) }]);
    }
  });

  it("make requests that PlanDrill and CaptureBaseline understand", () => {
    const [drill, capture] = [startedBy("restore-drill")[0], startedBy("restore-drill-capture-baseline")[0]];
    expect(z.parse(DrillRequest, JSON.parse(drill?.Target.Input ?? ""))).toMatchObject({
      plan: "orders",
      trigger: { kind: "schedule" },
    });
    const request = JSON.parse(capture?.Target.Input ?? "");
    expect(z.parse(CaptureBaselineInput.shape.request, request)).toEqual({ plan: "orders" });
  });
});

/** Minute, hour, then a day of the month or of the week but not both: https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html */
const CRON =
  /^cron\(([0-5]?\d) ([01]?\d|2[0-3]) (\? \S+ (SUN|MON|TUE|WED|THU|FRI|SAT)|(\*|[1-9]|[12]\d|3[01]|L) \S+ \?) (\*|20\d\d)\)$/;

const Task = z.object({ Type: z.literal("Task"), Resource: z.string(), TimeoutSeconds: z.number() });

function tasksIn(value: unknown): z.infer<typeof Task>[] {
  if (typeof value !== "object" || value === null) return [];
  const task = Task.safeParse(value);
  return task.success ? [task.data] : Object.values(value).flatMap(tasksIn);
}
