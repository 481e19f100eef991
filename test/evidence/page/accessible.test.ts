import axe from "axe-core";
import { JSDOM } from "jsdom";
import { describe, expect, it } from "vitest";
import { withScorecard } from "../../../src/scenarios/scorecard.ts";
import { checkResult } from "../../verdict/sample-results.ts";
import { failed, REFUSED, render, sampleReport, weeks } from "./sample-report.ts";

/** What axe finds without layout, also where no browser runs: test/browser looks at a year, with layout and contrast. */
async function problemsOf(page: string): Promise<string[]> {
  const { window } = new JSDOM(page, { runScripts: "outside-only" });
  window.eval(axe.source);
  const { violations } = (await window.eval(
    'axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"], rules: { "color-contrast": { enabled: false } } })',
  )) as axe.AxeResults;
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
}

describe("the page, to axe", () => {
  it.each([
    ["passed, after some weeks", render(sampleReport(), { history: { entries: weeks().slice(-4), warnings: [] } })],
    [
      "failed",
      render(
        sampleReport({
          verdict: failed(),
          checks: [checkResult({ outcome: "failed", sql: "select 1" }), checkResult()],
        }),
      ),
    ],
    ["refused", render(REFUSED)],
    ["an exercise that was refused", render(withScorecard(REFUSED, "ransomware"))],
  ])("has no problem: %s", async (_, page) => {
    expect(await problemsOf(page)).toEqual([]);
  });

  it("would have, were it wrong", async () => {
    expect((await problemsOf(render().replace("<main>", "<div>").replace('lang="en"', ""))).join()).toContain(
      "html-has-lang",
    );
  });
});
