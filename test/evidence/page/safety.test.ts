import { createHash } from "node:crypto";
import fc from "fast-check";
import { JSDOM, type PageElement } from "jsdom";
import { beforeAll, describe, expect, it } from "vitest";
import * as z from "zod/mini";
import type { Surroundings } from "../../../src/evidence/page/render-report.ts";
import { Report } from "../../../src/evidence/report.ts";
import { drillWith, SAMPLE_DRILL } from "../../plan/sample-drill.ts";
import { checkResult, NETWORK, PROOF, TEARDOWN } from "../../verdict/sample-results.ts";
import { failed, pageOf, REFUSED, render, sampleReport, weeks } from "./sample-report.ts";

const LEFT = { kind: "cluster" as const, id: "restore-drill-1", region: "eu-central-1", reason: "not ours" };
const DRIFT = {
  fingerprint: {
    reference: { kind: "baseline", id: "b-1", takenAt: "2026-11-21T04:00:00.000Z" },
    entries: [
      { key: "one", source: "1", restored: "1", match: true },
      { key: "two", source: "1", restored: "2", match: false, coverage: "exact", against: "d-1" },
    ],
  },
};
const SCORECARD: Report["scorecard"] = {
  scenario: "ransomware",
  title: "Ransomware",
  objective: "Recover it.",
  assumptions: ["Taken to be so."],
  criteria: [
    { criterion: "one", outcome: "met", observed: "seen", restsOn: "report.json" },
    { criterion: "two", outcome: "missed", observed: "seen", restsOn: "report.json" },
    { criterion: "three", outcome: "unknown", observed: "not seen", restsOn: "report.json" },
  ],
};
/** With something in every part of the page. */
const FULL = sampleReport({
  verdict: failed(),
  drill: drillWith({
    warnings: ["A note."],
    recoveryPoint: { ...SAMPLE_DRILL.recoveryPoint, copiedFrom: "arn:original" },
  }),
  unreadable: ["A note is lost."],
  checks: [checkResult({ outcome: "failed", fault: "timeout", sql: "select 1" }), checkResult({ sql: "select 2" })],
  counterproof: { ...PROOF, untried: [{ damage: "a", why: "b" }] },
  network: { ...NETWORK, facts: [...NETWORK.facts, { fact: "a", expected: "b", observed: "c", holds: false }] },
  leftovers: [LEFT],
  teardown: { ...TEARDOWN, notKept: "it broke" },
  interruption: { status: "ABORTED", at: "2026-11-21T14:40:00.000Z", state: "A", error: "B", cause: "C" },
  scorecard: SCORECARD,
});
const SURROUNDINGS: Partial<Surroundings> = { history: { entries: weeks(3), warnings: ["lost"] }, drift: DRIFT };

