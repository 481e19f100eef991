import { describe, expect, it } from "vitest";
import { drillWith, SAMPLE_DRILL } from "../../plan/sample-drill.ts";
import { TEARDOWN } from "../../verdict/sample-results.ts";
import { SAMPLE_VERDICT } from "../../verdict/sample-verdict.ts";
import { failed, pageOf, REFUSED, sampleReport, words } from "./sample-report.ts";

const LEFT = {
  kind: "cluster" as const,
  id: "restore-drill-1",
  region: "eu-central-1",
  reason: "not provably this drill's",
};
const first = (report = sampleReport()) => pageOf(report).querySelector("header");
const figures = (report = sampleReport()): string[] =>
  [...pageOf(report).querySelectorAll(".figures > div")].map(words);

describe("the first screen", () => {
  it.each([
    ["passed", undefined, {}, "Passed: the backup came back, right and in time"],
    ["failed", "data", {}, "Failed: what came back is not right"],
    ["failed", "recovery", {}, "Failed: it could not be recovered"],
    [
      "failed",
      "objective",
      { rto: { objectiveSeconds: 5, measuredSeconds: 9, met: false } },
      "Failed: recovered too late",
    ],
    [
      "failed",
      "objective",
      { rpo: { objectiveSeconds: 5, measuredSeconds: 9, met: false } },
      "Failed: recovered to a moment too old",
    ],
    ["inconclusive", "unchecked", {}, "Inconclusive: not everything that decides could be asked"],
    ["inconclusive", "empty", {}, "Inconclusive: there was nothing to look at"],
    ["errored", "drill", {}, "Errored: the drill broke, the backup was not judged"],
  ] as const)("says the verdict in words, beside a sign of its own: %s %s %#", (verdict, reason, objectives, said) => {
    const report = sampleReport({ verdict: { ...failed(), verdict, reason, objectives } });
    expect(words(pageOf(report).querySelector("h1"))).toBe(said);
    expect(first(report)?.querySelector("h1 use")?.getAttribute("href")).toBe(`#sign-${verdict}`);
    expect(first(report)?.getAttribute("class")).toContain(verdict);
    expect(pageOf(report).title).toContain("orders-production");
  });

  it("names the database and when it was drilled, what was wrong, and what to do", () => {
    const said = words(first(sampleReport({ verdict: failed() })));
    expect(said).toContain("orders-production");
    expect(said).toContain("Restore drill of 2026-11-21 14:32:05 UTC");
    expect(said).toContain("rows orders: 3 rows; expected 4");
    expect(said).toContain("Do next: Do not count on this recovery point.");
  });

  it("leads to all databases before anything else", () => {
    const link = pageOf(sampleReport()).querySelector("a");
    expect([link?.textContent, link?.getAttribute("href")]).toEqual(["All databases", "../../index.html"]);
  });

  it("does not say twice what the summary says, and folds more than five findings", () => {
    const once = failed({ summary: "1 of 2 checks failed. a: 1; expected 2", findings: ["a: 1; expected 2"] });
    expect(first(sampleReport({ verdict: once }))?.querySelector(".seen")).toBeNull();
    const many = failed({ findings: Array.from({ length: 20 }, (_, n) => `check ${n}: wrong`) });
    expect(words(first(sampleReport({ verdict: many }))?.querySelector(".seen summary") ?? null)).toBe("15 more");
  });

  it("holds RTO and RPO against their objectives, in words", () => {
    expect(figures().slice(0, 2)).toEqual([
      "Time to recover (RTO)20 minmet, objective 4 h",
      "Data lost (RPO)10 h 27 minmet, objective 24 h",
    ]);
    const missed = { ...SAMPLE_VERDICT.objectives, rto: { objectiveSeconds: 60, measuredSeconds: 90, met: false } };
    expect(figures(sampleReport({ verdict: failed({ objectives: missed }) }))[0]).toContain(
      "1 min 30 smissed, objective 1 min",
    );
    const unknown = { rto: { objectiveSeconds: 60 } };
    expect(figures(sampleReport({ verdict: failed({ objectives: unknown }) })).slice(0, 2)).toEqual([
      "Time to recover (RTO)not measurednot measured, objective 1 min",
      "Data lost (RPO)not measuredno objective was read",
    ]);
  });

  it("names the recovery point and its age; of a copy it says that the time is the copy's", () => {
    expect(figures()[2]).toBe(
      "Recovery point10 h 27 min oldrds:orders-production-2026-11-21-04-05automated, made 2026-11-21 04:05:05 UTC",
    );
    const copied = drillWith({ recoveryPoint: { ...SAMPLE_DRILL.recoveryPoint, copiedFrom: "arn:original" } });
    expect(figures(sampleReport({ drill: copied }))[2]).toContain("copied 2026-11-21");
  });

  it("tells what was left behind before anything else that is to be done", () => {
    const leaked = sampleReport({ verdict: failed(), leftovers: [LEFT] });
    expect(words(pageOf(leaked).querySelector(".next"))).toMatch(
      /^Do next: Delete by hand what was left behind\. Do not count/,
    );
    expect(figures(leaked)[3]).toBe("Left behind1 thingdelete by hand");
    expect(words(pageOf(sampleReport({ leftovers: [LEFT] })).querySelector(".next"))).toBe(
      "Do next: Delete by hand what was left behind.",
    );
  });

  it("says that nothing is left only when teardown has confirmed it", () => {
    expect(figures()[3]).toBe("Left behindnothingconfirmed: everything is gone");
    const { finishedAt: _, ...unfinished } = TEARDOWN;
    expect(figures(sampleReport({ teardown: unfinished }))[3]).toBe("Left behindnot knownteardown did not end");
  });

  it("knows nothing of what a refused drill never looked at, and says so", () => {
    expect(figures(REFUSED)).toEqual([
      "Time to recover (RTO)not measuredno objective was read",
      "Data lost (RPO)not measuredno objective was read",
      "Recovery pointnot knownplanning did not get that far",
      "Left behindnothingnothing was created",
    ]);
  });

  it("tells notes, and how the execution ended where another one finished the drill", () => {
    const interruption = { status: "ABORTED" as const, at: "2026-11-21T14:40:00.000Z", state: "WaitForSandbox" };
    const page = pageOf(
      sampleReport({ drill: drillWith({ warnings: ["A copy."] }), unreadable: ["A note is lost."], interruption }),
    );
    expect(words(page.querySelector("aside"))).toBe("A copy. A note is lost.");
    expect(words(page.querySelector("header"))).toContain("The execution was stopped (ABORTED) in WaitForSandbox.");
  });
});
