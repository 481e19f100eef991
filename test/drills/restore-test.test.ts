import { glob, readFile } from "node:fs/promises";
import { join } from "node:path";
import { CreateDBInstanceCommand, RDSClient } from "@aws-sdk/client-rds";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { campaignPlans, damageCopy, fillSource, SOURCE } from "../../src/chaos/source.ts";
import { Report } from "../../src/evidence/report.ts";
import { closedSecurityGroup, SANDBOX } from "../../src/local/account.ts";
import type { LocalCloud } from "../../src/local/cloud.ts";
import { isOf, MACHINE_ARN } from "../../src/local/deployment.ts";
import { runExecution } from "../../src/local/run-execution.ts";
import { drillIdOf, namesOf } from "../../src/plan/names.ts";
import type { PlanFile } from "../../src/plan/plan.ts";
import { type OwnCloud, openOwnCloud, QUICK } from "./small-cloud.ts";

/** AWS Backup restores where its vault is: source, vault, stack and sandbox are in one region here. */
const REGION = "eu-central-1";
const { checks = [], ...PLAIN } = campaignPlans().plain;
const PLAN: PlanFile = {
  ...PLAIN,
  plan: "orders",
  source: { ...PLAIN.source, region: REGION },
  // There is no baseline to compare with.
  checks: checks.filter(({ kind }) => kind !== "fingerprint"),
  keep: { when: "always", for: "1h" },
  restoreTests: true,
};
delete PLAN.counterproof;

