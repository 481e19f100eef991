import { createHash } from "node:crypto";
import { PutObjectCommand } from "@aws-sdk/client-s3";
import "aws-sdk-client-mock-vitest/extend";
import { describe, expect, it, vi } from "vitest";
import { LedgerEntry } from "../../src/evidence/ledger.ts";
import { RecordEvidenceInput, recordEvidence } from "../../src/evidence/record-evidence.ts";
import { EvidenceAnswer, Manifest, Report } from "../../src/evidence/report.ts";
import { drillIdOf } from "../../src/plan/names.ts";
import { DRILL_ID, drillWith, momentAt, SAMPLE_DRILL } from "../plan/sample-drill.ts";
import { SAMPLE_PLAN } from "../plan/sample-plan.ts";
import { COPY, checkResult, checkResults, ISOLATION, SANDBOX, STORY, TEARDOWN } from "../verdict/sample-results.ts";
import { SAMPLE_VERDICT } from "../verdict/sample-verdict.ts";
import { evidenceBucket } from "./evidence-bucket.ts";
import { ledgerEntry } from "./sample-ledger.ts";

const prefix = SAMPLE_DRILL.evidencePrefix;
const execution = { id: "arn:execution:1", name: "weekly-1", startedAt: SAMPLE_DRILL.startedAt };
const journal = (step: string, answer: unknown) => ({
  [`${prefix}/journal/${step}.json`]: {
    step,
    startedAt: momentAt(1).toISOString(),
    endedAt: momentAt(2).toISOString(),
    answer,
  },
});
const WHOLE_DRILL = {
  ...journal("copy-snapshot", COPY),
  ...journal("restore-sandbox", SANDBOX),
  ...journal("prove-isolation", ISOLATION),
  ...journal("run-checks", STORY.checks),
  ...journal("tear-down", TEARDOWN),
  [`${prefix}/checks.json`]: checkResults(),
};

const JOURNAL = ["copy-snapshot", "restore-sandbox", "prove-isolation", "run-checks", "tear-down"].map(
  (step) => `journal/${step}.json`,
);

const EXERCISE = {
  name: "ransomware" as const,
  title: "Ransomware",
  objective: "Recover it.",
  assumptions: [],
  asked: [],
  setAside: [],
};
const logger = { warn: vi.fn() };
const PASSED = {
  execution,
  request: { plan: "orders" },
  drill: SAMPLE_DRILL,
  verdict: SAMPLE_VERDICT,
  teardown: TEARDOWN,
};

async function record(input: object = PASSED, documents: Record<string, unknown> = WHOLE_DRILL) {
  const bucket = evidenceBucket(documents);
  const answer = await recordEvidence(
    { store: bucket.store, plans: async () => SAMPLE_PLAN, now: () => momentAt(1510), logger },
    RecordEvidenceInput.parse(input),
  );
  const read = (key: string): unknown => JSON.parse(bucket.objects.get(key) ?? "null");
  return { answer, bucket, read };
}

const sha256 = (text: string | undefined): string =>
  createHash("sha256")
    .update(text ?? "")
    .digest("hex");

