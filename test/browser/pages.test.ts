import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { arch, platform } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { Report } from "../../src/evidence/report.ts";
import { renderIndex } from "../../src/index/page/render-index.ts";
import { inOrder } from "../../src/index/rows.ts";
import { failed, REFUSED, render, sampleReport, weeks } from "../evidence/page/sample-report.ts";
import { sampleRow, TWELVE_DATABASES } from "../index/sample-fleet.ts";
import { checkResult } from "../verdict/sample-results.ts";
import { openBrowser } from "./browser.ts";
import { axeFindings, LOOKS, type Look, openPage, overflowPixels } from "./open-page.ts";

const YEAR = { history: { entries: weeks(), warnings: [] } };
const checks = Array.from({ length: 10_000 }, (_, n) =>
  checkResult({ name: `check ${n}`, sql: "select count(*) from orders", outcome: n % 10 === 0 ? "failed" : "held" }),
);
const named = (text: string): string =>
  render(
    sampleReport({
      database: text,
      plan: text,
      verdict: failed({ summary: text, nextStep: text, findings: [text, text] }),
      checks: [
        checkResult({ name: text, outcome: "failed", sql: text, expected: text, observed: text }),
        checkResult({ name: text }),
      ],
    }),
  );
const RUNS = "document.title = 'it ran'";
const SCRIPT = `"><script>${RUNS}</script><img src=x onerror="${RUNS}"><svg onload="${RUNS}">`;
const TURNS = "orders\u202Egnp.exe\u2066\u200F";
const SCORECARD: NonNullable<Report["scorecard"]> = {
  scenario: "ransomware",
  title: "Ransomware",
  objective: "Recover from a copy that the attacker could not reach.",
  assumptions: ["Whoever has the account's own key has every backup under it."],
  criteria: (["met", "missed", "unknown"] as const).map((outcome) => ({
    criterion: `A criterion that is ${outcome}`,
    outcome,
    observed: "the copy is under another key",
    restsOn: "report.json",
  })),
};

const PAGES = {
  passed: render(sampleReport(), YEAR),
  failed: render(
    sampleReport({ verdict: failed(), checks: [checkResult({ outcome: "failed", sql: "select 1" }), checkResult()] }),
  ),
  refused: render(REFUSED),
  exercise: render(sampleReport({ scorecard: SCORECARD })),
  index: renderIndex(TWELVE_DATABASES),
  "10,000 checks": render(sampleReport({ verdict: failed(), checks }), YEAR),
  "a script for a name": named(SCRIPT),
  "a name that turns the line around": named(TURNS),
  "a name of 10,000 letters": named("w".repeat(10_000)),
  "an index of such names": renderIndex({
    ...TWELVE_DATABASES,
    rows: inOrder([SCRIPT, TURNS, "w".repeat(63), "w".repeat(10_000)].map((name) => sampleRow(name, "pf", 4))),
  }),
} as const;

const WORK = resolve(import.meta.dirname, "../../.restore-drill");
await mkdir(WORK, { recursive: true });
const directory = await mkdtemp(join(WORK, "pages-"));
afterAll(() => rm(directory, { recursive: true, force: true }));
const written = async (name: string, text: string): Promise<string> => {
  const file = join(directory, `${name.replaceAll(/\W/g, "-")}.html`);
  await writeFile(file, text);
  return file;
};

