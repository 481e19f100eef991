import type { DBCluster, DBClusterSnapshot } from "@aws-sdk/client-rds";
import { describe, expect, it } from "vitest";
import { InputInvalid, NoRecoveryPoint, SourceUnsupported } from "../../src/errors.ts";
import { parsePlan } from "../../src/plan/parse.ts";
import type { ScenarioName } from "../../src/plan/scenario.ts";
import { SCENARIOS } from "../../src/scenarios/scenarios.ts";
import { PLAN_YAML } from "../plan/sample-plan.ts";
import { accountOf, CLUSTER, keyOf, OWN, originOf, snapshot } from "./account.ts";

const { plan } = parsePlan(PLAN_YAML, "drills/orders.yml");
const HERE = plan.sandbox.region;
const MOMENT = new Date("2026-11-21T14:00:00Z");
const OWNER = "444455556666";
const AUTOMATED = { SnapshotType: "automated" };

const LIVING: DBCluster = {
  DBClusterIdentifier: CLUSTER,
  DBClusterArn: `arn:aws:rds:eu-west-1:${OWN}:cluster:${CLUSTER}`,
  Engine: "aurora-postgresql",
  EngineVersion: "16.4",
  KmsKeyId: keyOf("eu-west-1", "production"),
};

interface World {
  readonly snapshots: readonly DBClusterSnapshot[];
  readonly cluster?: DBCluster | undefined;
  readonly account?: string;
  readonly recoveryPoint?: string;
  readonly resourceIds?: readonly string[];
}

async function choose(name: ScenarioName, { snapshots, cluster, account, recoveryPoint, resourceIds = [] }: World) {
  const { rds, asked } = accountOf(snapshots, cluster);
  const exercise = { plan, rds, moment: MOMENT, account, ownAccount: OWN, recoveryPoint, resourceIds };
  const chosen = await SCENARIOS[name].choose(exercise);
  return { ...chosen, ...chosen.origin, asked };
}
const refusal = (name: ScenarioName, world: World): Promise<unknown> =>
  choose(name, world).then(
    () => "chosen",
    (error: unknown) => error,
  );

describe("corruption", () => {
  it("takes the newest backup from before the damage", async () => {
    const snapshots = [
      snapshot("rds:before", "2026-11-21T13:00:00Z", AUTOMATED),
      snapshot("rds:after", "2026-11-21T15:00:00Z", AUTOMATED),
    ];
    const { recoveryPoint } = await choose("corruption", { snapshots, cluster: LIVING });
    expect(recoveryPoint).toMatchObject({ id: "rds:before", ageSeconds: 3600 });
  });
});

