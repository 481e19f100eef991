import {
  CreateDBInstanceCommand,
  type DBCluster,
  DBClusterAlreadyExistsFault,
  DBClusterNotFoundFault,
  type DBInstance,
  DBInstanceAlreadyExistsFault,
  DBInstanceNotFoundFault,
  DescribeDBClustersCommand,
  DescribeDBInstancesCommand,
  EnableHttpEndpointCommand,
  InsufficientDBInstanceCapacityFault,
  InvalidDBClusterStateFault,
  InvalidResourceStateFault,
  ModifyDBClusterCommand,
  RDSClient,
  RestoreDBClusterFromSnapshotCommand,
} from "@aws-sdk/client-rds";
import {
  DatabaseErrorException,
  DatabaseNotFoundException,
  DatabaseResumingException,
  DatabaseUnavailableException,
  ExecuteStatementCommand,
  ForbiddenException,
  RDSDataClient,
} from "@aws-sdk/client-rds-data";
import { mockClient } from "aws-sdk-client-mock";
import "aws-sdk-client-mock-vitest/extend";
import { beforeEach, describe, expect, it } from "vitest";
import {
  FirstQueryFailed,
  NotOurs,
  RestoreFailed,
  RestoreTimedOut,
  SandboxLost,
  SandboxRefused,
} from "../../src/errors.ts";
import type { Drill } from "../../src/plan/drill.ts";
import { type CopyAnswer, SANDBOX_MILESTONES, type SandboxAnswer } from "../../src/recovery/answers.ts";
import { restoreSandbox } from "../../src/recovery/restore-sandbox.ts";
import { drillWith, momentAt, SAMPLE_DRILL, TAG_LIST } from "../plan/sample-drill.ts";

const rdsThere = new RDSClient({ region: "eu-central-1" });
const dataThere = new RDSDataClient({ region: "eu-central-1" });
const rds = mockClient(rdsThere);
const data = mockClient(dataThere);
const inDrillRegion =
  <Client>(client: Client) =>
  (region: string): Client => {
    expect(region).toBe("eu-central-1");
    return client;
  };

const { sandbox } = SAMPLE_DRILL;
const CLUSTER_ARN = `arn:aws:rds:eu-central-1:111122223333:cluster:${sandbox.cluster}`;
const SECRET_ARN = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:rds!cluster-1";
const COPY_ARN = `arn:aws:rds:eu-central-1:111122223333:cluster-snapshot:${SAMPLE_DRILL.copy.snapshotId}`;
const COPY: CopyAnswer = {
  phase: "ready",
  waitSeconds: 0,
  looks: 3,
  startedAt: momentAt(2).toISOString(),
  finishedAt: momentAt(60).toISOString(),
  skipped: false,
  snapshotId: SAMPLE_DRILL.copy.snapshotId,
  snapshotArn: COPY_ARN,
  percent: 100,
};
const meta = { message: "message of RDS", $metadata: {} };

function look(atSeconds = 100, earlier?: SandboxAnswer, drill: Drill = SAMPLE_DRILL): Promise<SandboxAnswer> {
  const services = { rds: inDrillRegion(rdsThere), data: inDrillRegion(dataThere), now: () => momentAt(atSeconds) };
  return restoreSandbox(services, { drill, copy: COPY, sandbox: earlier });
}

const clusterIs = (changes: Partial<DBCluster>) =>
  rds
    .on(DescribeDBClustersCommand)
    .resolves({ DBClusters: [{ DBClusterArn: CLUSTER_ARN, Status: "available", TagList: TAG_LIST, ...changes }] });
const writerIs = (changes: Partial<DBInstance>) =>
  rds
    .on(DescribeDBInstancesCommand)
    .resolves({ DBInstances: [{ DBInstanceStatus: "available", TagList: TAG_LIST, ...changes }] });
const secret = (SecretStatus: string) => ({ MasterUserSecret: { SecretArn: SECRET_ARN, SecretStatus } });
const everythingIsUp = () => {
  clusterIs({ ...secret("active"), HttpEndpointEnabled: true });
  writerIs({});
};

/** The calls that change something. */
const changes = () =>
  rds
    .calls()
    .map(({ args }) => args[0].constructor.name)
    .filter((name) => !name.startsWith("Describe"));

