import axe from "axe-core";
import { JSDOM } from "jsdom";
import { describe, expect, it } from "vitest";
import { MAX_INDEX_BYTES, renderIndex } from "../../src/index/page/render-index.ts";
import type { Fleet } from "../../src/index/read-fleet.ts";
import { inOrder, rowOf } from "../../src/index/rows.ts";
import {
  AT,
  COVERAGE,
  historyWith,
  manyDatabases,
  PATH,
  pastDrill,
  SURVEY,
  sampleRow,
  TWELVE_DATABASES,
} from "./sample-fleet.ts";

const fleetOf = (changes: Partial<Fleet> = {}): Fleet => ({
  at: AT,
  rows: [],
  former: [],
  coverage: COVERAGE,
  survey: SURVEY,
  notes: [],
  ...changes,
});
const page = renderIndex(TWELVE_DATABASES);
const domOf = (text: string) => new JSDOM(text.replace(/<style>.*<\/style>/s, "")).window.document;
const document = domOf(page);
const wordsOf = (text: string, selector: string): string =>
  (domOf(text).querySelector(selector)?.textContent ?? "nothing").replace(/\s+/g, " ").trim();
const headerOf = (fleet: Fleet) => domOf(renderIndex(fleet)).querySelector("header")?.getAttribute("class");
const headline = (fleet: Fleet): string => wordsOf(renderIndex(fleet), "h1");

describe("the first sentence", () => {
  it.each([
    ["The one database is proven as promised.", fleetOf({ rows: [sampleRow("a", "p")] })],
    ["All 2 databases are proven as promised.", fleetOf({ rows: [sampleRow("a", "p"), sampleRow("b", "p")] })],
    ["0 of 1 database is proven as promised; 1 was never drilled.", fleetOf({ rows: [sampleRow("a", "")] })],
    [
      "1 of 5 databases are proven as promised; 1 did not pass the last time; 2 are overdue; 1 never passed.",
      fleetOf({
        rows: [
          sampleRow("a", "p"),
          sampleRow("b", "ppf", 0.5),
          sampleRow("c", "p", 20),
          sampleRow("d", "p", 9),
          sampleRow("e", "f"),
        ],
      }),
    ],
    ["No database has a plan.", fleetOf()],
  ])("%s", (words, fleet) => {
    expect(headline(fleet)).toBe(words);
  });

  it("never calls a fleet proven that has databases without a plan, or of which something can not be read", () => {
    const rows = [sampleRow("a", "p")];
    expect(headerOf(fleetOf({ rows }))).toBe("first passed");
    expect(headerOf(fleetOf({ rows, notes: ["lost"] }))).toBe("first inconclusive");
    const found = {
      name: "b",
      region: "eu-west-1",
      kind: "cluster",
      engine: "aurora-postgresql",
      isDrillable: true,
      why: "No plan.",
    } as const;
    const uncovered = fleetOf({ rows, coverage: { ...COVERAGE, uncovered: [found] } });
    expect(headerOf(uncovered)).toBe("first inconclusive");
    expect(headline(uncovered)).toBe("The one database is proven as promised; 1 more has no plan.");
  });

  const survey = { ...SURVEY, at: "2026-11-19T06:40:00.000Z" };
  const fact = { fact: "success", observed: "", wanted: "", sentence: "" } as const;
  const surveyed = (state: "wrong" | "not-known") => ({
    ...SURVEY,
    databases: SURVEY.databases.map((database) => ({ ...database, facts: [{ ...fact, state }] })),
  });
  it.each<[string, Pick<Partial<Fleet>, "coverage" | "survey"> & { readonly without?: "coverage" | "survey" }]>([
    ["nobody has listed the account yet", { without: "coverage" }],
    ["the account was last listed 2 d ago", { coverage: { ...COVERAGE, at: "2026-11-20T06:30:00.000Z" } }],
    [
      "1 part of the account could not be listed",
      { coverage: { ...COVERAGE, unknown: [{ region: "eu-west-3", reason: "AccessDenied" }] } },
    ],
    [
      "1 plan for a database that is not there any more",
      { coverage: { ...COVERAGE, plansWithoutDatabase: [{ plan: "a", region: "eu-west-1", database: "a" }] } },
    ],
    ["nobody has surveyed the backups yet", { without: "survey" }],
    ["the backups were last surveyed 3 d ago", { survey }],
    ["1 problem in the backups", { survey: surveyed("wrong") }],
    ["1 problem in the backups", { survey: { ...SURVEY, unreadPlans: [{ plan: "a", reason: "damaged" }] } }],
    [
      "1 problem in the backups",
      {
        survey: {
          ...SURVEY,
          databases: surveyed("not-known").databases.map((each) => ({ ...each, failures: ["RDS can not be asked."] })),
        },
      },
    ],
  ])("is no pass, and says why: %s", (words, { without, ...changes }) => {
    const fleet = fleetOf({ rows: [sampleRow("a", "p")], ...changes });
    if (without !== undefined) delete (fleet as Partial<Fleet>)[without];
    expect(headerOf(fleet)).toBe("first inconclusive");
    expect(wordsOf(renderIndex(fleet), "header .summary")).toBe(`Not known, or not right: ${words}.`);
  });

  it("is a pass where single facts about the backups are not known, as some never can be, and counts them below", () => {
    const fleet = fleetOf({ rows: [sampleRow("a", "p")], survey: surveyed("not-known") });
    expect(headerOf(fleet)).toBe("first passed");
    expect(wordsOf(renderIndex(fleet), "header .summary")).toBe("nothing");
    expect(wordsOf(renderIndex(fleet), 'section[aria-labelledby="backups"]')).toContain("1 fact not known");
  });

  it("asks nothing of an account where drills are local: they are called so", () => {
    const local: Fleet = { at: AT, isLocal: true, rows: [sampleRow("a", "p")], former: [], notes: [] };
    expect(headerOf(local)).toBe("first passed");
    expect(wordsOf(renderIndex(local), "header .of")).toMatch(/^Local drills of all databases/);
    expect(wordsOf(renderIndex(local), ".figures > div:last-child")).toBe(
      "Accountnonelocal drills: there is none to list",
    );
    expect(wordsOf(renderIndex(local), 'section[aria-labelledby="account"], section[aria-labelledby="backups"]')).toBe(
      "nothing",
    );
  });
});