describe("region-lost", () => {
  const there = snapshot("rds:newest", "2026-11-21T13:30:00Z", AUTOMATED);

  it("takes the newest copy that stands in the drill region, and asks nothing in the lost one", async () => {
    const snapshots = [
      there,
      snapshot("old-copy", "2026-11-19T05:00:00Z", { region: HERE }),
      snapshot("awsbackup:copyjob-1", "2026-11-21T05:00:00Z", { region: HERE, SnapshotType: "awsbackup" }),
      snapshot("copy-of-payments", "2026-11-21T06:00:00Z", { region: HERE, DBClusterIdentifier: "payments" }),
    ];
    const { asked, ...chosen } = await choose("region-lost", { snapshots });
    expect(chosen).toMatchObject({
      clusterArn: `arn:aws:rds:eu-west-1:${OWN}:cluster:${CLUSTER}`,
      recoveryPoint: { id: "awsbackup:copyjob-1", kind: "awsbackup", region: HERE },
    });
    // Of another region, it says nothing of where a sandbox may be.
    expect(chosen.origin).not.toHaveProperty("vpcId");
    expect(asked).toEqual([`snapshots manual ${HERE}`, `snapshots awsbackup ${HERE}`]);
  });

  it("knows how old a copy's data is from the name that RDS gave what was copied", async () => {
    const source = originOf(`rds:${CLUSTER}-2026-11-21-04-05`);
    const snapshots = [
      snapshot("known", "2026-11-21T06:00:00Z", { region: HERE, SourceDBClusterSnapshotArn: source }),
      snapshot("copied-earlier", "2026-11-21T04:00:00Z", { region: HERE }),
    ];
    const { recoveryPoint } = await choose("region-lost", { snapshots });
    expect(recoveryPoint).toMatchObject({
      id: "known",
      createdAt: "2026-11-21T04:05:00.000Z",
      copiedAt: "2026-11-21T06:00:00.000Z",
    });
    expect(recoveryPoint).not.toHaveProperty("copiedFrom");
    const other = await choose("region-lost", { snapshots, recoveryPoint: "copied-earlier" });
    expect(other.recoveryPoint).toMatchObject({ id: "copied-earlier", copiedFrom: expect.stringContaining("by-hand") });
  });

  it("finds that there is no way back where nothing stands there, or nothing that was there in time", async () => {
    const none = await refusal("region-lost", { snapshots: [there], cluster: LIVING });
    expect(none).toBeInstanceOf(NoRecoveryPoint);
    expect(String(none)).toContain(`There is no way back without eu-west-1: no snapshot of ${CLUSTER}`);
    const late = snapshot("late", "2026-11-21T14:30:00Z", { region: HERE });
    const busy = snapshot("busy", "2026-11-21T13:30:00Z", { region: HERE, Status: "copying" });
    const unusable = String(await refusal("region-lost", { snapshots: [late, busy] }));
    expect(unusable).toContain("late in eu-central-1 is available, made 2026-11-21T14:30:00.000Z");
    expect(unusable).toContain("busy in eu-central-1 is copying");
  });

  it("takes nothing of another cluster of that name, and says so", async () => {
    // Of a cluster that lives there: an original, and its copy.
    const other = { region: HERE, DbClusterResourceId: "cluster-OTHER", SourceDBClusterSnapshotArn: "" };
    const arn = `arn:aws:rds:${HERE}:${OWN}:cluster-snapshot:there`;
    const snapshots = [
      snapshot("there", "2026-11-21T13:00:00Z", other),
      snapshot("its-copy", "2026-11-21T13:30:00Z", { ...other, SourceDBClusterSnapshotArn: arn }),
      snapshot("of-another-account", "2026-11-21T12:00:00Z", {
        ...other,
        SourceDBClusterSnapshotArn: originOf("by-hand", OWNER),
      }),
    ];
    const none = await refusal("region-lost", { snapshots, resourceIds: ["cluster-ONE"] });
    expect(none).toBeInstanceOf(NoRecoveryPoint);
    expect(String(none)).toContain(
      "Not counted: 3 snapshots of a cluster of that name (origin not known), the newest its-copy",
    );
    const right = snapshot("right", "2026-11-20T05:00:00Z", { region: HERE });
    const chosen = await choose("region-lost", { snapshots: [...snapshots, right] });
    expect(chosen).toMatchObject({ recoveryPoint: { id: "right" }, setAside: [{ count: 3 }] });
  });

  it("knows a copy of a copy by its cluster's resource id, and never takes it for an original", async () => {
    const chain = snapshot("awsbackup:copyjob-2", "2026-11-21T05:00:00Z", {
      region: HERE,
      SnapshotType: "awsbackup",
      DbClusterResourceId: "cluster-ONE",
      SourceDBClusterSnapshotArn: "",
    });
    expect(await refusal("region-lost", { snapshots: [chain] })).toBeInstanceOf(NoRecoveryPoint);
    const { recoveryPoint } = await choose("region-lost", { snapshots: [chain], resourceIds: ["cluster-ONE"] });
    expect(recoveryPoint).toMatchObject({
      id: "awsbackup:copyjob-2",
      copiedFrom: expect.stringContaining("eu-west-1"),
    });
  });

  it("takes a misspelt recovery point for a wrong request, not for a database without a way back", async () => {
    const copy = snapshot("awsbackup:copyjob-1", "2026-11-21T05:00:00Z", { region: HERE, SnapshotType: "awsbackup" });
    const late = snapshot("late", "2026-11-21T14:30:00Z", { region: HERE });
    for (const recoveryPoint of ["awsbackup:copyjob-2", "late", "manual"]) {
      const error = await refusal("region-lost", { snapshots: [copy, late], recoveryPoint });
      expect(error).toBeInstanceOf(InputInvalid);
      expect(String(error)).toContain(`awsbackup:copyjob-1 in ${HERE} (awsbackup)`);
    }
    const named = await choose("region-lost", { snapshots: [copy, late], recoveryPoint: "awsbackup" });
    expect(named.recoveryPoint.id).toBe("awsbackup:copyjob-1");
    expect(await refusal("region-lost", { snapshots: [late], recoveryPoint: "lste" })).toBeInstanceOf(NoRecoveryPoint);
  });

  it("restores what another account shares there, and no sandbox of a drill", async () => {
    const snapshots = [
      snapshot("shared-copy", "2026-11-21T05:00:00Z", { region: HERE, account: OWNER }),
      snapshot("of-a-stranger", "2026-11-21T08:00:00Z", { region: HERE, account: "777788889999" }),
      snapshot("restore-drill-20261121-100000-00000000-copy", "2026-11-21T10:00:00Z", { region: HERE }),
    ];
    const chosen = await choose("region-lost", { snapshots, account: OWNER });
    expect(chosen).toMatchObject({ account: OWNER, recoveryPoint: { id: "shared-copy" } });
    expect(chosen.clusterArn).toContain(OWNER);
  });

  it("refuses another engine than it can drill", async () => {
    const mysql = snapshot("copy", "2026-11-21T05:00:00Z", { region: HERE, Engine: "aurora-mysql" });
    expect(await refusal("region-lost", { snapshots: [mysql] })).toBeInstanceOf(SourceUnsupported);
  });
});