beforeEach(() => {
  rds.reset();
  data.reset();
  rds.on(DescribeDBClustersCommand).rejects(new DBClusterNotFoundFault(meta));
  rds.on(DescribeDBInstancesCommand).rejects(new DBInstanceNotFoundFault(meta));
  data.on(ExecuteStatementCommand).resolves({ records: [] });
});

describe("the restore request", () => {
  const requested = () => rds.commandCalls(RestoreDBClusterFromSnapshotCommand).map(({ args }) => args[0].input);

  it("leaves nothing to RDS: version, network, parameters, key, tags, protection, capacity, lifecycle", async () => {
    await look();
    expect(requested()).toEqual([
      {
        DBClusterIdentifier: sandbox.cluster,
        SnapshotIdentifier: COPY_ARN,
        Engine: "aurora-postgresql",
        EngineVersion: "16.4",
        DBSubnetGroupName: "restore-drill-isolated",
        VpcSecurityGroupIds: ["sg-0a1b2c"],
        DBClusterParameterGroupName: "restore-drill-postgresql16",
        KmsKeyId: "arn:aws:kms:eu-central-1:111122223333:key/drill",
        DeletionProtection: false,
        CopyTagsToSnapshot: false,
        Tags: TAG_LIST,
        EngineLifecycleSupport: "open-source-rds-extended-support-disabled",
        ServerlessV2ScalingConfiguration: { MinCapacity: 0.5, MaxCapacity: 8 },
      },
    ]);
  });

  it("gives a provisioned sandbox no capacity range", async () => {
    await look(100, undefined, drillWith({ sandbox: { ...sandbox, instanceClass: "db.r6g.large" } }));
    expect(requested()[0]).not.toHaveProperty("ServerlessV2ScalingConfiguration");
  });

  it("says nothing of a lifecycle that the source does not tell", async () => {
    const { engineLifecycleSupport: _, ...untold } = sandbox;
    await look(100, undefined, drillWith({ sandbox: untold }));
    expect(requested()[0]).not.toHaveProperty("EngineLifecycleSupport");
  });
});

describe("the writer's request", () => {
  it("is for a private instance of the plan's class in the sandbox, with the drill's tags", async () => {
    clusterIs({});
    await look();
    expect(rds.commandCalls(CreateDBInstanceCommand).map(({ args }) => args[0].input)).toEqual([
      {
        DBInstanceIdentifier: sandbox.writer,
        DBClusterIdentifier: sandbox.cluster,
        DBInstanceClass: "db.serverless",
        Engine: "aurora-postgresql",
        PubliclyAccessible: false,
        AutoMinorVersionUpgrade: false,
        Tags: TAG_LIST,
      },
    ]);
  });
});

