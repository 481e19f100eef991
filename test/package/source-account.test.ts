import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { RegoEngine, TemplateFile } from "@aws/cloudformation-validate";
import * as rds from "@aws-sdk/client-rds";
import validateDefinition from "asl-validator";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import * as z from "zod/mini";
import { isAllowed, PolicyStatement } from "../../packaging/permissions.ts";
import { type PackagedTemplate, readPackagedTemplate } from "../../packaging/template.ts";
import { knownContext, requestsOf } from "../../src/local/iam/authoriser.ts";
import type { World } from "../../src/local/iam/world.ts";
import type { RdsFaults } from "../../src/local/services/rds/faults.ts";
import { type RdsCloud, SOURCE_REGION, startRdsCloud } from "../local/services/rds-cloud.ts";
import { faultsOf } from "./iam-reference.ts";
import { ExecutionFailed, type Machine, runJsonata } from "./jsonata-machine.ts";
import { PROJECT_DIRECTORY, packagedService } from "./packaged-service.ts";
import { REGION_TEMPLATE, readSourceTemplate, SOURCE_TEMPLATE } from "./source-account.ts";

const OWNER = "123456789012";
const DRILL_ACCOUNT = "444455556666";
const ROOT = join(PROJECT_DIRECTORY, ".restore-drill/test", "source-account");
const read = (parameters: Readonly<Record<string, string>> = {}): Promise<PackagedTemplate> =>
  readSourceTemplate(ROOT, {
    region: SOURCE_REGION,
    accountId: OWNER,
    parameters: { Cluster: "shop", DrillAccount: DRILL_ACCOUNT, ...parameters },
  });
beforeAll(() => mkdir(ROOT, { recursive: true }));
afterAll(() => rm(ROOT, { recursive: true, force: true }));

describe("the templates of the source's account and region", () => {
  it("have nothing that AWS's validator calls an error, and each fits into one call of deploy", () => {
    // It takes ten seconds to start: once for both.
    const engine = new RegoEngine();
    try {
      const errors = [SOURCE_TEMPLATE, REGION_TEMPLATE].flatMap((file) =>
        engine
          .validateStandard(new TemplateFile(file))
          .diagnostics.filter(({ severity }) => severity === "ERROR" || severity === "FATAL")
          .map(({ ruleId, message }) => `${file}: ${ruleId} ${message}`),
      );
      expect(errors).toEqual([]);
    } finally {
      engine.free();
    }
  });
});

describe("the source account's template", () => {
  it("has a state machine that is valid once its placeholders are substituted", async () => {
    const [machine] = (await read()).stateMachines;
    const { isValid, errorsText } = validateDefinition(structuredClone(machine?.definition ?? {}));
    expect(isValid, errorsText("\n")).toBe(true);
    expect(JSON.stringify(machine?.definition)).not.toContain("${");
  });

  it("has roles of actions, resources and condition keys that AWS has, and no wildcard in an action", async () => {
    for (const statement of [...(await read()).roles.values()].flat()) {
      expect(await faultsOf(statement), statement.Sid).toEqual([]);
      expect(statement.Action.filter((action) => action.includes("*"))).toEqual([]);
    }
  });

  it("makes no key and tells nobody by e-mail where it is not asked to", async () => {
    const key = `arn:aws:kms:${SOURCE_REGION}:${OWNER}:key/0b1c`;
    const { resources, outputs } = await read({ ShareKey: key });
    expect(Object.keys(resources)).not.toEqual(expect.arrayContaining(["Key", "KeyAlias", "EmailSubscription"]));
    expect(outputs["KeyArn"]).toBe(key);
    expect(Object.keys((await read({ NotifyEmail: "on-call@example.com" })).resources)).toEqual(
      expect.arrayContaining(["Key", "KeyAlias", "EmailSubscription"]),
    );
  });

  it.each([
    ["Cluster", "Orders"],
    ["Cluster", "arn:aws:rds:eu-west-1:111122223333:cluster:orders"],
    ["DrillAccount", "4444-5555-6666"],
    ["KeptCopies", "1"],
    ["ShareKey", "alias/production"],
    ["Name", "restore-drill-orders"],
    ["Name", "orders--share"],
    ["NotifyEmail", "on-call"],
  ])("refuses %s %s", async (parameter, value) => {
    await expect(read({ [parameter]: value })).rejects.toThrow(parameter);
  });

  it("hears of every end but a good one, and of silence", async () => {
    const { SharingFailedAlarm: failed, SharingSilentAlarm: silent } = (await read()).resources;
    for (const metric of ["ExecutionsFailed", "ExecutionsTimedOut", "ExecutionsAborted"])
      expect(JSON.stringify(failed?.properties)).toContain(metric);
    expect(silent?.properties).toMatchObject({ MetricName: "ExecutionsSucceeded", TreatMissingData: "breaching" });
    expect(Object.keys((await read({ ScheduleState: "DISABLED" })).resources)).not.toContain("SharingSilentAlarm");
  });
});

