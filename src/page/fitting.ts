import { type Content, html, type Markup } from "./markup.ts";

export interface Fitting {
  readonly shown: Markup[];
  /** How many found no room. */
  readonly left: number;
  readonly bytes: number;
}

/** As many of the items, from the first on, as `maxBytes` of markup hold. What is left is for the caller to say: nothing is cut in silence. */
export function fitting<Item>(items: readonly Item[], maxBytes: number, render: (item: Item) => Markup): Fitting {
  const shown: Markup[] = [];
  let bytes = 0;
  for (const item of items) {
    const markup = render(item);
    if (bytes + markup.bytes > maxBytes) break;
    bytes += markup.bytes;
    shown.push(markup);
  }
  return { shown, left: items.length - shown.length, bytes };
}

/** Which of the drill's files has what a page has no room for. */
export function leftOut({ shown, left }: Pick<Fitting, "shown" | "left">, file: string): Content {
  if (left === 0) return undefined;
  const [more, all] = [left, left + shown.length].map((count) => count.toLocaleString("en-US"));
  return html`<p class="left">${shown.length === 0 ? `All ${all}` : `${more} more, of ${all}`}, have no room on this page: they are in <a href="./${file}">${file}</a>.</p>`;
}
