import { fitting, leftOut } from "../../page/fitting.ts";
import { html, type Markup } from "../../page/markup.ts";
import { page } from "../../page/page.ts";
import type { Fleet } from "../read-fleet.ts";
import { accountSection, backupsSection, formerSection } from "./account-sections.ts";
import { databasesSection } from "./databases-section.ts";
import { firstScreen, titleOf } from "./first-screen.ts";
import { pathsSection } from "./paths-section.ts";
import { SHEET } from "./style.ts";

/**
 * 2 MB: 1,000 databases with a row of 1 kB, two or three marks and a line of ways back each. Each version of the page is locked as long as evidence is:
 * of 1,000 weekly databases that is 114 GB in 400 days. What has no room is counted, and said where it is.
 */
export const MAX_INDEX_BYTES = 2_000_000;
/** Of these, for every section at most. They leave 20 kB for what is around them. */
const ROOM_BYTES = {
  notes: 30_000,
  account: 150_000,
  databases: 1_150_000,
  paths: 500_000,
  backups: 100_000,
  former: 50_000,
} as const;

const NAVIGATION = [
  ["databases", "Databases"],
  ["paths", "Ways back"],
  ["account", "Without a plan"],
  ["backups", "Backups"],
  ["former", "Former"],
] as const;

/** All databases as one page: a file that needs nothing else, runs nothing, and is at most 2 MB of however many databases. */
export function renderIndex(fleet: Fleet): string {
  const { rows, at, coverage, isLocal, former } = fleet;
  const sections: Readonly<Record<(typeof NAVIGATION)[number][0], Markup | undefined>> = {
    account: accountSection(fleet, ROOM_BYTES.account),
    databases: databasesSection(rows, at, ROOM_BYTES.databases),
    paths: pathsSection(rows, at, ROOM_BYTES.paths),
    backups: backupsSection(fleet, ROOM_BYTES.backups),
    former: formerSection(former, ROOM_BYTES.former),
  };
  // What nobody has promised anything about comes before what is promised.
  const isAccountFirst = (coverage?.uncovered.length ?? 0) > 0;
  const inOrder = isAccountFirst
    ? NAVIGATION.toSorted((a, b) => Number(b[0] === "account") - Number(a[0] === "account"))
    : NAVIGATION;
  const shown = inOrder.filter(([id]) => sections[id] !== undefined);
  return page({
    title: titleOf(fleet),
    sheet: SHEET,
    main: html`${firstScreen(fleet)}${notes(fleet.notes)}<nav aria-label="Sections"><ul>${shown.map(
      ([id, name]) => html`<li><a href="#${id}">${name}</a></li>
`,
    )}</ul></nav>
${shown.map(([id]) => sections[id])}`,
    footer: html`Written by restore-drill after each drill${isLocal ? "" : " and every morning"}, from what the drills left beside this page. Days and moments are UTC. Nothing on this page is loaded or run. <a href="./index.json">index.json</a> says the same to machines.`,
  });
}

function notes(all: readonly string[]): Markup | undefined {
  if (all.length === 0) return undefined;
  const shown = fitting(
    all,
    ROOM_BYTES.notes,
    (note) => html`<li>${note}</li>
`,
  );
  return html`<aside class="alarm inconclusive" aria-label="Notes"><ul>${shown.shown}</ul>${leftOut(shown, "index.json")}</aside>
`;
}
