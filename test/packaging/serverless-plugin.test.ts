import { randomUUID } from "node:crypto";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { PROJECT_DIRECTORY } from "../package/packaged-service.ts";

interface Plugin {
  readonly hooks: Readonly<Record<string, () => Promise<void>>>;
}
type Resources = Record<string, { Type: string; DeletionPolicy?: string; Properties?: Record<string, unknown> }>;

/** Loaded by its path, as the framework does. */
const load = (file: string): Promise<{ default: new (...given: unknown[]) => Plugin }> => import(file);

const ADD = "after:aws:package:finalize:mergeCustomProviderResources";
const PACKAGE = "before:package:createDeploymentArtifacts";
const DEPLOYED = "after:deploy:deploy";
const REMOVE = "before:remove:remove";

interface Stack {
  readonly serviceDir?: string;
  readonly name?: string;
  readonly stage?: string;
  readonly template?: { Resources: Resources; Parameters?: object };
  readonly resources?: Resources;
  readonly deployed?: Readonly<Record<string, string>>;
}

/** What the plugin touches of the framework, and what it says. */
async function pluginOf({ name = "restore-drill", ...stack }: Stack) {
  const said: string[] = [];
  const provider = {
    naming: { getStackName: () => name },
    getStage: () => stack.stage ?? "prod",
    getRegion: () => "eu-central-1",
    getStackResources: async () => {
      if (stack.deployed === undefined) throw new Error("no credentials");
      return Object.entries(stack.deployed).map(([LogicalResourceId, PhysicalResourceId]) => ({
        LogicalResourceId,
        PhysicalResourceId,
      }));
    },
  };
  const { default: RestoreDrillPackages } = await load(join(PROJECT_DIRECTORY, "packaging/serverless-plugin.mjs"));
  const { hooks } = new RestoreDrillPackages(
    {
      serviceDir: stack.serviceDir ?? PROJECT_DIRECTORY,
      service: {
        provider: { compiledCloudFormationTemplate: stack.template },
        resources: { Resources: stack.resources ?? {} },
        getAllFunctions: () => [],
      },
      classes: { Error },
      getProvider: () => provider,
    },
    {},
    { log: { notice: (line: string) => said.push(line) } },
  );
  return { hooks, said };
}

describe("the resources of plans", () => {
  it("are added to the service's own", async () => {
    const template = { Resources: { ScheduleGroup: { Type: "AWS::Scheduler::ScheduleGroup" } } as Resources };
    const { hooks } = await pluginOf({ template });
    await hooks[ADD]?.();
    expect(Object.keys(template.Resources)).toEqual(
      expect.arrayContaining(["ScheduleGroup", "OrdersSchedule", "OrdersOverdueAlarm", "DatabaseAlarmRaised"]),
    );
  });

  it("take nothing's place: a plan whose resource would be called like one of the stack is refused", async () => {
    const template = { Resources: { OrdersSchedule: { Type: "AWS::Scheduler::Schedule" } } as Resources };
    const { hooks } = await pluginOf({ template });
    await expect(hooks[ADD]?.()).rejects.toThrow("OrdersSchedule, which the stack has already: rename the plan");
  });

  it("are refused with settings of sandboxes that name half a network", async () => {
    const template = { Resources: {} as Resources, Parameters: { SandboxSecurityGroup: { Default: "sg-1" } } };
    const { hooks } = await pluginOf({ template });
    await expect(hooks[ADD]?.()).rejects.toThrow("sandboxSecurityGroup is sg-1, but the stack makes the network");
  });

  it("are refused, with all of the template, under a stage whose names AWS would not take", async () => {
    const stage = "x".repeat(60);
    const { hooks } = await pluginOf({ name: `restore-drill-${stage}`, stage, template: { Resources: {} } });
    await expect(hooks[ADD]?.()).rejects.toThrow(/DatabaseAlarmRaised .*of 96 characters where 64 are allowed.*may have 28.* 2 more names are too long\.$/);
  });
});

