import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import * as z from "zod/mini";
import { SAMPLE_DRILL } from "../plan/sample-drill.ts";
import { TEARDOWN } from "../verdict/sample-results.ts";
import { desk, EVIDENCE, execution, FAILED, LEFT, PASSED, pastDrill, pastFailure } from "./telling.ts";

beforeEach(() => {
  vi.spyOn(process.stdout, "write").mockImplementation(() => true);
});
afterEach(() => vi.restoreAllMocks());

async function tell(input: object = PASSED, ...past: ReturnType<typeof pastDrill>[]) {
  const { notify, remember, published } = desk();
  remember(...past);
  await notify(input);
  const [message] = published();
  if (message === undefined) throw new Error("nothing was published");
  return message;
}
type Told = Awaited<ReturnType<typeof tell>>;

const Text = z.object({ text: z.string() });
const Slack = z.object({
  text: z.string(),
  blocks: z.array(
    z.looseObject({
      type: z.string(),
      text: z.optional(Text),
      fields: z.optional(z.array(Text)),
      elements: z.optional(z.array(Text)),
    }),
  ),
});
const PagerDuty = z.object({
  event_action: z.string(),
  dedup_key: z.string(),
  payload: z.object({ summary: z.string(), source: z.string() }),
});
const Chat = z.object({
  content: z.object({ title: z.string(), description: z.string(), nextSteps: z.array(z.string()) }),
  metadata: z.object({ threadId: z.optional(z.string()) }),
});
const slackOf = ({ json }: Told) => z.parse(Slack, json["slack"]);
const pagerDutyOf = ({ json }: Told) => z.parse(PagerDuty, json["pagerduty"]);
const chatOf = ({ bodies }: Told) => z.parse(Chat, JSON.parse(bodies.https));

/** What each takes: SNS (https://docs.aws.amazon.com/sns/latest/api/API_Publish.html), SMS with room for a sender, Slack, PagerDuty. */
function expectDeliverable(told: Told): void {
  expect(told.subject).toMatch(/^[!-~][ -~]{0,99}$/);
  // Of ASCII, what is in the alphabet of SMS and counts once.
  expect(told.bodies.sms).toMatch(/^[ -Z_a-z]{1,140}$/);
  expect(told.bytes).toBeLessThan(262_144);
  const { text, blocks } = slackOf(told);
  expect(text).not.toMatch(/[<>]/);
  for (const { type, text: inBlock, fields = [], elements = [] } of blocks) {
    expect(inBlock?.text.length ?? 1).toBeLessThanOrEqual(type === "header" ? 150 : 3000);
    expect(inBlock?.text ?? "x").not.toBe("");
    expect(fields.length).toBeLessThanOrEqual(10);
    for (const field of [...fields, ...elements]) expect(field.text.length).toBeLessThanOrEqual(2000);
  }
  const { dedup_key, payload } = pagerDutyOf(told);
  expect(dedup_key.length).toBeLessThanOrEqual(255);
  expect(payload.summary.length).toBeLessThanOrEqual(1024);
  expect(chatOf(told).content.description.length).toBeLessThanOrEqual(2000);
}

const named = (cluster: string, summary: string = FAILED.summary) => ({
  ...PASSED,
  drill: { ...SAMPLE_DRILL, source: { ...SAMPLE_DRILL.source, cluster } },
  verdict: { ...FAILED, summary },
});