describe("the page over all databases", () => {
  it("names the worst first, and each once in its list", () => {
    const names = [...document.querySelectorAll(".rows > li b")].map(({ textContent }) => textContent);
    expect(names.slice(0, 5)).toEqual(["tickets", "catalogue", "shipping", "search-index", "payments-ledger"]);
    expect(names).toHaveLength(12);
  });

  it("leads to the newest report of each database, and from each sign to its own", () => {
    const { drills } = sampleRow("inventory", "p".repeat(20), 1);
    const links = [...document.querySelectorAll('.rows a[href^="./inventory/"]')].map((link) =>
      link.getAttribute("href"),
    );
    const reports = drills.slice(-12).map(({ drillId }) => `./inventory/${drillId}/report.html`);
    expect(links).toEqual([reports.at(-1), ...reports]);
  });

  it("says how the plan's own last drill went, whatever was drilled since, with its sign", () => {
    const history = historyWith("orders", [
      pastDrill(4),
      pastDrill(3, { verdict: "failed" }),
      pastDrill(2, { plan: "second" }),
      pastDrill(1, { scenario: "region-lost", recoveryPath: { ...PATH, scenario: "region-lost" } }),
    ]);
    const plans = ["orders", "second"].map((plan) => ({ plan, database: "orders", everySeconds: 8 * 86_400 }));
    const fleet = fleetOf({ rows: [rowOf("orders", plans, { history, warnings: [] }, AT)] });
    const shown = domOf(renderIndex(fleet));
    for (const item of shown.querySelectorAll(".worst li, .rows > li")) {
      expect(item.getAttribute("class")).toBe("failed");
      expect(item.querySelector(".own")?.textContent).toBe("Last drill failed");
    }
    expect(shown.querySelectorAll(".worst li, .rows > li")).toHaveLength(2);
  });

  it("gives a way back whose last drill failed that drill's sign, and both days", () => {
    const text = renderIndex(fleetOf({ rows: [sampleRow("orders", "pf", 0.5)] }));
    expect(wordsOf(text, ".matrix td")).toBe("2026-11-14, then failed 2026-11-21");
    expect(domOf(text).querySelector(".matrix td > span")?.getAttribute("class")).toBe("failed");
  });

  it("ends no line between a number and its unit, and calls no drill due that is promised", () => {
    const text = renderIndex(fleetOf({ rows: [sampleRow("orders", "p", 71)] }));
    expect(domOf(text).querySelector(".rows .own")?.textContent).toBe("Overdue by 62\u00A0d");
    expect(wordsOf(text, ".rows .due")).toBe("promised until2026-09-20");
    expect(text).not.toMatch(/\d d\b(?! ago\.)/);
  });

  it("tells each sign in words", () => {
    expect(document.querySelector(".marks .failed")?.getAttribute("title")).toMatch(/^failed 2026-\d\d-\d\d$/);
  });

  it("says when nobody has listed the account, and when it was long ago", () => {
    const { coverage: _, ...unlisted } = fleetOf();
    expect(wordsOf(renderIndex(unlisted), 'section[aria-labelledby="account"]')).toContain(
      "nobody has listed the account yet",
    );
    const old = fleetOf({ coverage: { ...COVERAGE, at: "2026-11-01T06:30:00.000Z" } });
    expect(wordsOf(renderIndex(old), 'section[aria-labelledby="account"]')).toContain("21 d ago");
  });

  it("puts databases without a plan before all others, and shows what the survey of backups found", () => {
    const sections = [...document.querySelectorAll("section")].map((one) => one.getAttribute("aria-labelledby"));
    expect(sections).toEqual(["account", "databases", "paths", "backups", "former"]);
    expect(wordsOf(page, 'section[aria-labelledby="backups"]')).toContain("31 h old");
    expect(wordsOf(page, "aside")).toContain("history.json can not be read");
  });

  it("runs nothing, and loads nothing: every address is on it or beside it", () => {
    expect([...document.querySelectorAll("script, iframe, object, embed, img, link, form, base")]).toEqual([]);
    for (const element of document.querySelectorAll("*"))
      for (const { name, value } of element.attributes) {
        expect(name).not.toMatch(/^on|^style$|^src/);
        if (name === "href") expect(value).toMatch(/^(#[\w-]+|\.\/[\w-]+\.json|\.\/[\w-]+\/[\w-]+\/report\.html)$/);
      }
  });

  it("makes of no name a tag, an attribute or a way out of its folder", () => {
    const name = `"><script>../../x?#`;
    const text = renderIndex(
      fleetOf({
        rows: [sampleRow(name, "pf", 1, [{ ...PATH, account: name }])],
        notes: [name],
        former: [sampleRow(name, "p")],
      }),
    );
    expect(domOf(text).querySelector("script")).toBeNull();
    expect(text).not.toContain(name);
    expect(text).toContain('href="./%22%3E%3Cscript%3E..%2F..%2Fx%3F%23/');
  });

  it("folds what is well in a large fleet, holds 1,000 databases, and says what has no room", () => {
    const thousand = manyDatabases(1000);
    const large = renderIndex(thousand);
    expect(Buffer.byteLength(large)).toBeLessThan(MAX_INDEX_BYTES);
    expect(large.match(/<li class="\w+"><div>/g)).toHaveLength(1000);
    expect(large).toContain('<details class="fold">');
    const larger = renderIndex({ ...thousand, rows: inOrder([...thousand.rows, ...thousand.rows, ...thousand.rows]) });
    expect(Buffer.byteLength(larger)).toBeLessThan(MAX_INDEX_BYTES);
    expect(larger).toMatch(/[\d,]+ more, of [\d,]+, have no room on this page/);
  });

  it("has no problem, to axe", async () => {
    const { window } = new JSDOM(page, { runScripts: "outside-only" });
    window.eval(axe.source);
    const { violations } = (await window.eval(
      'axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"], rules: { "color-contrast": { enabled: false } } })',
    )) as axe.AxeResults;
    expect(violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`))).toEqual([]);
  });
});
