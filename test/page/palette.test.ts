import { describe, expect, it } from "vitest";
import { DARK, LIGHT, type Palette } from "../../src/page/palette.ts";
import { render } from "../evidence/page/sample-report.ts";

/** https://www.w3.org/TR/WCAG22/#dfn-relative-luminance */
function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const share = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string): number {
  const [light = 0, dark = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

const VERDICTS = ["passed", "failed", "inconclusive", "errored"] as const;
const TEXT_ON: readonly (readonly [keyof Palette, keyof Palette])[] = [
  ...(["ink", "muted", "accent", ...VERDICTS] as const).map((text) => [text, "paper"] as const),
  ["ink", "panel"],
  ...VERDICTS.flatMap((verdict) =>
    (["ink", "muted", "accent", verdict] as const).map((text) => [text, `${verdict}Band`] as const),
  ),
];

describe.each([
  ["light", LIGHT],
  ["dark", DARK],
] as const)("the %s colours", (_, palette) => {
  it.each(TEXT_ON)("let %s be read on %s", (text, ground) => {
    expect(contrast(palette[text], palette[ground])).toBeGreaterThanOrEqual(4.5);
  });

  it("are all in the page", () => {
    const page = render();
    for (const [name, colour] of Object.entries(palette)) expect(page).toContain(`--${name}:${colour}`);
  });
});
