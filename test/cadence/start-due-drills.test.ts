import { Metrics } from "@aws-lambda-powertools/metrics";
import { DescribeExecutionCommand, ListExecutionsCommand, StartExecutionCommand } from "@aws-sdk/client-sfn";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { type DueAnswer, StartDueDrillsInput, startDueDrills } from "../../src/cadence/start-due-drills.ts";
import { PlanInvalid } from "../../src/errors.ts";
import type { LedgerEntry } from "../../src/evidence/ledger.ts";
import type { Plan } from "../../src/plan/plan.ts";
import { parseInput } from "../../src/step.ts";
import { evidenceBucket } from "../evidence/evidence-bucket.ts";
import { ledgerEntry } from "../evidence/sample-ledger.ts";
import { SAMPLE_PLAN } from "../plan/sample-plan.ts";
import { executions, STATE_MACHINE } from "../start/starting.ts";
import { at, DAY_MS, HOUR_MS, planOf } from "./drilled-plans.ts";

const NOW = Date.parse("2026-11-21T14:20:00.000Z");
const arnOf = (name: string): string => `${STATE_MACHINE.replace("stateMachine", "execution")}:${name}`;

/** A stack at a moment that can be moved, whose executions run until they are ended. */
function stackOf(plans: readonly Plan[], maxDrillsPerRegion = 5) {
  const bucket = evidenceBucket();
  const { client, sfn, begun } = executions();
  const stack = {
    nowMs: NOW,
    remainingMs: 300_000,
    bucket,
    sfn,
    begun,
    logged: [] as unknown[][],
    emf: [] as string[],
  };
  const running = () => [...begun].filter(([, { isOver }]) => !isOver);
  sfn.on(ListExecutionsCommand).callsFake(async ({ statusFilter, maxResults, nextToken = "0" }) => {
    expect(statusFilter).toBe("RUNNING");
    // A page may hold fewer than were asked for.
    const size = Math.min(maxResults, 3);
    const names = running().map(([name]) => name);
    const page = names.slice(Number(nextToken), Number(nextToken) + size);
    const next = Number(nextToken) + size;
    const more = next < names.length ? { nextToken: String(next) } : {};
    return { executions: page.map((name) => ({ executionArn: arnOf(name), name })), ...more };
  });
  sfn.on(DescribeExecutionCommand).callsFake(async ({ executionArn }) => {
    const name = executionArn.split(":").at(-1);
    const { input = "{}", isOver = true } = begun.get(name) ?? {};
    return { executionArn, status: isOver ? "SUCCEEDED" : "RUNNING", input };
  });
  return {
    ...stack,
    drilled: (plan: string, daysAgo: number, changes: Partial<LedgerEntry> = {}) => {
      const startedAt = at(stack.nowMs - daysAgo * DAY_MS);
      const drillId = `${startedAt.slice(0, 10).replaceAll("-", "")}-${startedAt.slice(11, 19).replaceAll(":", "")}-00000000`;
      const entry = ledgerEntry({ drillId, plan, startedAt, endedAt: startedAt, ...changes });
      bucket.objects.set(`${plan}/ledger/${drillId}.json`, JSON.stringify(entry));
    },
    begin: (name: string, input: object) => begun.set(name, { input: JSON.stringify(input), isOver: false }),
    hasMs: (remainingMs: number) => {
      stack.remainingMs = remainingMs;
    },
    later: (hours: number) => {
      stack.nowMs += hours * HOUR_MS;
    },
    look: async (event: object = {}): Promise<DueAnswer> => {
      const printed = vi.spyOn(process.stdout, "write").mockImplementation((text) => {
        stack.emf.push(String(text));
        return true;
      });
      const log = (...line: unknown[]) => void stack.logged.push(line);
      return startDueDrills(
        {
          store: bucket.store,
          sfn: client,
          stateMachineArn: STATE_MACHINE,
          maxDrillsPerRegion,
          remainingMs: () => stack.remainingMs,
          metrics: new Metrics({ namespace: "RestoreDrill", serviceName: "restore-drill" }),
          logger: { info: log, warn: log, error: log },
          now: () => new Date(stack.nowMs),
          plans: {
            names: async () => plans.map(({ plan }) => plan),
            read: async (name) => {
              const plan = plans.find((each) => each.plan === name);
              if (plan === undefined) throw new PlanInvalid(`drills/${name}.json is not JSON`);
              return { plan, file: SAMPLE_PLAN.file };
            },
          },
        },
        parseInput("start-due-drills", StartDueDrillsInput, event),
      ).finally(() => printed.mockRestore());
    },
  };
}