describe("restoreSandbox", () => {
  it("takes one step a look, in the order RDS allows, until a query is answered", async () => {
    const steps: { changes: string[]; waitingFor: string; milestones: string[] }[] = [];
    let answer: SandboxAnswer | undefined;
    const step = async () => {
      rds.resetHistory();
      answer = await look(100 + steps.length * 10, answer);
      steps.push({ changes: changes(), waitingFor: answer.waitingFor, milestones: Object.keys(answer.milestones) });
    };

    await step();
    clusterIs({ Status: "creating" });
    await step();
    clusterIs({});
    await step();
    writerIs({ DBInstanceStatus: "creating" });
    await step();
    writerIs({});
    await step();
    clusterIs({ Status: "resetting-master-credentials", ...secret("creating") });
    await step();
    clusterIs(secret("creating"));
    await step();
    clusterIs(secret("active"));
    await step();
    everythingIsUp();
    data.on(ExecuteStatementCommand).rejectsOnce(new DatabaseUnavailableException(meta));
    await step();
    await step();

    expect(steps.map((taken) => taken.changes)).toEqual([
      ["RestoreDBClusterFromSnapshotCommand"],
      [],
      ["CreateDBInstanceCommand"],
      [],
      ["ModifyDBClusterCommand"],
      [],
      [],
      ["EnableHttpEndpointCommand"],
      [],
      [],
    ]);
    expect(steps.map((taken) => taken.waitingFor)).toEqual([
      "the cluster to be restored",
      "the cluster, which is creating",
      "the writer instance to be created",
      "the writer instance, which is creating",
      "the managed master secret to be made",
      "the cluster, which is resetting-master-credentials",
      "the master secret, which is creating",
      "the Data API to be enabled",
      "the first query to be answered",
      "nothing",
    ]);
    expect(steps.map((taken) => taken.milestones.length)).toEqual([1, 1, 2, 2, 3, 3, 3, 4, 5, 6]);
    expect(answer).toEqual({
      phase: "ready",
      waitSeconds: 0,
      looks: 10,
      startedAt: momentAt(100).toISOString(),
      finishedAt: momentAt(190).toISOString(),
      waitingFor: "nothing",
      clusterArn: CLUSTER_ARN,
      secretArn: SECRET_ARN,
      milestones: {
        restoreRequestedAt: momentAt(100).toISOString(),
        clusterAvailableAt: momentAt(120).toISOString(),
        writerAvailableAt: momentAt(140).toISOString(),
        secretActiveAt: momentAt(170).toISOString(),
        endpointEnabledAt: momentAt(180).toISOString(),
        firstQueryAt: momentAt(190).toISOString(),
      },
    });
    expect(Object.keys(answer?.milestones ?? {})).toEqual([...SANDBOX_MILESTONES]);
  });

  it("asks for a managed secret and for the Data API of its own cluster", async () => {
    clusterIs({});
    writerIs({});
    await look();
    expect(rds).toHaveReceivedCommandExactlyOnceWith(ModifyDBClusterCommand, {
      DBClusterIdentifier: sandbox.cluster,
      ManageMasterUserPassword: true,
      ApplyImmediately: true,
    });
    clusterIs(secret("active"));
    await look();
    expect(rds).toHaveReceivedCommandExactlyOnceWith(EnableHttpEndpointCommand, { ResourceArn: CLUSTER_ARN });
  });

  it("asks the restored database itself, with the managed secret", async () => {
    everythingIsUp();
    await look();
    expect(data).toHaveReceivedCommandExactlyOnceWith(ExecuteStatementCommand, {
      resourceArn: CLUSTER_ARN,
      secretArn: SECRET_ARN,
      database: "shop",
      sql: "select 1",
    });
  });

  it("sleeps through the restore by history, and watches the steps after it", async () => {
    const drill = drillWith({ expectedSeconds: { restore: 600 } });
    const first = await look(100, undefined, drill);
    expect(first.waitSeconds).toBe(540);
    clusterIs({});
    expect((await look(700, first, drill)).waitSeconds).toBe(1);
  });
});

describe("a lost answer", () => {
  it("to the restore is no error", async () => {
    rds.on(RestoreDBClusterFromSnapshotCommand).rejects(new DBClusterAlreadyExistsFault(meta));
    expect(await look()).toMatchObject({ phase: "pending", waitingFor: "the cluster to be restored" });
  });

  it("to the writer's creation is no error", async () => {
    clusterIs({});
    rds.on(CreateDBInstanceCommand).rejects(new DBInstanceAlreadyExistsFault(meta));
    expect(await look()).toMatchObject({ phase: "pending", waitingFor: "the writer instance to be created" });
  });

  it.each([
    ["the writer's creation", CreateDBInstanceCommand, new InvalidDBClusterStateFault(meta), {}, false],
    ["the secret's creation", ModifyDBClusterCommand, new InvalidDBClusterStateFault(meta), {}, true],
    ["the Data API's enabling", EnableHttpEndpointCommand, new InvalidResourceStateFault(meta), secret("active"), true],
  ] as const)(
    "to %s leaves the cluster busy for a while: that is waited for",
    async (_, command, fault, cluster, hasWriter) => {
      clusterIs(cluster);
      if (hasWriter) writerIs({});
      rds.on(command as typeof ModifyDBClusterCommand).rejects(fault);
      expect(await look()).toMatchObject({ phase: "pending" });
    },
  );

  it.each([
    ["the writer's creation", CreateDBInstanceCommand, new InvalidDBClusterStateFault(meta), {}, false],
    ["the secret's creation", ModifyDBClusterCommand, new InvalidDBClusterStateFault(meta), {}, true],
    ["the Data API's enabling", EnableHttpEndpointCommand, new InvalidResourceStateFault(meta), secret("active"), true],
  ] as const)("to %s is not believed in for longer than 30 min", async (_, command, fault, cluster, hasWriter) => {
    clusterIs(cluster);
    if (hasWriter) writerIs({});
    rds.on(command as typeof ModifyDBClusterCommand).rejects(fault);
    const first = await look(5000);
    expect(await look(6800, first)).toMatchObject({ phase: "pending" });
    await expect(look(6801, first)).rejects.toBe(fault);
  });

  it("is not what other refusals are taken for", async () => {
    clusterIs({});
    rds.on(CreateDBInstanceCommand).rejects(new InsufficientDBInstanceCapacityFault(meta));
    await expect(look()).rejects.toMatchObject({ name: "InsufficientDBInstanceCapacityFault" });
  });
});

