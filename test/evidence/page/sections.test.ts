import type { PageElement } from "jsdom";
import { describe, expect, it } from "vitest";
import type { CheckResult } from "../../../src/checks/result.ts";
import type { Drift } from "../../../src/evidence/drift.ts";
import type { Report } from "../../../src/evidence/report.ts";
import { drillWith } from "../../plan/sample-drill.ts";
import { checkResult, NETWORK, PROOF, TEARDOWN } from "../../verdict/sample-results.ts";
import { pageOf, REFUSED, sampleReport, sectionOf, words } from "./sample-report.ts";

const section = (id: string, report: Report = sampleReport()): PageElement | null => sectionOf(pageOf(report), id);
const withChecks = (...checks: CheckResult[]): Report => sampleReport({ checks });

describe("what was asked", () => {
  const MIXED = withChecks(
    checkResult({ name: "a", kind: "full-read" }),
    checkResult({ name: "b", kind: "tables", outcome: "empty" }),
    checkResult({ name: "c", kind: "rows", outcome: "unchecked", fault: "timeout" }),
    checkResult({ name: "d", kind: "rows", outcome: "failed", required: false }),
    checkResult({
      name: "e",
      kind: "fingerprint",
      outcome: "failed",
      expected: "as it was",
      observed: "other content",
      sql: "select 1",
    }),
    checkResult({ name: "f", kind: "rows" }),
  );

  it("is grouped by what it proves, the group with a failure first, and in it the failure that decides", () => {
    const checks = section("checks", MIXED);
    expect([...(checks?.querySelectorAll("h3") ?? [])].map(words)).toEqual([
      "What was in it is in it",
      "Its structure is complete",
      "Everything can be read",
    ]);
    expect([...(checks?.querySelectorAll("h4") ?? [])].map(words)).toEqual([
      "e failed",
      "d failed optional",
      "c could not be asked",
      "b had nothing to look at",
    ]);
  });

  it("has expected against observed, why it was not asked, and the SQL one click away", () => {
    const [wrong, , unasked] = [...(section("checks", MIXED)?.querySelectorAll(".check") ?? [])];
    expect(words(wrong?.querySelector("dl") ?? null)).toBe(
      "Expectedas it was Observedother content Took0.5 s".replace(/ (?=Observed|Took)/g, ""),
    );
    expect(words(wrong?.querySelector("details code") ?? null)).toBe("select 1");
    expect(words(unasked ?? null)).toContain("Becausetimeout");
  });

  it("folds what held, and counts it", () => {
    const checks = section("checks", MIXED);
    expect(words(checks?.querySelector(".legend") ?? null)).toBe(
      "2 failed1 could not be asked1 had nothing to look at2 held",
    );
    const folded = [...(checks?.querySelectorAll("details .held li") ?? [])];
    expect(folded.map((held) => words(held.querySelector("b")))).toEqual(["f", "a"]);
  });

  it("shows kinds that it does not know with the plan's own questions, and says when nothing was asked", () => {
    expect(words(section("checks", withChecks(checkResult({ kind: "of-tomorrow" }))))).toContain(
      "What the plan asks in its own SQL",
    );
    expect(words(section("checks", REFUSED))).toContain("Nothing: the drill did not get to its checks.");
  });
});

describe("what was compared with an earlier time", () => {
  const reference = { kind: "baseline", id: "b-1", takenAt: "2026-11-21T04:00:00.000Z" };
  const entry = { key: "table shop.order", source: "3 rows", restored: "3 rows", match: true };
  const DRIFT: Drift = {
    catalog: { reference, entries: [] },
    fingerprint: {
      reference,
      entries: [entry, { ...entry, key: "table shop.gone", restored: null, match: false, against: "d-2" }],
    },
  };
  const drift = sectionOf(pageOf(sampleReport(), { drift: DRIFT }), "drift");

  it("is a table for each check, what differs first", () => {
    expect([...(drift?.querySelectorAll("h3") ?? [])].map(words)).toEqual([
      "fingerprint: 1 of 2 things differ",
      "catalog",
    ]);
    expect([...(drift?.querySelectorAll("tbody tr") ?? [])].map(words)).toEqual([
      "table shop.gone3 rows (d-2)not there",
      "table shop.order3 rows3 rows",
    ]);
    expect(words(drift)).toContain("Compared with the baseline of 2026-11-21 04:00:00 UTC, b-1.");
  });

  it("is left out when nothing was, and said when it can not be read", () => {
    expect(section("drift")).toBeNull();
    expect(words(sectionOf(pageOf(sampleReport(), { drift: "unreadable" }), "drift"))).toContain(
      "drift.json can not be read",
    );
  });
});

