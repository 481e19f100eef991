import { existsSync } from "node:fs";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SABOTAGES } from "../../src/local/sabotage/sabotages.ts";
import { makeTestRoot } from "../local/postgres/test-root.ts";
import { PROJECT, processesOf, run, start } from "./command.ts";
import { DrillDocument } from "./document-shape.ts";

let directory: string;

beforeAll(async () => {
  directory = await makeTestRoot();
});
afterAll(() => rm(directory, { recursive: true, force: true }));

describe("the command line, misused", () => {
  it.each([
    [["--jsn"], 'There is no option "--jsn". Did you mean "json"?'],
    [["stale"], '"stale" is not understood'],
    [["--source"], "--source"],
    [["--sabotage", "missing-row"], 'There is no sabotage "missing-row". Did you mean "missing-rows"?'],
    [["--scenario", "region-gone"], 'There is no scenario "region-gone". Did you mean "region-lost"?'],
    [["--json", "--sabotage", "nonsense"], "There are: missing-rows, "],
  ])("ends %j with 64, says why on stderr, and has done nothing", async (args, message) => {
    const { code, stdout, stderr } = await run(args, directory);
    expect(stderr).toContain(message);
    expect(stderr).toContain("npm run drill -- --help");
    expect({ code, stdout }).toEqual({ code: 64, stdout: "" });
    expect(await readdir(directory)).toEqual([]);
  });
});

describe("the command line, asked about itself", () => {
  it("prints its help", async () => {
    const { code, stdout, stderr } = await run(["--help"], directory);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain("npm run drill -- --source");
  });

  it("lists every sabotage with the verdict that it has to end in", async () => {
    const { code, stdout, stderr } = await run(["--sabotage", "list"], directory);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    for (const { name, what, verdict, reason } of SABOTAGES) {
      const line = stdout.split("\n").find((text) => text.trim().startsWith(`${name} `)) ?? "";
      expect(line).toContain(`${verdict}${reason === undefined ? "" : ` (${reason})`}`);
      expect(line).toContain(what);
    }
    expect(await readdir(directory)).toEqual([]);
  });
});

describe("a drill that cannot begin", () => {
  const WRONG = '{"plan": "orders", "sandbox": {"regoin": "eu-central-1"}}';

  it("ends with 2 and names the field of a wrong plan on stderr", async () => {
    await writeFile(join(directory, "wrong.yml"), WRONG);
    const { code, stdout, stderr } = await run(["--plan", "wrong.yml"], directory);
    expect(stderr).toMatch(/^Drill\.PlanInvalid: wrong\.yml is not a plan:/);
    expect(stderr).toContain('no key "regoin". Did you mean "region"?');
    expect(stderr).toContain("source is missing");
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  });

  it("prints with --json one document and nothing else", async () => {
    await writeFile(join(directory, "wrong.yml"), WRONG);
    const { code, stdout, stderr } = await run(["--json", "--plan", "wrong.yml"], directory);
    expect({ code, stderr }).toEqual({ code: 2, stderr: "" });
    const { error, ...document } = JSON.parse(stdout);
    expect(error).toBe("Drill.PlanInvalid");
    expect(DrillDocument.parse(document)).toMatchObject({ verdict: "errored", drillId: null });
    expect(document.summary).toContain('no key "regoin"');
  });

  it("names the plan file that is not there", async () => {
    const { code, stderr } = await run(["--plan", "absent.yml"], directory);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^Drill\.PlanInvalid: The plan file absent\.yml can not be read: ENOENT/);
  });

  it("names the source that does not answer, without its password", async () => {
    const { code, stdout, stderr } = await run(["--source", "postgres://me:s3cret@127.0.0.1:1/shop"], directory);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(/^Drill\.(SourceUnreachable|PgDumpMissing): /);
    expect(stderr).not.toContain("s3cret");
  });

  it("leaves no server and no run directory", async () => {
    expect(await readdir(join(directory, ".restore-drill/run"))).toEqual([]);
    expect(await processesOf(join(directory, ".restore-drill"))).toEqual([]);
  });
});

/** Drills of the whole demo, side by side with another test file. */
describe("a drill of the demo database", { timeout: 180_000 }, () => {
  it("prints with --json one document whose evidence is there", async () => {
    // An objective that a busy machine meets too.
    const plan = await readFile(join(PROJECT, "drills/orders.yml"), "utf8");
    const planFile = join(directory, "orders.yml");
    await writeFile(planFile, plan);
    const { code, stdout, stderr } = await run(["--json", "--plan", planFile]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const document = DrillDocument.parse(JSON.parse(stdout));
    const { drillId, evidence, notifications, checks } = document;
    try {
      expect(document).toMatchObject({ plan: "orders", verdict: "passed", reason: null, leftovers: [] });
      expect(drillId).toMatch(/^\d{8}-\d{6}-[0-9a-f]{8}$/);
      expect(document.rtoSeconds).toBeGreaterThan(1);
      expect(document.rpoSeconds).toBeGreaterThan(1);
      expect(new Set(checks.map(({ outcome }) => outcome))).toEqual(new Set(["held"]));
      expect(evidence.filter((file) => !existsSync(file))).toEqual([]);
      const page = await readFile(join(PROJECT, ".restore-drill/evidence/index.html"), "utf8");
      expect(page).toContain("Local drills of all databases");
      const report = evidence.find((file) => file.endsWith("/report.json")) ?? "";
      expect(JSON.parse(await readFile(report, "utf8"))).toMatchObject({ drillId, verdict: { verdict: "passed" } });
      expect(notifications).toHaveLength(1);
      expect(notifications[0]?.subject).toContain("PASSED");
      expect(notifications[0]?.email).toContain(drillId);
      expect(notifications[0]?.sms.length).toBeLessThanOrEqual(140);
    } finally {
      for (const file of evidence)
        await rm(file.includes("/ledger/") ? file : dirname(file), { recursive: true, force: true });
      // The next drill makes it anew, without the one that is gone.
      await rm(join(dirname(dirname(evidence[0] ?? "")), "history.json"), { force: true });
    }
  });

  it("does not begin when no baseline of the source can be captured, and says which check is why", async () => {
    const plan = await readFile(join(PROJECT, "drills/orders.yml"), "utf8");
    const planFile = join(directory, "typo.yml");
    await writeFile(planFile, plan.replace("table: shop.heartbeat", "table: shop.hartbeat"));
    const { code, stdout, stderr } = await run(["--plan", planFile]);
    expect(stderr).toMatch(
      /^Drill\.BaselineFailed: No baseline of orders-production was captured: the check "freshness shop\.hartbeat" could not be asked: relation "shop\.hartbeat" does not exist/,
    );
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  });

  it("ends at once on SIGINT with 130, and no server of it is left", async () => {
    const command = start([]);
    expect(await command.prints(/^ {2}copy /m)).not.toContain("\u001b");
    const runDirectory = `${PROJECT}/.restore-drill/run/${command.pid}-`;
    expect(await processesOf(runDirectory)).not.toEqual([]);
    const interruptedAt = Date.now();
    command.interrupt();
    const { code, stdout } = await command.ended;
    expect(code).toBe(130);
    expect((Date.now() - interruptedAt) / 1000).toBeLessThan(10);
    expect(stdout).not.toContain("PASSED");
    await expect.poll(() => processesOf(runDirectory), { timeout: 10_000 }).toEqual([]);
    expect(
      (await readdir(`${PROJECT}/.restore-drill/run`)).filter((name) => name.startsWith(`${command.pid}-`)),
    ).toEqual([]);
  });
});
