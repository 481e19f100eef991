import { BackupClient } from "@aws-sdk/client-backup";
import { DescribeRegionsCommand, EC2Client } from "@aws-sdk/client-ec2";
import { DescribeKeyCommand, KMSClient } from "@aws-sdk/client-kms";
import {
  DescribeDBClusterParameterGroupsCommand,
  DescribeDBClusterSnapshotsCommand,
  DescribeDBClustersCommand,
  DescribeDBSubnetGroupsCommand,
  RDSClient,
} from "@aws-sdk/client-rds";
import { mockClient } from "aws-sdk-client-mock";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ExerciseRefused, InputInvalid, NoRecoveryPoint } from "../../src/errors.ts";
import type { LedgerEntry } from "../../src/evidence/ledger.ts";
import { Drill } from "../../src/plan/drill.ts";
import { parsePlan } from "../../src/plan/parse.ts";
import { PlanDrillInput, planDrill } from "../../src/recovery/plan-drill.ts";
import { watchClients } from "../../src/scenarios/barred-region.ts";
import { evidenceBucket } from "../evidence/evidence-bucket.ts";
import { ledgerEntry } from "../evidence/sample-ledger.ts";
import { PLAN_YAML } from "../plan/sample-plan.ts";
import { OWN, snapshot } from "./account.ts";

const clients = {
  rds: new RDSClient({}),
  ec2: new EC2Client({}),
  kms: new KMSClient({}),
  backup: new BackupClient({}),
};
const rds = mockClient(clients.rds);
const ec2 = mockClient(clients.ec2);
const kms = mockClient(clients.kms);
const EXECUTION = {
  id: `arn:aws:states:eu-central-1:${OWN}:execution:restore-drill:exercise-1`,
  name: "exercise-1",
  startedAt: "2026-11-21T14:32:05.000Z",
};

function exercise(request: object, yaml = PLAN_YAML, earlier: readonly LedgerEntry[] = []): Promise<Drill> {
  return planDrill(
    {
      rds: () => clients.rds,
      ec2: () => clients.ec2,
      kms: () => clients.kms,
      backup: () => clients.backup,
      store: evidenceBucket(
        Object.fromEntries(earlier.map((entry) => [`orders-production/ledger/${entry.drillId}.json`, entry])),
      ).store,
      plans: async () => parsePlan(yaml, "drills/orders.yml"),
      defaults: {
        kmsKey: "alias/restore-drill",
        subnetGroup: "restore-drill",
        securityGroup: "sg-0a1b2c",
        parameterGroup: "restore-drill",
      },
      now: () => new Date("2026-11-21T14:32:07.000Z"),
    },
    PlanDrillInput.parse({ request: { plan: "orders", ...request }, execution: EXECUTION }),
  );
}

beforeEach(() => {
  for (const mock of [rds, ec2, kms]) mock.reset();
  vi.stubEnv("AWS_REGION", "eu-central-1");
  ec2.on(DescribeRegionsCommand).resolves({ Regions: [{ RegionName: "eu-west-1" }, { RegionName: "eu-central-1" }] });
  rds.on(DescribeDBClusterSnapshotsCommand).resolves({ DBClusterSnapshots: [] });
  rds
    .on(DescribeDBClusterSnapshotsCommand, { SnapshotType: "manual" })
    .resolves({ DBClusterSnapshots: [snapshot("copy", "2026-11-21T05:00:00Z", { region: "eu-central-1" })] });
  rds.on(DescribeDBClustersCommand).resolves({ DBClusters: [{ KmsKeyId: `arn:aws:kms:eu-west-1:${OWN}:key/own` }] });
  rds.on(DescribeDBSubnetGroupsCommand).resolves({ DBSubnetGroups: [{ VpcId: "vpc-isolated" }] });
  rds.on(DescribeDBClusterParameterGroupsCommand).resolves({
    DBClusterParameterGroups: [{ DBParameterGroupFamily: "aurora-postgresql16" }],
  });
  const Arn = `arn:aws:kms:eu-central-1:${OWN}:key/stack`;
  kms.on(DescribeKeyCommand).resolves({ KeyMetadata: { KeyId: "stack", Arn, Enabled: true } });
});
afterEach(() => vi.unstubAllEnvs());

