import { createHash } from "node:crypto";
import { GetExecutionHistoryCommand, SFNClient } from "@aws-sdk/client-sfn";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LedgerEntry } from "../../src/evidence/ledger.ts";
import { Manifest } from "../../src/evidence/report.ts";
import { closedSecurityGroup, openAccount } from "../../src/local/account.ts";
import { demoPlan, type EndedDrill, openTheatre, type Theatre } from "./theatre.ts";

describe("a drill of a good backup", { timeout: 180_000 }, () => {
  let theatre: Theatre;
  let drill: EndedDrill;
  let isHidden = false;

  beforeAll(async () => {
    theatre = await openTheatre(
      "passing",
      {
        orders: await demoPlan(),
        "same-region": await demoPlan({ plan: "same-region", sandbox: sandboxAtHome(), counterproof: false }),
      },
      {
        // What a check that looks away comes to: the damage is there for nobody.
        intercept: ({ operation, input }) => {
          const isDamage = operation === "ExecuteStatement" && String(input["sql"]).startsWith("alter sequence");
          if (isHidden && isDamage) Object.assign(input, { sql: "select 1" });
        },
      },
    );
    drill = await theatre.drill("orders");
  });
  afterAll(() => theatre?.close());

  it("passes, and the execution is green", () => {
    expect(drill).toMatchObject({ status: "SUCCEEDED", report: { verdict: { verdict: "passed" } } });
  });

  it("asks every check of the plan and reads every row", async () => {
    const asked = (await demoPlan()).checks?.length ?? 0;
    expect(drill.report.checks).toHaveLength(asked + 1);
    expect(drill.report.checks.map(({ outcome }) => outcome)).toEqual(drill.report.checks.map(() => "held"));
  });

  it("was held against a baseline that was captured before its backup", () => {
    const { references = [], recoveryPoint } = drill.report.drill ?? {};
    expect(references).toMatchObject([{ kind: "baseline", prefix: expect.stringContaining("/baselines/") }]);
    expect(Date.parse(references[0]?.takenAt ?? "")).toBeLessThanOrEqual(Date.parse(recoveryPoint?.createdAt ?? ""));
  });

  it("shows that its checks can fail: every damage it planted was detected, and undone", () => {
    const { counterproof } = drill.report;
    expect(counterproof).toMatchObject({ complete: true, untried: [] });
    const { length } = counterproof?.planted ?? [];
    expect(length).toBeGreaterThan(10);
    // One emptied table in nine is the heartbeats', of which the question how fresh they are finds none: that lets no drill pass either.
    expect(counterproof?.planted.map(({ kind, during, after }) => [kind, during, after])).toEqual(
      counterproof?.planted.map(({ kind }) => [kind, kind === "freshness" ? "empty" : "failed", "held"]),
    );
    expect(JSON.parse(drill.evidence.get("counterproof.json") ?? "")).toEqual(counterproof);
    expect(drill.report.verdict.summary).toContain(`${length} of ${length} planted damages were detected`);
  });

  it("times every phase, and the phases add up to the RTO", () => {
    const { phases, objectives } = drill.report.verdict;
    expect(phases.map(({ name }) => name)).toEqual([
      "select",
      "copy",
      "restore",
      "first-query",
      "isolation",
      "full-read",
      "validated",
    ]);
    const sumSeconds = phases.reduce((sum, { seconds }) => sum + seconds, 0);
    expect(objectives.rto?.measuredSeconds).toBeCloseTo(sumSeconds, 3);
  });

  it("measures the RPO from the newest heartbeat that came back", () => {
    const newestAt = drill.report.checks.find(({ kind }) => kind === "freshness")?.newestAt;
    const expected = (Date.parse(drill.report.drill?.failureMoment ?? "") - Date.parse(newestAt ?? "")) / 1000;
    expect(drill.report.verdict.objectives.rpo?.measuredSeconds).toBe(expected);
  });

  it("leaves nothing behind: no resource, no server", async () => {
    await theatre.cloud.rds.settled();
    expect(theatre.cloud.rds.leftovers()).toEqual([]);
    expect(drill.report.teardown?.deleted.map(({ kind }) => kind)).toEqual(["instance", "cluster", "snapshot"]);
  });

  it("files a manifest whose hashes are those of the files, and ties the ledger to it", () => {
    const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
    const manifest = Manifest.parse(JSON.parse(drill.evidence.get("manifest.json") ?? ""));
    const after = /^(?:manifest\.json|ledger\.json|journal\/(?:record-evidence|notify-outcome)\.json|outcome\/.*)$/;
    const isFiled = (name: string): boolean => !after.test(name);
    const filed = [...drill.evidence.keys()].filter(isFiled).sort();
    expect(filed).toEqual(
      expect.arrayContaining(["checks.json", "heartbeats.json", "journal/tear-down.json", "plan.json", "report.json"]),
    );
    expect(manifest.files.map(({ file }) => file).sort()).toEqual(filed);
    for (const { file, sha256: filed } of manifest.files) expect(sha256(drill.evidence.get(file) ?? "")).toBe(filed);
    const entry = LedgerEntry.parse(JSON.parse(drill.evidence.get("ledger.json") ?? ""));
    expect(entry).toMatchObject({
      verdict: "passed",
      isReference: true,
      manifestSha256: sha256(drill.evidence.get("manifest.json") ?? ""),
    });
  });

  it("tells people once, with a text for each channel and attributes to filter by", () => {
    expect(drill.messages).toHaveLength(1);
    const [message] = drill.messages;
    expect(message?.subject).toBe("PASSED: orders-production, restore drill");
    expect(message?.bodies["sms"]?.length).toBeLessThanOrEqual(140);
    expect(message?.bodies["email"]).toContain("RTO:");
    expect(message?.attributes).toMatchObject({
      verdict: { value: "passed" },
      database: { value: "orders-production" },
      trigger: { value: "manual" },
    });
  });

  it("writes no secret into evidence or notifications", () => {
    const written = [...drill.evidence.values(), JSON.stringify(drill.messages)].join("\n");
    expect(written).not.toMatch(/password|secretAccessKey|AKIA/i);
  });

  it("counts the state transitions that it charges for as the history has them", async () => {
    const { items } = drill.report.cost.actual;
    const charged = items.find(({ unit }) => unit === "transition")?.quantity;
    expect(charged).toBe(await enteredStates(theatre, drill));
  });

  it("is inconclusive where a check does not see a damage that the drill planted", async () => {
    isHidden = true;
    const blind = await theatre.drill("orders");
    isHidden = false;
    expect(blind.report.verdict).toMatchObject({ verdict: "inconclusive", reason: "unchecked" });
    expect(blind.report.verdict.summary).toMatch(
      /1 of \d+ planted damages was not detected. sequences: held although .* a sequence set back, to shop\./,
    );
    expect(blind.report.counterproof?.planted.filter(({ detected }) => !detected)).toHaveLength(1);
    expect(blind.report.leftovers).toEqual([]);
  });

  it("restores a recovery point of the drill region without a copy, says so, and leaves that snapshot alone", async () => {
    const before = theatre.cloud.rds.resources().filter(({ kind }) => kind === "snapshot");
    const here = await theatre.drill("same-region");
    expect(here.report.verdict.verdict).toBe("passed");
    // Its plan says so, whatever the stack says.
    expect(here.report.counterproof).toBeUndefined();
    expect(here.evidence.has("counterproof.json")).toBe(false);
    expect(here.report.drill?.warnings).toEqual([
      expect.stringContaining("recovery into another region was not drilled"),
    ]);
    expect(here.report.teardown?.deleted.map(({ kind }) => kind)).toEqual(["instance", "cluster"]);
    expect(theatre.cloud.rds.resources().filter(({ kind }) => kind === "snapshot")).toEqual(before);
  });
});

/** The stack's own group is in the drill region, so a plan that stays at home names another. */
function sandboxAtHome() {
  const region = "eu-west-1";
  return { region, securityGroup: closedSecurityGroup(openAccount(), region) };
}

/** States entered, and the start: what Step Functions bills. */
async function enteredStates(theatre: Theatre, drill: EndedDrill): Promise<number> {
  const { accessKeyId, secretAccessKey } = theatre.cloud.operator;
  const sfn = new SFNClient({
    region: "eu-central-1",
    endpoint: theatre.cloud.url,
    credentials: { accessKeyId, secretAccessKey },
  });
  const history = await sfn.send(
    new GetExecutionHistoryCommand({
      executionArn: drill.report.execution.id,
      maxResults: 1000,
      includeExecutionData: false,
    }),
  );
  return (history.events ?? []).filter(({ type }) => type?.endsWith("StateEntered") || type === "ExecutionStarted")
    .length;
}
