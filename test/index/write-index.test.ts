import { PutObjectCommand } from "@aws-sdk/client-s3";
import "aws-sdk-client-mock-vitest/extend";
import { describe, expect, it, vi } from "vitest";
import { PlanInvalid } from "../../src/errors.ts";
import { FleetIndex } from "../../src/index/fleet-index.ts";
import { writeIndex } from "../../src/index/write-index.ts";
import type { DeployedPlans } from "../../src/plan/library.ts";
import { evidenceBucket } from "../evidence/evidence-bucket.ts";
import { ledgerEntry } from "../evidence/sample-ledger.ts";
import { SAMPLE_PLAN } from "../plan/sample-plan.ts";
import { AT, COVERAGE, historyWith, pastDrill } from "./sample-fleet.ts";

const DATABASE = SAMPLE_PLAN.plan.source.cluster;
const PLANS: DeployedPlans = { names: async () => ["orders"], read: async () => SAMPLE_PLAN };
const HISTORY = { [`${DATABASE}/history.json`]: historyWith(DATABASE, [pastDrill(3)]) };

async function written(documents: Record<string, unknown>, plans = PLANS, bucket = evidenceBucket(documents)) {
  const logger = { warn: vi.fn() };
  const answer = await writeIndex({ store: bucket.store, plans, logger, now: () => AT });
  const index = FleetIndex.parse(JSON.parse(bucket.objects.get("index.json") ?? "null"));
  return { answer, index, page: bucket.objects.get("index.html") ?? "", logger, ...bucket };
}

describe("writeIndex", () => {
  it("writes the page for people, and what it says for machines", async () => {
    const { index, page, answer, s3 } = await written(HISTORY);
    expect(index).toMatchObject({
      at: AT.toISOString(),
      plans: [{ plan: "orders", database: DATABASE, lastPassAt: pastDrill(3).endedAt }],
      databases: [{ database: DATABASE, state: "proven", lastDrill: { verdict: "passed" } }],
      notes: [],
    });
    expect(page).toContain("<b>The one database</b> is proven as promised");
    expect(answer).toEqual({ at: AT.toISOString(), databases: 1, page: "index.html", bytes: Buffer.byteLength(page) });
    expect(s3).toHaveReceivedCommandWith(PutObjectCommand, {
      Key: "index.html",
      ContentType: "text/html; charset=utf-8",
    });
  });

  it("has a plan that was never drilled, and evidence that no plan covers now", async () => {
    const { index } = await written({
      "legacy/history.json": historyWith("legacy", [pastDrill(300)]),
      "turns.json": {},
    });
    expect(index).toMatchObject({ databases: [{ state: "never-drilled" }], former: ["legacy"] });
    expect(index.plans[0]).not.toHaveProperty("lastPassAt");
  });

  it("asks the ledger where there is no history", async () => {
    const entry = ledgerEntry({ startedAt: pastDrill(2).startedAt, endedAt: pastDrill(2).endedAt });
    const { index } = await written({ [`${DATABASE}/ledger/${entry.drillId}.json`]: entry });
    expect(index.databases[0]).toMatchObject({ state: "proven", lastDrill: { drillId: entry.drillId } });
  });

  it("shows what can not be read as such, in the page, in the index and in the log, and everything else as it is", async () => {
    const plans: DeployedPlans = {
      names: async () => ["orders", "broken"],
      read: async (name) => {
        if (name === "broken") throw new PlanInvalid("it has no source");
        return SAMPLE_PLAN;
      },
    };
    const damaged = { ...HISTORY, "coverage/latest.json": "{", "legacy/history.json": { schemaVersion: 2 } };
    const { index, page, logger } = await written(damaged, plans);
    expect(index.databases).toMatchObject([{ state: "proven" }]);
    for (const said of [
      "The plan broken can not be read",
      "coverage/latest.json can not be read",
      "legacy/history.json can not be read",
    ]) {
      expect(index.notes.join()).toContain(said);
      expect(page).toContain(said);
    }
    expect(logger.warn).toHaveBeenCalledTimes(3);
    expect(page).toContain('class="first inconclusive"');
  });

  it("does not know how a database stands whose evidence it may not read", async () => {
    const bucket = evidenceBucket(HISTORY);
    const getText = bucket.store.get.bind(bucket.store);
    vi.spyOn(bucket.store, "get").mockImplementation(async (key, schema) => {
      if (key.endsWith("history.json")) throw new Error("AccessDenied");
      return getText(key, schema);
    });
    const { index } = await written({}, PLANS, bucket);
    expect(index.databases).toMatchObject([{ state: "unknown" }]);
    expect(index.notes).toEqual([expect.stringContaining("AccessDenied")]);
  });

  it("shows what the watchdog and the survey of backups left", async () => {
    const uncovered = {
      name: "lonely",
      region: "eu-west-1",
      kind: "cluster",
      engine: "aurora-postgresql",
      isDrillable: true,
      why: "No plan.",
    };
    const problem = {
      database: DATABASE,
      region: "eu-west-1",
      plans: ["orders"],
      facts: [],
      failures: ["It is too old."],
    };
    const { page } = await written({
      ...HISTORY,
      "coverage/latest.json": { ...COVERAGE, uncovered: [uncovered] },
      "surveys/latest.json": { schemaVersion: 1, at: AT.toISOString(), databases: [problem], unreadPlans: [] },
    });
    expect(page).toContain("<b>lonely</b>");
    expect(page).toContain("It is too old.");
  });

  it("reads again when another one wrote since it began, so that no drill is lost from the page", async () => {
    const bucket = evidenceBucket(HISTORY);
    const folders = bucket.store.folders.bind(bucket.store);
    const looks = vi.spyOn(bucket.store, "folders").mockImplementationOnce(async () => {
      await bucket.store.put("index.json", { by: "another one" });
      return folders();
    });
    const { index } = await written({}, PLANS, bucket);
    expect(index.databases).toHaveLength(1);
    expect(looks).toHaveBeenCalledTimes(2);
  });

  it("writes in the end, however often another one was first", async () => {
    const bucket = evidenceBucket(HISTORY);
    const replace = vi.spyOn(bucket.store, "replace").mockResolvedValue(false);
    expect((await written({}, PLANS, bucket)).index.databases).toHaveLength(1);
    expect(replace).toHaveBeenCalledTimes(3);
  });
});
