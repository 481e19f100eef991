import { randomUUID } from "node:crypto";
import { glob, rm } from "node:fs/promises";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { S3Client } from "@aws-sdk/client-s3";
import { SFNClient } from "@aws-sdk/client-sfn";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { damageCopy } from "../../src/chaos/source.ts";
import { readCommand } from "../../src/cli/deployed/arguments.ts";
import { runCommand } from "../../src/cli/deployed/command.ts";
import { ACCOUNT_ID } from "../../src/local/account.ts";
import { HOME_REGION } from "../../src/local/deployment.ts";
import { alarmEvent, requestedEvent, threatEvent } from "../start/events.ts";
import { openStartingCloud, type StartedDrill, type StartingCloud, smallPlan } from "./starting-cloud.ts";

const MINUTE_MS = 60_000;
const ago = (minutes: number): Date => new Date(Date.now() - minutes * MINUTE_MS);
/** As EventBridge writes moments: to the second. */
const second = (date: Date): string => date.toISOString().replace(/\.\d+/, "");

const STORMY_ALARMS = ["stormy-cpu", "stormy-deadlocks", "stormy-lag", "stormy-logins", "stormy-rows"];
const ALARM_AT = ago(60);
/** Two before the alarm, one after. */
const BACKUPS = [ago(300), ago(120), ago(30)];

const STORM = 500;
/** Whole drills, side by side with another test file's. */
const TIMEOUT_MS = 180_000;

