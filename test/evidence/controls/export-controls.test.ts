import { appendFile, mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { S3Client } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { JsonStore } from "../../../src/aws/json-store.ts";
import { controlsCsv } from "../../../src/evidence/controls/controls-csv.ts";
import { type ExportedControls, exportControls } from "../../../src/evidence/controls/export-controls.ts";
import { directorySource } from "../../../src/evidence/verify/directory-source.ts";
import { s3Service } from "../../../src/local/services/s3.ts";
import { cloudOf } from "../../local/services/cloud-of.ts";
import { SAMPLE_DRILL } from "../../plan/sample-drill.ts";
import { ISOLATION } from "../../verdict/sample-results.ts";
import { idOf, recordDrill } from "../recorded-drills.ts";

const SCRATCH = join(import.meta.dirname, "../../../.restore-drill/test");
const OCTOBER = { from: "2026-10-01T00:00:00.000Z", to: "2026-10-31T23:59:59.999Z" };

let root: string;
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
  await appendFile(join(root, "evidence", "orders-production", idOf("2026-10-26"), "checks.json"), " ");
  exported = await exportControls(await directorySource(join(root, "evidence")), OCTOBER);
  await cloud.close();
});
afterAll(() => rm(root, { recursive: true }));

const answersOf = (control: string) =>
  exported.drills.filter((row) => row.control === control).map((row) => [row.drill.slice(4, 8), row.answer]);
const summaryOf = (control: string, database: string) =>
  exported.summary.find((row) => row.control === control && row.database === database);

describe("exportControls", () => {
  it("has a row for each drill that began in the period, and each control", () => {
    expect(exported.drills).toHaveLength(5 * 5);
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
      report: expect.stringMatching(/evidence\/orders-production\/20261005-060000-00000000\/report\.html$/),
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
      lastDrillAt: "2026-10-26T06:00:00.000Z",
      lastHeldAt: "2026-10-05T06:00:00.000Z",
      promisedDays: 8,
      longestGapDays: 26.7,
      gapsOverPromise: "2026-10-05 to 2026-10-31 (26.7 d)",
    });
    expect(summaryOf("CP-9(1)", "orders-production")).toMatchObject({ held: 2, longestGapDays: 14 });
  });

  it("has the plan of which no drill began in the period", () => {
    expect(summaryOf("A1.3", "shop")).toMatchObject({
      plan: "shop",
      drills: 0,
      lastHeldAt: "2026-08-01T06:00:00.000Z",
      gapsOverPromise: "2026-08-01 to 2026-10-31 (91.7 d)",
    });
  });

  it("refuses to be filed as an answer where there is nothing", async () => {
    const period = { to: "2020-01-01T00:00:00.000Z" };
    const source = await directorySource(join(root, "evidence"));
    await expect(exportControls(source, period)).rejects.toThrow("There is no drill in the ledgers of ");
  });
});

describe("controlsCsv", () => {
  it("has the rows that JSON has, under their names, without formulas", () => {
    const lines = controlsCsv(exported, "drills").split("\r\n");
    expect(lines).toHaveLength(1 + 25 + 1);
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