describe("accidental-deletion", () => {
  const automated = snapshot("rds:newest", "2026-11-21T13:30:00Z", AUTOMATED);

  it("counts only what outlives the cluster, wherever it stands, and does not ask the cluster", async () => {
    const snapshots = [
      automated,
      snapshot("rds:older", "2026-11-20T13:30:00Z", AUTOMATED),
      snapshot("by-hand", "2026-11-18T05:00:00Z"),
      snapshot("awsbackup:job-1", "2026-11-21T05:00:00Z", { SnapshotType: "awsbackup" }),
      snapshot("copy-elsewhere", "2026-11-20T05:00:00Z", { region: HERE }),
    ];
    const { asked, ...chosen } = await choose("accidental-deletion", { snapshots, cluster: LIVING });
    expect(chosen).toMatchObject({ vpcId: "vpc-production", recoveryPoint: { id: "awsbackup:job-1" } });
    expect(chosen.setAside).toEqual([
      {
        why: "deleted with the cluster (automated)",
        count: 2,
        newest: { id: "rds:newest", region: "eu-west-1", createdAt: "2026-11-21T13:30:00.000Z" },
      },
    ]);
    expect(asked.filter((each) => each.startsWith("clusters"))).toEqual([]);
  });

  it("says what would have gone with the cluster where nothing outlives it", async () => {
    const text = String(await refusal("accidental-deletion", { snapshots: [automated] }));
    expect(text).toContain(
      `No snapshot that outlives ${CLUSTER} can be restored: in eu-west-1 or ${HERE} there is none`,
    );
    expect(text).toContain("1 snapshot deleted with the cluster (automated), the newest rds:newest");
  });
});

describe("a copy that another account shares", () => {
  // The source account's template names it by the minute of the backup.
  const named = `${CLUSTER}-2026-11-21-13-30`;
  const shared = (copiedAt: string) => snapshot(named, copiedAt, { account: OWNER });

  it("was not there before it was made, however old its data", async () => {
    const world = { snapshots: [shared("2026-11-21T14:10:00Z")], account: OWNER };
    expect(await refusal("accidental-deletion", world)).toBeInstanceOf(NoRecoveryPoint);
    expect(await refusal("ransomware", world)).toBeInstanceOf(NoRecoveryPoint);
  });

  it("is as old as its name says, and was copied when RDS says", async () => {
    const world = { snapshots: [shared("2026-11-21T13:40:00Z")], account: OWNER };
    const { recoveryPoint } = await choose("accidental-deletion", world);
    expect(recoveryPoint).toMatchObject({
      id: named,
      createdAt: "2026-11-21T13:30:00.000Z",
      copiedAt: "2026-11-21T13:40:00.000Z",
      ageSeconds: 1800,
    });
    expect(recoveryPoint).not.toHaveProperty("copiedFrom");
  });
});

