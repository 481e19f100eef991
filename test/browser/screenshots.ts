/** `npm run screenshots`: the pages of `npm run year` as docs/images shows them. Also writes all of them to `.restore-drill/screenshots`, in full. */
import { mkdir, readdir, rm, stat, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Browser } from "puppeteer-core";
import type { LedgerEntry } from "../../src/evidence/ledger.ts";
import { openBrowser } from "./browser.ts";
import { axeFindings, LOOKS, type Look, openPage, overflowPixels } from "./open-page.ts";
import { indexRenderedAgain, ledgerOf, renderedAgain } from "./rendered-again.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const YEAR = join(ROOT, ".restore-drill/year");
const EVIDENCE = join(YEAR, "evidence");
const FULL = join(ROOT, ".restore-drill/screenshots");
const IMAGES = join(ROOT, "docs/images");
/** What a reader sees first, and a little of what comes after. */
const HEIGHT = { 1280: 1100, 390: 1100 } as const;
/** A README that loads for longer is not read. */
const MAX_BYTES = 1_500_000;

interface Shown {
  readonly name: string;
  readonly database: string;
  readonly is: (entry: LedgerEntry) => boolean;
}

/** The newest drill of each kind. The first two are in the docs. */
const REPORTS: readonly Shown[] = [
  { name: "report-passed", database: "orders-production", is: ({ verdict }) => verdict === "passed" },
  {
    name: "report-failed",
    database: "orders-production",
    is: ({ verdict, reason }) => verdict === "failed" && reason === "data",
  },
  { name: "recovery-failed", database: "orders-production", is: ({ reason }) => reason === "recovery" },
  { name: "late", database: "payments-production", is: ({ reason }) => reason === "objective" },
  { name: "leak", database: "payments-production", is: ({ leftovers }) => leftovers > 0 },
  { name: "errored", database: "identity-production", is: ({ verdict }) => verdict === "errored" },
  { name: "inconclusive", database: "ledger-production", is: ({ verdict }) => verdict === "inconclusive" },
  { name: "proven", database: "ledger-production", is: ({ verdict }) => verdict === "passed" },
  { name: "first", database: "audit-production", is: () => true },
  { name: "broken-index", database: "catalog-production", is: ({ verdict }) => verdict === "failed" },
];
const DOCUMENTED = ["report-passed", "report-failed", "index"];

const opened = await openBrowser();
if ("none" in opened) {
  console.error(`No screenshots: ${opened.none}`);
  process.exitCode = 1;
} else {
  await rm(FULL, { recursive: true, force: true });
  await mkdir(FULL, { recursive: true });
  await mkdir(IMAGES, { recursive: true });
  const pages = new Map([["index", join(FULL, "index.html")]]);
  await writeFile(join(FULL, "index.html"), await indexRenderedAgain(YEAR));
  for (const { name, database, is } of REPORTS) {
    const entry = (await ledgerOf(EVIDENCE, database)).findLast(is);
    if (entry === undefined) {
      console.log(`${name}: no such drill`);
      continue;
    }
    const file = join(FULL, `${name}.html`);
    await writeFile(file, await renderedAgain(EVIDENCE, entry));
    pages.set(name, file);
  }
  for (const [name, file] of pages) for (const look of LOOKS) await photograph(opened.browser, name, file, look);
  await opened.browser.close();
  const sizes = await Promise.all((await readdir(IMAGES)).map(async (name) => (await stat(join(IMAGES, name))).size));
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  console.log(`docs/images: ${(bytes / 1000).toFixed(0)} kB`);
  if (bytes > MAX_BYTES) process.exitCode = 1;
}

async function photograph(browser: Browser, name: string, file: string, look: Look): Promise<void> {
  const { page, troubles } = await openPage(browser, file, look);
  const picture = `${name}-${look.width}-${look.scheme}.png` as const;
  await page.screenshot({ path: join(FULL, picture) as `${string}.png`, fullPage: true });
  if (DOCUMENTED.includes(name)) {
    const clip = { x: 0, y: 0, width: look.width, height: HEIGHT[look.width] };
    await page.screenshot({ path: join(IMAGES, picture) as `${string}.png`, clip, captureBeyondViewport: true });
  }
  const wider = await overflowPixels(page);
  const problems = [...troubles, ...(await axeFindings(page)), ...(wider > 0 ? [`${wider} px too wide`] : [])];
  console.log(`${picture}: ${problems.length === 0 ? "nothing found" : problems.join("\n  ")}`);
  await page.close();
}
