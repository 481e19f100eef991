import { Metrics } from "@aws-lambda-powertools/metrics";
import { PublishCommand, SNSClient } from "@aws-sdk/client-sns";
import { mockClient } from "aws-sdk-client-mock";
import "aws-sdk-client-mock-vitest/extend";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { PlanNotFound } from "../../src/errors.ts";
import { NotifyOutcomeInput, notifyOutcome } from "../../src/notify/notify-outcome.ts";
import { evidenceBucket } from "../evidence/evidence-bucket.ts";
import { SAMPLE_DRILL } from "../plan/sample-drill.ts";
import { TEARDOWN } from "../verdict/sample-results.ts";
import { SAMPLE_VERDICT } from "../verdict/sample-verdict.ts";

const client = new SNSClient({ region: "eu-west-1" });
const sns = mockClient(client);
let bucket: ReturnType<typeof evidenceBucket>;
const TOPIC = "arn:aws:sns:eu-west-1:111122223333:outcomes";
const execution = { id: "arn:execution:1", name: "weekly-1", startedAt: SAMPLE_DRILL.startedAt };
const EVIDENCE = {
  bucket: "evidence",
  prefix: SAMPLE_DRILL.evidencePrefix,
  files: [],
  manifestSha256: "0".repeat(64),
  leftovers: [],
  actualUsd: 1.237,
};
const LEFT = [
  {
    kind: "cluster" as const,
    id: SAMPLE_DRILL.sandbox.cluster,
    region: "eu-central-1",
    reason: "deleting, asked to be deleted",
  },
];
const PASSED = {
  execution,
  request: { plan: "orders" },
  drill: SAMPLE_DRILL,
  verdict: SAMPLE_VERDICT,
  evidence: EVIDENCE,
};
const FAILED = {
  ...SAMPLE_VERDICT,
  verdict: "failed",
  reason: "data",
  error: "Drill.Failed",
  summary: "What came back is wrong: 1 check of 4 failed.",
  nextStep:
    "Do not count on this recovery point. Compare the findings with the source, then drill an older recovery point.",
  findings: ["rows orders: 0 rows; expected at least 1 row"],
};

async function notify(input: object = PASSED) {
  const answer = await notifyOutcome(
    {
      sns: client,
      topicArn: TOPIC,
      metrics: new Metrics({ namespace: "T", serviceName: "restore-drill" }),
      store: bucket.store,
      now: () => new Date("2026-11-21T18:00:00.000Z"),
      logger: { error: () => {} },
      plans: async () => {
        throw new PlanNotFound("no plan");
      },
    },
    NotifyOutcomeInput.parse(input),
  );
  const [call] = sns.commandCalls(PublishCommand);
  const published = call?.args[0].input;
  const message = JSON.parse(published?.Message ?? "{}") as { default: string; email: string; sms: string };
  return { answer, published, message, json: JSON.parse(message.default) as Record<string, unknown> };
}

/** What SNS takes: https://docs.aws.amazon.com/sns/latest/api/API_Publish.html, and one SMS with room for a sender. */
function expectDeliverable({ published, message }: Awaited<ReturnType<typeof notify>>): void {
  expect(published?.Subject).toMatch(/^[!-~][ -~]{0,99}$/);
  expect(message.sms).toMatch(/^[ -~]{1,140}$/);
  expect(Buffer.byteLength(published?.Message ?? "")).toBeLessThan(262_144);
}

/** What functions write to their stdout as metrics. */
let published: Record<string, unknown>[];
beforeEach(() => {
  published = [];
  vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    if (String(text).includes('"_aws"')) published.push(JSON.parse(String(text)));
    return true;
  });
  bucket = evidenceBucket();
  sns.reset();
  sns.on(PublishCommand).resolves({ MessageId: "message-1" });
});

afterEach(() => vi.restoreAllMocks());