describe("a terminal state", () => {
  it.each([
    "cloning-failed",
    "migration-failed",
    "restore-failed",
    "incompatible-parameters",
    "incompatible-network",
    "incompatible-restore",
    "incompatible-whatever-comes-next",
    "inaccessible-encryption-credentials",
    "inaccessible-encryption-credentials-recoverable",
    "upgrade-failed",
  ])("of the cluster is a failed recovery: %s", async (Status) => {
    clusterIs({ Status });
    await expect(look()).rejects.toThrow(RestoreFailed);
    await expect(look()).rejects.toThrow(`The cluster ${sandbox.cluster} ended as "${Status}"`);
  });

  it.each([
    "failed",
    "restore-error",
    "incompatible-restore",
    "incompatible-network",
    "incompatible-parameters",
    "incompatible-option-group",
    "incompatible-create",
    "incompatible-credentials",
    "insufficient-capacity",
    "inaccessible-encryption-credentials",
    "inaccessible-encryption-credentials-recoverable",
    "storage-full",
    "modify-failed",
    "upgrade-failed",
  ])("of the writer is a failed recovery: %s", async (DBInstanceStatus) => {
    clusterIs({});
    writerIs({ DBInstanceStatus });
    await expect(look()).rejects.toThrow(RestoreFailed);
    await expect(look()).rejects.toMatchObject({
      message: expect.stringContaining(`The instance ${sandbox.writer} ended as "${DBInstanceStatus}"`),
      details: { kind: "instance", id: sandbox.writer, status: DBInstanceStatus },
    });
  });

  it.each(["creating", "modifying", "backing-up", "renaming", "resetting-master-credentials", "migrating"])(
    "is not what a passing one is taken for: %s",
    async (Status) => {
      clusterIs({ Status });
      expect(await look()).toMatchObject({ phase: "pending", waitingFor: `the cluster, which is ${Status}` });
    },
  );
});

describe("a sandbox that somebody takes down", () => {
  it.each(["stopping", "stopped", "deleting", "deleted"])("is lost, not a bad backup: %s", async (status) => {
    clusterIs({ Status: status });
    await expect(look()).rejects.toThrow(SandboxLost);
    clusterIs({});
    writerIs({ DBInstanceStatus: status });
    await expect(look()).rejects.toThrow(
      `The instance ${sandbox.writer} is ${status}, and the drill did not ask for that`,
    );
  });

  it("is lost when it is gone, and not made again", async () => {
    everythingIsUp();
    data.on(ExecuteStatementCommand).rejects(new DatabaseUnavailableException(meta));
    const first = await look();
    rds.on(DescribeDBInstancesCommand).rejects(new DBInstanceNotFoundFault(meta));
    await expect(look(110, first)).rejects.toThrow(`The instance ${sandbox.writer} is not there`);
    rds.on(DescribeDBClustersCommand).rejects(new DBClusterNotFoundFault(meta));
    await expect(look(110, first)).rejects.toThrow(`The cluster ${sandbox.cluster} is not there`);
    await expect(look(110, first)).rejects.toThrow(SandboxLost);
    expect(changes()).toEqual([]);
  });
});

describe("a sandbox that is somebody else's", () => {
  it("is not touched, be it the cluster or the writer", async () => {
    const TagList = [{ Key: "team", Value: "payments" }];
    clusterIs({ TagList });
    await expect(look()).rejects.toThrow(NotOurs);
    clusterIs({});
    writerIs({ TagList });
    await expect(look()).rejects.toThrow(NotOurs);
    expect(changes()).toEqual([]);
  });

  it("is not what one is taken for whose tags are not listed yet, for 5 min", async () => {
    const first = await look(100);
    rds.resetHistory();
    clusterIs({ TagList: [] });
    expect(await look(400, first)).toMatchObject({ phase: "pending", waitingFor: "the cluster's tags to be listed" });
    await expect(look(401, first)).rejects.toThrow(NotOurs);
    clusterIs({});
    writerIs({ TagList: undefined });
    const second = await look(5000, first);
    expect(second).toMatchObject({ phase: "pending", waitingFor: "the writer instance's tags to be listed" });
    await expect(look(5301, second)).rejects.toThrow(NotOurs);
    expect(changes()).toEqual([]);
  });
});