describe("a text that channels would refuse", () => {
  it("loses accents and keeps its letters", async () => {
    const told = await tell(named("bestellungen-zürich-à-côté"));
    expectDeliverable(told);
    expect(told.subject).toBe("FAILED (data): bestellungen-zurich-a-cote, restore drill");
  });

  it("of another alphabet is replaced sign by sign", async () => {
    const told = await tell(named("заказы-注文"));
    expectDeliverable(told);
    expect(told.subject).toBe("FAILED (data): ??????-??, restore drill");
    expect(told.bodies.email).toContain("заказы-注文");
  });

  it("is cut at the limit of its channel", async () => {
    const told = await tell(named("o".repeat(200), "s".repeat(2000)));
    expectDeliverable(told);
    expect(told.subject).toHaveLength(100);
    expect(told.subject).toMatch(/o\.\.\.$/);
    expect(told.bodies.sms).toHaveLength(140);
  });

  it("is cut between words, and never inside of a pair", async () => {
    const told = await tell(named("orders", `${"word ".repeat(200)}`));
    expect(told.bodies.sms).toMatch(/ word\.\.\.$/);
    const smile = await tell(named("orders", "😀".repeat(400)));
    expect(smile.bodies.email.split("\n")[0]).toMatch(/^FAILED \(data\): orders\. (😀)+\.\.\.$/u);
  });

  it("names verdict, occurrence and database in an SMS, whatever has to be left out", async () => {
    const database = "o".repeat(63);
    const past = [1, 7, 14].map((day) => pastFailure(day, { database }));
    const told = await tell(
      { ...named(database, "s ".repeat(900)), evidence: { ...EVIDENCE, leftovers: LEFT } },
      ...past,
    );
    expectDeliverable(told);
    expect(told.bodies.sms).toMatch(/^Drill FAILED \(data\), 4th time, 1 LEFT BEHIND: o{63}\. s/);
    expect(told.subject).toMatch(/^FAILED \(data\), 4th time, 1 LEFT BEHIND: o/);
  });

  it("is written in the alphabet of SMS", async () => {
    const told = await tell(named("orders", "`sum` of [a] {b} | c ~ d^2 \\ e"));
    expectDeliverable(told);
    expect(told.bodies.sms).toContain("'sum' of (a) (b) / c - d'2 / e");
  });

  it("has no line breaks, control characters or reversed text, in any channel", async () => {
    const told = await tell(named("orders\r\nBcc: all", "two\nlines\u0007 a bell, \u202Etxt.exe"));
    expectDeliverable(told);
    expect(told.bodies.sms).toContain("two lines a bell, txt.exe");
    expect(told.bodies.email.split("\n")[0]).toBe("FAILED (data): orders Bcc: all. two lines a bell, txt.exe");
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there.
    for (const text of Object.values(told.bodies)) expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
  });

  it("is within one SNS message at its longest", async () => {
    const findings = Array.from({ length: 20 }, () => '"'.repeat(2000));
    const summary = '"'.repeat(2000);
    const cause = JSON.stringify({ errorMessage: '"'.repeat(30_000) });
    const failure = { Error: "Lambda.Unknown", Cause: cause };
    const { evidence: _, ...unrecorded } = PASSED;
    const drill = { ...SAMPLE_DRILL, warnings: Array.from({ length: 20 }, () => '"'.repeat(2000)) };
    const told = await tell({
      ...unrecorded,
      drill,
      verdict: { ...FAILED, findings, summary, nextStep: summary, causes: findings },
      teardownFailure: failure,
      evidenceFailure: failure,
      restoreTestFailure: failure,
      interruption: { status: "ABORTED", at: drill.startedAt, state: "RunChecks", cause: '"'.repeat(30_000) },
    });
    expectDeliverable(told);
  });
});

describe("what Slack shows", () => {
  it("calls nobody and links nothing by a name that a database has", async () => {
    const told = await tell(named("orders", "<!channel> & <https://evil.example|rows>: gone"));
    expectDeliverable(told);
    expect(slackOf(told).text).toContain("&lt;!channel&gt; &amp; &lt;https://evil.example|rows&gt;: gone");
    const { content } = chatOf(told);
    expect(content.description).toContain("&lt;!channel&gt; &amp; &lt;https://evil.example");
    expect(content.nextSteps.filter((step) => step.startsWith("<"))).toHaveLength(1);
  });

  it("keeps drills since the last pass in one thread", async () => {
    const failed = { ...PASSED, verdict: FAILED };
    const [first, second, recovered, steady] = await Promise.all([
      tell(failed, pastDrill(1)),
      tell(failed, pastDrill(1), pastFailure(14)),
      tell(PASSED, pastDrill(1), pastFailure(14)),
      tell(PASSED, pastDrill(14)),
    ]);
    expect(chatOf(first).metadata.threadId).toBe(`orders-production/orders/${SAMPLE_DRILL.startedAt}`);
    expect(chatOf(second).metadata.threadId).toBe("orders-production/orders/2026-11-14T14:32:05.000Z");
    expect(chatOf(recovered).metadata.threadId).toBe(chatOf(second).metadata.threadId);
    expect(chatOf(steady).metadata.threadId).toBeUndefined();
  });
});