describe("the page", () => {
  let page: PageElement;
  let text: string;
  beforeAll(() => {
    text = render(FULL, SURROUNDINGS);
    page = new JSDOM(text).window.document;
  });

  it("runs nothing, and loads nothing: every address is on it or beside it", () => {
    expect([...page.querySelectorAll("script, iframe, object, embed, img, link, form, base")]).toEqual([]);
    const all = [...page.querySelectorAll("*")].flatMap(({ attributes }) => [...attributes]);
    expect(all.filter(({ name }) => /^on|^style$|^src/.test(name))).toEqual([]);
    for (const { value } of all.filter(({ name }) => name.endsWith("href")))
      expect(value).toMatch(/^(#[\w-]+|\.\/[\w-]+\.json|\.\.\/\.\.\/index\.html)$/);
    expect(text).not.toMatch(/url\(|@import|https?:/);
  });

  it("lets a browser run or load nothing either, but its one style sheet", () => {
    const policy = page.querySelector('meta[http-equiv="Content-Security-Policy"]')?.getAttribute("content");
    const sheet = createHash("sha256")
      .update(page.querySelector("style")?.textContent ?? "")
      .digest("base64");
    expect(policy).toBe(`default-src 'none'; style-src 'sha256-${sheet}'; base-uri 'none'; form-action 'none'`);
    expect(text.indexOf("Content-Security-Policy")).toBeLessThan(text.indexOf("<style>"));
  });

  it("has one main heading, skips no level, and leads to every section", () => {
    const levels = [...page.querySelectorAll("h1, h2, h3, h4")].map(({ tagName }) => Number(tagName[1]));
    expect(levels.filter((level) => level === 1)).toHaveLength(1);
    levels.reduce((before, level) => {
      expect(level).toBeLessThanOrEqual(before + 1);
      return level;
    }, 0);
    const ids = [...page.querySelectorAll("section")].map((section) => section.getAttribute("aria-labelledby"));
    expect(ids).toHaveLength(11);
    expect([...page.querySelectorAll("nav a")].map((link) => link.getAttribute("href"))).toEqual(
      ids.map((id) => `#${id}`),
    );
  });

  it("names its tables, and the columns of each", () => {
    for (const table of page.querySelectorAll("table")) {
      expect(table.querySelector("caption")?.textContent).toMatch(/\S/);
      expect(table.querySelector('th[scope="col"]')).not.toBeNull();
    }
  });
});

/** Every text of a document, or only those below the names given, put through `change`. Words that mean something to the schema stay. */
function mapTexts<Document>(document: Document, change: (text: string) => string): Document {
  const walk = (value: unknown, name: string): unknown => {
    if (Array.isArray(value)) return value.map((item) => walk(item, name));
    if (typeof value === "object" && value !== null)
      return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, walk(member, key)]));
    return typeof value === "string" && !FIXED.test(name) ? change(value) : value;
  };
  return walk(document, "") as Document;
}
const FIXED =
  /^(verdict|reason|outcome|fault|before|during|after|status|file|kind|phase|.*At|at|.*Moment|until|when|storageEncryption|startedAt|createdAt)$/;

const skeleton = (page: string): string[] =>
  [...new JSDOM(page.replace(/<style>.*<\/style>/s, "")).window.document.querySelectorAll("*")].map(
    ({ tagName, attributes }) => `${tagName} ${[...attributes].map(({ name }) => name).join(" ")}`,
  );

describe("what came from a database or an error", () => {
  it("never makes a tag or an attribute, wherever on the page it is", () => {
    const plain = skeleton(
      render(
        mapTexts(FULL, () => "x"),
        mapTexts(SURROUNDINGS, () => "x"),
      ),
    );
    const hostile = fc.oneof(
      fc.constantFrom(
        '"><script>alert(1)</script>',
        "' onmouseover='a()",
        "</title></style><img src=x onerror=a()>",
        "<!--",
        "-->",
        "]]>",
        "&quot;><b>",
        "<\0b>",
        "\uD800<i",
        "</svg></details>",
        // What every object has, whatever it was asked for.
        "constructor",
        "toString",
        "__proto__",
      ),
      fc.string({ unit: "binary", minLength: 1, maxLength: 30 }),
    );
    fc.assert(
      fc.property(hostile, (text) => {
        const page = render(
          mapTexts(FULL, () => text),
          mapTexts(SURROUNDINGS, () => text),
        );
        expect(skeleton(page)).toEqual(plain);
      }),
      { numRuns: 40 },
    );
  });
});

const MAX_BYTES = 300_000;
const bytesOf = (report: Report, changes?: Partial<Surroundings>): number => Buffer.byteLength(render(report, changes));
const YEAR: Partial<Surroundings> = { history: { entries: weeks(), warnings: [] } };
const many = <Item>(count: number, make: (index: number) => Item): Item[] =>
  Array.from({ length: count }, (_, index) => make(index));
const sql = 'select count(*)::text from "shop"."order_line" where not exists (select from "shop"."order")';