describe("notifyOutcome", () => {
  it("publishes one message with a text for each channel", async () => {
    const { published, message } = await notify();
    expect(sns).toHaveReceivedCommandTimes(PublishCommand, 1);
    expect(published).toMatchObject({ TopicArn: TOPIC, MessageStructure: "json" });
    expect(Object.keys(message)).toEqual(["default", "email", "sms"]);
  });

  it("gives filter policies verdict, database, trigger and the number of leftovers", async () => {
    const { published } = await notify();
    expect(published?.MessageAttributes).toEqual({
      verdict: { DataType: "String", StringValue: "passed" },
      database: { DataType: "String", StringValue: "orders-production" },
      trigger: { DataType: "String", StringValue: "schedule" },
      leftovers: { DataType: "Number", StringValue: "0" },
    });
  });

  it("answers with what the execution ends with", async () => {
    const { answer } = await notify({ ...PASSED, verdict: FAILED });
    expect(answer).toEqual({
      verdict: "failed",
      error: "Drill.Failed",
      summary: FAILED.summary,
      subject: "FAILED (data): orders-production, restore drill",
      messageId: "message-1",
    });
  });

  it("is an error when SNS does not take it: then nobody was told", async () => {
    sns.on(PublishCommand).rejects(new Error("topic is gone"));
    await expect(notify()).rejects.toThrow("topic is gone");
  });
});