describe("what starts a drill", { timeout: TIMEOUT_MS }, () => {
  let starting: StartingCloud;
  let isDamaged = false;
  /** Set while a drill is to lose its plan. */
  let isLosingPlan = false;

  let removing: Promise<void> | undefined;

  beforeAll(async () => {
    const plans = [
      { plan: smallPlan("scheduled", { cadence: { every: "7d", schedule: "cron(0 4 ? * TUE *)" } }) },
      { plan: smallPlan("alarmed", { incidents: { alarms: ["alarmed-data-loss"], keep: "1h" } }), backups: BACKUPS },
      { plan: smallPlan("stormy", { incidents: { alarms: STORMY_ALARMS } }) },
      { plan: smallPlan("guarded", { incidents: { guardduty: true }, backups: { copyIn: "eu-central-1" } }) },
      { plan: smallPlan("requested"), backups: [0, 1, 2, 3, 4, 5, 6].map((days) => ago(120 + days * 1440)) },
    ];
    starting = await openStartingCloud("starts", plans, {
      parameters: { ScheduleState: "ENABLED", PageEmail: "oncall@example.org" },
      onEvent: ({ type, state }) => {
        if (!isLosingPlan || type !== "TaskStateEntered" || state !== "CopySnapshot") return;
        isLosingPlan = false;
        removing = removePlan("requested");
      },
    });
    starting.cloud.rds.onRestored(async (_cluster, server) => {
      if (isDamaged) await damageCopy(server.connection);
    });
  });
  afterAll(() => starting?.close());

  async function removePlan(plan: string): Promise<void> {
    const functions = join(starting.cloud.host.runDirectory, "functions");
    for await (const file of glob(`*/drills/${plan}.json`, { cwd: functions })) await rm(join(functions, file));
  }
  const put = (event: { id: string }) => starting.cloud.events.put(event);
  const stateOf = async (alarm: string, now = new Date()) =>
    (await starting.cloud.alarms.evaluate(now)).get(`restore-drill-${alarm}`);
  const newId = (): string => randomUUID();

  it("a slot of its schedule, once however often it is delivered; one that failed pages, and the next that passed ends it", async () => {
    const { cloud } = starting;
    expect(await stateOf("scheduled-failed")).toMatchObject({ state: "INSUFFICIENT_DATA" });
    isDamaged = true;
    await cloud.events.fireSchedule("restore-drill-scheduled", { slot: new Date("2026-11-17T04:00:00Z") });
    const [failed] = await starting.drills();
    isDamaged = false;
    expect(failed).toMatchObject({ status: "FAILED", report: { verdict: { verdict: "failed", reason: "data" } } });
    starting.pages();
    const failedAt = new Date();
    expect(await stateOf("scheduled-failed", failedAt)).toMatchObject({ state: "ALARM", failedActions: [] });
    const [page] = starting.pages();
    expect(page?.subject).toBe('ALARM: "restore-drill-scheduled-failed" in eu-central-1');
    expect(cloud.subscriptions.filter(({ takes }) => page && takes(page))).toMatchObject([
      { protocol: "email", endpoint: "oncall@example.org" },
    ]);

    await cloud.events.fireSchedule("restore-drill-scheduled", { slot: new Date("2026-11-24T04:00:00Z"), times: 2 });
    const drills = await starting.drills();
    expect(drills.map(({ name }) => name)).toEqual(["schedule-scheduled-20261124T040000Z"]);
    expect(drills[0]?.report).toMatchObject({
      verdict: { verdict: "passed" },
      trigger: { kind: "schedule", by: "restore-drill-scheduled" },
    });
    // Five minutes after the failure only what came later is in the alarm's period.
    const over = await stateOf("scheduled-failed", new Date(failedAt.getTime() + 300_001));
    expect(over).toMatchObject({ state: "OK", changedFrom: "ALARM" });
    expect(starting.pages().map(({ subject }) => subject)).toContain(
      'OK: "restore-drill-scheduled-failed" in eu-central-1',
    );
  });

  it("a person at the command line, who sees its phases and its report, and its verdict as the exit code", async () => {
    const { url: endpoint, operator } = starting.cloud;
    const { accessKeyId, secretAccessKey } = operator;
    const where = { endpoint, region: HOME_REGION, credentials: { accessKeyId, secretAccessKey } };
    const written: string[] = [];
    const terminal = { write: (text: string) => written.push(text) };
    const clients = { sfn: new SFNClient(where), s3: new S3Client({ ...where, forcePathStyle: true }) };
    const command = readCommand(["run", "requested", "--wait"]);
    expect(await runCommand({ ...clients, stdout: terminal, stderr: terminal, lookSeconds: 0.1 }, command)).toBe(0);
    const [drill] = await starting.drills();
    const phases = written.flatMap((text) => /^ {2}([a-z]+(?: [a-z]+)?) {2}/.exec(text)?.[1] ?? []);
    expect(phases).toEqual([
      "plan",
      "network",
      "copy",
      "restore",
      "isolation",
      "checks",
      "judge",
      "tear down",
      "evidence",
      "notify",
    ]);
    expect(written[0]).toBe(`Started ${drill?.executionArn}\n`);
    expect(stripVTControlCharacters(written.at(-1) ?? "")).toMatch(/^\nPASSED {2}requested\n/);
    expect(written.at(-1)).toContain(`s3://evidence/requested/${drill?.report.drillId}/report.json`);
  });

  it("the watchdog's word: a plan that passed is in time, one that never did is overdue", async () => {
    await starting.cloud.events.fireSchedule("restore-drill-watchdog");
    await starting.cloud.events.settled();
    expect(await stateOf("scheduled-overdue")).toMatchObject({ state: "OK" });
    expect(await stateOf("guarded-overdue")).toMatchObject({ state: "ALARM" });
  });

  it("the survey of backups: what is wrong with them rings, is told once for all, and what is well is silent", async () => {
    const { cloud } = starting;
    const job = { ResourceArn: `arn:aws:rds:eu-west-1:${ACCOUNT_ID}:cluster:stormy`, CreationDate: ago(600) };
    for (const State of ["COMPLETED", "FAILED"] as const) cloud.backup.recordBackupJob("eu-west-1", { ...job, State });
    await cloud.events.fireSchedule("restore-drill-survey-backups");
    await cloud.events.settled();
    const [summary, ...others] = cloud.messages.filter(({ attributes }) => attributes["summary"] !== undefined);
    expect(others).toEqual([]);
    expect(summary?.subject).toBe("BACKUPS: 2 of 5 databases need attention, 2 newly");
    expect(summary?.bodies["email"]).toMatch(
      /^guarded in eu-west-1:\n(- .*\n)*- NEW: There is no copy in eu-central-1/m,
    );
    expect(summary?.bodies["email"]).toMatch(
      /^stormy in eu-west-1:\n- NEW: .* 1 of 1 daily ones, 1 of 2 by AWS Backup: 50 %/m,
    );
    expect(await stateOf("guarded-backups")).toMatchObject({ state: "ALARM" });
    expect(await stateOf("stormy-backups")).toMatchObject({ state: "ALARM" });
    expect(await stateOf("requested-backups")).toMatchObject({ state: "OK" });
  });

  describe("an incident of each of three databases at the same time", () => {
    let drills: readonly StartedDrill[];
    const drillsOf = (plan: string) => drills.filter(({ report }) => report.database === plan);

    beforeAll(async () => {
      const alarm = (alarmName: string, time: Date) =>
        alarmEvent({ id: newId(), account: ACCOUNT_ID, alarmName, time: second(time) });
      const once = alarm("alarmed-data-loss", ALARM_AT);
      for (let times = 0; times < 10; times++) put(once);
      for (let nth = 0; nth < STORM; nth++)
        put(alarm(STORMY_ALARMS[nth % STORMY_ALARMS.length] ?? "", new Date(ALARM_AT.getTime() + (nth % 60) * 1000)));
      const found = threatEvent({ id: newId(), time: second(ago(10)), cluster: "guarded", accountId: ACCOUNT_ID });
      const service = { ...found.detail.service, eventFirstSeen: second(ago(20)) };
      put({ ...found, detail: { ...found.detail, createdAt: second(ago(10)), service } } as typeof found);
      drills = await starting.drills();
    }, TIMEOUT_MS);

    it("starts one drill of each, and loses no event", () => {
      expect(drills.map(({ report }) => report.database).sort()).toEqual(["alarmed", "guarded", "stormy"]);
      expect(starting.cloud.deadLetters).toEqual([]);
    });

    it("an alarm: one drill of the newest backup before it however often its event comes, kept as a candidate", () => {
      const [{ report, name } = { report: undefined, name: "" }, ...others] = drillsOf("alarmed");
      expect(others).toEqual([]);
      expect(name).toMatch(/^incident-alarmed-\d{8}T\d{6}Z$/);
      expect(report).toMatchObject({
        verdict: { verdict: "passed" },
        trigger: { kind: "incident", by: expect.stringContaining("alarm alarmed-data-loss") },
        drill: { recoveryPoint: { createdAt: BACKUPS[1]?.toISOString() } },
      });
      const clusters = starting.cloud.rds.leftovers().filter(({ kind }) => kind === "cluster");
      expect(clusters).toMatchObject([{ region: "eu-central-1", status: "available" }]);
    });

    it("a storm of 500 alarms: one drill", () => {
      expect(drillsOf("stormy").map(({ report }) => report.verdict.verdict)).toEqual(["passed"]);
    });

    it("a finding of GuardDuty about its cluster", () => {
      const [drill, ...others] = drillsOf("guarded");
      expect(others).toEqual([]);
      expect(drill?.report).toMatchObject({
        database: "guarded",
        verdict: { verdict: "passed" },
        trigger: { kind: "incident", by: expect.stringContaining("GuardDuty CredentialAccess:RDS/") },
      });
    });
  });

  it("an event of any tool that names the database; its drill ends as it should when its plan goes meanwhile", async () => {
    isLosingPlan = true;
    put(requestedEvent({ database: "requested", reason: "a bad migration" }, { id: newId(), time: second(ago(1)) }));
    const [drill, ...others] = await starting.drills();
    expect(others).toEqual([]);
    expect(drill?.report).toMatchObject({
      database: "requested",
      verdict: { verdict: "passed" },
      trigger: { by: expect.stringContaining("request: a bad migration") },
      leftovers: [],
    });
    await removing;
    expect(removing).toBeDefined();
    put(requestedEvent({ database: "requested" }, { id: newId(), time: second(new Date()) }));
    expect(await starting.drills()).toEqual([]);
    expect(starting.cloud.deadLetters).toMatchObject([
      { body: { responsePayload: { errorType: "Drill.NoPlanForEvent" } } },
    ]);
  });

  it("an alarm that no plan names starts nothing, and is not even delivered", async () => {
    const deliveries = starting.cloud.events.deliveries.length;
    put(alarmEvent({ id: newId(), account: ACCOUNT_ID, alarmName: "nobodys-alarm", time: second(new Date()) }));
    expect(await starting.drills()).toEqual([]);
    expect(starting.cloud.events.deliveries).toHaveLength(deliveries);
  });

  it("an event that lacks a field starts nothing: it is in the dead letters, which page", async () => {
    const lettersBefore = starting.cloud.deadLetters.length;
    const { detail, ...event } = alarmEvent({ id: newId(), account: ACCOUNT_ID, alarmName: STORMY_ALARMS[0] ?? "" });
    const { timestamp: _, ...state } = detail.state;
    const incomplete = { ...event, detail: { ...detail, state } };
    starting.pages();
    put(incomplete);
    expect(await starting.drills()).toEqual([]);
    const letters = starting.cloud.deadLetters.slice(lettersBefore);
    expect(letters).toMatchObject([
      {
        from: expect.stringMatching(/:function:restore-drill-start-event-drill$/),
        body: { requestPayload: incomplete, responsePayload: { errorType: "Drill.InputInvalid" } },
      },
    ]);
    expect(await stateOf("dead-letters")).toMatchObject({ state: "ALARM" });
    expect(starting.pages().map(({ subject }) => subject)).toContain(
      'ALARM: "restore-drill-dead-letters" in eu-central-1',
    );
  });
});
