import { GetObjectCommand, S3Client, S3ServiceException } from "@aws-sdk/client-s3";
import {
  DescribeExecutionCommand,
  ExecutionAlreadyExists,
  ExecutionDoesNotExist,
  GetExecutionHistoryCommand,
  type GetExecutionHistoryInput,
  type HistoryEvent,
  ListStateMachinesCommand,
  SFNClient,
  StartExecutionCommand,
} from "@aws-sdk/client-sfn";
import { mockClient } from "aws-sdk-client-mock";
import { beforeEach, describe, expect, it } from "vitest";
import { readCommand } from "../../../src/cli/deployed/arguments.ts";
import { runCommand } from "../../../src/cli/deployed/command.ts";
import { personHere } from "../../../src/cli/deployed/start-by-hand.ts";
import { SAMPLE_DRILL } from "../../plan/sample-drill.ts";
import { ISOLATION, TEARDOWN } from "../../verdict/sample-results.ts";
import { SAMPLE_VERDICT } from "../../verdict/sample-verdict.ts";
import { reportWith } from "../sample-rehearsal.ts";

const MACHINE = "arn:aws:states:eu-central-1:111122223333:stateMachine:restore-drill";
const EXECUTION = "arn:aws:states:eu-central-1:111122223333:execution:restore-drill:manual-orders";
const PREFIX = SAMPLE_DRILL.evidencePrefix;

const MACHINES = ["restore-drill", "restore-drill-dev", "proof"].flatMap((name) => [`${name}-finish-drill`, name]);

const sfnClient = new SFNClient({ region: "eu-central-1" });
const s3Client = new S3Client({ region: "eu-central-1" });
const sfn = mockClient(sfnClient);
const s3 = mockClient(s3Client);

const EVIDENCE = {
  bucket: "evidence",
  prefix: PREFIX,
  files: [`${PREFIX}/report.json`],
  manifestSha256: "0".repeat(64),
  leftovers: [],
  actualUsd: 1.23,
};
/** As the document of a drill stands after each state. */
const STORY: readonly (readonly [state: string, learned: object])[] = [
  ["PlanDrill", { request: { plan: "orders" }, drill: SAMPLE_DRILL }],
  ["ProveIsolation", { isolation: ISOLATION }],
  ["JudgeDrill", { verdict: SAMPLE_VERDICT }],
  ["TearDown", { teardown: TEARDOWN }],
  ["RecordEvidence", { evidence: EVIDENCE }],
  ["NotifyOutcome", { outcome: { subject: "PASSED: orders-production, restore drill" } }],
];

/** A minute between one event and the next. */
function historyOf(story: typeof STORY = STORY): HistoryEvent[] {
  let document = {};
  const bare: Partial<HistoryEvent>[] = [{ type: "ExecutionStarted" }];
  for (const [name, learned] of story) {
    document = { ...document, ...learned };
    bare.push({ type: "TaskStateEntered", stateEnteredEventDetails: { name } });
    bare.push({ type: "TaskScheduled" });
    bare.push({ type: "TaskStateExited", stateExitedEventDetails: { name, output: JSON.stringify(document) } });
  }
  return bare.map((event, index) => ({
    type: "ExecutionStarted",
    ...event,
    id: index + 1,
    previousEventId: index,
    timestamp: new Date(Date.parse(SAMPLE_DRILL.startedAt) + index * 60_000),
  }));
}

/** The execution is described as still running for the first looks, and shows these many events at each. */
function executes(
  history: readonly HistoryEvent[],
  ended: { status: "SUCCEEDED" | "FAILED" | "ABORTED"; error?: string; cause?: string },
  eventsAtLook: readonly number[] = [history.length],
): void {
  let looks = 0;
  sfn.on(DescribeExecutionCommand).callsFake(({ executionArn }) => {
    looks += 1;
    const isOver = looks >= eventsAtLook.length;
    return {
      executionArn,
      stateMachineArn: MACHINE,
      startDate: new Date(SAMPLE_DRILL.startedAt),
      ...(isOver ? ended : { status: "RUNNING" }),
    };
  });
  sfn
    .on(GetExecutionHistoryCommand)
    .callsFake(({ maxResults = 100, nextToken = "0", reverseOrder }: GetExecutionHistoryInput) => {
      const there = history.slice(0, eventsAtLook[Math.max(0, Math.min(looks, eventsAtLook.length) - 1)]);
      const ordered = reverseOrder === true ? there.toReversed() : there;
      const size = Math.min(maxResults, 4);
      const from = Number(nextToken);
      const left = from + size < ordered.length ? { nextToken: String(from + size) } : {};
      return { events: ordered.slice(from, from + size), ...left };
    });
}