describe("what people read", () => {
  it("of a pass", async () => {
    const told = await notify();
    expectDeliverable(told);
    expect(told.published?.Subject).toBe("PASSED: orders-production, restore drill");
    expect(told.message.sms).toBe(
      "Restore drill PASSED: orders-production: The restored database is right: 4 checks held, RTO and RPO met their objectives.",
    );
    expect(told.message.email).toMatchInlineSnapshot(`
      "PASSED: orders-production
      The restored database is right: 4 checks held, RTO and RPO met their objectives.

      Do next: Nothing to do.

      RTO: 20 min, objective 4 h, met
      RPO: 10 h 27 min, objective 24 h, met
      Recovery point: rds:orders-production-2026-11-21-04-05 (automated), 10 h 27 min old
      From eu-west-1 to eu-central-1

      Where the time went:
      - select: 2 s
      - copy: 5 min 01 s
      - restore: 10 min
      - first-query: 1 min 37 s
      - isolation: 5 s
      - full-read: 2 min 55 s
      - validated: 20 s

      Evidence: s3://evidence/orders-production/20261121-143205-3f9a2b1c/report.json
      Cost: at most $1.24, estimated $4.20
      Drill: 20261121-143205-3f9a2b1c
      Plan: orders, started by schedule (weekly)"
    `);
    expect(told.json).toMatchInlineSnapshot(`
      {
        "database": "orders-production",
        "drillId": "20261121-143205-3f9a2b1c",
        "evidence": "s3://evidence/orders-production/20261121-143205-3f9a2b1c/report.json",
        "findings": [],
        "leftovers": [],
        "nextStep": "Nothing to do.",
        "plan": "orders",
        "repeated": false,
        "rpoSeconds": 37620,
        "rtoSeconds": 1200,
        "schemaVersion": 1,
        "startedBy": "weekly",
        "summary": "The restored database is right: 4 checks held, RTO and RPO met their objectives.",
        "trigger": "schedule",
        "verdict": "passed",
      }
    `);
  });

  it("of wrong data", async () => {
    const told = await notify({ ...PASSED, verdict: FAILED });
    expectDeliverable(told);
    expect(told.message.email).toMatchInlineSnapshot(`
      "FAILED (data): orders-production
      What came back is wrong: 1 check of 4 failed.

      Do next: Do not count on this recovery point. Compare the findings with the source, then drill an older recovery point.

      What was seen:
      - rows orders: 0 rows; expected at least 1 row

      RTO: 20 min, objective 4 h, met
      RPO: 10 h 27 min, objective 24 h, met
      Recovery point: rds:orders-production-2026-11-21-04-05 (automated), 10 h 27 min old
      From eu-west-1 to eu-central-1

      Where the time went:
      - select: 2 s
      - copy: 5 min 01 s
      - restore: 10 min
      - first-query: 1 min 37 s
      - isolation: 5 s
      - full-read: 2 min 55 s
      - validated: 20 s

      Evidence: s3://evidence/orders-production/20261121-143205-3f9a2b1c/report.json
      Cost: at most $1.24, estimated $4.20
      Drill: 20261121-143205-3f9a2b1c
      Plan: orders, started by schedule (weekly)"
    `);
  });

  it("of checks that could not be asked", async () => {
    const verdict = {
      ...SAMPLE_VERDICT,
      verdict: "inconclusive",
      reason: "unchecked",
      error: "Drill.Inconclusive",
      summary: "Nothing wrong was seen, but 1 required check of 4 could not be asked.",
      nextStep:
        "Nothing wrong was seen, but nothing is proven either: mend the checks that did not run and drill again.",
      findings: ["slow sum: timed out after 44 s; expected exactly 3"],
    };
    const told = await notify({ ...PASSED, verdict });
    expectDeliverable(told);
    expect(told.published?.Subject).toBe("INCONCLUSIVE (unchecked): orders-production, restore drill");
    expect(told.message.email.split("\n\n").slice(0, 3)).toMatchInlineSnapshot(`
      [
        "INCONCLUSIVE (unchecked): orders-production
      Nothing wrong was seen, but 1 required check of 4 could not be asked.",
        "Do next: Nothing wrong was seen, but nothing is proven either: mend the checks that did not run and drill again.",
        "What was seen:
      - slow sum: timed out after 44 s; expected exactly 3",
      ]
    `);
  });

  it("of a drill that was refused before its database was known", async () => {
    const verdict = {
      verdict: "errored",
      reason: "drill",
      error: "Drill.Errored",
      summary: 'There is no plan "ordres". Did you mean "orders"?',
      nextStep: "The drill itself broke; the backup was not judged. Mend the cause and start the drill again.",
      findings: [],
      phases: [],
      objectives: {},
    };
    const evidence = { ...EVIDENCE, prefix: "unplanned/20261121-143205-00000000", actualUsd: 0 };
    const told = await notify({ execution, request: { plan: "ordres" }, verdict, evidence });
    expectDeliverable(told);
    expect(told.message.email).toMatchInlineSnapshot(`
      "ERRORED (drill): unplanned
      There is no plan "ordres". Did you mean "orders"?

      Do next: The drill itself broke; the backup was not judged. Mend the cause and start the drill again.

      RTO: not measured
      RPO: not measured

      Evidence: s3://evidence/unplanned/20261121-143205-00000000/report.json
      Drill: 20261121-143205-d96102b4
      Plan: ordres, started by manual (weekly-1)"
    `);
  });

  it("of a drill that was stopped after it was judged: the verdict, and who did the rest", async () => {
    const interruption = { status: "ABORTED", at: SAMPLE_DRILL.startedAt, state: "TearDown", cause: "by hand" };
    const told = await notify({ ...PASSED, interruption });
    expectDeliverable(told);
    expect(told.message.email.split("\n").slice(0, 3)).toEqual([
      "PASSED: orders-production",
      SAMPLE_VERDICT.summary,
      "The execution was stopped (ABORTED) in TearDown: by hand. The rest of the drill was done by finish-drill.",
    ]);
    expect(told.json["interruption"]).toEqual(interruption);
  });

  it("of a drill that was stopped before: once, in the summary", async () => {
    const interruption = { status: "ABORTED", at: SAMPLE_DRILL.startedAt, state: "RunChecks" };
    const summary = "Drill.Interrupted: The execution was stopped (ABORTED) in RunChecks.";
    const told = await notify({ ...PASSED, verdict: { ...FAILED, verdict: "errored", summary }, interruption });
    expect(told.message.email.match(/ABORTED/g)).toHaveLength(1);
  });

  it("of what may have been told before: that it is sent again", async () => {
    const sending = { state: "sending", at: SAMPLE_DRILL.startedAt, verdict: "passed" };
    bucket.objects.set(`${SAMPLE_DRILL.evidencePrefix}/outcome/notification.json`, JSON.stringify(sending));
    const told = await notify();
    expectDeliverable(told);
    expect(told.message.email).toMatch(/^\(Sent again: whether it arrived the first time is not known\.\)\n\nPASSED/);
    expect(told.message.sms).toMatch(/^\(again\) Restore drill PASSED/);
    expect(told.json["repeated"]).toBe(true);
  });

  it("of what was left behind, beside the verdict", async () => {
    const told = await notify({ ...PASSED, evidence: { ...EVIDENCE, leftovers: LEFT } });
    expectDeliverable(told);
    expect(told.published?.Subject).toBe("PASSED, 1 LEFT BEHIND: orders-production, restore drill");
    expect(told.message.sms).toMatch(/^Restore drill PASSED, 1 LEFT BEHIND: orders-production: The restored/);
    expect(told.message.email).toContain(
      `LEFT BEHIND (it costs money and holds production data; delete it by hand):\n- cluster ${SAMPLE_DRILL.sandbox.cluster} in eu-central-1: deleting, asked to be deleted`,
    );
    expect(told.json["leftovers"]).toEqual(LEFT);
    expect(told.message.email).toMatch(/^PASSED, \d LEFT BEHIND: orders-production\n/);
    expect(told.message.email).toMatch(/^Do next: Delete what was left behind \(below\) by hand\.$/m);
  });

  it("of a teardown that broke, also when the evidence broke with it", async () => {
    const { evidence: _, ...withoutEvidence } = PASSED;
    const told = await notify({
      ...withoutEvidence,
      teardownFailure: { Error: "Lambda.Unknown", Cause: "out of memory" },
      evidenceFailure: { Error: "AccessDenied", Cause: "not allowed" },
    });
    expect(told.published?.Subject).toBe("ERRORED (drill), 3 LEFT BEHIND: orders-production, restore drill");
    expect(told.message.email).toContain("teardown failed (Lambda.Unknown: out of memory); look for it by hand");
  });
});

