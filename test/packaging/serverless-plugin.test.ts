import { randomUUID } from "node:crypto";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  DescribeDBClusterSnapshotsCommand,
  DescribeDBClustersCommand,
  DescribeDBInstancesCommand,
  RDSClient,
} from "@aws-sdk/client-rds";
import { ListExecutionsCommand, SFNClient } from "@aws-sdk/client-sfn";
import { mockClient } from "aws-sdk-client-mock";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
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
    getAwsSdkV3Config: async () => ({ region: "eu-central-1" }),
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

  it("are refused when baselines are to be captured from a plan that there is not", async () => {
    const Parameters = { BaselinePlan: { Default: "ordres" }, BaselineScheduleState: { Default: "ENABLED" } };
    const { hooks } = await pluginOf({ template: { Resources: {}, Parameters } });
    await expect(hooks[ADD]?.()).rejects.toThrow(/baselinePlan is ordres, which is no plan in drills\/ \(orders\)/);
  });

  it("are refused, with all of the template, under a stage whose names AWS would not take", async () => {
    const stage = "x".repeat(60);
    const { hooks } = await pluginOf({ name: `restore-drill-${stage}`, stage, template: { Resources: {} } });
    await expect(hooks[ADD]?.()).rejects.toThrow(
      /DatabaseAlarmRaised .*of 96 characters where 64 are allowed.*may have 28.* 2 more names are too long\.$/,
    );
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

  it("is said with which command the incidents of the source's region come here", async () => {
    const { hooks, said } = await pluginOf({ template, deployed });
    await hooks[DEPLOYED]?.();
    expect(said.join("\n")).toContain(
      "aws cloudformation deploy --region eu-west-1 --stack-name restore-drill-incidents --template-file source-region/template.yml",
    );
  });
});

describe("before a removal", () => {
  const rds = mockClient(RDSClient);
  const sfn = mockClient(SFNClient);
  const machines = {
    RestoreDrill: "arn:aws:states:eu-central-1:111122223333:stateMachine:restore-drill",
    FinishDrill: "arn:aws:states:eu-central-1:111122223333:stateMachine:restore-drill-finish-drill",
  };
  beforeEach(() => {
    rds.reset();
    sfn.reset();
    sfn.on(ListExecutionsCommand).resolves({ executions: [] });
    rds.on(DescribeDBInstancesCommand).resolves({ DBInstances: [] });
    rds.on(DescribeDBClustersCommand).resolves({ DBClusters: [] });
    rds.on(DescribeDBClusterSnapshotsCommand).resolves({ DBClusterSnapshots: [] });
  });
  afterEach(() => {
    vi.unstubAllEnvs();
  });

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

  const standing = (id: string, tags: string[]) => ({
    DBClusterIdentifier: id,
    TagList: tags.map((Key) => ({ Key, Value: "x" })),
  });
  const drill = "restore-drill-20261121-143205-3f9a2b1c";

  it.each(Object.entries(machines))("is refused while an execution of %s runs", async (_, stateMachineArn) => {
    const executionArn = `${stateMachineArn.replace("stateMachine", "execution")}:one`;
    sfn.on(ListExecutionsCommand, { stateMachineArn, statusFilter: "RUNNING" }).resolves({
      executions: [{ executionArn, stateMachineArn, name: "one", startDate: new Date(), status: "RUNNING" }],
    });
    const { hooks, said } = await pluginOf({ resources, deployed: machines });
    await expect(hooks[REMOVE]?.()).rejects.toThrow(
      new RegExp(`restore-drill is not removed[^]*${executionArn} runs[^]*RESTORE_DRILL_REMOVE_ANYWAY=yes`),
    );
    expect(said).toEqual([]);
  });

  it("is refused while a cluster of a drill stands, which its name and its tag say", async () => {
    const others = [
      standing(drill.replace("3f9a", "0000"), ["application"]),
      standing("orders", ["restore-drill:drill"]),
    ];
    rds
      .on(DescribeDBClustersCommand)
      .resolves({ DBClusters: [...others, standing(drill, ["restore-drill:drill", "restore-drill:kept"])] });
    const { hooks } = await pluginOf({ resources, deployed: machines });
    await expect(hooks[REMOVE]?.()).rejects.toThrow(`  - The cluster ${drill} stands.\nWait`);
    rds.on(DescribeDBClustersCommand).resolves({ DBClusters: others });
    await hooks[REMOVE]?.();
  });

  it.each(["the stack", "RDS"])("is refused when %s can not be asked, which is no answer", async (whom) => {
    if (whom === "RDS") rds.on(DescribeDBClustersCommand).rejects(new Error("AccessDenied"));
    const { hooks } = await pluginOf({ resources, ...(whom === "RDS" ? { deployed: machines } : {}) });
    await expect(hooks[REMOVE]?.()).rejects.toThrow(/AWS could not be asked .*: (no credentials|AccessDenied)/);
  });

  it("asks nobody when it is to go whatever stands", async () => {
    vi.stubEnv("RESTORE_DRILL_REMOVE_ANYWAY", "yes");
    const { hooks } = await pluginOf({ resources, deployed: machines });
    await hooks[REMOVE]?.();
    expect(rds.calls()).toEqual([]);
  });

  it("is said so without names when the stack can not be asked, with where to find them", async () => {
    vi.stubEnv("RESTORE_DRILL_REMOVE_ANYWAY", "yes");
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