describe("planDrill of an exercise", () => {
  it("keeps what was taken to have happened, and where it asked", async () => {
    const drill = await exercise({ scenario: { name: "region-lost" } });
    expect(Drill.parse(JSON.parse(JSON.stringify(drill)))).toEqual(drill);
    expect(drill).toMatchObject({
      failureMoment: EXECUTION.startedAt,
      copy: { needed: false },
      recoveryPoint: { id: "copy", region: "eu-central-1" },
      scenario: {
        name: "region-lost",
        title: "Region lost",
        objective: "Recover orders-production in eu-central-1 without asking or using anything in eu-west-1.",
        lostRegion: "eu-west-1",
        asked: ["ec2 eu-central-1", "kms eu-central-1", "rds eu-central-1"],
        setAside: [],
      },
    });
    // That it is there already is what the exercise is about.
    expect(drill.warnings.join()).not.toContain("is in eu-central-1 already");
  });

  it("counts back from the moment that is given, or from a week ago where intruders are taken to have been in", async () => {
    const before = snapshot("vault", "2026-11-10T05:00:00Z", { KmsKeyId: `arn:aws:kms:eu-west-1:999988887777:key/v` });
    rds.on(DescribeDBClusterSnapshotsCommand, { SnapshotType: "manual" }).resolves({ DBClusterSnapshots: [before] });
    const drill = await exercise({ scenario: { name: "ransomware" } });
    expect(drill.failureMoment).toBe("2026-11-14T14:32:05.000Z");
    const given = await exercise({ scenario: { name: "ransomware" }, failureMoment: "2026-11-12T00:00:00Z" });
    expect(given.failureMoment).toBe("2026-11-12T00:00:00.000Z");
    expect(given.recoveryPoint.ageSeconds).toBe(43 * 3600);
  });

  it("refuses an exercise whose moment, region or recovery point can not be what it says", async () => {
    await expect(exercise({ scenario: { name: "corruption" } })).rejects.toThrow(InputInvalid);
    const restoreTest = { restoreJobId: "job-1" };
    await expect(exercise({ scenario: { name: "region-lost" }, restoreTest })).rejects.toThrow(InputInvalid);
    const inPlace = PLAN_YAML.replace("region: eu-central-1", "region: eu-west-1");
    await expect(exercise({ scenario: { name: "region-lost" } }, inPlace)).rejects.toThrow(ExerciseRefused);
    vi.stubEnv("AWS_REGION", "eu-west-1");
    await expect(exercise({ scenario: { name: "region-lost" } })).rejects.toThrow(/This stack stands in eu-west-1/);
  });

  it("knows the source by what its own drills have restored, and not by what an exercise took for it", async () => {
    const copy = snapshot("awsbackup:copyjob-1", "2026-11-21T05:00:00Z", {
      region: "eu-central-1",
      SourceDBClusterSnapshotArn: undefined,
      DbClusterResourceId: "cluster-ONE",
    });
    rds.on(DescribeDBClusterSnapshotsCommand, { SnapshotType: "manual" }).resolves({ DBClusterSnapshots: [copy] });
    const recoveryPath = { fromRegion: "eu-west-1", toRegion: "eu-central-1", recoveryPoint: "automated" as const };
    const drilled = ledgerEntry({ drillId: "20261114-120000-00000000", sourceResourceId: "cluster-ONE", recoveryPath });
    const request = { scenario: { name: "region-lost" } };
    expect((await exercise(request, PLAN_YAML, [drilled])).recoveryPoint.id).toBe("awsbackup:copyjob-1");
    const elsewhere = { ...drilled, recoveryPath: { ...recoveryPath, fromRegion: "eu-central-1" } };
    for (const other of [elsewhere, { ...drilled, scenario: "region-lost" }])
      await expect(exercise(request, PLAN_YAML, [other])).rejects.toThrow(NoRecoveryPoint);
  });

  it("learns how long steps take from drills that were no exercises", async () => {
    const drilled = (day: number, copy: number, scenario?: string) =>
      ledgerEntry({ drillId: `202611${day}-120000-00000000`, stepSeconds: { copy }, ...(scenario && { scenario }) });
    const earlier = [drilled(14, 20), ...[15, 16, 17].map((day) => drilled(day, 9000, "corruption"))];
    expect((await exercise({ scenario: { name: "region-lost" } }, PLAN_YAML, earlier)).expectedSeconds).toEqual({
      copy: 20,
    });
  });

  it("says which scenario a misspelt one may be", () => {
    const request = { plan: "orders", scenario: { name: "regionlost" } };
    const { error } = PlanDrillInput.safeParse({ request, execution: EXECUTION });
    expect(error?.issues[0]?.message).toContain('there is no scenario "regionlost". Did you mean "region-lost"?');
  });
});

describe("watchClients", () => {
  it("hands out no client of a region that is taken to be lost", () => {
    const client = (region: string) => region;
    const watched = watchClients({ rds: client, ec2: client, kms: client, backup: client }, "eu-west-1");
    expect(watched.clients.kms("eu-central-1")).toBe("eu-central-1");
    for (const service of ["rds", "ec2", "kms", "backup"] as const)
      expect(() => watched.clients[service]("eu-west-1")).toThrow(ExerciseRefused);
    expect(watched.asked()).toEqual(["kms eu-central-1"]);
  });
});