describe("the key of what is shared", () => {
  const KeyPolicy = z.object({
    KeyPolicy: z.object({ Statement: z.array(z.looseObject({ Principal: z.record(z.string(), z.string()) })) }),
  });
  const ARN = `arn:aws:kms:${SOURCE_REGION}:${OWNER}:key/share`;

  /** What the policy says of the drill account, of one key as IAM would be asked. */
  async function granted(): Promise<PolicyStatement[]> {
    const { Key: key } = (await read()).resources;
    return z
      .parse(KeyPolicy, key?.properties)
      .KeyPolicy.Statement.filter(({ Principal }) => Principal["AWS"]?.includes(DRILL_ACCOUNT))
      .map(({ Principal, ...statement }) => z.parse(PolicyStatement, { ...statement, Resource: ARN }));
  }

  it("may be used by the drill account through RDS, and for nothing that AWS does not have", async () => {
    const statements = await granted();
    for (const statement of statements) expect(await faultsOf(statement), statement.Sid).toEqual([]);
    const viaRds = { "kms:ViaService": "rds.eu-west-1.amazonaws.com" };
    const forRds = { ...viaRds, "kms:GrantIsForAWSResource": "true" };
    expect(isAllowed(statements, "kms:Decrypt", ARN, viaRds)).toBe(true);
    expect(isAllowed(statements, "kms:CreateGrant", ARN, forRds)).toBe(true);
    expect(isAllowed(statements, "kms:CreateGrant", ARN, viaRds)).toBe(false);
    for (const action of ["kms:Decrypt", "kms:DescribeKey", "kms:CreateGrant"])
      expect(isAllowed(statements, action, ARN), action).toBe(false);
    for (const action of ["kms:Encrypt", "kms:PutKeyPolicy", "kms:ScheduleKeyDeletion", "kms:RevokeGrant"])
      expect(isAllowed(statements, action, ARN, forRds), action).toBe(false);
  });

  it("grants all that the drill account's own role may ask of it, and no more", async () => {
    const { functions } = await readPackagedTemplate(await packagedService());
    const role = functions.find(({ name }) => name === "copy-snapshot")?.statements ?? [];
    const ofKeys = (statements: readonly PolicyStatement[]): string[] =>
      statements.flatMap(({ Action }) => Action).filter((action) => action.startsWith("kms:"));
    expect(ofKeys(await granted()).sort()).toEqual(ofKeys(role).sort());
  });
});

describe("what another account shares", () => {
  it("may be copied by one role of the drill account's stack, and nothing else be done to it by any", async () => {
    const { functions } = await readPackagedTemplate(await packagedService(), { accountId: DRILL_ACCOUNT });
    const shared = `arn:aws:rds:eu-west-1:${OWNER}:cluster-snapshot:drill-share-2026-11-21-04-05`;
    const given = functions.flatMap(({ name, statements }) =>
      [...new Set(statements.flatMap(({ Action }) => Action))]
        .filter((action) => action.startsWith("rds:") && isAllowed(statements, action, shared))
        .map((action) => `${name} ${action}`),
    );
    expect(given).toEqual(["copy-snapshot rds:CopyDBClusterSnapshot"]);
  });
});