describe("recordEvidence", () => {
  it("files report, checks, page and manifest with the drill, then its ledger entry and the history; names the page first", async () => {
    const { answer, bucket } = await record();
    const page = `${prefix}/report.html`;
    const [report, checks, manifest] = ["report", "checks", "manifest"].map((name) => `${prefix}/${name}.json`);
    const files = [report, checks, page, manifest];
    const ledger = `orders-production/ledger/${DRILL_ID}.json`;
    expect([...bucket.objects.keys()].slice(-6)).toEqual([...files, ledger, "orders-production/history.json"]);
    expect(EvidenceAnswer.parse(answer)).toMatchObject({
      bucket: "evidence",
      prefix,
      files: [page, report, checks, manifest, ledger],
      leftovers: [],
    });
  });

  it("writes the page as HTML in UTF-8, of this drill and of those before it", async () => {
    const earlier = (drillId: string) => ({
      [`orders-production/ledger/${drillId}.json`]: ledgerEntry({ drillId, startedAt: "2026-11-14T14:32:05.000Z" }),
    });
    const { bucket } = await record(PASSED, {
      ...WHOLE_DRILL,
      [`${prefix}/drift.json`]: "not what it should be",
      ...earlier("20261114-143205-3f9a2b1c"),
      // Itself, recorded before, and one that came later.
      ...earlier(DRILL_ID),
      ...earlier("20261122-143205-3f9a2b1c"),
    });
    const page = bucket.objects.get(`${prefix}/report.html`);
    expect(page).toContain("<!doctype html>");
    expect(page).toContain("1 earlier drill since 2026-11-14");
    expect(page).toContain("drift.json can not be read");
    expect(bucket.s3).toHaveReceivedCommandWith(PutObjectCommand, {
      Key: `${prefix}/report.html`,
      ContentType: "text/html; charset=utf-8",
    });
  });

  it("hashes the very bytes that are stored, and ties the ledger to them", async () => {
    const { answer, bucket, read } = await record();
    const manifest = Manifest.parse(read(`${prefix}/manifest.json`));
    expect(manifest.files.map(({ file }) => file)).toEqual(["report.json", "checks.json", ...JOURNAL, "report.html"]);
    for (const { file, sha256: claimed, bytes } of manifest.files) {
      const stored = bucket.objects.get(`${prefix}/${file}`);
      expect(claimed).toBe(sha256(stored));
      expect(bytes).toBe(Buffer.byteLength(stored ?? ""));
    }
    expect(answer.manifestSha256).toBe(sha256(bucket.objects.get(`${prefix}/manifest.json`)));
    expect(read(`orders-production/ledger/${DRILL_ID}.json`)).toMatchObject({ manifestSha256: answer.manifestSha256 });
  });

  it("hashes what was left to compare with, and tells later drills that it may be compared with", async () => {
    const left = { [`${prefix}/heartbeats.json`]: { a: 1 }, [`${prefix}/drift.json`]: { b: 2 } };
    const { bucket, read } = await record(PASSED, { ...WHOLE_DRILL, ...left });
    const { files } = Manifest.parse(read(`${prefix}/manifest.json`));
    expect(files.map(({ file }) => file)).toEqual([
      "heartbeats.json",
      "drift.json",
      "report.json",
      "checks.json",
      ...JOURNAL,
      "report.html",
    ]);
    expect(files[0]?.sha256).toBe(sha256(bucket.objects.get(`${prefix}/heartbeats.json`)));
    expect(read(`orders-production/ledger/${DRILL_ID}.json`)).toMatchObject({
      isReference: true,
      sourceDatabase: SAMPLE_DRILL.source.database,
      recoveryPointAt: SAMPLE_DRILL.recoveryPoint.createdAt,
    });
  });

  it.each([
    ["left nothing to compare with", "passed", "held", false, false],
    ["had nothing to compare with", "inconclusive", "unchecked", true, true],
    ["saw something wrong", "failed", "failed", true, false],
    ["saw something wrong, whatever its verdict", "inconclusive", "failed", true, false],
    ["broke", "errored", "held", true, false],
  ] as const)("a drill that %s is a reference: %#", async (_, verdict, outcome, hasParts, expected) => {
    const documents = {
      ...WHOLE_DRILL,
      [`${prefix}/checks.json`]: checkResults([checkResult({ outcome })]),
      ...(hasParts ? { [`${prefix}/heartbeats.json`]: {} } : {}),
    };
    const { read } = await record({ ...PASSED, verdict: { ...SAMPLE_VERDICT, verdict } }, documents);
    expect(read(`orders-production/ledger/${DRILL_ID}.json`)).toMatchObject({ isReference: expected });
  });

  it.each([
    ["was an exercise", { scenario: EXERCISE }],
    [
      "restored a copy of which only the time of copying is known",
      { recoveryPoint: { ...SAMPLE_DRILL.recoveryPoint, copiedFrom: "arn:by-hand" } },
    ],
  ])("no later drill is held against one that %s", async (_, changes) => {
    const documents = { ...WHOLE_DRILL, [`${prefix}/heartbeats.json`]: {} };
    const { read } = await record({ ...PASSED, drill: drillWith(changes) }, documents);
    expect(read(`orders-production/ledger/${DRILL_ID}.json`)).toMatchObject({ verdict: "passed", isReference: false });
  });

  it("counts bytes, not characters", async () => {
    const checks = checkResults([checkResult({ name: "Zählung der Bestellungen ✓" })]);
    const { bucket, read } = await record(PASSED, { ...WHOLE_DRILL, [`${prefix}/checks.json`]: checks });
    const { files } = Manifest.parse(read(`${prefix}/manifest.json`));
    expect(files[1]?.bytes).toBe(Buffer.from(bucket.objects.get(`${prefix}/checks.json`) ?? "").length);
  });

  it("remembers how many rows came back", async () => {
    const fullRead = checkResult({ kind: "full-read", rowsRead: 308_104 });
    const { read } = await record(PASSED, { ...WHOLE_DRILL, [`${prefix}/checks.json`]: checkResults([fullRead]) });
    expect(read(`orders-production/ledger/${DRILL_ID}.json`)).toMatchObject({ rowsRead: 308_104 });
  });

  it("reports what an auditor asks: verdict, checks, isolation, teardown, cost", async () => {
    const { read } = await record();
    const report = Report.parse(read(`${prefix}/report.json`));
    expect(report).toMatchObject({
      schemaVersion: 1,
      drillId: DRILL_ID,
      database: "orders-production",
      endedAt: momentAt(1510).toISOString(),
      verdict: { verdict: "passed" },
      drill: { planSha256: SAMPLE_DRILL.planSha256 },
      checks: [{ name: "rows orders" }],
      isolation: ISOLATION,
      teardown: { finishedAt: TEARDOWN.finishedAt },
      leftovers: [],
    });
    expect(report.cost.estimated).toEqual(SAMPLE_DRILL.estimate);
    expect(report.cost.actual.usd).toBeGreaterThan(0);
  });

  it("leaves in the ledger what later drills learn from", async () => {
    const { read } = await record();
    expect(LedgerEntry.parse(read(`orders-production/ledger/${DRILL_ID}.json`))).toMatchObject({
      verdict: "passed",
      rtoSeconds: 1200,
      rpoSeconds: 37_620,
      stepSeconds: { copy: 300, restore: 300, checks: 190, teardown: 300 },
      phaseSeconds: { select: 2, "first-query": 97 },
      sizeGib: 120,
      leftovers: 0,
    });
  });

  it("teaches nothing from a copy that was skipped", async () => {
    const copy = { ...COPY, skipped: true };
    const { read } = await record(PASSED, { ...WHOLE_DRILL, ...journal("copy-snapshot", copy) });
    expect(LedgerEntry.parse(read(`orders-production/ledger/${DRILL_ID}.json`)).stepSeconds).not.toHaveProperty("copy");
  });

  it("replaces the same files when it is called again", async () => {
    const first = await record();
    const before = first.bucket.objects.size;
    await recordEvidence(
      { store: first.bucket.store, plans: async () => SAMPLE_PLAN, now: () => momentAt(1510), logger },
      RecordEvidenceInput.parse(PASSED),
    );
    expect(first.bucket.objects.size).toBe(before);
  });
});