describe("what PagerDuty is handed", () => {
  it.each([
    ["trigger", { ...PASSED, verdict: FAILED }],
    ["trigger", { ...PASSED, evidence: { ...EVIDENCE, leftovers: LEFT } }],
    ["resolve", PASSED],
  ])("%ss the one incident of database and plan", async (event_action, input) => {
    expect(pagerDutyOf(await tell(input))).toMatchObject({
      event_action,
      dedup_key: "restore-drill/orders-production/orders",
    });
  });

  it("is another incident for an exercise: it resolves none of the plan's own", async () => {
    const scenario = { name: "ransomware", title: "T", objective: "O.", assumptions: [], asked: [], setAside: [] };
    const dedup_key = "restore-drill/orders-production/orders/ransomware";
    expect(pagerDutyOf(await tell({ ...PASSED, drill: { ...SAMPLE_DRILL, scenario } }))).toMatchObject({ dedup_key });
  });
});

describe("where to look", () => {
  const inPartition = (partition: string, region: string) => ({
    ...PASSED,
    execution: { ...execution, id: `arn:${partition}:states:${region}:111122223333:execution:staging:x` },
  });

  it.each([
    ["aws", "eu-west-3", "https://eu-west-3.console.aws.amazon.com/s3/object/restore-drill-evidence?region=eu-west-3"],
    ["aws-us-gov", "us-gov-west-1", "https://us-gov-west-1.console.amazonaws-us-gov.com/s3/object/"],
    ["aws-cn", "cn-north-1", "https://cn-north-1.console.amazonaws.cn/s3/object/"],
  ])("is the console of %s", async (partition, region, url) => {
    const { bodies, json } = await tell(inPartition(partition, region));
    expect(json["console"]).toEqual(expect.stringContaining(url));
    expect(bodies.email).toContain(`\n${url}`);
  });

  it("is a command alone where nobody knows the console", async () => {
    const { bodies, json } = await tell(inPartition("aws-iso", "us-iso-east-1"));
    expect(json).not.toHaveProperty("console");
    expect(bodies.email).toContain(
      "The report\naws s3 cp \\\n  --region 'us-iso-east-1' \\\n  's3://restore-drill-evidence/",
    );
    expect(bodies.email).not.toContain("https://");
  });
});

describe("what is told to nobody", () => {
  it("is the secret's ARN, the cluster's ARN and the key", async () => {
    const { bodies } = await tell({ ...PASSED, verdict: FAILED, teardown: undefined });
    expect(JSON.stringify(bodies)).not.toMatch(/secretsmanager|rds!cluster|arn:aws:kms|arn:aws:rds/);
  });

  it("is anything of the document that the message does not name", async () => {
    const { bodies } = await tell({
      ...PASSED,
      sandbox: { secretArn: "arn:secret" },
      checks: { rows: ["alice@example.com"] },
    });
    expect(JSON.stringify(bodies)).not.toMatch(/arn:secret|alice/);
  });
});

describe("an execution that ended before its drill", () => {
  const interruption = { status: "ABORTED", at: SAMPLE_DRILL.startedAt, state: "TearDown", cause: "by hand" };

  it("is told beside the verdict that was reached", async () => {
    const { bodies, json } = await tell({ ...PASSED, interruption });
    expect(bodies.email).toMatch(/^PASSED: orders-production\./);
    expect(bodies.email).toContain(
      "\nThe execution was stopped (ABORTED) in TearDown: by hand. The rest of the drill was done by finish-drill.\n",
    );
    expect(json["interruption"]).toEqual(interruption);
  });

  it("is told once where the summary says it", async () => {
    const summary = "Drill.Interrupted: The execution was stopped (ABORTED) in TearDown: by hand.";
    const { bodies } = await tell({ ...PASSED, verdict: { ...FAILED, verdict: "errored", summary }, interruption });
    expect(bodies.email.match(/ABORTED/g)).toHaveLength(1);
  });
});

