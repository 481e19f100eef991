import { createHash } from "node:crypto";
import { appendFile, cp, mkdir, mkdtemp, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { S3Client } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { JsonStore } from "../../../src/aws/json-store.ts";
import { controlsCsv } from "../../../src/evidence/controls/controls-csv.ts";
import { type ExportedControls, exportControls } from "../../../src/evidence/controls/export-controls.ts";
import { directorySource } from "../../../src/evidence/verify/directory-source.ts";
import { s3Service } from "../../../src/local/services/s3.ts";
import type { DrillScenario } from "../../../src/plan/scenario.ts";
import { cloudOf } from "../../local/services/cloud-of.ts";
import { SAMPLE_DRILL } from "../../plan/sample-drill.ts";
import { checkResult, ISOLATION } from "../../verdict/sample-results.ts";
import { idOf, recordDrill } from "../recorded-drills.ts";

const SCRATCH = join(import.meta.dirname, "../../../.restore-drill/test");
const OCTOBER = { from: "2026-10-01T00:00:00.000Z", to: "2026-10-31T23:59:59.999Z" };

/** Databases of which tests below tell. */
const NEXT: ReadonlySet<string> = new Set(["vault", "linked"]);
const RANSOMWARE: DrillScenario = {
  name: "ransomware",
  title: "Ransomware",
  objective: "A backup from before it comes back.",
  assumptions: [],
  asked: [],
  setAside: [],
};
const BLIND = {
  drillId: "",
  startedAt: "2026-10-14T06:20:00.000Z",
  finishedAt: "2026-10-14T06:21:00.000Z",
  complete: true,
  done: 1,
  planted: [
    {
      damage: "one row deleted",
      where: "orders",
      check: "rows orders",
      kind: "rows",
      before: "held" as const,
      during: "held" as const,
      after: "held" as const,
      detected: false,
      seconds: 1,
    },
  ],
  untried: [],
  unproven: [],
  looks: 1,
  dataApiCalls: 3,
};

let root: string;
let untouched: string;
let copy: string;
let exported: ExportedControls;

beforeAll(async () => {
  await mkdir(SCRATCH, { recursive: true });
  root = await mkdtemp(join(SCRATCH, "controls-"));
  const cloud = await cloudOf(s3Service({ directory: root, buckets: ["evidence"] }));
  const store = new JsonStore(new S3Client(cloud.config()), "evidence");
  const weekly = { plan: "orders", cadence: { every: "8d" } };
  const drill = async (day: string, changes: object = {}) => recordDrill(store, { day, plan: weekly, ...changes });
  await drill("2026-09-28");
  await drill("2026-10-05");
  await drill("2026-10-12", { verdict: { verdict: "failed", reason: "data", summary: "=HYPERLINK(1)" } });
  await drill("2026-10-19", { verdict: { verdict: "failed", reason: "objective" } });
  await drill("2026-10-26", { drill: { trigger: { kind: "manual", by: "ana" } } });
  await drill("2026-10-27", { database: "billing", verdict: { verdict: "inconclusive", reason: "unchecked" } });
  await drill("2026-08-01", { database: "shop", drill: { plan: "shop" } });
  // Of another database, so that what is wrong there is wrong nowhere else.
  const vault = async (day: string, changes: object = {}) => drill(day, { database: "vault", ...changes });
  await vault("2026-09-21");
  await vault("2026-10-06", { drill: { scenario: RANSOMWARE } });
  const late = { verdict: { verdict: "failed", reason: "objective" } };
  await vault("2026-10-13", { ...late, checks: [checkResult({ kind: "full-read" })] });
  await vault("2026-10-14", { ...late, counterproof: BLIND });
  await vault("2026-10-20");
  await vault("2026-10-28");
  await drill("2026-10-10", { database: "linked" });
  await drill("2026-10-11", { database: "linked" });
  await drill("2026-10-12", { database: "linked" });
  await cloud.close();
  untouched = join(root, "evidence");
  copy = join(root, "copy");
  await cp(untouched, copy, { recursive: true });
  await appendFile(join(copy, "orders-production", idOf("2026-10-26"), "checks.json"), " ");
  exported = await exportControls(await directorySource(copy), OCTOBER);
});
afterAll(() => rm(root, { recursive: true }));

const answersOf = (control: string, of: (database: string) => boolean = (each) => !NEXT.has(each)) =>
  exported.drills
    .filter((row) => row.control === control && of(row.database))
    .map((row) => [row.drill.slice(4, 8), row.answer]);
const summaryOf = (control: string, database: string) =>
  exported.summary.find((row) => row.control === control && row.database === database);

describe("exportControls", () => {
  it("has a row for each drill that began in the period, and each control", () => {
    expect(exported.drills).toHaveLength((5 + 5 + 3) * 5);
    expect(answersOf("CP-4")).toEqual([
      ["1027", "not shown"],
      ["1005", "held"],
      ["1012", "did not hold"],
      ["1019", "did not hold"],
      ["1026", "not shown"],
    ]);
  });

  it("asks of a backup whether it came back right, also where that took too long", () => {
    expect(answersOf("CP-9(1)").slice(1, 4)).toEqual([
      ["1005", "held"],
      ["1012", "did not hold"],
      ["1019", "held"],
    ]);
    expect(answersOf("A.8.13")).toEqual(answersOf("CP-9(1)"));
  });

  it("tells what an auditor asks of a drill, and leaves room for the review", () => {
    expect(
      exported.drills.find((row) => row.control === "Article 12" && row.drill === idOf("2026-10-05")),
    ).toMatchObject({
      framework: "DORA, Regulation (EU) 2022/2554",
      database: "orders-production",
      planSha256: "0".repeat(64),
      recoveryPoint: SAMPLE_DRILL.recoveryPoint.arn,
      isolation: `${ISOLATION.facts.length} of ${ISOLATION.facts.length} facts hold`,
      rtoSeconds: 1200,
      rtoObjectiveSeconds: 14_400,
      startedBy: "schedule: weekly",
      evidence: "intact",
      report: expect.stringMatching(/copy\/orders-production\/20261005-060000-00000000\/report\.html$/),
      manifestSha256: expect.stringMatching(/^\w{64}$/),
      reviewedBy: "",
    });
  });

  it("shows nothing by a record that is not as it was written", () => {
    const rows = exported.drills.filter(({ drill }) => drill === idOf("2026-10-26"));
    expect(rows.map(({ answer }) => answer)).toEqual(Array(5).fill("not shown"));
    expect(rows[0]).toMatchObject({
      why: "the evidence is not intact",
      evidence: expect.stringMatching(/^not intact: altered .*checks\.json$/),
    });
  });

  it("sums up each control and plan, with what was longer than promised", () => {
    expect(summaryOf("CP-4", "orders-production")).toEqual({
      control: "CP-4",
      framework: "NIST SP 800-53 Rev. 5",
      database: "orders-production",
      plan: "orders",
      drills: 4,
      held: 1,
      didNotHold: 2,
      notShown: 1,
      exercises: 0,
      lastDrillAt: "2026-10-26T06:00:00.000Z",
      lastHeldAt: "2026-10-05T06:30:00.000Z",
      promisedDays: 8,
      longestGapDays: 26.8,
      gapsOverPromise: "2026-10-05 to 2026-10-31 (26.8 d)",
    });
    expect(summaryOf("CP-9(1)", "orders-production")).toMatchObject({ held: 2, longestGapDays: 14 });
  });

  it("asks of what came too late whether anything decided, and whether the checks see damage", () => {
    const why = (day: string) =>
      exported.drills.find(({ control, drill }) => control === "CP-9(1)" && drill === idOf(day));
    expect(why("2026-10-13")).toMatchObject({
      answer: "not shown",
      why: "RTO or RPO missed its objective, and nothing that decides was asked",
    });
    expect(why("2026-10-14")).toMatchObject({
      answer: "not shown",
      why: "RTO or RPO missed its objective, and not all of the damage was detected that the drill did on purpose",
    });
  });

  it("counts exercises by themselves: they keep no promise", () => {
    expect(exported.drills.filter(({ scenario }) => scenario === "ransomware")).toHaveLength(5);
    expect(summaryOf("CP-4", "vault")).toMatchObject({
      drills: 4,
      held: 2,
      didNotHold: 2,
      exercises: 1,
      longestGapDays: 29,
      gapsOverPromise: "2026-09-21 to 2026-10-20 (29 d)",
    });
  });

  it("counts from the end of a drill on, and does not round half an hour away", async () => {
    const period = { from: "2026-10-25T00:00:00.000Z", to: "2026-11-05T07:00:00.000Z" };
    const { summary } = await exportControls(await directorySource(untouched), period);
    expect(summary.find(({ database }) => database === "vault")).toMatchObject({
      promisedDays: 8,
      longestGapDays: 8.1,
      gapsOverPromise: "2026-10-28 to 2026-11-05 (8.1 d)",
    });
  });

  it("has the plan of which no drill began in the period", () => {
    expect(summaryOf("A1.3", "shop")).toMatchObject({
      plan: "shop",
      drills: 0,
      lastHeldAt: "2026-08-01T06:30:00.000Z",
      gapsOverPromise: "2026-08-01 to 2026-10-31 (91.8 d)",
    });
  });

  it("refuses to be filed as an answer where there is nothing", async () => {
    const period = { to: "2020-01-01T00:00:00.000Z" };
    const source = await directorySource(untouched);
    await expect(exportControls(source, period)).rejects.toThrow("There is no drill in ");
  });
});

describe("a drill that somebody would not have in the export", () => {
  const [FIRST, SECOND, THIRD] = ["2026-10-10", "2026-10-11", "2026-10-12"].map(idOf) as [string, string, string];
  let tampered: string;
  beforeEach(async () => {
    tampered = await mkdtemp(join(root, "tampered-"));
    await cp(join(untouched, "linked"), join(tampered, "linked"), { recursive: true });
  });
  const at = (...path: string[]): string => join(tampered, "linked", ...path);
  const entryOf = (drillId: string): string => at("ledger", `${drillId}.json`);
  const cp4 = async (now?: Date) => {
    const told = await exportControls(await directorySource(tampered), OCTOBER, now);
    const rows = told.drills.filter(({ control }) => control === "CP-4");
    return { ...told, answers: rows.map(({ drill, answer, why, plan }) => [drill, answer, why, plan]) };
  };
  const held = (drillId: string) => [drillId, "held", expect.any(String), "orders"];
  const notShown = (drillId: string, why = "the evidence is not intact", plan = "orders") => [
    drillId,
    "not shown",
    why,
    plan,
  ];

  it("is in it without its entry in the ledger", async () => {
    await rm(entryOf(SECOND));
    const { answers, summary, drills } = await cp4();
    expect(answers).toEqual([held(FIRST), notShown(SECOND), held(THIRD)]);
    expect(drills[5]).toMatchObject({
      evidence: `not intact: missing linked/ledger/${SECOND}.json`,
      verdict: "passed",
    });
    expect(summary[0]).toMatchObject({ drills: 3, held: 2, notShown: 1 });
  });

  it("is in it with an entry that says that it began in another year", async () => {
    const text = await readFile(entryOf(SECOND), "utf8");
    await writeFile(entryOf(SECOND), text.replace('"startedAt": "2026', '"startedAt": "2024'));
    expect((await cp4()).answers).toEqual([held(FIRST), notShown(SECOND), held(THIRD)]);
  });

  it("is in it when nothing of it is left: the history and the next drill name it", async () => {
    await rm(entryOf(SECOND));
    await rm(at(SECOND), { recursive: true });
    const { answers, summary } = await cp4();
    expect(answers).toEqual([held(FIRST), notShown(SECOND, undefined, ""), notShown(THIRD)]);
    expect(summary.map(({ plan }) => plan).slice(0, 2)).toEqual(["orders", ""]);
  });

  it("shows nothing where it was written anew as a whole, and neither does the one that follows it", async () => {
    const before = await readFile(at(SECOND, "manifest.json"), "utf8");
    await writeFile(at(SECOND, "manifest.json"), `${before}\n`);
    const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
    const entry = await readFile(entryOf(SECOND), "utf8");
    await writeFile(entryOf(SECOND), entry.replace(sha256(before), sha256(`${before}\n`)));
    const { answers, drills } = await cp4();
    expect(answers).toEqual([held(FIRST), notShown(SECOND), notShown(THIRD)]);
    expect(drills[5]?.evidence).toBe(`not intact: broken linked/${THIRD}/manifest.json`);
  });

  it("shows nothing where not all of it could be looked at", async () => {
    await rename(at(FIRST, "report.html"), join(tampered, "report.html"));
    await symlink(join(tampered, "report.html"), at(FIRST, "report.html"));
    await symlink(untouched, join(tampered, "elsewhere"));
    const { answers, beside } = await cp4();
    expect(answers[0]).toEqual(notShown(FIRST, "not all of its evidence could be looked at"));
    expect(beside).toEqual(["not seen elsewhere"]);
  });

  it("is told apart from one that may still run", async () => {
    const drillId = idOf("2026-10-30");
    await mkdir(at(drillId));
    await writeFile(at(drillId, "plan.json"), "{}");
    const soon = await cp4(new Date("2026-10-30T09:00:00.000Z"));
    expect([soon.answers.length, soon.running]).toEqual([3, [`linked/${drillId}`]]);
    const { answers, running } = await cp4(new Date("2027-01-01T00:00:00.000Z"));
    expect([answers[3], running]).toEqual([notShown(drillId, undefined, ""), []]);
  });
});

describe("controlsCsv", () => {
  it("has the rows that JSON has, under their names, without formulas", () => {
    const lines = controlsCsv(exported, "drills").split("\r\n");
    expect(lines).toHaveLength(1 + 65 + 1);
    const [first] = exported.drills;
    expect(lines[0]).toBe(Object.keys(first ?? {}).join(","));
    expect(lines[1]).toBe(
      Object.values(first ?? {})
        .map((value) => (/[",]/.test(`${value}`) ? `"${`${value}`.replaceAll('"', '""')}"` : `${value}`))
        .join(","),
    );
    expect(lines.filter((line) => line.includes(",'=HYPERLINK(1),"))).toHaveLength(5);
    expect(lines.filter((line) => line.includes(",=HYPERLINK"))).toEqual([]);
  });

  it("has the summary, and a heading also above nothing", () => {
    const [heading] = controlsCsv(exported, "summary").split("\r\n");
    expect(heading).toBe(Object.keys(exported.summary[0] ?? {}).join(","));
    expect(controlsCsv({ ...exported, drills: [] }, "drills").split("\r\n")).toEqual([
      Object.keys(exported.drills[0] ?? {}).join(","),
      "",
    ]);
  });
});