function reportIs(text: string): void {
  // The SDK's own streams are not needed to be read once.
  s3.on(GetObjectCommand).resolves({ Body: { transformToString: async () => text } as never });
}

async function said(...argv: string[]) {
  const out: string[] = [];
  const err: string[] = [];
  const code = await runCommand(
    {
      sfn: sfnClient,
      s3: s3Client,
      stdout: { write: (text) => out.push(text) },
      stderr: { write: (text) => err.push(text) },
      lookSeconds: 0,
    },
    readCommand(argv),
  );
  return { code, out: out.join(""), err: err.join("") };
}

beforeEach(() => {
  sfn.reset();
  s3.reset();
  sfn.on(ListStateMachinesCommand).resolves({
    stateMachines: MACHINES.map((name) => ({
      name,
      stateMachineArn: MACHINE.replace(/restore-drill$/, name),
      type: "STANDARD",
      creationDate: new Date(0),
    })),
  });
  sfn.on(StartExecutionCommand).resolves({ executionArn: EXECUTION, startDate: new Date(0) });
  reportIs(JSON.stringify(reportWith()));
});

describe("restore-drill run", () => {
  it("starts the plan with who asked for it, under a name that says so, and tells how to follow it", async () => {
    const { code, out } = await said("run", "orders", "--recovery-point", "manual");
    const [call] = sfn.commandCalls(StartExecutionCommand);
    expect(call?.args[0].input).toMatchObject({
      stateMachineArn: MACHINE,
      name: expect.stringMatching(/^manual-orders-\d{8}T\d{6}Z$/),
    });
    expect(JSON.parse(call?.args[0].input.input ?? "")).toEqual({
      plan: "orders",
      recoveryPoint: "manual",
      trigger: { kind: "manual", by: expect.stringMatching(/, by restore-drill run$/) },
    });
    expect({ code, out }).toEqual({
      code: 0,
      out: `Started ${EXECUTION}\nSee how it goes: restore-drill follow ${EXECUTION}\n`,
    });
  });

  it("starts the machine of the stage that was asked for", async () => {
    await said("run", "orders", "--stage", "dev");
    expect(sfn.commandCalls(StartExecutionCommand)[0]?.args[0].input.stateMachineArn).toBe(`${MACHINE}-dev`);
  });

  it("starts the machine of a stack of any name", async () => {
    await said("run", "orders", "--name", "proof");
    expect(sfn.commandCalls(StartExecutionCommand)[0]?.args[0].input.stateMachineArn).toMatch(/:proof$/);
  });

  it("takes no drill that somebody else started in the same second for its own", async () => {
    sfn.on(StartExecutionCommand).rejects(new ExecutionAlreadyExists({ message: "no", $metadata: {} }));
    await expect(said("run", "orders", "--wait")).rejects.toThrow(/^manual-orders-.* another request .* again\.$/);
  });

  it("goes on looking for what it has just started, which Step Functions does not tell of at once", async () => {
    executes(historyOf(), { status: "SUCCEEDED" });
    const missing = new ExecutionDoesNotExist({ message: "Execution Does Not Exist", $metadata: {} });
    const ended = {
      executionArn: EXECUTION,
      startDate: new Date(SAMPLE_DRILL.startedAt),
      status: "SUCCEEDED",
    } as const;
    sfn.on(DescribeExecutionCommand).rejectsOnce(missing).rejectsOnce(missing).resolves(ended);
    expect((await said("run", "orders", "--wait")).code).toBe(0);
    sfn.on(DescribeExecutionCommand).rejects(missing);
    await expect(said("run", "orders", "--wait")).rejects.toThrow("Execution Does Not Exist");
    expect(sfn.commandCalls(DescribeExecutionCommand)).toHaveLength(3 + 24);
  });

  it("starts nothing where there is no such stack, and names those that are there", async () => {
    await expect(said("run", "orders", "--stage", "deb")).rejects.toThrow(
      'There is no state machine "restore-drill-deb" in eu-central-1: there are: restore-drill, restore-drill-dev, proof. Did you mean "restore-drill-dev"?',
    );
    expect(sfn.commandCalls(StartExecutionCommand)).toEqual([]);
  });

  it("follows the drill as it goes, each event once, and ends with its report and its exit code", async () => {
    executes(historyOf(), { status: "SUCCEEDED" }, [0, 4, 4, 11, 19]);
    const { code, out, err } = await said("run", "orders", "--wait");
    expect(err).toBe(`Started ${EXECUTION}\n`);
    const phases = [...out.matchAll(/^ {2}(\S+(?: \S+)?) +(\S+ \S+) {3}/gm)].map(([, phase, took]) => [phase, took]);
    expect(phases.slice(0, 6)).toEqual([
      ["plan", "3 min"],
      ["isolation", "3 min"],
      ["judge", "3 min"],
      ["tear down", "3 min"],
      ["evidence", "3 min"],
      ["notify", "3 min"],
    ]);
    expect(out).toContain("PASSED  orders-production\n");
    expect(out).toContain(`Evidence\n  s3://evidence/${PREFIX}/report.json\n`);
    expect(out).toContain("Notified    PASSED: orders-production, restore drill\n");
    expect(code).toBe(0);
  });

  it("prints one JSON document and nothing else on stdout", async () => {
    executes(historyOf(), { status: "SUCCEEDED" });
    const { out } = await said("run", "orders", "--wait", "--json");
    expect(JSON.parse(out)).toMatchObject({ verdict: "passed", evidence: [`s3://evidence/${PREFIX}/report.json`] });
  });
});