const opened = await openBrowser();
if ("none" in opened) it.skip(`a page in a browser: ${opened.none}`, () => {});
else {
  const { browser } = opened;
  afterAll(() => browser.close());
  const visit = async (name: keyof typeof PAGES, look: Look) =>
    openPage(browser, await written(name, PAGES[name]), look);
  const [WIDE, , , NARROW_DARK] = LOOKS;

  // 20 s on a quiet machine; contrast of 10,000 checks alone took half a minute beside a dozen other processes.
  describe("a page in a browser", { timeout: 180_000 }, () => {
    // Contrast of 10,000 checks is 4 s of axe's, and what is hostile has no colours of its own: one look does.
    const everywhere = (["passed", "failed", "index"] as const).flatMap((name) =>
      LOOKS.map((look) => ({ name, ...look })),
    );
    const once = (
      [
        "refused",
        "exercise",
        "10,000 checks",
        "a script for a name",
        "a name that turns the line around",
        "a name of 10,000 letters",
        "an index of such names",
      ] as const
    ).map((name) => ({ name, ...NARROW_DARK }));
    it.each([...everywhere, ...once])("is right: $name, $width px, $scheme", async ({ name, ...look }) => {
      const { page, troubles } = await visit(name, look);
      const title = await page.title();
      expect(await overflowPixels(page)).toBe(0);
      expect(await axeFindings(page)).toEqual([]);
      // Also with everything unfolded, which axe was shown.
      expect(await overflowPixels(page)).toBe(0);
      expect(troubles).toEqual([]);
      expect([title, await page.title()]).not.toContain("it ran");
      await page.close();
    });

    it.each(["passed", "index"] as const)("leads to every section: %s", async (name) => {
      const { page } = await visit(name, WIDE);
      const links = (await page.$$eval("nav a", (all) => all.map((link) => link.getAttribute("href")))) as string[];
      expect(links.length).toBeGreaterThan(2);
      for (const link of links) expect(await page.$(link), link).not.toBeNull();
      await page.close();
    });

    it.each(["failed", "index"] as const)("is the same without JavaScript: %s", async (name) => {
      const pictures = [];
      for (const isEnabled of [true, false]) {
        const { page, file } = await visit(name, WIDE);
        await page.setJavaScriptEnabled(isEnabled);
        await page.goto(file);
        pictures.push(await page.screenshot({ encoding: "base64", fullPage: true }));
        await page.close();
      }
      expect(pictures[1]).toBe(pictures[0]);
    });

    it.each(["failed", "index"] as const)(
      "is printed with what is folded, in the colours of paper: %s",
      async (name) => {
        const { page } = await visit(name, { width: 1280, scheme: "dark" });
        await page.emulateMediaType("print");
        const hidden = await page.$$eval("header, h1, h2, h3, dl, table, details code", (all) =>
          all.filter((one) => !one.checkVisibility()).map((one) => one.outerHTML),
        );
        expect(hidden).toEqual([]);
        expect(await page.evaluate("getComputedStyle(document.body).backgroundColor")).toBe("rgb(255, 255, 255)");
        const pdf = Buffer.from(await page.pdf({ format: "A4" })).toString("latin1");
        const pages = pdf.match(/\/Type \/Page\b/g) ?? [];
        expect(pages.length).toBeGreaterThanOrEqual(2);
        expect(pages.length).toBeLessThanOrEqual(8);
        await page.close();
      },
    );
  });

  describe("these tests", () => {
    it("would see a request, an error, a width, and what axe finds", async () => {
      const broken = PAGES.failed
        .replace(/<meta http-equiv[^>]*>/, "")
        .replace(
          "<main>",
          '<main><img src="http://127.0.0.1:9/x.png"><p style="color:#eee;background:#fff;width:2000px">pale</p>',
        );
      const { page, troubles } = await openPage(browser, await written("broken", broken), WIDE);
      expect(await overflowPixels(page)).toBeGreaterThan(500);
      const findings = (await axeFindings(page)).join("\n");
      expect(findings).toContain("image-alt: <img");
      expect(findings).toContain("color-contrast: <p");
      expect(troubles.join("\n")).toContain("request: http://127.0.0.1:9/x.png");
      expect(troubles.join("\n")).toContain("error: ");
      await page.close();
    });

    it.skipIf(platform() !== "linux" || arch() !== "x64" || process.env["CHROMIUM"] !== undefined)(
      "need no library on the machine but libc and the compiler's",
      async () => {
        const maps = await readFile(`/proc/${browser.process()?.pid}/maps`, "utf8");
        const loaded = new Set(maps.match(/\/\S+\.so[.\d]*$/gm));
        expect([...loaded].filter((file) => /\/libnss3\.so|\/libexpat/.test(file))).toHaveLength(2);
        const others = [...loaded].filter((file) => !file.startsWith(WORK));
        for (const file of others) expect(file).toMatch(/\/(ld-linux|lib(c|m|dl|rt|pthread|gcc_s)\.)[^/]*$/);
      },
    );
  });
}
