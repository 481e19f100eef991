import { appendFile, cp, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { S3Client } from "@aws-sdk/client-s3";
import { SFNClient } from "@aws-sdk/client-sfn";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readCommand } from "../../../src/cli/deployed/arguments.ts";
import { runCommand } from "../../../src/cli/deployed/command.ts";
import { evidenceBucket } from "../../evidence/evidence-bucket.ts";
import { idOf, recordDrill } from "../../evidence/recorded-drills.ts";

const SCRATCH = join(import.meta.dirname, "../../../.restore-drill/test");
/** Without region and credentials: a directory needs neither. */
const clients = { sfn: new SFNClient({}), s3: new S3Client({}) };

let intact: string;
let altered: string;
const made: string[] = [];
beforeAll(async () => {
  const { store, objects } = evidenceBucket();
  await recordDrill(store, { day: "2026-11-07" });
  await recordDrill(store, { day: "2026-11-14", verdict: { summary: "Right.\u001b[2J" } });
  await mkdir(SCRATCH, { recursive: true });
  [intact = "", altered = ""] = await Promise.all(
    ["intact-", "altered-"].map(async (name) => {
      const directory = await mkdtemp(join(SCRATCH, name));
      for (const [key, text] of objects) {
        await mkdir(dirname(join(directory, key)), { recursive: true });
        await writeFile(join(directory, key), text);
      }
      return directory;
    }),
  );
  await appendFile(join(altered, "orders-production", idOf("2026-11-14"), "checks.json"), " ");
});
afterAll(async () => {
  for (const directory of [intact, altered, ...made]) await rm(directory, { recursive: true });
});

async function said(...argv: string[]) {
  const [out, err]: [string[], string[]] = [[], []];
  const code = await runCommand(
    {
      ...clients,
      stdout: { write: (text) => out.push(text) },
      stderr: { write: (text) => err.push(text) },
    },
    readCommand(argv, new Date("2026-11-21T06:00:00.000Z")),
  );
  return { code, out: out.join(""), err: err.join("") };
}

const BEGINS_A_LINE = /^INTACT|^.*[\u202e\u2066]/m;

/** Evidence in which files and folders are called what this command could have said. */
async function forged(): Promise<string> {
  const directory = await mkdtemp(join(SCRATCH, "forged-"));
  made.push(directory);
  await cp(intact, directory, { recursive: true });
  const name = "x\nINTACT: all is \u202ewell";
  await symlink(intact, join(directory, name));
  await mkdir(join(directory, `${name}.d`));
  await writeFile(join(directory, "orders-production", `y${name}`), "");
  return directory;
}

describe("restore-drill verify-evidence", () => {
  it("says in a line a database that all is intact, and ends with 0", async () => {
    const { code, out } = await said("verify-evidence", intact);
    expect(code).toBe(0);
    expect(out).toBe(
      `orders-production: intact; 2 drills of 2026-11-07 to 2026-11-14, 16 files as they were recorded

Named by no manifest, so that no hash holds them: 7 notes of what came after it, and pages made from the rest.
INTACT: every file is what its manifest says, every manifest what the ledger and the next drill say.
${intact}. What this proves, and what not: docs/evidence.md
`,
    );
  });

  it("says what is not, and ends with 1", async () => {
    const { code, out } = await said("verify-evidence", altered);
    expect(code).toBe(1);
    expect(out).toMatch(
      /^orders-production: NOT INTACT; 2 drills .*, 15 files as they were recorded\n {2}altered +orders-production\/20261114-060000-00000000\/checks\.json: has \d+ B, and had \d+ when it was recorded\n/,
    );
    expect(out).toContain("\nNOT INTACT: see above.");
  });

  it("ends with 2 where not all could be looked at, and rejects where nothing could", async () => {
    const { code, out } = await said("verify-evidence", join(intact, "orders-production", idOf("2026-11-07")));
    expect(code).toBe(2);
    expect(out).toContain("\nNOT PROVEN: nothing wrong was seen, but not everything could be looked at.\n");
    await expect(said("verify-evidence", join(intact, "nowhere"))).rejects.toThrow("There is no directory ");
  });

  it("tells names on one line each: none of them is a line of ours, or turns one around", async () => {
    const { out, code } = await said("verify-evidence", await forged());
    expect(code).toBe(1);
    expect(out).toContain("not seen     x INTACT: all is well: a symbolic link");
    expect(out).toContain("not looked at: x INTACT: all is well.d/");
    expect(out).not.toMatch(BEGINS_A_LINE);
  });

  it("tells machines the same", async () => {
    const { code, out } = await said("verify-evidence", altered, "--json");
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({
      outcome: "broken",
      databases: [{ database: "orders-production", findings: [{ state: "altered" }] }],
    });
  });
});

describe("restore-drill controls", () => {
  it("writes CSV, and nothing else", async () => {
    const { code, out, err } = await said("controls", intact);
    expect([code, err]).toEqual([0, ""]);
    expect(out).not.toContain("\u001b");
    expect(out.trimEnd().split("\r\n")).toHaveLength(1 + 2 * 5);
    const { out: summary } = await said("controls", intact, "--summary", "--from", "2026-11-10");
    expect(summary.split("\r\n")[1]).toMatch(/^A1\.3,.*,orders-production,orders,1,1,0,0,0,/);
  });

  it("writes JSON with the rows, the summary and the mapping", async () => {
    const { out } = await said("controls", intact, "--format", "json");
    const { drills, summary, controls } = JSON.parse(out);
    expect([drills.length, summary.length, controls.length]).toEqual([10, 5, 5]);
  });

  it("tells names on one line each", async () => {
    const { err, code } = await said("controls", await forged());
    expect(code).toBe(2);
    expect(err).toContain(
      "Not as it should be, or not looked at, beside the drills: not seen x INTACT: all is well, foreign ",
    );
    expect(err).not.toMatch(BEGINS_A_LINE);
  });

  it("says of which drills the evidence is not intact, and ends with 2", async () => {
    const { code, out, err } = await said("controls", altered);
    expect(code).toBe(2);
    expect(out).toContain("not shown,the evidence is not intact");
    expect(err).toContain(`Not intact, or not all looked at, is the evidence of: ${idOf("2026-11-14")}. See`);
  });
});