describe("the chain of manifests", () => {
  const hash = (digit: string): string => digit.repeat(64);
  const earlier = (drillId: string, endedAt: string, manifestSha256: string) => ({
    [`orders-production/ledger/${drillId}.json`]: ledgerEntry({ drillId, endedAt, manifestSha256 }),
  });
  const LONG = earlier("20261119-080000-aaaaaaaa", "2026-11-20T20:00:00.000Z", hash("a"));
  /** Began after it, and gave up waiting for its turn while it ran. */
  const GAVE_UP = earlier("20261120-080000-bbbbbbbb", "2026-11-20T12:00:00.000Z", hash("b"));
  const manifestIn = (read: (key: string) => unknown) => Manifest.parse(read(`${prefix}/manifest.json`));

  it("begins with the first drill of a database, which says so, also when it is recorded again", async () => {
    const { read, bucket } = await record();
    expect(manifestIn(read).previous).toBeNull();
    const again = await record(PASSED, Object.fromEntries(bucket.objects));
    expect(manifestIn(again.read).previous).toBeNull();
  });

  it("says nothing of what came before after a silence, or where no earlier entry can be read", async () => {
    const { read } = await record(PASSED, {
      ...WHOLE_DRILL,
      ...earlier("20250101-080000-aaaaaaaa", "2025-01-01T20:00:00.000Z", hash("a")),
    });
    expect(manifestIn(read)).not.toHaveProperty("previous");
    const broken = { "orders-production/ledger/20261120-080000-bbbbbbbb.json": "half an ent" };
    const doubtful = await record(PASSED, { ...WHOLE_DRILL, ...broken });
    expect(manifestIn(doubtful.read)).not.toHaveProperty("previous");
  });

  it("follows the drill that was recorded last, which need not be the one that began last", async () => {
    const { read } = await record(PASSED, { ...WHOLE_DRILL, ...LONG, ...GAVE_UP });
    expect(manifestIn(read).previous).toEqual({ drillId: "20261119-080000-aaaaaaaa", manifestSha256: hash("a") });
    expect(read(`${prefix}/report.json`)).not.toHaveProperty("unreadable");
  });

  it("is the same when a drill is recorded again, whatever was recorded since", async () => {
    const { bucket } = await record(PASSED, { ...WHOLE_DRILL, ...LONG });
    const later = earlier("20261121-200000-cccccccc", "2026-11-21T20:00:00.000Z", hash("c"));
    const { read } = await record(PASSED, { ...Object.fromEntries(bucket.objects), ...later });
    expect(manifestIn(read).previous?.drillId).toBe("20261119-080000-aaaaaaaa");
  });

  it("says that another drill may have been the last, where an entry of the ledger can not be read", async () => {
    const broken = { "orders-production/ledger/20261120-080000-bbbbbbbb.json": "half an ent" };
    const { read } = await record(PASSED, { ...WHOLE_DRILL, ...LONG, ...broken });
    expect(manifestIn(read).previous?.drillId).toBe("20261119-080000-aaaaaaaa");
    expect(Report.parse(read(`${prefix}/report.json`)).unreadable).toEqual([
      expect.stringMatching(
        /^The manifest follows drill 20261119-080000-aaaaaaaa; whether that was the last one is not certain\. .*20261120-080000-bbbbbbbb\.json can not be read/,
      ),
    ]);
  });
});