describe("the counterproof", () => {
  it("tells what was planted and noticed, what was not noticed first", () => {
    const [planted] = PROOF.planted;
    if (planted === undefined) throw new TypeError("The sample plants nothing.");
    const blind = { ...planted, damage: "one value", detected: false, during: "held" as const };
    const shown = section("counterproof", sampleReport({ counterproof: { ...PROOF, planted: [planted, blind] } }));
    expect(words(shown)).toContain("2 damages planted, 1 detected");
    expect(words(shown?.querySelector("tbody tr") ?? null)).toContain("not detected (held), undone");
    expect(words(shown)).toContain("Required checks that no damage was for: 1rows orders");
  });

  it("is not known where the drill did not get to it, and left out where nobody wanted it", () => {
    const { counterproof: _, ...without } = sampleReport();
    expect(section("counterproof", without)).toBeNull();
    expect(words(section("counterproof", { ...without, drill: drillWith({ counterproof: true }) }))).toContain(
      "Not known",
    );
  });
});

describe("the sandbox", () => {
  it("shows the facts of its isolation, those that do not hold first and open", () => {
    const [fact] = NETWORK.facts;
    if (fact === undefined) throw new TypeError("The sample has no fact.");
    const broken = { ...NETWORK, facts: [fact, { ...fact, fact: "internet gateways", observed: "1", holds: false }] };
    const shown = section("isolation", sampleReport({ network: broken }));
    expect(words(shown?.querySelector("tbody tr") ?? null)).toBe("internet gatewaysnone1");
    expect(shown?.querySelector("tbody")?.closest("details")).toBeNull();
    const { isolation: _, ...unseen } = sampleReport();
    expect(words(section("isolation", unseen))).toContain("Not looked at: the drill ended before.");
  });

  it("is confirmed gone, by name", () => {
    expect(words(section("teardown"))).toContain(
      "Everything is gone. 2 things deleted and confirmed gone by 2026-11-21 14:57:10 UTC.",
    );
  });

  it("is told with why, where it was left behind", () => {
    const left = {
      kind: "cluster" as const,
      id: "restore-drill-1",
      region: "eu-central-1",
      reason: "not provably ours",
    };
    const shown = words(section("teardown", sampleReport({ leftovers: [left] })));
    expect(shown).toContain("cluster restore-drill-1 in eu-central-1: not provably ours");
    expect(shown).not.toContain("Everything is gone");
  });

  it("is told with its commands, where it was kept", () => {
    const kept = {
      until: "2026-11-24T00:00:00.000Z",
      usdPerHour: 1.03,
      resources: [{ kind: "cluster", id: "restore-drill-1", region: "eu-central-1" }],
      ask: "aws rds-data execute-statement",
      end: "aws lambda invoke",
      candidate: {
        recoveryPoint: { id: "rds:orders", createdAt: "2026-11-21T00:00:00.000Z" },
        failureMoment: "2026-11-21T05:00:00.000Z",
        proven: "Every required check held.",
        promote: [{ when: "If the region is lost", commands: ["aws one", "aws two"] }],
      },
    };
    const shown = section("teardown", sampleReport({ kept, teardown: { ...TEARDOWN, notKept: undefined } }));
    expect(words(shown)).toContain("Kept as a candidate for recovery until 2026-11-24 00:00:00 UTC");
    expect([...(shown?.querySelectorAll("pre") ?? [])].map(({ textContent }) => textContent.trim())).toEqual([
      kept.ask,
      "aws one\naws two",
      kept.end,
    ]);
  });
});

describe("the account of the drill", () => {
  it("itemises the cost, estimated beside measured", () => {
    expect([...(section("cost")?.querySelectorAll("tr") ?? [])].map(words)).toEqual([
      "ItemEstimatedUsedAt most",
      "sandbox storage$4.200.05 GiB-month$1.50",
      "Sum$4.20$1.50",
    ]);
  });

  it("names who started it, also where planning refused it, and what exactly was drilled", () => {
    expect(words(section("drill", REFUSED))).toContain("Started byschedule: weekly");
    const told = words(section("drill"));
    expect(told).toContain("Engineaurora-postgresql 16.4");
    expect(told).toContain(`SHA-256 of its JSON ${"0".repeat(64)}`);
  });

  it("links the other files, with their hashes", () => {
    const files = section("evidence");
    expect(words(files?.querySelector("tbody tr") ?? null)).toBe(`report.json1,234${"ab".repeat(32)}`);
    expect(files?.querySelector("a")?.getAttribute("href")).toBe("./report.json");
  });
});