describe("a teardown that broke", () => {
  it("leaves everything to be looked for, also when the evidence broke with it", async () => {
    const { evidence: _, ...withoutEvidence } = PASSED;
    const told = await tell({
      ...withoutEvidence,
      teardownFailure: { Error: "Lambda.Unknown", Cause: "out of memory" },
      evidenceFailure: { Error: "AccessDenied", Cause: "not allowed" },
    });
    expect(told.subject).toBe("ERRORED (drill), 3 LEFT BEHIND: orders-production, restore drill");
    expect(told.bodies.email).toContain("teardown failed (Lambda.Unknown: out of memory); look for it by hand");
  });
});

describe("a sandbox that stays", () => {
  const { cluster } = SAMPLE_DRILL.sandbox;
  const until = "2026-11-23T14:57:10.000Z";
  const kept = [{ kind: "cluster", id: cluster, region: "eu-central-1", until }];
  const drill = {
    ...SAMPLE_DRILL,
    trigger: { kind: "incident", by: "alarm orders-data-loss" },
    failureMoment: "2026-11-21T14:15:00.000Z",
  };
  const KEPT = { ...PASSED, teardown: { ...TEARDOWN, deleted: [], kept } };
  const CANDIDATE = { ...KEPT, drill };

  it("is asked by a command that no database's name can break out of", async () => {
    const { bodies } = await tell({
      ...KEPT,
      drill: { ...SAMPLE_DRILL, source: { ...SAMPLE_DRILL.source, database: "o'; rm -rf /" } },
    });
    expect(bodies.email).toContain(`--database 'o'\\''; rm -rf /' `);
  });

  it("is not there when it could not be kept, and that is said", async () => {
    const { bodies, json } = await tell({ ...PASSED, teardown: { ...TEARDOWN, notKept: "there is no whole sandbox" } });
    expect(bodies.email).toContain("The sandbox was not kept, although the plan says so: there is no whole sandbox.");
    expect(json).not.toHaveProperty("kept");
  });

  it("keeps the commands to a phone's width, but for names", async () => {
    const { bodies } = await tell(CANDIDATE);
    const lines = bodies.email.split("\n").filter((line) => line.startsWith("  --") || line.startsWith("aws "));
    expect(lines.length).toBeGreaterThan(30);
    for (const line of lines) expect(line.replace(/'[^']*'/g, "''").length, line).toBeLessThan(72);
  });

  it.each([
    ["data", "failed", "Proven of it: NOT RIGHT: required checks failed."],
    ["objective", "failed", "Proven of it: No check that was asked failed, but it came too late"],
    ["recovery", "failed", "Proven of it: NOT PROVEN: it did not come back"],
    ["unchecked", "inconclusive", "Proven of it: NOT PROVEN: nothing wrong was seen, but"],
    ["drill", "errored", "Proven of it: NOT PROVEN: the drill broke"],
  ])("as a candidate of a verdict for the reason %s is not told as proven", async (reason, verdict, text) => {
    const { bodies } = await tell({ ...CANDIDATE, verdict: { ...FAILED, verdict, reason } });
    expect(bodies.email).toContain(text);
  });

  it("is promoted from itself where only the backup can be lost: source and sandbox are in one region", async () => {
    const sandbox = { ...drill.sandbox, region: "eu-west-1", instanceClass: "db.r6g.large" };
    const { bodies } = await tell({ ...CANDIDATE, drill: { ...drill, sandbox } });
    expect(bodies.email).toContain("If the backup is lost, in eu-west-1 from a snapshot of the candidate:");
    expect(bodies.email).not.toContain("serverless");
  });

  it("is not promoted beside production from a backup that is in another region", async () => {
    const recoveryPoint = { ...drill.recoveryPoint, region: "eu-central-1" };
    const { bodies } = await tell({ ...CANDIDATE, drill: { ...drill, recoveryPoint } });
    expect(bodies.email).not.toContain("beside production");
    expect(bodies.email).toContain("from a snapshot of the candidate");
  });

  it("has a name that RDS takes, whatever the source is called", async () => {
    const source = { ...drill.source, cluster: `${"o".repeat(52)}-${"p".repeat(10)}` };
    const { bodies } = await tell({ ...CANDIDATE, drill: { ...drill, source } });
    expect(bodies.email).toContain(`--db-cluster-identifier '${"o".repeat(52)}-recovered'`);
    expect(bodies.email).toContain(`--db-instance-identifier '${"o".repeat(52)}-recovere-1'`);
  });
});
