import { describe, expect, it } from "vitest";
import { Report } from "../../src/evidence/report.ts";
import { type DrillScenario, SCENARIO_NAMES, type ScenarioName } from "../../src/plan/scenario.ts";
import { describeScorecard, withScorecard } from "../../src/scenarios/scorecard.ts";
import { pageOf, REFUSED, sampleReport, sectionOf, words } from "../evidence/page/sample-report.ts";
import { drillWith, SAMPLE_DRILL } from "../plan/sample-drill.ts";
import { checkResult, PROOF } from "../verdict/sample-results.ts";

const { recoveryPoint: POINT, sandbox, source } = SAMPLE_DRILL;
const HERE = sandbox.region;
const OWN_KEY = `arn:aws:kms:${source.region}:111122223333:key/own`;
const COPY = {
  ...POINT,
  region: HERE,
  kind: "manual" as const,
  kmsKeyArn: `arn:aws:kms:${HERE}:111122223333:key/other`,
};

const exercise = (name: ScenarioName, changes: Partial<DrillScenario> = {}): DrillScenario => ({
  name,
  title: "Title",
  objective: "Recover it.",
  assumptions: ["Taken to be so."],
  asked: [`rds ${HERE}`],
  setAside: [],
  ...changes,
});

interface Changes extends Partial<Report> {
  readonly held?: Partial<DrillScenario>;
  readonly recoveryPoint?: Partial<typeof COPY>;
}

function outcomesOf(name: ScenarioName, { held, recoveryPoint, ...changes }: Changes = {}): Record<string, string> {
  const drill = drillWith({ scenario: exercise(name, held), recoveryPoint: { ...COPY, ...recoveryPoint } });
  const report = withScorecard(sampleReport({ drill, ...changes }), name);
  expect(Report.parse(JSON.parse(JSON.stringify(report)))).toEqual(report);
  return Object.fromEntries((report.scorecard?.criteria ?? []).map(({ criterion, outcome }) => [criterion, outcome]));
}