describe("a drill without evidence", () => {
  const { evidence: _, ...withoutEvidence } = PASSED;
  const evidenceFailure = {
    Error: "NoSuchBucket",
    Cause: JSON.stringify({ errorMessage: "The bucket does not exist" }),
  };

  it("has not passed", async () => {
    const { answer, json, message } = await notify({ ...withoutEvidence, evidenceFailure });
    expect(answer).toMatchObject({
      verdict: "errored",
      error: "Drill.Errored",
      summary: "The evidence could not be written: The bucket does not exist",
    });
    expect(json).toMatchObject({ verdict: "errored", reason: "drill" });
    expect(json).not.toHaveProperty("evidence");
    expect(message.email).toContain("Evidence: NOT WRITTEN");
  });

  it("that failed is still told as failed, with the evidence's failure first", async () => {
    const { answer, json } = await notify({ ...withoutEvidence, verdict: FAILED, evidenceFailure });
    expect(answer).toMatchObject({ verdict: "failed", summary: FAILED.summary });
    expect(json["findings"]).toEqual([
      "The evidence could not be written: The bucket does not exist",
      "rows orders: 0 rows; expected at least 1 row",
    ]);
  });
});

describe("a text that channels would refuse", () => {
  const named = (cluster: string, summary = FAILED.summary) => ({
    ...PASSED,
    drill: { ...SAMPLE_DRILL, source: { ...SAMPLE_DRILL.source, cluster } },
    verdict: { ...FAILED, summary },
  });

  it("loses accents and keeps its letters", async () => {
    const told = await notify(named("bestellungen-zürich-à-côté"));
    expectDeliverable(told);
    expect(told.published?.Subject).toBe("FAILED (data): bestellungen-zurich-a-cote, restore drill");
  });

  it("of another alphabet is replaced sign by sign", async () => {
    const told = await notify(named("заказы-注文"));
    expectDeliverable(told);
    expect(told.published?.Subject).toBe("FAILED (data): ??????-??, restore drill");
  });

  it("is cut at the limit of its channel", async () => {
    const told = await notify(named("o".repeat(200), "s".repeat(2000)));
    expectDeliverable(told);
    expect(told.published?.Subject).toHaveLength(100);
    expect(told.published?.Subject).toMatch(/o\.\.\.$/);
    expect(told.message.sms).toHaveLength(140);
  });

  it("is never cut before what was left behind", async () => {
    const told = await notify({ ...named("o".repeat(200)), evidence: { ...EVIDENCE, leftovers: LEFT } });
    expect(told.published?.Subject).toContain("1 LEFT BEHIND");
    expect(told.message.sms).toContain("1 LEFT BEHIND");
  });

  it("has no line breaks or control characters in subject and SMS", async () => {
    const told = await notify(named("orders\r\nBcc: all", "two\nlines\u0007 and a bell"));
    expectDeliverable(told);
    expect(told.message.sms).toContain("two lines? and a bell");
  });

  it("is within one SNS message at its longest", async () => {
    const findings = Array.from({ length: 20 }, () => '"'.repeat(2000));
    expectDeliverable(await notify({ ...PASSED, verdict: { ...FAILED, findings, summary: "ü".repeat(2000) } }));
  });
});