const names = (told: readonly { plan: string }[] | undefined): string[] => (told ?? []).map(({ plan }) => plan).sort();

let stack: ReturnType<typeof stackOf>;
beforeEach(() => {
  stack = stackOf([planOf("never"), planOf("fresh"), planOf("old"), planOf("scheduled", { schedule: "rate(7 days)" })]);
  stack.drilled("fresh", 2);
  stack.drilled("old", 6.5);
});

describe("startDueDrills", () => {
  it("starts what is due, the most overdue first, and says why, and when the others are", async () => {
    const answer = await stack.look();
    expect(answer).toMatchObject({
      at: at(NOW),
      plans: 4,
      due: 2,
      started: [
        { plan: "never", database: "never", executionArn: arnOf("due-never-20261121T000000Z") },
        { plan: "old", why: expect.stringContaining("Promised is one every 8 d") },
      ],
      left: [],
      next: [
        { plan: "fresh", dueAt: at(NOW + 4 * DAY_MS) },
        { plan: "scheduled", why: "No drill of it says anything yet; its schedule starts the first." },
      ],
      unknown: [],
    });
    expect(answer.next[1]).not.toHaveProperty("dueAt");
    const trigger = { kind: "schedule", by: "start-due-drills" };
    expect([...stack.begun].map(([name, { input }]) => [name, JSON.parse(input)])).toEqual([
      ["due-never-20261121T000000Z", { plan: "never", trigger }],
      ["due-old-20261121T022000Z", { plan: "old", trigger }],
    ]);
  });

  it("publishes what was due, started and left, also when that is 0", async () => {
    await stack.look();
    expect(stack.emf.map((line) => JSON.parse(line))).toMatchObject([
      { service: "restore-drill", DueDrills: 2, StartedDueDrills: 2, LeftForLater: 0 },
    ]);
    stack = stackOf([]);
    await stack.look();
    expect(JSON.parse(stack.emf[0] ?? "")).toMatchObject({ DueDrills: 0, StartedDueDrills: 0, LeftForLater: 0 });
  });

  it("starts nothing when it is only asked what it would start, and counts nothing", async () => {
    const answer = await stack.look({ dryRun: true });
    expect(names(answer.wouldStart)).toEqual(["never", "old"]);
    expect(answer.started).toEqual([]);
    expect(stack.sfn.commandCalls(StartExecutionCommand)).toEqual([]);
    expect(stack.emf).toEqual([]);
  });

  it("starts no second drill of a database that runs or waits, whoever started it and by whichever plan", async () => {
    stack = stackOf([planOf("one", { cluster: "orders" }), planOf("two", { cluster: "orders" }), planOf("other")]);
    // Of no plan that there is, and more than the first page of the list.
    for (let nth = 0; nth < 4; nth += 1) stack.begin(`refused-${nth}`, { plan: "nobody" });
    stack.begin("by-hand", { plan: "two", failureMoment: at(NOW) });
    const answer = await stack.look();
    expect(names(answer.started)).toEqual(["other"]);
    expect(answer.left.map(({ plan, reason }) => [plan, reason]).sort()).toEqual([
      ["one", `${arnOf("by-hand")} is of the same database.`],
      ["two", `${arnOf("by-hand")} is of the same database.`],
    ]);
  });

  it("starts one of two plans of a database, and the other in a later hour", async () => {
    stack = stackOf([planOf("one", { cluster: "orders" }), planOf("two", { cluster: "orders" })]);
    const first = await stack.look();
    expect(first.started).toHaveLength(1);
    expect(first.left).toMatchObject([
      { reason: expect.stringMatching(/^The drill of (one|two), which begins now, is/) },
    ]);
    stack.later(1);
    expect((await stack.look()).started).toEqual([]);
    for (const [, execution] of stack.begun) execution.isOver = true;
    stack.drilled("orders", 0, { plan: first.started[0]?.plan ?? "" });
    expect(names((await stack.look()).started)).toEqual(names(first.left));
  });

  it("waits for a drill that was stopped until it is finished", async () => {
    stack = stackOf([planOf("stopped")]);
    const drillId = "20261121-100000-3f9a2b1c";
    const turn = { drillId, database: "eu-west-1/stopped", region: "eu-central-1", executionArn: arnOf("stopped") };
    const evidencePrefix = `stopped/${drillId}`;
    const turns = { turns: [{ ...turn, evidencePrefix, takenAt: at(NOW - HOUR_MS) }], waiting: [] };
    stack.bucket.objects.set("turns.json", JSON.stringify(turns));
    const stopDate = new Date(NOW - HOUR_MS / 2);
    stack.sfn.on(DescribeExecutionCommand).resolves({ status: "ABORTED", stopDate });
    expect((await stack.look()).started).toEqual([]);
    const sent = { state: "sent", at: at(NOW), verdict: "errored" };
    stack.bucket.objects.set(`${evidencePrefix}/outcome/notification.json`, JSON.stringify(sent));
    expect(names((await stack.look()).started)).toEqual(["stopped"]);
  });

  it("starts no more in a region than it may drill at a time, counting what runs there, and says what was left", async () => {
    const fleet = Array.from({ length: 6 }, (_, nth) => planOf(`fleet-${nth}`));
    stack = stackOf([...fleet, planOf("elsewhere", { region: "us-east-1" })], 3);
    stack.begin("schedule-fleet-0-20261121T140000Z", { plan: "fleet-0" });
    const answer = await stack.look();
    expect(answer.started).toHaveLength(3);
    expect(names(answer.started)).toContain("elsewhere");
    expect(answer.left.filter(({ reason }) => reason.startsWith("3 drills run or wait in eu-central-1"))).toHaveLength(
      3,
    );
    expect(stack.emf.map((line) => JSON.parse(line))).toMatchObject([{ DueDrills: 7, LeftForLater: 3 }]);
    expect(stack.logged).toContainEqual(["due.left", expect.objectContaining({ reason: expect.any(String) })]);
  });

  it("starts at most 20 in an hour, whatever the regions allow", async () => {
    stack = stackOf(Array.from({ length: 30 }, (_, nth) => planOf(`fleet-${nth}`, { region: `eu-central-${nth}` })));
    const answer = await stack.look();
    expect(answer.started).toHaveLength(20);
    expect(answer.left[0]?.reason).toBe("20 drills begin now, which are the most of one hour.");
  });

  it("starts nothing while more drills run than it looks at", async () => {
    for (let nth = 0; nth < 201; nth += 1) stack.begin(`by-hand-${nth}`, { plan: "nobody" });
    stack.sfn.on(ListExecutionsCommand).resolves({
      executions: [...stack.begun.keys()].map((name) => ({
        executionArn: arnOf(name),
        name,
        stateMachineArn: STATE_MACHINE,
        status: "RUNNING" as const,
        startDate: new Date(NOW),
      })),
    });
    const answer = await stack.look();
    expect(answer.started).toEqual([]);
    expect(answer.left).toHaveLength(2);
  });

  it("started twice in the same hour, or before Step Functions lists what it started, starts nothing twice", async () => {
    await stack.look();
    stack.sfn.on(ListExecutionsCommand).resolves({ executions: [] });
    stack.later(0.1);
    await stack.look();
    expect(stack.begun.size).toBe(2);
  });

  it("starts a drill that left nothing in the ledger again a day later, and not before", async () => {
    await stack.look();
    for (const [, execution] of stack.begun) execution.isOver = true;
    stack.later(1);
    const answer = await stack.look();
    expect(answer.started).toEqual([]);
    expect(answer.left).toMatchObject([
      { plan: "never", reason: `${arnOf("due-never-20261121T000000Z")} was started for it, and is not in the ledger.` },
      { plan: "old" },
    ]);
    stack.later(23);
    expect(names((await stack.look()).started)).toEqual(["never", "old"]);
  });

  it("tries a drill again that errored, also a schedule's, an hour after it ended", async () => {
    stack = stackOf([planOf("scheduled", { schedule: "rate(7 days)" })]);
    stack.drilled("scheduled", 0, { verdict: "errored", trigger: { kind: "schedule", by: "restore-drill-scheduled" } });
    expect((await stack.look()).due).toBe(0);
    stack.later(1);
    expect((await stack.look()).started).toMatchObject([
      { executionArn: arnOf("due-scheduled-20261121T152000Z"), why: expect.stringContaining("tried again 1 h later") },
    ]);
  });

  it("gives the place of a drill that was started before to the next one", async () => {
    const fleet = Array.from({ length: 5 }, (_, nth) => planOf(`fleet-${nth}`));
    stack = stackOf(fleet, 2);
    const first = await stack.look();
    expect(first.started).toHaveLength(2);
    for (const [, execution] of stack.begun) execution.isOver = true;
    stack.later(1);
    const second = await stack.look();
    expect(second.started).toHaveLength(2);
    const lost = second.left.filter(({ reason }) => reason.endsWith("is not in the ledger."));
    expect(names(lost)).toEqual(names(first.started));
    // The fifth waits for room; the two that left nothing behind do not.
    expect(stack.emf.map((line) => JSON.parse(line).LeftForLater)).toEqual([3, 1]);
  });

  it("starts the others where a start is refused, tells what began, and throws at the end", async () => {
    stack = stackOf(
      ["one", "two", "three"].map((name) => planOf(name)),
      2,
    );
    const [refused = "", second = ""] = (await stack.look({ dryRun: true })).wouldStart?.map(({ plan }) => plan) ?? [];
    stack.sfn.on(StartExecutionCommand, { name: `due-${refused}-20261121T000000Z` }).rejects(new Error("denied"));
    await expect(stack.look()).rejects.toMatchObject({
      name: "AggregateError",
      message: `1 drills that are due could not be started, those of the plans ${refused}. ${refused}: Error: denied`,
    });
    expect(stack.begun.size).toBe(2);
    expect(stack.logged).toContainEqual(["due.started", expect.objectContaining({ plan: second })]);
    expect(stack.logged).toContainEqual(["due.refused", { plan: refused, reason: "Error: denied" }]);
    expect(stack.emf.map((line) => JSON.parse(line))).toMatchObject([{ StartedDueDrills: 2, LeftForLater: 0 }]);
  });

  it("begins nothing that it has no time left to tell of", async () => {
    stack.hasMs(80_000);
    const answer = await stack.look();
    expect(answer.started).toEqual([]);
    expect(answer.left).toMatchObject([{ reason: "The time of this look was over." }, {}]);
  });

  it.each(["restore-test", "manual", "incident"])("is not held back by a %s that errs every day", async (kind) => {
    stack = stackOf([planOf("old")]);
    stack.drilled("old", 6.5);
    for (let daysAgo = 6; daysAgo >= 0; daysAgo -= 1)
      stack.drilled("old", daysAgo + 0.01, { verdict: "errored", trigger: { kind, by: "x" } });
    expect(names((await stack.look()).started)).toEqual(["old"]);
  });

  it("counts the errored drills of cadence alone, from the last of them", async () => {
    stack = stackOf([planOf("old")]);
    stack.drilled("old", 10);
    stack.drilled("old", 1 / 24, { verdict: "errored", trigger: { kind: "schedule", by: "start-due-drills" } });
    for (const hours of [0.9, 0.5, 0.1]) {
      stack.drilled("old", hours / 24, { verdict: "errored", trigger: { kind: "restore-test", by: "x" } });
    }
    expect((await stack.look()).started).toMatchObject([
      { plan: "old", why: expect.stringMatching(/^Its last drill/) },
    ]);
  });

  it("follows the first reference of a plan at once, and only the first", async () => {
    stack = stackOf([planOf("fresh"), planOf("again"), planOf("passed"), planOf("empty")]);
    const reference = { verdict: "inconclusive", isReference: true } as const;
    stack.drilled("fresh", 1, reference);
    stack.drilled("again", 3, reference);
    stack.drilled("again", 1, reference);
    for (let days = 2; days < 20; days += 1) stack.drilled("passed", days / 10, { ...reference, verdict: "failed" });
    stack.drilled("passed", 30);
    stack.drilled("passed", 0.1, reference);
    stack.drilled("empty", 1, { verdict: "inconclusive", isReference: false });
    const answer = await stack.look();
    expect(answer.started).toMatchObject([{ plan: "fresh", why: expect.stringContaining("nothing to be compared") }]);
    expect(answer.next).toHaveLength(3);
  });

  it("starts nothing for a plan whose ledger can not be read, says so, and starts the others", async () => {
    stack = stackOf([planOf("never"), planOf("old")]);
    const list = stack.bucket.store.list.bind(stack.bucket.store);
    vi.spyOn(stack.bucket.store, "list").mockImplementation(async (prefix, startAfter) => {
      if (prefix.startsWith("old/")) throw new Error("denied");
      return list(prefix, startAfter);
    });
    const answer = await stack.look();
    expect(names(answer.started)).toEqual(["never"]);
    expect(answer.unknown).toEqual([{ plan: "old", reason: "Error: denied" }]);
    expect(stack.logged).toContainEqual(["due.unknown", { plan: "old", reason: "Error: denied" }]);
  });

  it("starts nothing when nobody knows whose turn it is", async () => {
    stack.bucket.objects.set("turns.json", '{"turns": [{');
    await expect(stack.look()).rejects.toMatchObject({ name: "Drill.EvidenceUnreadable" });
    expect(stack.sfn.commandCalls(StartExecutionCommand)).toEqual([]);
  });
});