describe("a restore test of AWS Backup", { timeout: 180_000 }, () => {
  let own: OwnCloud;
  let cloud: LocalCloud;
  let snapshotId: string;
  let isDamaged = false;
  let running = "";
  let stopAt: string | undefined;
  let good: Awaited<ReturnType<typeof tested>>;

  beforeAll(async () => {
    own = await openOwnCloud(
      "restore-test",
      { orders: PLAN },
      {
        ...QUICK,
        onEvent: ({ type, executionArn }) => {
          if (type === "ExecutionStarted" && isOf(MACHINE_ARN, executionArn)) running = executionArn;
        },
        intercept: ({ operation }) => {
          if (operation !== stopAt) return;
          stopAt = undefined;
          void cloud.states.endExecution(running, "ABORTED");
        },
      },
    );
    cloud = own.cloud;
    const server = await own.host.create(join(own.host.runDirectory, "source"));
    await fillSource(server.connection);
    const source = { region: REGION, clusterId: SOURCE.cluster };
    await cloud.rds.registerSource({ ...source, databaseName: SOURCE.database, server });
    const id = "awsbackup:job-1a2bcd34-567e-8901-23f4-5a6b7c8d9e0f";
    snapshotId = await cloud.rds.takeSnapshot({ ...source, kind: "awsbackup", snapshotId: id });
    cloud.rds.onRestored(async (_, restored) => {
      if (isDamaged) await damageCopy(restored.connection);
    });
    good = await tested(inSandboxes(), 3);
  });
  afterAll(() => own?.close());

  /** As the restore testing selection has it: without a place, in the default VPC. */
  const inSandboxes = () => ({
    subnetGroup: SANDBOX.subnetGroup,
    securityGroup: closedSecurityGroup(cloud.account, REGION),
  });

  /** From AWS Backup's restore to its deletion: the event goes to the bus, and everything else follows. */
  async function tested(place: object = inSandboxes(), times = 1) {
    const event = await cloud.backup.restoreForTest({ region: REGION, snapshotId, ...place });
    for (let time = 0; time < times; time += 1) cloud.events.put(event);
    // Who starts the drill does not wait for it, and a drill that was stopped is finished by another execution.
    await cloud.events.settled();
    const { status, startDate, error, cause } = await cloud.finished(running);
    await cloud.events.settled();
    await cloud.backup.settled();
    await cloud.rds.settled();
    const drillId = drillIdOf({ id: running, startedAt: (startDate ?? new Date()).toISOString() });
    const job = cloud.backup.job(String(event.detail["restoreJobId"]));
    const messages = cloud.messages.filter(({ bodies }) => JSON.parse(bodies["default"] ?? "{}").drillId === drillId);
    return { drillId, status, error, cause, job, messages, report: await reportOf(drillId), execution: running };
  }

  async function reportOf(drillId: string): Promise<Report> {
    for await (const file of glob(`*/${drillId}/report.json`, { cwd: cloud.evidenceDirectory }))
      return Report.parse(JSON.parse(await readFile(join(cloud.evidenceDirectory, file), "utf8")));
    throw new Error(`There is no report of ${drillId}.`);
  }

  /** By whom RDS was asked to change what AWS Backup had restored. */
  const changesTo = (clusterArn: string): string[] => {
    const id = clusterArn.split(":").at(-1);
    const isChange = (operation: string): boolean =>
      !operation.startsWith("Describe") && operation !== "ListTagsForResource";
    return cloud.calls.flatMap(({ service, operation, input, principal }) =>
      service === "rds" &&
      isChange(operation) &&
      [id, clusterArn].includes(String(input["DBClusterIdentifier"] ?? input["ResourceArn"]))
        ? [`${principal}: ${operation}`]
        : [],
    );
  };

  it("is taken over, drilled, answered SUCCESSFUL once, however often its event comes, and left to AWS Backup", () => {
    const { drillId, status, job, report, messages, execution } = good;
    expect([status, report.verdict.summary]).toEqual(["SUCCEEDED", expect.stringContaining("is right")]);
    expect(execution).toMatch(new RegExp(`:restore-test-${job.RestoreJobId}$`));
    expect(job).toMatchObject({ ValidationStatus: "SUCCESSFUL", DeletionStatus: "SUCCESSFUL" });
    expect(job.ValidationStatusMessage).toBe(`restore-drill passed: ${report.verdict.summary}`);
    expect(report.restoreTest).toMatchObject({ status: "SUCCESSFUL", recorded: true });
    expect(report.drill).toMatchObject({
      trigger: { kind: "restore-test" },
      restoreTest: { restoreJobId: job.RestoreJobId, clusterArn: job.CreatedResourceArn },
      recoveryPoint: { id: snapshotId, kind: "awsbackup" },
      copy: { needed: false },
      counterproof: false,
    });
    // The plan would keep a sandbox of the drill's own.
    expect(report.drill?.keep).toBeUndefined();
    const { writer } = namesOf(drillId);
    expect(report.teardown?.deleted).toEqual([{ kind: "instance", id: writer, region: REGION }]);
    expect(changesTo(job.CreatedResourceArn ?? "")).toEqual([
      "restore-drill-restore-sandbox: ModifyDBCluster",
      "restore-drill-restore-sandbox: CreateDBInstance",
      "restore-drill-restore-sandbox: ModifyDBCluster",
      "restore-drill-restore-sandbox: EnableHttpEndpoint",
    ]);
    expect(messages).toHaveLength(1);
    expect(messages[0]?.bodies["email"]).toContain(
      `AWS Backup was told SUCCESSFUL for its restore test (job ${job.RestoreJobId}).`,
    );
    expect(cloud.rds.leftovers()).toEqual([]);
  });

  it("counts AWS Backup's own restore towards the RTO, and not the time until the drill began", () => {
    const { report, job } = good;
    const { phases, objectives } = report.verdict;
    const restore = phases.find(({ name }) => name === "restore");
    const restoredSeconds = (Number(job.CompletionDate) - Number(job.CreationDate)) / 1000;
    expect(restore?.startedAt).toBe(job.CreationDate?.toISOString());
    expect(restore?.seconds).toBeGreaterThanOrEqual(restoredSeconds);
    expect(objectives.rto?.measuredSeconds).toBeCloseTo(
      phases.reduce((sum, { seconds }) => sum + seconds, 0),
      3,
    );
    expect(report.drill?.failureMoment).toBe(job.CreationDate?.toISOString());
  });

  it("of a damaged backup is answered FAILED", async () => {
    isDamaged = true;
    const { error, job, report } = await tested().finally(() => {
      isDamaged = false;
    });
    expect(error).toBe("Drill.Failed");
    expect(job).toMatchObject({ ValidationStatus: "FAILED", DeletionStatus: "SUCCESSFUL" });
    expect(job.ValidationStatusMessage).toContain(report.verdict.findings[0]?.split(":")[0]);
  });

  it("in a network that is not closed is refused before anything is added, and answered TIMED_OUT", async () => {
    const { error, job, report } = await tested({});
    expect(error).toBe("Drill.Errored");
    expect(report.verdict.summary).toContain("dbSubnetGroupName and vpcSecurityGroupIds");
    expect(changesTo(job.CreatedResourceArn ?? "")).toEqual([]);
    expect(job).toMatchObject({ ValidationStatus: "TIMED_OUT", DeletionStatus: "SUCCESSFUL" });
  });

  it("whose drill is stopped loses its writer all the same, and is answered TIMED_OUT by what finishes the drill", async () => {
    stopAt = "EnableHttpEndpoint";
    const { status, job, report } = await tested();
    expect([status, report.interruption?.status]).toEqual(["ABORTED", "ABORTED"]);
    expect(report.teardown?.deleted.map(({ kind }) => kind)).toEqual(["instance"]);
    expect(job).toMatchObject({ ValidationStatus: "TIMED_OUT", DeletionStatus: "SUCCESSFUL" });
    expect(cloud.rds.leftovers()).toEqual([]);
  });

  it("is left alone by a drill by hand of a plan that is not there, and by one of a cluster that somebody else tests", async () => {
    const event = await cloud.backup.restoreForTest({ region: REGION, snapshotId, ...inSandboxes() });
    const restoreTest = { restoreJobId: String(event.detail["restoreJobId"]) };
    const { CreatedResourceArn: clusterArn = "" } = cloud.backup.job(restoreTest.restoreJobId);
    const told = cloud.messages.length;
    await runExecution(cloud, MACHINE_ARN, { plan: "invoices", restoreTest });
    const { accessKeyId, secretAccessKey } = cloud.operator;
    const validator = { region: REGION, endpoint: cloud.url, credentials: { accessKeyId, secretAccessKey } };
    await new RDSClient(validator).send(
      new CreateDBInstanceCommand({
        DBClusterIdentifier: clusterArn.split(":").at(-1),
        DBInstanceIdentifier: "validator",
        DBInstanceClass: "db.r6g.large",
        Engine: "aurora-postgresql",
      }),
    );
    await runExecution(cloud, MACHINE_ARN, { plan: "orders", trigger: { kind: "restore-test" }, restoreTest });
    for (const { bodies } of cloud.messages.slice(told))
      expect(bodies["email"]).toMatch(/AWS Backup was NOT told anything for its restore test .* left as it is/);
    expect(cloud.messages.slice(told).map(({ bodies }) => bodies["email"])).toEqual([
      expect.stringContaining("invoices"),
      expect.stringContaining("(validator): somebody else tests it"),
    ]);
    expect(cloud.backup.job(restoreTest.restoreJobId).ValidationStatus).toBeUndefined();
    expect(changesTo(clusterArn).filter((change) => change.startsWith("restore-drill"))).toEqual([]);
  });

  it("is never denied anything by the roles", () => {
    const denied = cloud.authorisations.filter(({ decision }) => decision !== "allowed");
    expect(denied.map(({ role, action, resource }) => `${role} ${action} ${resource}`)).toEqual([]);
    expect(cloud.deadLetters).toEqual([]);
  });
});