describe("what is told to nobody", () => {
  it("is the secret's ARN, the cluster's ARN and the key", async () => {
    const { published } = await notify({ ...PASSED, verdict: FAILED, teardown: undefined });
    expect(published?.Message).not.toMatch(/secretsmanager|rds!cluster|arn:aws:kms|arn:aws:rds/);
  });

  it("is anything of the document that the message does not name", async () => {
    const { published } = await notify({
      ...PASSED,
      sandbox: { secretArn: "arn:secret" },
      checks: { rows: ["alice@example.com"] },
    });
    expect(published?.Message).not.toMatch(/arn:secret|alice/);
  });
});

describe("a sandbox that stays", () => {
  const { cluster, writer } = SAMPLE_DRILL.sandbox;
  const until = "2026-11-23T14:57:10.000Z";
  const kept = [
    {
      kind: "cluster",
      id: cluster,
      region: "eu-central-1",
      until,
      arn: `arn:aws:rds:eu-central-1:111122223333:cluster:${cluster}`,
      secretArn: "arn:aws:secretsmanager:eu-central-1:111122223333:secret:rds!cluster-1-AbCdEf",
    },
    { kind: "instance", id: writer, region: "eu-central-1", until },
  ];
  const inRegion = { ...execution, id: "arn:aws:states:eu-west-3:111122223333:execution:restore-drill:weekly-1" };
  const KEPT = { ...PASSED, execution: inRegion, verdict: FAILED, teardown: { ...TEARDOWN, deleted: [], kept } };

  it("is announced: until when, at what cost, how to ask it and how to end it", async () => {
    const told = await notify(KEPT);
    expectDeliverable(told);
    expect(
      told.message.email,
    ).toContain(`KEPT until ${until}, as the plan says, at $0.98 an hour at most; then it is deleted:
- cluster ${cluster} in eu-central-1
- instance ${writer} in eu-central-1
It is closed to the network. Ask it through the Data API:
aws rds-data execute-statement \\
  --region 'eu-central-1' \\
  --resource-arn 'arn:aws:rds:eu-central-1:111122223333:cluster:${cluster}' \\
  --secret-arn 'arn:aws:secretsmanager:eu-central-1:111122223333:secret:rds!cluster-1-AbCdEf' \\
  --database 'shop' \\
  --sql 'select version()'
End it before its time (call it again until \`swept.ended\` and \`failed\` are empty: what RDS refuses for now stays until then):
aws lambda invoke \\
  --region 'eu-west-3' \\
  --function-name 'restore-drill-sweep' \\
  --cli-binary-format 'raw-in-base64-out' \\
  --payload '{"drill":"${SAMPLE_DRILL.drillId}"}' \\
  /dev/stdout`);
    expect(told.json["kept"]).toMatchObject({ until, resources: [{ id: cluster }, { id: writer }] });
    expect(told.published?.Subject).not.toContain("LEFT BEHIND");
  });

  it("is asked by a command that no database's name can break out of", async () => {
    const drill = { ...SAMPLE_DRILL, source: { ...SAMPLE_DRILL.source, database: "o'; rm -rf /" } };
    const { message } = await notify({ ...KEPT, drill });
    expect(message.email).toContain(`--database 'o'\\''; rm -rf /' `);
  });

  it("is not there when it could not be kept, and that is said", async () => {
    const { message, json } = await notify({
      ...PASSED,
      teardown: { ...TEARDOWN, notKept: "there is no whole sandbox" },
    });
    expect(message.email).toContain("The sandbox was not kept, although the plan says so: there is no whole sandbox.");
    expect(json).not.toHaveProperty("kept");
  });
});