describe("restore-drill follow", () => {
  const failed = { verdict: "failed", reason: "data", error: "Drill.Failed", summary: "Rows are gone." } as const;
  const RED = STORY.map(([state, learned]) =>
    state === "JudgeDrill"
      ? ([state, { verdict: { ...SAMPLE_VERDICT, ...failed } }] as const)
      : ([state, learned] as const),
  );

  it("shows a drill that has ended, red as it was", async () => {
    executes(historyOf(RED), { status: "FAILED", error: "Drill.Failed", cause: "Rows are gone." });
    reportIs(JSON.stringify(reportWith({ verdict: { ...SAMPLE_VERDICT, ...failed } })));
    const { code, out } = await said("follow", EXECUTION);
    expect(out).toContain("FAILED (data)  orders-production\nRows are gone.\n");
    expect(code).toBe(1);
  });

  it("gives the verdict, its reason and what is left also to whoever may not read the evidence", async () => {
    executes(historyOf(RED), { status: "FAILED", error: "Drill.Failed", cause: "Rows are gone." });
    s3.on(GetObjectCommand).rejects(
      new S3ServiceException({ name: "AccessDenied", message: "no", $fault: "client", $metadata: {} }),
    );
    const { code, out } = await said("follow", EXECUTION);
    expect(out).toContain("FAILED (data)\nRows are gone.\n");
    expect(out).toContain(`The report s3://evidence/${PREFIX}/report.json can not be shown: AccessDenied: no`);
    expect(out).toContain("Left behind nothing");
    expect(code).toBe(1);
  });

  it("never takes a stopped execution for a pass, and says who finishes it", async () => {
    executes(historyOf(STORY.slice(0, 2)), { status: "ABORTED" });
    const { code, out } = await said("follow", EXECUTION);
    expect(out).toMatch(/ERRORED \(drill\)\nThe execution was stopped\. restore-drill-finish-drill tears down/);
    expect(code).toBe(2);
  });

  it("names the machine that finishes for the stack that the drill is of", async () => {
    executes(historyOf(STORY.slice(0, 2)), { status: "ABORTED" });
    const { out } = await said("follow", EXECUTION.replace("restore-drill", "restore-drill-dev"));
    expect(out).toContain("restore-drill-dev-finish-drill tears down");
  });

  it("says at once what AWS refuses", async () => {
    const missing = new ExecutionDoesNotExist({ message: "Execution Does Not Exist", $metadata: {} });
    sfn.on(DescribeExecutionCommand).rejects(missing);
    await expect(said("follow", EXECUTION)).rejects.toThrow("Execution Does Not Exist");
    expect(sfn.commandCalls(DescribeExecutionCommand)).toHaveLength(1);
  });

  it("looks again after a look that failed once the drill was seen", async () => {
    executes(historyOf(), { status: "SUCCEEDED" });
    const ended = { executionArn: EXECUTION, startDate: new Date(SAMPLE_DRILL.startedAt) };
    sfn
      .on(DescribeExecutionCommand)
      .resolvesOnce({ ...ended, status: "RUNNING" })
      .rejectsOnce(new Error("socket hang up"))
      .resolves({ ...ended, status: "SUCCEEDED" });
    expect((await said("follow", EXECUTION)).code).toBe(0);
    expect(sfn.commandCalls(DescribeExecutionCommand)).toHaveLength(3);
  });

  it("counts looks that fail in a row alone", async () => {
    executes(historyOf(), { status: "SUCCEEDED" });
    const seen = { executionArn: EXECUTION, startDate: new Date(SAMPLE_DRILL.startedAt) };
    const looks = sfn.on(DescribeExecutionCommand).resolvesOnce({ ...seen, status: "RUNNING" });
    for (let round = 0; round < 2; round += 1) {
      for (let failed = 0; failed < 23; failed += 1) looks.rejectsOnce(new Error("socket hang up"));
      looks.resolvesOnce({ ...seen, status: "RUNNING" });
    }
    looks.resolves({ ...seen, status: "SUCCEEDED" });
    expect((await said("follow", EXECUTION)).code).toBe(0);
  });

  it("gives up after 24 looks in a row that fail", async () => {
    executes(historyOf(), { status: "SUCCEEDED" });
    const seen = { executionArn: EXECUTION, startDate: new Date(SAMPLE_DRILL.startedAt) };
    sfn
      .on(DescribeExecutionCommand)
      .resolvesOnce({ ...seen, status: "RUNNING" })
      .rejects(new Error("socket hang up"));
    await expect(said("follow", EXECUTION)).rejects.toThrow("socket hang up");
    expect(sfn.commandCalls(DescribeExecutionCommand)).toHaveLength(1 + 24);
  });

  it("leaves the drill alone when it is interrupted, and says how to come back", async () => {
    executes(historyOf(), { status: "SUCCEEDED" }, [4, 4, 4, 4, 4, 4, 4, 4, 4, 19]);
    const interruption = new AbortController();
    const err: string[] = [];
    const following = runCommand(
      {
        sfn: sfnClient,
        s3: s3Client,
        stdout: { write: () => interruption.abort(new Error("interrupted")) },
        stderr: { write: (text) => err.push(text) },
        signal: interruption.signal,
        lookSeconds: 1,
      },
      readCommand(["follow", EXECUTION]),
    );
    expect(await following).toBe(130);
    expect(err).toEqual([`The drill goes on. See how: restore-drill follow ${EXECUTION}\n`]);
  });
});

describe("personHere", () => {
  const nobody = (): never => {
    throw Object.assign(new Error("uv_os_get_passwd returned ENOENT"), { code: "ERR_SYSTEM_ERROR" });
  };

  it("is the user by name, and in a container without one what there is", () => {
    expect(personHere(() => ({ username: "anna" }), { USER: "root" })).toBe("anna");
    expect(personHere(nobody, { USER: "runner" })).toBe("runner");
    expect(personHere(nobody, { USER: "" })).toBe(`user id ${process.getuid?.()}`);
    expect(personHere(nobody, {})).toBe(`user id ${process.getuid?.()}`);
  });
});
