import { describe, expect, it } from "vitest";
import * as z from "zod";
import { drillDocument, refusalDocument } from "../../src/cli/drill-document.ts";
import { PlanInvalid } from "../../src/errors.ts";
import { DRILL_ID } from "../plan/sample-drill.ts";
import { checkResult, PROOF } from "../verdict/sample-results.ts";
import { SAMPLE_VERDICT } from "../verdict/sample-verdict.ts";
import { DrillDocument } from "./document-shape.ts";
import { EVIDENCE, message, rehearsalWith, reportWith } from "./sample-rehearsal.ts";

/** As it arrives on the other side of a pipe. */
const printed = (document: Record<string, unknown>): unknown => JSON.parse(JSON.stringify(document));

const LEFT = { kind: "cluster" as const, id: "restore-drill-x", region: "eu-central-1", reason: "AccessDenied" };

describe("drillDocument", () => {
  it("has exactly the promised members for a pass", () => {
    const document = DrillDocument.parse(printed(drillDocument(rehearsalWith())));
    expect(document).toMatchObject({
      drillId: DRILL_ID,
      plan: "orders",
      verdict: "passed",
      reason: null,
      summary: SAMPLE_VERDICT.summary,
      rtoSeconds: 1200,
      rpoSeconds: 37_620,
      leftovers: [],
      cost: { estimatedUsd: 4.2, actualUsd: 1.2345 },
      evidence: [EVIDENCE],
      notifications: [{ subject: "PASSED: orders-production, restore drill", email: "long", sms: "short" }],
    });
    expect(document.phases[0]?.name).toBe("select");
    expect(document.phases.length).toBeGreaterThan(5);
  });

  it("has what was planted to see the checks fail, and what they saw", () => {
    const report = reportWith({ counterproof: PROOF });
    const document = DrillDocument.parse(printed(drillDocument(rehearsalWith({ report }))));
    expect(document.counterproof).toEqual({ tried: 1, detected: 1, planted: PROOF.planted, untried: [], why: null });
  });

  it("has of each check what was expected and seen, and not its statement", () => {
    const report = reportWith({ checks: [checkResult({ sql: "select secret", fault: "timeout" })] });
    expect(drillDocument(rehearsalWith({ report }))["checks"]).toEqual([
      {
        name: "rows orders",
        kind: "rows",
        outcome: "held",
        expected: "at least 1 row",
        observed: "308,104 rows",
        seconds: 0.5,
      },
    ]);
  });

  it("gives the reason of a red drill and what it left behind", () => {
    const verdict = {
      ...SAMPLE_VERDICT,
      verdict: "failed" as const,
      reason: "data" as const,
      summary: "Rows are missing.",
    };
    const report = reportWith({ verdict, leftovers: [LEFT] });
    const document = printed(drillDocument(rehearsalWith({ verdict: "failed", cause: "Rows are missing.", report })));
    expect(DrillDocument.parse(document)).toMatchObject({
      verdict: "failed",
      reason: "data",
      summary: "Rows are missing.",
      leftovers: [LEFT],
    });
  });

  it("says what the notification says where there is no report", () => {
    const document = drillDocument(
      rehearsalWith({
        verdict: "failed",
        cause: "This backup could not be restored.",
        report: undefined,
        evidence: [],
        notifications: [message({ reason: "recovery", rtoSeconds: 9, leftovers: [LEFT] })],
      }),
    );
    expect(DrillDocument.parse(printed(document))).toMatchObject({
      drillId: DRILL_ID,
      plan: "orders",
      reason: "recovery",
      summary: "This backup could not be restored.",
      rtoSeconds: 9,
      rpoSeconds: null,
      leftovers: [LEFT],
    });
  });

  it("has the same members for a drill that left neither report nor notification", () => {
    const rehearsal = rehearsalWith({ verdict: "errored", report: undefined, evidence: [], notifications: [] });
    const document = DrillDocument.parse(printed(drillDocument(rehearsal)));
    expect(document).toMatchObject({
      drillId: DRILL_ID,
      verdict: "errored",
      reason: "drill",
      checks: [],
      evidence: [],
    });
  });

  it("is of the execution's opinion where nobody could be told of a pass", () => {
    const document = drillDocument(
      rehearsalWith({ verdict: "errored", cause: "It could not be sent.", notifications: [] }),
    );
    expect(document).toMatchObject({ verdict: "errored", reason: "drill", summary: "It could not be sent." });
  });
});

describe("refusalDocument", () => {
  it("has the members of any other drill, and the error's name", () => {
    const document = printed(refusalDocument(new PlanInvalid("orders.yml is not a plan")));
    expect(DrillDocument.extend({ error: z.string() }).parse(document)).toMatchObject({
      drillId: null,
      verdict: "errored",
      reason: "drill",
      summary: "orders.yml is not a plan",
      error: "Drill.PlanInvalid",
      evidence: [],
    });
  });
});
