import { JSDOM, type PageElement } from "jsdom";
import { HISTORY_DRILLS } from "../../../src/evidence/history.ts";
import type { LedgerEntry } from "../../../src/evidence/ledger.ts";
import { renderReport, type Surroundings } from "../../../src/evidence/page/render-report.ts";
import type { Report } from "../../../src/evidence/report.ts";
import { DRILL_ID, SAMPLE_DRILL } from "../../plan/sample-drill.ts";
import { checkResult, ISOLATION, NETWORK, PROOF, TEARDOWN } from "../../verdict/sample-results.ts";
import { SAMPLE_VERDICT } from "../../verdict/sample-verdict.ts";
import { ledgerEntry } from "../sample-ledger.ts";

const COST = {
  estimated: { usd: 4.2, items: [{ item: "sandbox storage", quantity: 0.1, unit: "GiB-month", usd: 4.2 }] },
  actual: { usd: 1.5, items: [{ item: "sandbox storage", quantity: 0.05, unit: "GiB-month", usd: 1.5 }] },
  basis: "list prices",
};

export function sampleReport(changes: Partial<Report> = {}): Report {
  return {
    schemaVersion: 1,
    drillId: DRILL_ID,
    database: "orders-production",
    plan: "orders",
    execution: { id: "arn:execution:1", name: "weekly-1", startedAt: SAMPLE_DRILL.startedAt },
    trigger: SAMPLE_DRILL.trigger,
    endedAt: "2026-11-21T15:00:00.000Z",
    verdict: SAMPLE_VERDICT,
    drill: SAMPLE_DRILL,
    checks: [
      checkResult({ name: "full-read", kind: "full-read", rowsRead: 308_104 }),
      checkResult({ sql: "select count(*) from orders" }),
    ],
    counterproof: PROOF,
    network: NETWORK,
    isolation: ISOLATION,
    teardown: TEARDOWN,
    leftovers: [],
    cost: COST,
    ...changes,
  };
}

export const failed = (changes: Partial<Report["verdict"]> = {}): Report["verdict"] => ({
  ...SAMPLE_VERDICT,
  verdict: "failed",
  reason: "data",
  error: "Drill.Failed",
  summary: "2 of 25 checks failed.",
  nextStep: "Do not count on this recovery point.",
  findings: ["rows orders: 3 rows; expected 4", "sql: 1; expected 0"],
  ...changes,
});

/** A drill that planning refused. */
export const REFUSED = ((): Report => {
  const { drill: _, counterproof, network, isolation, teardown, ...rest } = sampleReport();
  const nothing = { usd: 0, items: [] };
  return {
    ...rest,
    checks: [],
    verdict: {
      verdict: "errored",
      reason: "drill",
      error: "Drill.Errored",
      summary: "Drill.PlanInvalid: no such plan.",
      nextStep: "Mend the cause.",
      findings: [],
      phases: [],
      objectives: {},
    },
    cost: { estimated: nothing, actual: nothing, basis: "list prices" },
  };
})();

const WEEK_MILLISECONDS = 7 * 86_400_000;
const VERDICT_OF_WEEK: Readonly<Record<number, LedgerEntry["verdict"]>> = {
  9: "failed",
  20: "errored",
  40: "inconclusive",
};

/** Weekly drills up to the sample, growing and slowing down; some did not pass, and one measured nothing. */
export function weeks(count: number = HISTORY_DRILLS): LedgerEntry[] {
  return Array.from({ length: count }, (_, week) => {
    const at = new Date(Date.parse(SAMPLE_DRILL.startedAt) - (count - week) * WEEK_MILLISECONDS).toISOString();
    const verdict = VERDICT_OF_WEEK[week] ?? "passed";
    const measured = {
      rtoSeconds: 1000 + week,
      rpoSeconds: 30_000,
      rowsRead: 300_000 + week,
      phaseSeconds: { copy: 200 },
    };
    return ledgerEntry({
      drillId: `${at.slice(0, 10).replaceAll("-", "")}-143205-3f9a2b1c`,
      verdict,
      startedAt: at,
      endedAt: at,
      sizeGib: 100 + week,
      stepSeconds: { teardown: 250 },
      ...(verdict === "errored" ? {} : measured),
    });
  });
}

const alone = (changes: Partial<Surroundings> = {}): Surroundings => ({
  history: { entries: [], warnings: [] },
  files: [{ file: "report.json", sha256: "ab".repeat(32), bytes: 1234 }],
  ...changes,
});

export const render = (report: Report = sampleReport(), changes: Partial<Surroundings> = {}): string =>
  renderReport(report, alone(changes));

/** Without its style sheet: jsdom would read it anew for every page, and nothing here has a layout. */
export const pageOf = (report?: Report, changes?: Partial<Surroundings>): PageElement & { readonly title: string } =>
  new JSDOM(render(report, changes).replace(/<style>.*<\/style>/s, "")).window.document;

/** What a person reads of it, in one line. */
export function words(element: PageElement | null): string {
  return (element?.textContent ?? "nothing").replace(/\s+/g, " ").trim();
}

/** The section under the heading of that id. */
export const sectionOf = (page: PageElement, id: string): PageElement | null =>
  page.querySelector(`section[aria-labelledby="${id}"]`);
