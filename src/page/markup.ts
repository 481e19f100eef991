/** What may stand in a hole of a template: markup as it is, anything else escaped; nothing for undefined. */
export type Content = Markup | string | number | undefined | readonly Content[];

/** A longer text is cut, and says by how much: an error's cause may be 32 KiB long, and a page has 300 kB. */
const MAX_TEXT_CHARS = 2500;

/** Markup that was made here: by `html`, in which every hole is escaped, or by `constant`, from a text of this folder. */
export class Markup {
  readonly text: string;
  readonly bytes: number;
  /** No other module can give it, so a text that came from elsewhere is never taken for markup. */
  constructor(key: typeof KEY, text: string) {
    if (key !== KEY) throw new TypeError("Markup is made by html.");
    this.text = text;
    this.bytes = Buffer.byteLength(text);
  }
}
const KEY = Symbol("markup");

/** For what holds nothing of a drill: the style sheet, the signs. */
export const constant = (text: string): Markup => new Markup(KEY, text);

/**
 * Markup from a template. A hole stands between elements or inside a double-quoted attribute, and what is put there can neither end the one nor
 * the other. A template with a hole anywhere else (a name, an unquoted value, a style, the start of an address) is refused.
 */
export function html(parts: TemplateStringsArray, ...contents: readonly Content[]): Markup {
  const places = placesOf(parts);
  const texts = contents.map((content, hole) => (places[hole] === "attribute" ? attribute(content) : between(content)));
  return new Markup(KEY, parts.map((part, index) => `${part}${texts[index] ?? ""}`).join(""));
}

function between(content: Content): string {
  if (content instanceof Markup) return content.text;
  if (Array.isArray(content)) return content.map(between).join("");
  return content === undefined ? "" : escaped(String(content));
}

function attribute(content: Content): string {
  if (content instanceof Markup || Array.isArray(content)) throw new TypeError("An attribute holds text, not markup.");
  return content === undefined ? "" : escaped(String(content));
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};
/** Control characters, and those that turn the direction of what follows, with which one text can be made to look like another. */
const UNPRINTABLE = /[^\P{Cc}\n\t]|[\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/gu;

const escaped = (text: string): string =>
  clipped(text)
    .toWellFormed()
    .replace(UNPRINTABLE, "\u{FFFD}")
    .replace(/[&<>"']/g, (character) => ENTITIES[character] ?? "");

function clipped(text: string): string {
  if (text.length <= MAX_TEXT_CHARS) return text;
  const left = (text.length - MAX_TEXT_CHARS).toLocaleString("en-US");
  return `${text.slice(0, MAX_TEXT_CHARS)}… (${left} more characters in the JSON beside this page)`;
}

type Place = "between" | "attribute";
const KNOWN = new WeakMap<TemplateStringsArray, readonly Place[]>();

function placesOf(parts: TemplateStringsArray): readonly Place[] {
  const known = KNOWN.get(parts) ?? scan(parts);
  KNOWN.set(parts, known);
  return known;
}

/** Scripts and style sheets read their text by rules of their own, and these attributes are code. */
const CLOSED_ELEMENT = /<(?:script|style)\b/i;
const CODE = /^(?:style|srcdoc|on.*)$/i;
const ADDRESS = /^(?:href|src|action|formaction|xlink:href)$/i;

function scan(parts: TemplateStringsArray): Place[] {
  const template = parts.join("…");
  if (CLOSED_ELEMENT.test(template)) throw new TypeError(`A template has no script and no style: ${template}`);
  let inside: "text" | "tag" | "value" = "text";
  let [name, value] = ["", ""];
  const places: Place[] = [];
  for (const [index, part] of parts.entries()) {
    for (const character of part) {
      if (inside === "text") inside = character === "<" ? "tag" : "text";
      else if (inside === "value") [inside, value] = character === '"' ? ["tag", ""] : ["value", value + character];
      else if (character === '"') inside = "value";
      else if (character === ">") inside = "text";
      else if (/\s/.test(character)) name = "";
      else if (character !== "=") name += character;
    }
    if (index === parts.length - 1) continue;
    const isAddress = ADDRESS.test(name) && !/^(?:#|\.\/)/.test(value);
    if (inside === "tag" || (inside === "value" && (CODE.test(name) || isAddress)))
      throw new TypeError(`Nothing can be put safely where this template has a hole: ${template}`);
    places.push(inside === "value" ? "attribute" : "between");
  }
  return places;
}