describe("the history of the database", () => {
  it("has the drill; what of it can not be read is a warning in the log, and stops nothing", async () => {
    logger.warn.mockClear();
    const { read } = await record(PASSED, { ...WHOLE_DRILL, "orders-production/history.json": "half a docu" });
    expect(read("orders-production/history.json")).toMatchObject({ drills: [{ drillId: DRILL_ID }] });
    expect(logger.warn).toHaveBeenCalledExactlyOnceWith("evidence.history-remade", {
      database: "orders-production",
      warning: expect.stringContaining("orders-production/history.json can not be read"),
    });
  });
});

describe("leftovers", () => {
  const left = [
    { kind: "cluster" as const, id: SAMPLE_DRILL.sandbox.cluster, region: "eu-central-1", reason: "deleting" },
  ];

  it("are what teardown gave up on, and their time teaches nothing", async () => {
    const { answer, read } = await record({ ...PASSED, teardown: { ...TEARDOWN, leftovers: left } });
    expect(answer.leftovers).toEqual(left);
    const entry = LedgerEntry.parse(read(`orders-production/ledger/${DRILL_ID}.json`));
    expect(entry.leftovers).toBe(1);
    expect(entry.stepSeconds).not.toHaveProperty("teardown");
  });

  it("are everything the drill may have made when teardown itself failed", async () => {
    const teardownFailure = { Error: "Lambda.Unknown", Cause: "out of memory" };
    const { answer } = await record({ ...PASSED, teardown: undefined, teardownFailure });
    expect(answer.leftovers.map(({ kind, id }) => [kind, id])).toEqual([
      ["instance", SAMPLE_DRILL.sandbox.writer],
      ["cluster", SAMPLE_DRILL.sandbox.cluster],
      ["snapshot", SAMPLE_DRILL.copy.snapshotId],
    ]);
    expect(answer.leftovers[0]?.reason).toBe("teardown failed (Lambda.Unknown: out of memory); look for it by hand");
  });

  it("never hold the recovery point that was not copied", async () => {
    const drill = drillWith({ copy: { needed: false, snapshotId: SAMPLE_DRILL.copy.snapshotId } });
    const { answer } = await record({ ...PASSED, drill, teardownFailure: { Error: "X" } });
    expect(answer.leftovers.map(({ kind }) => kind)).toEqual(["instance", "cluster"]);
  });
});

