import { html, type Markup } from "../../page/markup.ts";
import { page } from "../../page/page.ts";
import { SIGNS } from "../../page/style.ts";
import { day, VERDICT_WORDS } from "../../page/words.ts";
import type { Drift } from "../drift.ts";
import type { EarlierDrills } from "../ledger.ts";
import type { Manifest, Report } from "../report.ts";
import { checksSection } from "./checks-section.ts";
import { firstScreen } from "./first-screen.ts";
import { counterproofSection, driftSection } from "./proof-sections.ts";
import { costSection, drillSection, evidenceSection } from "./record-sections.ts";
import { isolationSection, teardownSection } from "./sandbox-sections.ts";
import { scenarioSection } from "./scenario-section.ts";
import { SHEET } from "./style.ts";
import { timeline } from "./timeline.ts";
import { seriesOf, trends } from "./trend.ts";

/** What a page shows beside the report: the drills before it, and what else it left. */
export interface Surroundings {
  /** At most `HISTORY_DRILLS`. */
  readonly history: EarlierDrills;
  /** Absent when nothing was compared with an earlier time. */
  readonly drift?: Drift | "unreadable" | undefined;
  /** Every file of the drill but the page itself and the manifest. */
  readonly files: Manifest["files"];
}

/** 300 kB, less 12 kB for what is around the sections and around the checks. What all others need at the very most leaves 60 kB for checks. */
const MAX_PAGE_BYTES = 288_000;
/** A page that is quick to read through, as long as there is a choice. */
const MAX_CHECKS_BYTES = 150_000;

const NAVIGATION = [
  ["exercise", "Exercise"],
  ["time", "Time"],
  ["trend", "Over time"],
  ["checks", "Checks"],
  ["drift", "Comparison"],
  ["counterproof", "Counterproof"],
  ["isolation", "Isolation"],
  ["teardown", "Teardown"],
  ["cost", "Cost"],
  ["drill", "Provenance"],
  ["evidence", "Files"],
] as const;

/**
 * One drill as one page: a file that needs nothing else, runs nothing, and is at most 300 kB whatever the drill was like. What has no room is
 * counted, and said where it is.
 */
export function renderReport(report: Report, { history, drift, files }: Surroundings): string {
  const first = firstScreen(report);
  const series = seriesOf(report, history);
  const others = {
    exercise: scenarioSection(report),
    time: timeline(report, series.entries),
    trend: trends(report, series),
    drift: driftSection(drift),
    counterproof: counterproofSection(report),
    isolation: isolationSection(report),
    teardown: teardownSection(report),
    cost: costSection(report),
    drill: drillSection(report),
    evidence: evidenceSection(files),
  };
  const usedBytes = [first, SHEET.style, SIGNS, ...Object.values(others)].reduce(
    (sum, part) => sum + (part?.bytes ?? 0),
    0,
  );
  const checks = checksSection(report, Math.min(MAX_CHECKS_BYTES, MAX_PAGE_BYTES - usedBytes));
  const sections: Readonly<Record<(typeof NAVIGATION)[number][0], Markup | undefined>> = { ...others, checks };
  const shown = NAVIGATION.filter(([id]) => sections[id] !== undefined);
  const { verdict, database, drill, execution } = report;
  return page({
    title: `${VERDICT_WORDS[verdict.verdict]}: ${database}, restore drill of ${day(drill?.startedAt ?? execution.startedAt)}`,
    sheet: SHEET,
    main: html`<p class="up"><a href="../../index.html">All databases</a></p>
${first}<nav aria-label="Sections"><ul>${shown.map(
      ([id, name]) => html`<li><a href="#${id}">${name}</a></li>
`,
    )}</ul></nav>
${shown.map(([id]) => sections[id])}`,
    footer: html`Written by restore-drill when the drill ended, from report.json beside this page. Moments are UTC. Nothing on this page is loaded or run.`,
  });
}
