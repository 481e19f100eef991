import { sampleReport, weeks } from "../../test/evidence/page/sample-report.ts";
import { checkResult } from "../../test/verdict/sample-results.ts";
import { HISTORY_DRILLS } from "../evidence/history.ts";
import { renderReport } from "../evidence/page/render-report.ts";
import { median } from "./intervals.ts";

export interface ReportTime {
  readonly checks: number;
  readonly pageBytes: number;
  readonly jsonBytes: number;
  readonly milliseconds: number;
}

const SQL = 'select count(*)::text from "shop"."order_line" where not exists (select from "shop"."order")';

/** The page of a drill after a year of them, one check in ten failed; medians, after one round that warms up. */
export function timeReports(counts: readonly number[], rounds: number): ReportTime[] {
  const surroundings = { history: { entries: weeks(HISTORY_DRILLS), warnings: [] }, files: [] };
  return counts.map((checks) => {
    const results = Array.from({ length: checks }, (_, n) =>
      checkResult({ name: `check ${n}`, sql: SQL, outcome: n % 10 === 0 ? "failed" : "held" }),
    );
    const report = sampleReport({ checks: results });
    let page = renderReport(report, surroundings);
    const times = Array.from({ length: rounds }, () => {
      const begun = performance.now();
      page = renderReport(report, surroundings);
      return performance.now() - begun;
    });
    return {
      checks,
      pageBytes: Buffer.byteLength(page),
      jsonBytes: Buffer.byteLength(JSON.stringify(report)),
      milliseconds: median(times),
    };
  });
}
