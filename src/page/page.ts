import { type Content, constant, html } from "./markup.ts";
import { type Sheet, SIGNS } from "./style.ts";

/** One file that needs nothing else and runs nothing. */
export function page({ title, sheet, main, footer }: Parts): string {
  return html`${constant("<!doctype html>")}
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${sheet.policy}">
<meta name="referrer" content="no-referrer"><meta name="viewport" content="width=device-width,initial-scale=1"><meta name="color-scheme" content="light dark">
<title>${title}</title>
${sheet.style}</head><body>
${SIGNS}<main>
${main}</main>
<footer><p>${footer}</p></footer>
</body></html>
`.text;
}

interface Parts {
  readonly title: string;
  readonly sheet: Sheet;
  readonly main: Content;
  readonly footer: Content;
}
