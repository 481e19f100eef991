import fc from "fast-check";
import { JSDOM } from "jsdom";
import { describe, expect, it } from "vitest";
import { fitting, leftOut } from "../../src/page/fitting.ts";
import { html } from "../../src/page/markup.ts";

/** What breaks out of markup, between arbitrary text. */
const hostile = fc
  .array(
    fc.oneof(
      fc.string({ unit: "binary", maxLength: 8 }),
      fc.constantFrom(
        "<script>",
        "</p>",
        '"',
        "'",
        "-->",
        "<!--",
        "]]>",
        "<img src=x onerror=y>",
        "&lt;",
        "&#60;",
        "\0",
        "\uD800",
        "\u202E",
        "<",
        "=",
        "`",
      ),
    ),
    { maxLength: 6 },
  )
  .map((parts) => parts.join(""));

/** What a browser gives back: line ends and what can not be shown are others. */
const shown = (text: string): string =>
  text.toWellFormed().replace(/[^\P{Cc}\n\t]|[\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/gu, "\u{FFFD}");

describe("html", () => {
  it("makes of no text a tag or an attribute: it comes back as the text it was", () => {
    fc.assert(
      fc.property(hostile, hostile, (text, value) => {
        const fragment = JSDOM.fragment(html`<p title="${value}">${text}</p>`.text);
        const all = [...fragment.querySelectorAll("*")];
        expect(all.map(({ tagName }) => tagName)).toEqual(["P"]);
        expect([...(all[0]?.attributes ?? [])].map(({ name, value: is }) => [name, is])).toEqual([
          ["title", shown(value)],
        ]);
        expect(fragment.textContent).toBe(shown(text));
      }),
    );
  });

  it("takes markup that it made as it is, lists of it too, and nothing for undefined", () => {
    expect(html`<ul>${[1, 2].map((n) => html`<li>${n}</li>`)}</ul>${undefined}`.text).toBe(
      "<ul><li>1</li><li>2</li></ul>",
    );
  });

  it("takes nothing for markup that only looks like it", () => {
    const forged = { text: "<b>", bytes: 3, toString: () => "<b>" };
    expect(html`${JSON.parse(JSON.stringify(forged))}`.text).not.toContain("<b>");
  });

  it("shows no control character, and nothing that turns the direction of a text", () => {
    expect(html`${"a\u001b[31m\u202Eb\nc"}`.text).toBe("a\u{FFFD}[31m\u{FFFD}b\nc");
  });

  it("cuts a text of more than 2,500 characters, and says by how many", () => {
    expect(html`${"x".repeat(3734)}`.text).toBe(
      `${"x".repeat(2500)}… (1,234 more characters in the JSON beside this page)`,
    );
  });

  it.each([
    ["an element's name", () => html`<${"p"}>`],
    ["an attribute's name", () => html`<p ${"title"}="a">`],
    ["an unquoted value", () => html`<p title=${"a"}>`],
    ["a value in single quotes", () => html`<p title='${"a"}'>`],
    ["a script", () => html`<script>${"a"}</script>`],
    ["a style sheet", () => html`<style>${"a"}</style>`],
    ["a style", () => html`<p style="${"a"}">`],
    ["a handler", () => html`<p onclick="a(${"b"})">`],
    ["a whole address", () => html`<a href="${"javascript:a()"}">`],
    ["markup in an attribute", () => html`<p title="${html`<b>`}">`],
  ])("refuses a hole where nothing is safe: %s", (_, template) => {
    expect(template).toThrow(TypeError);
  });

  it("lets an address go on that began here", () => {
    expect(html`<a href="#${"a"}"><a href="./${"b"}">`.text).toBe('<a href="#a"><a href="./b">');
  });
});

describe("what fits", () => {
  it("is at most so many bytes, and the rest is counted", () => {
    const { shown: some, left, bytes } = fitting(["ä", "bb", "c", "d"], 14, (item) => html`<i>${item}</i>`);
    expect([some.map(({ text }) => text), left, bytes]).toEqual([["<i>ä</i>"], 3, 9]);
    expect(html`${leftOut({ shown: some, left: 1234 }, "checks.json")}`.text).toContain(
      "1,234 more, of 1,235, have no room",
    );
  });
});
