import type { Verdict } from "../verdict/verdict.ts";
import { html, type Markup } from "./markup.ts";

/** `2026-11-22 00:04:05 UTC`. What is no moment is shown as it is. */
export function moment(at: string): Markup {
  return html`<time datetime="${at}">${momentWords(at)}</time>`;
}

/** The same as text. */
export function momentWords(at: string): string {
  const milliseconds = Date.parse(at);
  if (Number.isNaN(milliseconds)) return at;
  return `${new Date(milliseconds).toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

export const day = (at: string): string => momentWords(at).slice(0, 10);

export const usd = (amount: number): string => (amount > 0 && amount < 0.005 ? "under $0.01" : `$${amount.toFixed(2)}`);

export const count = (number: number, noun: string): string =>
  `${number.toLocaleString("en-US")} ${noun}${number === 1 ? "" : "s"}`;

/** With its sign: `+3 min 12 s`, `−4 s`, `±0 s`. */
export const signed = (difference: number, describe: (value: number) => string): string =>
  `${difference > 0 ? "+" : difference < 0 ? "−" : "±"}${describe(Math.abs(difference))}`;

export const VERDICT_WORDS = {
  passed: "Passed",
  failed: "Failed",
  inconclusive: "Inconclusive",
  errored: "Errored",
} as const satisfies Record<Verdict["verdict"], string>;

/** A sign beside words that say the same: shape and words carry it, not the colour. */
export const sign = (verdict: Verdict["verdict"]): Markup =>
  html`<svg class="sign ${verdict}" viewBox="-9 -9 18 18" aria-hidden="true"><use href="#sign-${verdict}"/></svg>`;

export function section(id: string, title: string, ...content: Markup[]): Markup {
  return html`<section aria-labelledby="${id}"><h2 id="${id}">${title}</h2>
${content}
</section>
`;
}