describe("a drill that was refused", () => {
  const refused = {
    execution,
    request: { plan: "orders" },
    verdict: { ...SAMPLE_VERDICT, verdict: "failed", reason: "recovery", phases: [], objectives: {} },
  };
  const drillId = drillIdOf(execution);

  it("is filed under its database, without cost or leftovers", async () => {
    const { answer, read } = await record(refused, {});
    expect(answer).toMatchObject({ prefix: `orders-production/${drillId}`, leftovers: [], actualUsd: 0 });
    expect(Report.parse(read(`orders-production/${drillId}/report.json`))).not.toHaveProperty("drill");
    expect(LedgerEntry.parse(read(`orders-production/ledger/${drillId}.json`))).toMatchObject({
      verdict: "failed",
      reason: "recovery",
      stepSeconds: {},
    });
  });
});

describe("evidence that can not be kept", () => {
  it("is an error, and leaves no ledger entry", async () => {
    const { store, s3, objects } = evidenceBucket(WHOLE_DRILL);
    s3.rejects(new Error("no bucket"));
    const recorded = recordEvidence(
      { store, plans: async () => SAMPLE_PLAN, now: () => momentAt(1510), logger },
      RecordEvidenceInput.parse(PASSED),
    );
    await expect(recorded).rejects.toThrow("no bucket");
    expect([...objects.keys()].filter((key) => key.includes("ledger"))).toEqual([]);
  });
});

describe("a drill whose sandbox is kept", () => {
  const until = momentAt(90_000).toISOString();
  const kept = [{ kind: "cluster", id: SAMPLE_DRILL.sandbox.cluster, region: "eu-central-1", until }];
  const KEPT = { ...PASSED, teardown: { ...TEARDOWN, deleted: [], kept } };

  it("is reported with what keeping costs, and filed with until when", async () => {
    const { read, answer } = await record(KEPT);
    const { kept: told, cost, leftovers } = Report.parse(read(`${prefix}/report.json`));
    expect(told).toMatchObject({ until, resources: [{ id: SAMPLE_DRILL.sandbox.cluster }] });
    expect(leftovers).toEqual([]);
    const items = cost.actual.items.filter(({ item }) => item.startsWith("kept sandbox"));
    const hours = (90_000 - 1505) / 3600;
    expect(items.map(({ quantity, unit }) => [unit, quantity])).toEqual([
      ["GiB-month", expect.closeTo((120 * hours) / 730, 6)],
      ["ACU-hour", expect.closeTo(8 * hours, 6)],
    ]);
    expect(answer.actualUsd).toBeGreaterThan((await record()).answer.actualUsd + 20);
    expect(LedgerEntry.parse(read(`orders-production/ledger/${DRILL_ID}.json`))).toMatchObject({ keptUntil: until });
  });

  it("says nothing of how long deleting takes", async () => {
    const { read } = await record(KEPT);
    const { stepSeconds } = LedgerEntry.parse(read(`orders-production/ledger/${DRILL_ID}.json`));
    expect(stepSeconds).not.toHaveProperty("teardown");
  });
});