describe("300 kB", () => {
  it("hold 10,000 checks after a year of drills, and say how many are not shown and where they are", () => {
    const checks = many(10_000, (n) =>
      checkResult({ name: `check ${n}`, sql, outcome: n % 10 === 0 ? "failed" : "held" }),
    );
    const report = sampleReport({ verdict: failed(), checks });
    expect(bytesOf(report, YEAR)).toBeLessThan(MAX_BYTES);
    const section = pageOf(report, YEAR).querySelector('section[aria-labelledby="checks"]');
    const shown = [...(section?.querySelectorAll(".check") ?? [])].length;
    expect(shown).toBeGreaterThan(50);
    const [failures, held] = [...(section?.querySelectorAll(".left") ?? [])].map(({ textContent }) => textContent);
    expect(failures).toBe(`${1000 - shown} more, of 1,000, have no room on this page: they are in checks.json.`);
    expect(held).toMatch(/^8,\d{3} more, of 9,000, have no room on this page: they are in checks\.json\.$/);
  });

  it("hold every check of a drill that asked 100", () => {
    const checks = many(100, (n) => checkResult({ name: `check ${n}`, sql }));
    expect([...pageOf(sampleReport({ checks }), YEAR).querySelectorAll(".left")]).toEqual([]);
  });

  it("hold the longest texts and lists, of characters that are written with five", () => {
    const long = '"<'.repeat(1000);
    const facts = many(2000, (n) => ({ fact: long, expected: long, observed: long, holds: n % 2 === 0 }));
    const entries = many(2000, (n) => ({ key: long, source: long, restored: long, match: n % 2 === 0 }));
    const planted = many(2000, () => ({ ...PROOF.planted[0], where: long })) as typeof PROOF.planted;
    const report: Report = {
      ...FULL,
      checks: many(10_000, (n) =>
        checkResult({ name: long, sql: long, observed: long, outcome: n % 2 === 0 ? "failed" : "held" }),
      ),
      verdict: { ...FULL.verdict, summary: long, nextStep: long, findings: many(20, () => long) },
      counterproof: {
        ...PROOF,
        planted,
        unproven: many(2000, () => long),
        untried: many(9, () => ({ damage: long, why: long })),
      },
      interruption: { status: "ABORTED", at: "2026-11-21T14:40:00.000Z", state: "A", cause: long.repeat(16) },
      teardown: { ...TEARDOWN, notKept: long },
      network: { ...NETWORK, facts },
      isolation: { ...NETWORK, facts },
      leftovers: many(2000, () => ({ ...LEFT, id: long })),
      unreadable: many(2000, () => long),
      scorecard: {
        ...SCORECARD,
        title: long,
        objective: long,
        assumptions: many(5, () => long),
        criteria: many(20, () => ({ criterion: long, outcome: "missed", observed: long, restsOn: long })),
      },
    };
    const drift = Object.fromEntries(
      many(30, (n) => [`${n} ${long}`, { reference: DRIFT.fingerprint.reference, entries }]),
    );
    expect(bytesOf(report, { history: { entries: weeks(), warnings: [long] }, drift })).toBeLessThan(MAX_BYTES);
  });

  it("are written in well under a second", () => {
    const report = sampleReport({ checks: many(10_000, (n) => checkResult({ name: `check ${n}`, sql })) });
    render(report, YEAR);
    const began = performance.now();
    render(report, YEAR);
    expect(performance.now() - began).toBeLessThan(1000);
  });
});

describe("any report", () => {
  it("has a page, however absurd its numbers are", () => {
    const number = fc.oneof(
      fc.constantFrom(0, -1, 1e308, -1e308, 5e-324),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
    );
    fc.assert(
      fc.property(number, number, (one, other) => {
        const absurd = (value: unknown, index: number): unknown => {
          if (Array.isArray(value)) return value.map(absurd);
          if (typeof value === "object" && value !== null)
            return Object.fromEntries(
              Object.entries(value).map(([key, member]) => [
                key,
                key === "schemaVersion" ? member : absurd(member, index + 1),
              ]),
            );
          return typeof value === "number" && !Number.isInteger(value)
            ? one
            : typeof value === "number"
              ? other
              : value;
        };
        const entries = weeks(3).map((entry) => absurd(entry, 0) as typeof entry);
        const page = render(absurd(FULL, 0) as Report, { history: { entries, warnings: [] } });
        expect(page).not.toMatch(/="-?(NaN|Infinity)|="-\d+(\.\d+)?%"/);
      }),
      { numRuns: 60 },
    );
  });

  it("is what the samples here are", () => {
    for (const report of [FULL, REFUSED, sampleReport()]) expect(() => z.parse(Report, report)).not.toThrow();
  });
});