describe("a master secret that is impaired", () => {
  it("ends the drill, and is not the backup's fault", async () => {
    clusterIs(secret("impaired"));
    writerIs({});
    await expect(look()).rejects.toThrow(SandboxRefused);
    await expect(look()).rejects.toThrow(/The master secret of .* is impaired/);
  });
});

describe("the first query", () => {
  const refusing = (message: string) =>
    data.on(ExecuteStatementCommand).rejects(new DatabaseErrorException({ message, $metadata: {} }));

  it.each([
    "FATAL: the database system is starting up; SQLState: 57P03",
    "FATAL: sorry, too many clients already; SQLState: 53300",
    "FATAL: the database system is in recovery mode",
  ])("is waited for until the deadline while the database says: %s", async (message) => {
    everythingIsUp();
    refusing(message);
    const first = await look(100);
    expect(await look(43_200, first)).toMatchObject({ phase: "pending" });
    await expect(look(43_201, first)).rejects.toThrow(RestoreTimedOut);
  });

  it.each([
    ["HttpEndpointNotEnabledException", "not enabled"],
    ["BadRequestException", "HttpEndpoint is not enabled for cluster sandbox"],
    ["InvalidResourceStateException", "busy"],
    ["InternalServerErrorException", "oops"],
    ["ServiceUnavailableError", "later"],
    ["TimeoutError", "socket"],
  ])("is waited for while the Data API answers %s", async (name, message) => {
    everythingIsUp();
    data.on(ExecuteStatementCommand).rejects(Object.assign(new Error(message), { name }));
    expect(await look()).toMatchObject({ phase: "pending", waitingFor: "the first query to be answered" });
  });

  it("that is refused a login is tried for 30 min from the Data API's enabling: the secret has only just become active", async () => {
    everythingIsUp();
    refusing('FATAL: password authentication failed for user "postgres"; SQLState: 28P01');
    const first = await look(5000);
    expect(await look(6800, first)).toMatchObject({ phase: "pending", waitingFor: "the first query to be answered" });
    await expect(look(6801, first)).rejects.toThrow(FirstQueryFailed);
  });

  it.each([DatabaseResumingException, DatabaseUnavailableException, DatabaseNotFoundException])(
    "is waited for while the database answers %o",
    async (NotYet) => {
      everythingIsUp();
      data.on(ExecuteStatementCommand).rejects(new NotYet(meta));
      expect(await look()).toMatchObject({ phase: "pending", waitingFor: "the first query to be answered" });
    },
  );

  it("that the database refuses is a failed recovery, told with the database's name", async () => {
    everythingIsUp();
    const refusal = new DatabaseErrorException({ message: 'FATAL: database "shop" does not exist', $metadata: {} });
    data.on(ExecuteStatementCommand).rejects(refusal);
    await expect(look()).rejects.toThrow(FirstQueryFailed);
    await expect(look()).rejects.toMatchObject({ message: expect.stringMatching(/database "shop"/), cause: refusal });
  });

  it("that the drill may not ask is the drill's own error", async () => {
    everythingIsUp();
    data.on(ExecuteStatementCommand).rejects(new ForbiddenException(meta));
    await expect(look()).rejects.toMatchObject({ name: "ForbiddenException" });
  });
});

describe("the deadline", () => {
  it("ends the wait with the milestones passed until then", async () => {
    const first = await look(100);
    clusterIs({});
    const failure = look(43_201, first);
    await expect(failure).rejects.toThrow(RestoreTimedOut);
    await expect(failure).rejects.toMatchObject({
      message: expect.stringMatching(
        /still waiting for the writer instance to be created when the drill's time \(43200 s\)/,
      ),
      details: {
        startedAt: momentAt(100).toISOString(),
        milestones: {
          restoreRequestedAt: momentAt(100).toISOString(),
          clusterAvailableAt: momentAt(43_201).toISOString(),
        },
      },
    });
  });

  it("has nothing more made: no cluster, no writer, no secret", async () => {
    const late = async (): Promise<void> => {
      await expect(look(43_201)).rejects.toThrow(RestoreTimedOut);
      expect(changes()).toEqual([]);
    };
    await late();
    clusterIs({});
    await late();
    writerIs({});
    await late();
  });

  it("does not spoil a sandbox that answers", async () => {
    everythingIsUp();
    expect(await look(50_000)).toMatchObject({ phase: "ready" });
  });
});