describe("a sandbox that stays after an incident", () => {
  const by = "alarm orders-data-loss at 2026-11-21T14:30:00.000Z (event c4c1c1c9)";
  const drill = {
    ...SAMPLE_DRILL,
    trigger: { kind: "incident", by },
    failureMoment: "2026-11-21T14:15:00.000Z",
  };
  const execution = { id: "arn:aws:states:eu-west-3:1:execution:staging:x", name: "x", startedAt: drill.startedAt };
  const until = "2026-11-23T14:57:10.000Z";
  const kept = [{ kind: "cluster", id: drill.sandbox.cluster, region: "eu-central-1", until }];
  const CANDIDATE = { ...PASSED, execution, drill, teardown: { ...TEARDOWN, deleted: [], kept } };

  it("is told as a candidate, in every channel", async () => {
    const told = await notify(CANDIDATE);
    expectDeliverable(told);
    expect(told.published?.Subject).toBe("PASSED, CANDIDATE: orders-production, restore drill");
    expect(told.message.email).toContain(
      "\nDo next: Decide before 2026-11-23T14:57:10.000Z whether to recover from the candidate (below).\n",
    );
    expect(told.message.sms).toMatch(/^Restore drill PASSED, CANDIDATE: orders-production: /);
    expect(told.json).toMatchObject({
      trigger: "incident",
      startedBy: by,
      kept: {
        candidate: {
          recoveryPoint: { id: drill.recoveryPoint.id, createdAt: drill.recoveryPoint.createdAt },
          failureMoment: drill.failureMoment,
        },
      },
    });
    expect(told.message.email).toContain(`started by incident (${by})`);
  });

  it("says what it is, what was proven of it, and how to promote it, in commands to paste", async () => {
    const { message } = await notify(CANDIDATE);
    const [section] = message.email.split("\n\n").filter((each) => each.startsWith("RECOVERY CANDIDATE"));
    expect(section).toMatchInlineSnapshot(`
      "RECOVERY CANDIDATE until 2026-11-23T14:57:10.000Z, as the plan says, at $0.98 an hour at most; then it is deleted:
      - cluster restore-drill-20261121-143205-3f9a2b1c in eu-central-1
      It is the backup of 2026-11-21T04:05:05.000Z (rds:orders-production-2026-11-21-04-05); damage is taken to begin at 2026-11-21T14:15:00.000Z.
      Proven of it: Every required check held. Not proven: what no check asks, and that the checks see damage, which a drill after an incident does not try.
      It is closed to the network. Ask it through the Data API:
      aws rds-data execute-statement \\
        --region 'eu-central-1' \\
        --resource-arn 'restore-drill-20261121-143205-3f9a2b1c' \\
        --secret-arn '(of the cluster'\\''s MasterUserSecret)' \\
        --database 'shop' \\
        --sql 'select version()'
      Promote it (read docs/runbook.md#promote-a-recovery-candidate first: it can not leave its network itself).
      If eu-west-1 and the backup are there, beside production (with credentials of account 111122223333):
      prod() { aws rds describe-db-clusters \\
        --region 'eu-west-1' \\
        --db-cluster-identifier 'orders-production' \\
        --query "DBClusters[0].$1" --output text; }
      aws rds restore-db-cluster-from-snapshot \\
        --region 'eu-west-1' \\
        --db-cluster-identifier 'orders-production-recovered' \\
        --engine 'aurora-postgresql' \\
        --engine-version '16.4' \\
        --deletion-protection \\
        --snapshot-identifier 'arn:aws:rds:eu-west-1:111122223333:cluster-snapshot:rds:orders-production-2026-11-21-04-05' \\
        --serverless-v2-scaling-configuration 'MinCapacity=0.5,MaxCapacity=8' \\
        --db-cluster-parameter-group-name "$(prod DBClusterParameterGroup)" \\
        --db-subnet-group-name "$(prod DBSubnetGroup)" \\
        --vpc-security-group-ids $(prod 'VpcSecurityGroups[].VpcSecurityGroupId')
      aws rds wait db-cluster-available \\
        --region 'eu-west-1' \\
        --db-cluster-identifier 'orders-production-recovered'
      aws rds create-db-instance \\
        --region 'eu-west-1' \\
        --db-cluster-identifier 'orders-production-recovered' \\
        --db-instance-identifier 'orders-production-recovered-1' \\
        --engine 'aurora-postgresql' \\
        --db-instance-class 'db.serverless'
      If eu-west-1 or the backup is lost, in eu-central-1 from a snapshot of the candidate:
      aws rds create-db-cluster-snapshot \\
        --region 'eu-central-1' \\
        --db-cluster-identifier 'restore-drill-20261121-143205-3f9a2b1c' \\
        --db-cluster-snapshot-identifier 'recovered-20261121-143205-3f9a2b1c'
      aws rds wait db-cluster-snapshot-available \\
        --region 'eu-central-1' \\
        --db-cluster-snapshot-identifier 'recovered-20261121-143205-3f9a2b1c'
      aws rds restore-db-cluster-from-snapshot \\
        --region 'eu-central-1' \\
        --db-cluster-identifier 'orders-production-recovered' \\
        --engine 'aurora-postgresql' \\
        --engine-version '16.4' \\
        --deletion-protection \\
        --snapshot-identifier 'recovered-20261121-143205-3f9a2b1c' \\
        --serverless-v2-scaling-configuration 'MinCapacity=0.5,MaxCapacity=8' \\
        --db-subnet-group-name 'YOUR-SUBNET-GROUP' \\
        --vpc-security-group-ids 'YOUR-SECURITY-GROUP'
      aws rds wait db-cluster-available \\
        --region 'eu-central-1' \\
        --db-cluster-identifier 'orders-production-recovered'
      aws rds create-db-instance \\
        --region 'eu-central-1' \\
        --db-cluster-identifier 'orders-production-recovered' \\
        --db-instance-identifier 'orders-production-recovered-1' \\
        --engine 'aurora-postgresql' \\
        --db-instance-class 'db.serverless'
      aws rds modify-db-cluster \\
        --region 'eu-central-1' \\
        --db-cluster-identifier 'orders-production-recovered' \\
        --manage-master-user-password \\
        --apply-immediately
      End it before its time (call it again until \`swept.ended\` and \`failed\` are empty: what RDS refuses for now stays until then):
      aws lambda invoke \\
        --region 'eu-west-3' \\
        --function-name 'staging-sweep' \\
        --cli-binary-format 'raw-in-base64-out' \\
        --payload '{"drill":"20261121-143205-3f9a2b1c"}' \\
        /dev/stdout"
    `);
  });

  it("keeps the commands to a phone's width, but for names", async () => {
    const { message } = await notify(CANDIDATE);
    const lines = message.email.split("\n").filter((line) => line.startsWith("  --") || line.startsWith("aws "));
    expect(lines.length).toBeGreaterThan(30);
    for (const line of lines) expect(line.replace(/'[^']*'/g, "''").length, line).toBeLessThan(72);
  });

  it.each([
    ["data", "failed", "Proven of it: NOT RIGHT: required checks failed."],
    ["objective", "failed", "Proven of it: No check that was asked failed, but it came too late"],
    ["recovery", "failed", "Proven of it: NOT PROVEN: it did not come back"],
    ["unchecked", "inconclusive", "Proven of it: NOT PROVEN: nothing wrong was seen, but"],
    ["drill", "errored", "Proven of it: NOT PROVEN: the drill broke"],
  ])("of a verdict for the reason %s is not told as proven", async (reason, verdict, text) => {
    const { message } = await notify({ ...CANDIDATE, verdict: { ...FAILED, verdict, reason } });
    expect(message.email).toContain(text);
  });

  it("is promoted from itself where only the backup can be lost: source and sandbox are in one region", async () => {
    const sandbox = { ...drill.sandbox, region: "eu-west-1", instanceClass: "db.r6g.large" };
    const { message } = await notify({ ...CANDIDATE, drill: { ...drill, sandbox } });
    expect(message.email).toContain("If the backup is lost, in eu-west-1 from a snapshot of the candidate:");
    expect(message.email).not.toContain("serverless");
  });

  it("is not promoted beside production from a backup that is in another region", async () => {
    const recoveryPoint = { ...drill.recoveryPoint, region: "eu-central-1" };
    const { message } = await notify({ ...CANDIDATE, drill: { ...drill, recoveryPoint } });
    expect(message.email).not.toContain("beside production");
    expect(message.email).toContain("from a snapshot of the candidate");
  });

  it("has a name that RDS takes, whatever the source is called", async () => {
    const cluster = `${"o".repeat(52)}-${"p".repeat(10)}`;
    const { message } = await notify({ ...CANDIDATE, drill: { ...drill, source: { ...drill.source, cluster } } });
    expect(message.email).toContain(`--db-cluster-identifier '${"o".repeat(52)}-recovered'`);
    expect(message.email).toContain(`--db-instance-identifier '${"o".repeat(52)}-recovere-1'`);
  });
});

describe("the metrics of the verdict", () => {
  const verdicts = () =>
    published.flatMap((document) => {
      const counts = Object.entries(document).filter(([name]) => /^Drill(?!CostUsd)/.test(name));
      return counts.length === 0 ? [] : [{ database: document["database"], ...Object.fromEntries(counts) }];
    });

  it.each([
    ["passed", { DrillPassed: 1, DrillFailed: 0, DrillInconclusive: 0, DrillErrored: 0 }],
    ["failed", { DrillPassed: 0, DrillFailed: 1, DrillInconclusive: 0, DrillErrored: 0 }],
    ["inconclusive", { DrillPassed: 0, DrillInconclusive: 1 }],
    ["errored", { DrillPassed: 0, DrillInconclusive: 0, DrillErrored: 1 }],
  ])("end no page that %s says nothing of", async (verdict, counts) => {
    await notify({ ...PASSED, verdict: { ...SAMPLE_VERDICT, verdict } });
    expect(verdicts()).toEqual([{ database: "orders-production", ...counts }]);
  });

  it("are of the last word: a pass whose evidence could not be written is none", async () => {
    const { evidence: _, ...unrecorded } = PASSED;
    await notify({ ...unrecorded, evidenceFailure: { Error: "NoSuchBucket", Cause: "gone" } });
    expect(verdicts()).toMatchObject([{ DrillErrored: 1, DrillPassed: 0 }]);
  });

  it("are published when the message can not be sent, and not again by whoever tries later", async () => {
    sns.on(PublishCommand).rejects(Object.assign(new Error("gone"), { $metadata: { httpStatusCode: 404 } }));
    const failed = { ...PASSED, verdict: FAILED };
    await expect(notify(failed)).rejects.toThrow("gone");
    expect(verdicts()).toMatchObject([{ DrillFailed: 1 }]);
    sns.on(PublishCommand).resolves({ MessageId: "message-2" });
    await notify(failed);
    expect(verdicts()).toHaveLength(1);
  });
});

describe("the metric of leftovers", () => {
  const values = () =>
    published.flatMap(({ Leftovers, database }) => (Leftovers === undefined ? [] : [[database, Leftovers]]));

  it("is published by database and for the alarm, also when nothing is left", async () => {
    await notify();
    expect(values()).toEqual([
      [undefined, 0],
      ["orders-production", 0],
    ]);
    for (const document of published) expect(document).toMatchObject({ service: "restore-drill" });
  });

  it("is published when the message can not be sent: then the alarm tells of the leak", async () => {
    sns.on(PublishCommand).rejects(Object.assign(new Error("gone"), { $metadata: { httpStatusCode: 404 } }));
    await expect(notify({ ...PASSED, evidence: { ...EVIDENCE, leftovers: LEFT } })).rejects.toThrow("gone");
    expect(values()[0]).toEqual([undefined, 1]);
  });
});

describe("the metric of cost", () => {
  const costs = () => published.filter((document) => "DrillCostUsd" in document);

  it("is what the evidence says that the drill used, by database", async () => {
    await notify();
    expect(costs()).toMatchObject([{ service: "restore-drill", database: "orders-production", DrillCostUsd: 1.237 }]);
  });

  it("is not published for a drill whose evidence could not be written: nobody knows it", async () => {
    const { evidence, ...unrecorded } = PASSED;
    expect(evidence).toBeDefined();
    await notify({ ...unrecorded, evidenceFailure: { Error: "NoSuchBucket", Cause: "gone" } });
    expect(costs()).toEqual([]);
  });
});
