import { Metrics } from "@aws-lambda-powertools/metrics";
import {
  type DBCluster,
  type DBInstance,
  DescribeDBClustersCommand,
  DescribeDBInstancesCommand,
  RDSClient,
} from "@aws-sdk/client-rds";
import { mockClient } from "aws-sdk-client-mock";
import { describe, expect, it, vi } from "vitest";
import { COVERAGE_KEY, Coverage } from "../../src/cadence/coverage.ts";
import { lookAtCoverage } from "../../src/cadence/look-at-coverage.ts";
import { PlanInvalid } from "../../src/errors.ts";
import { namesOf, TAG } from "../../src/plan/names.ts";
import { parsePlan } from "../../src/plan/parse.ts";
import { evidenceBucket } from "../evidence/evidence-bucket.ts";
import { PLAN_YAML } from "../plan/sample-plan.ts";

const NOW = new Date("2026-11-21T06:30:00.000Z");
const CREATED = new Date("2024-02-03T04:05:06.000Z");
const ACCOUNT = "111122223333";
const OTHER_ACCOUNT = "444455556666";

const cluster = (name: string, more: DBCluster = {}): DBCluster => ({
  DBClusterIdentifier: name,
  Engine: "aurora-postgresql",
  EngineVersion: "16.4",
  ClusterCreateTime: CREATED,
  ...more,
});
const instance = (name: string, more: DBInstance = {}): DBInstance => ({
  DBInstanceIdentifier: name,
  Engine: "postgres",
  EngineVersion: "16.4",
  InstanceCreateTime: CREATED,
  ...more,
});
const tagged = (Key: string, Value: string) => ({ TagList: [{ Key, Value }] });
const ORDERS = cluster("orders-production");

interface Region {
  readonly clusters?: readonly DBCluster[];
  readonly instances?: readonly DBInstance[];
  /** Its listing goes on with empty pages. */
  readonly endless?: boolean;
}

function regionOf({ clusters = [], instances = [], endless = false }: Region): RDSClient {
  const client = new RDSClient({ region: "eu-west-1", maxAttempts: 1 });
  const page = <T>(all: readonly T[], marker = "0") => {
    const from = Number(marker);
    const more = endless || from + 100 < all.length ? { Marker: String(from + 100) } : {};
    return { items: all.slice(from, from + 100), more };
  };
  const stub = mockClient(client);
  stub.on(DescribeDBClustersCommand).callsFake(({ Marker }) => {
    const { items, more } = page(clusters, Marker);
    return { DBClusters: items, ...more };
  });
  stub.on(DescribeDBInstancesCommand).callsFake(({ Marker }) => {
    const { items, more } = page(instances, Marker);
    return { DBInstances: items, ...more };
  });
  return client;
}

const named = (plan: string, source: string) =>
  parsePlan(
    PLAN_YAML.replace("plan: orders", `plan: ${plan}`).replace(/source:\n( {2}.*\n)+/, `source: ${source}\n`),
    `drills/${plan}.yml`,
  );
const PLANS = { orders: named("orders", "{ region: eu-west-1, cluster: orders-production, database: shop }") };

interface Look {
  readonly plans?: Readonly<Record<string, ReturnType<typeof named> | undefined>>;
  readonly watchedRegions?: readonly string[];
  readonly maxUncovered?: number;
}

/** Regions that are not given refuse. */
async function look(regions: Readonly<Record<string, Region>>, { plans = PLANS, ...more }: Look = {}) {
  const { store, objects } = evidenceBucket();
  const emf: Record<string, unknown>[] = [];
  const printed = vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    if (String(text).startsWith("{")) emf.push(JSON.parse(String(text)));
    return true;
  });
  const logger = { warn: vi.fn(), error: vi.fn() };
  const coverage = await lookAtCoverage(
    {
      store,
      logger,
      metrics: new Metrics({ namespace: "RestoreDrill", serviceName: "restore-drill" }),
      rds: (region) => {
        const held = regions[region];
        if (held === undefined) throw new Error(`${region} refuses`);
        return regionOf(held);
      },
      plans: {
        names: async () => Object.keys(plans),
        read: async (name) => {
          const plan = plans[name];
          if (plan === undefined) throw new PlanInvalid(`drills/${name}.json is not JSON`);
          return plan;
        },
      },
      homeRegion: "eu-central-1",
      ownAccount: ACCOUNT,
      watchedRegions: [],
      maxUncovered: 0,
      ...more,
    },
    NOW,
  ).finally(() => printed.mockRestore());
  return { coverage, emf: emf[0] ?? {}, logger, objects };
}

const HOME = { "eu-central-1": {} };
const namesIn = (list: readonly { readonly name: string }[]): string[] => list.map(({ name }) => name);

