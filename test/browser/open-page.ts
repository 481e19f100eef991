/** A file as a browser shows it, and everything that went wrong while it did. */
import { pathToFileURL } from "node:url";
import axe from "axe-core";
import type { Browser, Page } from "puppeteer-core";

export interface Look {
  readonly width: 1280 | 390;
  readonly scheme: "light" | "dark";
}

export const LOOKS = [
  { width: 1280, scheme: "light" },
  { width: 1280, scheme: "dark" },
  { width: 390, scheme: "light" },
  { width: 390, scheme: "dark" },
] as const satisfies readonly Look[];

export interface OpenedPage {
  readonly page: Page;
  /** Its address. */
  readonly file: string;
  /** What the console says, errors of scripts, and every request but the one for the file itself. */
  readonly troubles: readonly string[];
}

export async function openPage(browser: Browser, path: string, { width, scheme }: Look): Promise<OpenedPage> {
  const page = await browser.newPage();
  const troubles: string[] = [];
  const { href } = pathToFileURL(path);
  page.on("console", (message) => troubles.push(`${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => troubles.push(`script: ${error}`));
  page.on("request", (request) => {
    if (request.url() !== href) troubles.push(`request: ${request.url()}`);
  });
  await page.setViewport({ width, height: width === 390 ? 844 : 800 });
  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
  await page.goto(href);
  return { page, file: href, troubles };
}

/** By how much the page is wider than its window. */
export async function overflowPixels(page: Page): Promise<number> {
  const pixels = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth");
  return Number(pixels);
}

/** Of every rule, contrast included, and also of what is folded. */
export async function axeFindings(page: Page): Promise<string[]> {
  await page.evaluate('for (const one of document.querySelectorAll("details")) one.open = true');
  await page.evaluate(axe.source);
  const { violations } = (await page.evaluate('axe.run({ resultTypes: ["violations"] })')) as axe.AxeResults;
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
}