describe("the scorecard", () => {
  it("has what every recovery has to do, and leaves to people what is theirs", () => {
    expect(outcomesOf("corruption")).toEqual({
      "There is a recovery point that may be used": "met",
      "It is from before the damage": "met",
      "What came back is right": "met",
      "The checks can fail": "met",
      "It was recovered in time (RTO)": "met",
      "No more was lost before that moment than agreed (RPO)": "met",
      "Nothing could reach in or out": "met",
      "Nothing was left behind": "met",
      "The people concerned were told": "unknown",
    });
  });

  it("knows nothing where nobody looked", () => {
    const { counterproof: _, isolation: __, teardown: ___, ...rest } = sampleReport();
    const drill = drillWith({ scenario: exercise("corruption") });
    const verdict = { ...rest.verdict, objectives: {} };
    const report = withScorecard({ ...rest, drill, verdict, checks: [] }, "corruption");
    const known = report.scorecard?.criteria.filter(({ outcome }) => outcome !== "unknown") ?? [];
    expect(known.map(({ criterion }) => criterion)).toEqual([
      "There is a recovery point that may be used",
      "It is from before the damage",
    ]);
  });

  it("misses what went wrong", () => {
    const planted = PROOF.planted.map((one) => ({ ...one, detected: false }));
    const outcomes = outcomesOf("corruption", {
      checks: [checkResult(), checkResult({ outcome: "failed" })],
      counterproof: { ...PROOF, planted },
      leftovers: [{ kind: "cluster", id: "restore-drill-1", region: HERE, reason: "not ours" }],
    });
    const missed = Object.keys(outcomes).filter((name) => outcomes[name] === "missed");
    expect(missed).toEqual(["What came back is right", "The checks can fail", "Nothing was left behind"]);
  });

  it("takes data from after the moment for what it is, whatever the recovery point's own time says", () => {
    const checks = [checkResult({ newestAt: "2027-01-01T00:00:00.000Z" })];
    expect(outcomesOf("corruption", { checks })).toMatchObject({ "It is from before the damage": "missed" });
    const copiedAt = "2027-01-01T00:00:00.000Z";
    expect(outcomesOf("ransomware", { recoveryPoint: { copiedAt } })).toMatchObject({
      "It is from before the intruders": "missed",
    });
  });

  it("misses a region that was asked or used although it is lost", () => {
    const criterion = "Planning asked nothing in the lost region, and no later step works there";
    const lostRegion = source.region;
    expect(outcomesOf("region-lost", { held: { lostRegion } })).toMatchObject({ [criterion]: "met" });
    const asked = [`rds ${HERE}`, `kms ${source.region}`];
    expect(outcomesOf("region-lost", { held: { lostRegion, asked } })).toMatchObject({ [criterion]: "missed" });
    const recoveryPoint = { region: source.region };
    expect(outcomesOf("region-lost", { held: { lostRegion }, recoveryPoint })).toMatchObject({ [criterion]: "missed" });
  });

  it("misses what goes with the cluster, and says that no restore to a moment was tried", () => {
    expect(outcomesOf("accidental-deletion")).toMatchObject({
      "It outlives the cluster": "met",
      "It can be restored to a moment": "unknown",
    });
    const recoveryPoint = { kind: "automated" } as unknown as Partial<typeof COPY>;
    expect(outcomesOf("accidental-deletion", { recoveryPoint })).toMatchObject({ "It outlives the cluster": "missed" });
  });

  it("tells another key from another account, and neither from a lock", () => {
    const held = { sourceKmsKeyArn: OWN_KEY };
    expect(outcomesOf("ransomware", { held })).toMatchObject({
      "It is under another key than the cluster": "met",
      "It is in another account than the cluster": "missed",
      "Nobody could have deleted it": "unknown",
      "What came back is free of the intruders": "unknown",
    });
    expect(outcomesOf("ransomware", { held, recoveryPoint: { kmsKeyArn: OWN_KEY } })).toMatchObject({
      "It is under another key than the cluster": "missed",
    });
  });

  it("does not know another key where the cluster's could not be known, and knows it where it has none", () => {
    const criterion = "It is under another key than the cluster";
    expect(outcomesOf("ransomware")).toMatchObject({ [criterion]: "unknown" });
    expect(outcomesOf("ransomware", { held: { isSourceEncrypted: false } })).toMatchObject({ [criterion]: "met" });
    const replica = {
      held: { sourceKmsKeyArn: `${OWN_KEY.slice(0, -3)}mrk-1` },
      recoveryPoint: { kmsKeyArn: `${COPY.kmsKeyArn.slice(0, -5)}mrk-1` },
    };
    expect(outcomesOf("ransomware", replica)).toMatchObject({ [criterion]: "missed" });
  });

  it("says what RPO leaves out where the moment lies back", () => {
    const failureMoment = new Date(Date.parse(SAMPLE_DRILL.startedAt) - 7 * 86_400_000).toISOString();
    const drill = drillWith({ scenario: exercise("ransomware"), recoveryPoint: COPY, failureMoment });
    const { scorecard } = withScorecard(sampleReport({ drill }), "ransomware");
    const rpo = scorecard?.criteria.find(({ criterion }) => criterion.includes("(RPO)"));
    expect(rpo?.criterion).toBe("No more was lost before that moment than agreed (RPO)");
    expect(rpo?.observed).toContain("what was written in the 7 d between that moment and the drill");
  });

  it.each(SCENARIO_NAMES)(
    "has every criterion of %s for one that planning refused, and none of its way is met",
    (name) => {
      const asked = Object.keys(outcomesOf(name));
      const { scorecard } = withScorecard(REFUSED, name);
      expect(scorecard?.criteria.map(({ criterion }) => criterion)).toEqual(asked);
      const met = scorecard?.criteria.filter(({ outcome }) => outcome === "met").map(({ criterion }) => criterion);
      expect(met).toEqual(["Nothing was left behind"]);
      expect(scorecard?.criteria.filter(({ outcome }) => outcome === "missed")).toEqual([]);
      const summary = "Drill.NoRecoveryPoint: none";
      const none = withScorecard({ ...REFUSED, verdict: { ...REFUSED.verdict, summary } }, name).scorecard;
      expect(none?.criteria.filter(({ outcome }) => outcome === "missed").length).toBeGreaterThanOrEqual(2);
    },
  );

  it("says of an exercise that found no way back which it was, and that there was none", () => {
    const summary = "Drill.NoRecoveryPoint: There is no way back without eu-west-1: ...";
    const { scorecard } = withScorecard({ ...REFUSED, verdict: { ...REFUSED.verdict, summary } }, "region-lost");
    expect(scorecard).toMatchObject({ scenario: "region-lost", title: "Region lost", assumptions: [] });
    expect(scorecard?.criteria[0]).toMatchObject({ outcome: "missed", observed: summary });
    expect(scorecard && describeScorecard(scorecard)).toBe("1 of 10 met, 2 missed, 7 not known");
  });

  it("is no part of a drill that is no exercise", () => {
    expect(withScorecard(sampleReport(), undefined)).toEqual(sampleReport());
  });
});

describe("the page of an exercise", () => {
  const drill = drillWith({ scenario: exercise("ransomware"), recoveryPoint: COPY });
  const page = pageOf(withScorecard(sampleReport({ drill }), "ransomware"));

  it("has the scorecard first, with results in words and lines to fill in by hand", () => {
    expect(page.querySelector("section")?.getAttribute("aria-labelledby")).toBe("exercise");
    const section = sectionOf(page, "exercise");
    expect(words(section)).toContain("Exercise: Ransomware Recover it. 8 of 13 met, 1 missed, 4 not known.");
    const rows = [...(section?.querySelectorAll(".card li") ?? [])].map((row) => words(row));
    expect(rows).toHaveLength(13);
    expect(rows.find((row) => row.startsWith("It is in another account"))).toContain("missed");
    expect(words(section)).toContain("Reviewed by, date, signature");
  });

  it("has none for any other drill", () => {
    expect(sectionOf(pageOf(), "exercise")).toBeNull();
  });
});