describe("the source account's state machine", () => {
  const faults: RdsFaults = {};
  let cloud: RdsCloud;
  let machine: Machine;
  let statements: readonly PolicyStatement[];
  let keyArn: string;
  beforeAll(async () => {
    cloud = await startRdsCloud({ faults });
    keyArn = cloud.keys.create(SOURCE_REGION, { aliases: ["alias/drill-share"] }).arn;
    const [packaged] = (await read({ ShareKey: keyArn })).stateMachines;
    machine = packaged?.definition as unknown as Machine;
    statements = packaged?.statements ?? [];
  });
  afterAll(() => cloud?.close());
  afterEach(() => {
    faults.outcome = undefined;
  });

  /** Step Functions names members, operations and errors as the AWS SDK for Java does. */
  async function call(resource: string, input: unknown): Promise<unknown> {
    const operation =
      resource
        .split(":")
        .at(-1)
        ?.replace(/^./, (first) => first.toUpperCase()) ?? "";
    const given = renamed(input, (key) => {
      if (key.startsWith("DB")) throw new Error(`${operation} has no member ${key}.`);
      return key.replace(/^Db/, "DB");
    }) as Record<string, unknown>;
    await assertAllowed(operation, given);
    const Named = Reflect.get(rds, `${operation}Command`) as typeof rds.DescribeDBClusterSnapshotsCommand;
    try {
      const { $metadata, ...answer } = await cloud.rds(SOURCE_REGION).send(new Named(given));
      return renamed(JSON.parse(JSON.stringify(answer)), (key) => key.replace(/^DB/, "Db"));
    } catch (error) {
      const { name, message } = error as Error;
      throw new ExecutionFailed(`Rds.${name.replace(/^DB/, "Db").replace(/Fault$/, "Exception")}`, message);
    }
  }

  async function assertAllowed(operation: string, input: Record<string, unknown>): Promise<void> {
    const { administration } = cloud.local;
    const world: World = {
      accountId: OWNER,
      keyArn: (region, name) => cloud.keys.find(region, name)?.arn,
      topicKeyArn: () => undefined,
      tagsOf: (arn) => administration.tagsOf(arn),
      groupsOf: (arn) => administration.groupsOf(arn),
      snapshotKeyArn: (arn) => administration.snapshotKeyOf(arn),
      hasObject: async () => false,
    };
    for (const request of await requestsOf({ service: "rds", region: SOURCE_REGION, operation, input }, world)) {
      const { action, resource } = request;
      if (!isAllowed(statements, action, resource, await knownContext(request)))
        throw new Error(`The role may not ${action} on ${resource}.`);
    }
  }

  const run = () => runJsonata(machine, call);
  const client = () => cloud.rds(SOURCE_REGION);
  const describeSnapshots = async (input: rds.DescribeDBClusterSnapshotsCommandInput = {}) =>
    (await client().send(new rds.DescribeDBClusterSnapshotsCommand(input))).DBClusterSnapshots ?? [];
  const idsOf = async (): Promise<(string | undefined)[]> =>
    (await describeSnapshots({ SnapshotType: "manual" })).map(({ DBClusterSnapshotIdentifier: id }) => id).sort();
  const sharedWith = async (id: string): Promise<string[] | undefined> => {
    const asked = new rds.DescribeDBClusterSnapshotAttributesCommand({ DBClusterSnapshotIdentifier: id });
    const { DBClusterSnapshotAttributesResult: result } = await client().send(asked);
    return result?.DBClusterSnapshotAttributes?.[0]?.AttributeValues;
  };
  const backUp = (day: string) =>
    cloud.local.administration.takeSnapshot({
      region: SOURCE_REGION,
      clusterId: "shop",
      kind: "automated",
      createdAt: new Date(`${day}T03:04:05Z`),
    });

  it("copies the newest automated snapshot under its key, names it by when it was taken, and shares it", async () => {
    const { output } = await run();
    const copy = "drill-share-2026-11-20-03-04";
    expect(output).toMatchObject({ shared: copy, source: expect.stringContaining("rds:shop-2026-11-20-03-04") });
    expect(await describeSnapshots({ DBClusterSnapshotIdentifier: copy })).toMatchObject([
      { Status: "available", KmsKeyId: keyArn, TagList: [{ Key: "restore-drill:share", Value: "drill-share" }] },
    ]);
    expect(await sharedWith(copy)).toEqual([DRILL_ACCOUNT]);
  });

  it("does no harm when it is run again before there is a newer one", async () => {
    const { visited } = await run();
    expect(visited).not.toContain("WaitForCopy");
    expect(await idsOf()).toEqual(["drill-share-2026-11-20-03-04"]);
  });

  it("keeps as many copies as it is told, and leaves alone what has its names or its tag alone", async () => {
    const mark = { Key: "restore-drill:share", Value: "drill-share" };
    const byHand = { region: SOURCE_REGION, clusterId: "shop", kind: "manual" } as const;
    for (const [snapshotId, tags] of [
      ["drill-share-2020-01-01-00-00", {}],
      ["drill-share-before-upgrade", { [mark.Key]: mark.Value }],
    ] as const)
      cloud.local.administration.registerSnapshot({ ...byHand, snapshotId, tags, directory: "/nowhere" });
    for (const day of ["2026-11-21", "2026-11-22"]) {
      await backUp(day);
      await run();
    }
    await cloud.local.administration.settled();
    expect(await idsOf()).toEqual([
      "drill-share-2020-01-01-00-00",
      "drill-share-2026-11-21-03-04",
      "drill-share-2026-11-22-03-04",
      "drill-share-before-upgrade",
    ]);
  });

  it("does not share a snapshot that has a copy's name and not its tag", async () => {
    await backUp("2026-11-23");
    const options = { region: SOURCE_REGION, clusterId: "shop", kind: "manual", directory: "/nowhere" } as const;
    const snapshotId = "drill-share-2026-11-23-03-04";
    cloud.local.administration.registerSnapshot({ ...options, snapshotId });
    await expect(run()).rejects.toMatchObject({
      error: "Share.NotOurs",
      message: expect.stringContaining(snapshotId),
    });
    expect(await sharedWith(snapshotId)).toEqual([]);
  });

  it("fails when the copy does, and when there is nothing to copy", async () => {
    await backUp("2026-11-24");
    faults.outcome = (step) => (step === "snapshotCopy" ? "failed" : undefined);
    await expect(run()).rejects.toMatchObject({
      error: "Share.CopyFailed",
      message: expect.stringContaining("failed"),
    });
    const other = (await read({ Cluster: "absent" })).stateMachines[0];
    statements = other?.statements ?? [];
    await expect(runJsonata(other?.definition as unknown as Machine, call)).rejects.toMatchObject({
      error: "Share.NothingToShare",
      message: expect.stringContaining("absent has no automated snapshot"),
    });
  });
});

function renamed(value: unknown, rename: (key: string) => string): unknown {
  if (Array.isArray(value)) return value.map((each) => renamed(each, rename));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [rename(key), renamed(member, rename)]));
}