describe("plans that do not go", () => {
  const serviceDir = join(PROJECT_DIRECTORY, ".restore-drill/test", `plugin-${randomUUID()}`);
  afterEach(() => rm(serviceDir, { recursive: true, force: true }));

  it("are refused before anything is bundled, all their problems at once", async () => {
    await mkdir(join(serviceDir, "drills"), { recursive: true });
    for (const plan of ["daily", "weekly"])
      await writeFile(
        join(serviceDir, "drills", `${plan}.yml`),
        `plan: ${plan}
source: { region: eu-west-1, cluster: orders, database: shop }
sandbox: { region: eu-central-1 }
objectives: { rto: 1h, rpo: 1d }
cadence: { every: 7d, schedule: cron(0 4 31 2 ? *) }
incidents: { alarms: [lost] }
`,
      );
    const { hooks } = await pluginOf({ serviceDir });
    await expect(hooks[PACKAGE]?.()).rejects.toThrow(
      /weekly: incidents\.alarms is "lost"[\s\S]*daily: cadence\.schedule.*never fires[\s\S]*weekly: cadence\.schedule.*never fires/,
    );
  });
});

describe("after a deployment", () => {
  const template = { Resources: {}, Parameters: { ScheduleState: { Default: "DISABLED" } } };
  const deployed = { RestoreDrill: "arn:aws:states:eu-central-1:111122223333:stateMachine:restore-drill" };

  it("is said how to start a drill of a plan by hand, who is told nothing yet, and that no schedule is enabled", async () => {
    const { hooks, said } = await pluginOf({ template, deployed });
    await hooks[DEPLOYED]?.();
    expect(said.join("\n")).toContain(
      `aws stepfunctions start-execution --region eu-central-1 --state-machine-arn ${deployed.RestoreDrill} --input '{"plan": "orders"}'`,
    );
    expect(said.join("\n")).toMatch(/sent a link[\s\S]*schedules of the plans are disabled.*scheduleState=ENABLED/);
  });

  it("is said that drills start by themselves once their schedules are enabled", async () => {
    const enabled = { Resources: {}, Parameters: { ScheduleState: { Default: "ENABLED" } } };
    const { hooks, said } = await pluginOf({ template: enabled, deployed });
    await hooks[DEPLOYED]?.();
    expect(said.join("\n")).toContain("start by themselves");
  });
});

describe("before a removal", () => {
  const resources: Resources = {
    EvidenceBucket: { Type: "AWS::S3::Bucket", DeletionPolicy: "Retain" },
    EvidenceBucketPolicy: { Type: "AWS::S3::BucketPolicy", DeletionPolicy: "Retain" },
    FingerprintKey: { Type: "AWS::KMS::Key", DeletionPolicy: "Retain" },
    OutcomeTopic: { Type: "AWS::SNS::Topic" },
  };

  it("is said what stays, what it is called and how it is deleted by hand", async () => {
    const { hooks, said } = await pluginOf({
      resources,
      deployed: {
        EvidenceBucket: "the-bucket",
        EvidenceBucketPolicy: "the-bucket",
        FingerprintKey: "k-1",
        OutcomeTopic: "t",
      },
    });
    await hooks[REMOVE]?.();
    const words = said.join("\n");
    expect(words).toContain("EvidenceBucket (AWS::S3::Bucket): the-bucket");
    expect(words).toContain("aws s3api delete-bucket --bucket the-bucket");
    expect(words).toContain("aws kms schedule-key-deletion --key-id k-1 --pending-window-in-days 30");
    expect(words).not.toContain("OutcomeTopic");
  });

  it("is said so without names when the stack can not be asked, with where to find them", async () => {
    const { hooks, said } = await pluginOf({ resources });
    await hooks[REMOVE]?.();
    expect(said.join("\n")).toContain("FingerprintKey (AWS::KMS::Key)\n");
    expect(said.at(-1)).toContain("aws cloudformation list-stack-resources --stack-name restore-drill");
  });

  it("is said nothing of a stack that keeps nothing", async () => {
    const { hooks, said } = await pluginOf({ resources: {}, deployed: {} });
    await hooks[REMOVE]?.();
    expect(said).toEqual([]);
  });
});