describe("ransomware", () => {
  const vault = (id: string, createdAt: string, changes: object = {}) =>
    snapshot(id, createdAt, { KmsKeyId: keyOf("eu-west-1", "vault"), ...changes });

  it("takes the newest copy from before the intruders that is under another key than the cluster's", async () => {
    const snapshots = [
      snapshot("same-key", "2026-11-21T13:00:00Z"),
      vault("too-new", "2026-11-21T15:00:00Z"),
      vault("in-vault", "2026-11-20T05:00:00Z"),
      snapshot("unencrypted", "2026-11-21T12:00:00Z", { KmsKeyId: undefined, StorageEncrypted: false }),
    ];
    const chosen = await choose("ransomware", { snapshots, cluster: LIVING });
    expect(chosen.recoveryPoint).toMatchObject({ id: "in-vault", kmsKeyArn: keyOf("eu-west-1", "vault") });
    expect(chosen.sourceKmsKeyArn).toBe(LIVING.KmsKeyId);
    expect(chosen.setAside.map(({ why, count }) => [why, count])).toEqual([
      ["under the cluster's own key or under none", 2],
      ["under another key, but made after that moment", 1],
    ]);
  });

  it("takes a replica of a multi-Region key for the same key, and a copy under a key of the drill region for another", async () => {
    const cluster = { ...LIVING, KmsKeyId: keyOf("eu-west-1", "mrk-1") };
    const replica = snapshot("replica", "2026-11-21T05:00:00Z", { region: HERE, KmsKeyId: keyOf(HERE, "mrk-1") });
    expect(await refusal("ransomware", { snapshots: [replica], cluster })).toBeInstanceOf(NoRecoveryPoint);
    const own = snapshot("own", "2026-11-21T04:00:00Z", { region: HERE, KmsKeyId: keyOf(HERE, "standing") });
    expect((await choose("ransomware", { snapshots: [replica, own], cluster })).recoveryPoint.id).toBe("own");
  });

  it("knows the key of a cluster that is gone from what RDS made of it, and else counts a key of another account alone", async () => {
    const automated = snapshot("rds:1", "2026-11-21T05:00:00Z", AUTOMATED);
    const copy = vault("in-vault", "2026-11-20T05:00:00Z");
    expect((await choose("ransomware", { snapshots: [automated, copy] })).recoveryPoint.id).toBe("in-vault");
    expect(String(await refusal("ransomware", { snapshots: [copy] }))).toContain("can not be asked from here");
    const foreign = vault("foreign", "2026-11-19T05:00:00Z", { KmsKeyId: keyOf("eu-west-1", "vault", OWNER) });
    expect((await choose("ransomware", { snapshots: [copy, foreign] })).recoveryPoint.id).toBe("foreign");
  });

  it("takes no cluster of that name in the drill region for one under another key", async () => {
    const there = vault("there", "2026-11-20T05:00:00Z", { region: HERE, SourceDBClusterSnapshotArn: undefined });
    const world = { snapshots: [there], cluster: LIVING, resourceIds: ["cluster-ONE"] };
    expect(String(await refusal("ransomware", world))).toContain("1 snapshot of a cluster of that name (origin not");
  });

  it("says which copy is missing, and what there is instead", async () => {
    const snapshots = [snapshot("same-key", "2026-11-20T13:00:00Z"), vault("too-new", "2026-11-21T15:00:00Z")];
    const text = String(await refusal("ransomware", { snapshots, cluster: LIVING }));
    expect(text).toContain(
      `under another key than the cluster's own (${LIVING.KmsKeyId}) and from before 2026-11-21 14`,
    );
    expect(text).toContain("1 snapshot under the cluster's own key or under none, the newest same-key");
    expect(text).toContain("1 snapshot under another key, but made after that moment, the newest too-new");
  });
});