describe("lookAtCoverage", () => {
  it("says of each database whether a plan drills it, since when it is there and what it runs", async () => {
    const { coverage, objects, emf } = await look({
      ...HOME,
      "eu-west-1": {
        clusters: [ORDERS, cluster("payroll")],
        instances: [instance("orders-1", { DBClusterIdentifier: "orders-production" })],
      },
    });
    const facts = { region: "eu-west-1", engine: "aurora-postgresql", engineVersion: "16.4", kind: "cluster" };
    const createdAt = CREATED.toISOString();
    expect(coverage).toMatchObject({
      regions: ["eu-central-1", "eu-west-1"],
      covered: [{ ...facts, name: "orders-production", createdAt, plans: ["orders"] }],
      uncovered: [
        {
          ...facts,
          name: "payroll",
          createdAt,
          isDrillable: true,
          why: expect.stringMatching(/^No plan drills it\. /),
        },
      ],
      exempt: [],
      plansWithoutDatabase: [],
      unknown: [],
    });
    expect(Coverage.parse(JSON.parse(objects.get(COVERAGE_KEY) ?? ""))).toEqual(coverage);
    expect(emf).toMatchObject({
      service: "restore-drill",
      UncoveredDatabases: 1,
      PlansWithoutDatabase: 0,
      ExemptDatabases: 0,
      UnknownRegions: 0,
    });
  });

  it("shows what this version can not drill, with the reason: other engines, old versions, instances without a cluster", async () => {
    const { coverage } = await look({
      ...HOME,
      "eu-west-1": {
        clusters: [
          ORDERS,
          cluster("billing", { Engine: "aurora-mysql" }),
          cluster("attic", { EngineVersion: "14.3" }),
          cluster("multi-az", { Engine: "postgres" }),
        ],
        instances: [instance("reports")],
      },
    });
    expect(coverage.uncovered.map(({ name, kind, isDrillable }) => [name, kind, isDrillable])).toEqual([
      ["attic", "cluster", false],
      ["billing", "cluster", false],
      ["multi-az", "cluster", false],
      ["reports", "instance", false],
    ]);
    expect(coverage.uncovered.map(({ why }) => why)).toEqual([
      expect.stringContaining("Aurora PostgreSQL 14.3, whose restore would have no Data API"),
      expect.stringContaining("It runs aurora-mysql; this version drills aurora-postgresql only."),
      expect.stringContaining("It runs postgres;"),
      expect.stringContaining("It runs postgres;"),
    ]);
  });

  it("leaves out Neptune, DocumentDB and sandboxes, by name and tags both", async () => {
    const { cluster: sandbox, drillId } = namesOf("20261121-143205-3f9a2b1c");
    const { coverage } = await look({
      ...HOME,
      "eu-west-1": {
        clusters: [
          ORDERS,
          cluster("graph", { Engine: "neptune" }),
          cluster("documents", { Engine: "docdb" }),
          cluster(sandbox, tagged(TAG.drill, drillId)),
          cluster("awsbackup-restore-test-1a2b", tagged("awsbackup-restore-test", "")),
          cluster("restore-drill-20261121-143205-00000000"),
          cluster("payroll", tagged(TAG.drill, drillId)),
        ],
        instances: [
          instance("awsbackup-restore-test-3c4d", tagged("awsbackup-restore-test", "")),
          instance("awsbackup-restore-test-somebodys"),
        ],
      },
    });
    expect(namesIn(coverage.uncovered)).toEqual([
      "awsbackup-restore-test-somebodys",
      "payroll",
      "restore-drill-20261121-143205-00000000",
    ]);
  });

  it("takes a tag with a reason for an exemption, and one without for none; a plan counts more than a tag", async () => {
    const { coverage, emf } = await look({
      ...HOME,
      "eu-west-1": {
        clusters: [
          { ...ORDERS, ...tagged(TAG.exempt, "gone soon") },
          cluster("cache", tagged(TAG.exempt, "rebuilt each night")),
          cluster("payroll", tagged(TAG.exempt, " ")),
        ],
      },
    });
    expect(namesIn(coverage.covered)).toEqual(["orders-production"]);
    expect(coverage.exempt).toEqual([expect.objectContaining({ name: "cache", reason: "rebuilt each night" })]);
    expect(coverage.uncovered).toEqual([
      expect.objectContaining({
        name: "payroll",
        why: expect.stringMatching(/That tag is there and gives no reason\.$/),
      }),
    ]);
    expect(emf).toMatchObject({ ExemptDatabases: 1, UncoveredDatabases: 1 });
  });

  it("counts replicas apart, whose backups are another database's", async () => {
    const arn = `arn:aws:rds:eu-west-1:${ACCOUNT}:cluster:orders-production`;
    const { coverage } = await look({
      "eu-west-1": {
        clusters: [ORDERS],
        instances: [instance("reports"), instance("reports-2", { ReadReplicaSourceDBInstanceIdentifier: "reports" })],
      },
      "eu-central-1": { clusters: [cluster("orders-replica", { ReplicationSourceIdentifier: arn })] },
    });
    expect(coverage.replicas.map(({ name, of }) => [name, of])).toEqual([
      ["orders-replica", arn],
      ["reports-2", "reports"],
    ]);
    expect(namesIn(coverage.uncovered)).toEqual(["reports"]);
  });

  it("tells databases of one name apart by their region, and a cluster from an instance", async () => {
    const { coverage } = await look({
      "eu-west-1": { instances: [instance("orders-production")] },
      "eu-central-1": { clusters: [ORDERS] },
    });
    expect(coverage.covered).toEqual([]);
    expect(coverage.uncovered.map(({ name, region, kind }) => [name, region, kind])).toEqual([
      ["orders-production", "eu-central-1", "cluster"],
      ["orders-production", "eu-west-1", "instance"],
    ]);
    expect(coverage.plansWithoutDatabase).toEqual([
      { plan: "orders", region: "eu-west-1", database: "orders-production" },
    ]);
  });

  it("names plans whose database is gone, and those that it can not ask about, whose account is another", async () => {
    const source = (account: string) =>
      `{ region: eu-west-1, account: "${account}", cluster: orders-production, database: shop }`;
    const plans = { ...PLANS, own: named("own", source(ACCOUNT)), other: named("other", source(OTHER_ACCOUNT)) };
    const { coverage, emf, logger } = await look({ ...HOME, "eu-west-1": {} }, { plans });
    const gone = [
      { plan: "orders", region: "eu-west-1", database: "orders-production" },
      { plan: "own", region: "eu-west-1", database: "orders-production" },
    ];
    expect(coverage.plansWithoutDatabase).toEqual(gone);
    expect(coverage.elsewhere).toEqual([
      { plan: "other", account: OTHER_ACCOUNT, region: "eu-west-1", database: "orders-production" },
    ]);
    expect(emf).toMatchObject({ PlansWithoutDatabase: 2 });
    expect(logger.error).toHaveBeenCalledWith("watchdog.plan-without-database", { count: 2, plans: gone });
    const there = await look({ ...HOME, "eu-west-1": { clusters: [ORDERS] } }, { plans });
    expect(there.coverage.covered).toEqual([expect.objectContaining({ plans: ["orders", "own"] })]);
  });

  it("looks into regions that it is told to watch, and into none twice", async () => {
    const regions = { ...HOME, "eu-west-1": { clusters: [ORDERS] }, "us-east-1": { clusters: [cluster("forgotten")] } };
    const { coverage } = await look(regions, { watchedRegions: ["us-east-1", "eu-west-1"] });
    expect(coverage.regions).toEqual(["eu-central-1", "eu-west-1", "us-east-1"]);
    expect(namesIn(coverage.uncovered)).toEqual(["forgotten"]);
  });

  it("takes a region that refuses for unknown: nothing in it is gone or fine, and no number says so", async () => {
    const { coverage, emf, logger } = await look(HOME);
    expect(coverage).toMatchObject({
      regions: ["eu-central-1"],
      covered: [],
      plansWithoutDatabase: [],
      unknown: [{ region: "eu-west-1", reason: "Error: eu-west-1 refuses" }],
    });
    expect(emf).toMatchObject({ UnknownRegions: 1 });
    expect(Object.keys(emf)).not.toContain("UncoveredDatabases");
    expect(Object.keys(emf)).not.toContain("PlansWithoutDatabase");
    expect(logger.error).toHaveBeenCalledWith("watchdog.region.failed", { unknown: coverage.unknown });
  });

  it("tells what it found beside a region that refuses, where that is more than is accepted", async () => {
    const regions = { "eu-central-1": { clusters: [cluster("a"), cluster("b")] } };
    expect((await look(regions, { maxUncovered: 1 })).emf).toMatchObject({ UncoveredDatabases: 2, UnknownRegions: 1 });
    expect(Object.keys((await look(regions, { maxUncovered: 2 })).emf)).not.toContain("UncoveredDatabases");
  });

  it("takes a region with more databases than can be listed for unknown, and counts those that it saw", async () => {
    const { coverage } = await look({ ...HOME, "eu-west-1": { clusters: [cluster("payroll")], endless: true } });
    expect(coverage.unknown).toEqual([{ region: "eu-west-1", reason: "has more databases than can be listed" }]);
    expect(namesIn(coverage.uncovered)).toEqual(["payroll"]);
    expect(coverage.plansWithoutDatabase).toEqual([]);
  });

  it("reads every page of a listing", async () => {
    const clusters = Array.from({ length: 250 }, (_, index) => cluster(`c${index}`));
    const { coverage } = await look({ ...HOME, "eu-west-1": { clusters: [...clusters, ORDERS] } });
    expect([coverage.covered.length, coverage.uncovered.length]).toEqual([1, 250]);
  });

  it("looks at the rest when a plan can not be read, and names it", async () => {
    const { coverage } = await look(
      { ...HOME, "eu-west-1": { clusters: [ORDERS] } },
      { plans: { ...PLANS, broken: undefined } },
    );
    expect(namesIn(coverage.covered)).toEqual(["orders-production"]);
    expect(coverage.unknown).toEqual([{ plan: "broken", reason: expect.stringContaining("Drill.PlanInvalid") }]);
  });
});
