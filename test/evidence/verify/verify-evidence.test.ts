import { createHash } from "node:crypto";
import { cp, mkdir, mkdtemp, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { S3Client } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { JsonStore } from "../../../src/aws/json-store.ts";
import { bucketSource } from "../../../src/evidence/verify/bucket-source.ts";
import { directorySource } from "../../../src/evidence/verify/directory-source.ts";
import { type VerifiedEvidence, verifyEvidence } from "../../../src/evidence/verify/verify-evidence.ts";
import { s3Service } from "../../../src/local/services/s3.ts";
import { cloudOf } from "../../local/services/cloud-of.ts";
import { idOf, recordDrill } from "../recorded-drills.ts";

const SCRATCH = join(import.meta.dirname, "../../../.restore-drill/test");
const DATABASE = "orders-production";
const DAYS = ["2026-10-31", "2026-11-07", "2026-11-14", "2026-11-21"] as const;
const [FIRST, SECOND, THIRD, FOURTH] = DAYS.map(idOf) as [string, string, string, string];

let root: string;
let cloud: Awaited<ReturnType<typeof cloudOf>>;
let s3: S3Client;
/** A copy of the bucket, to be tampered with. */
let copy: string;
let copies = 0;

beforeAll(async () => {
  await mkdir(SCRATCH, { recursive: true });
  root = await mkdtemp(join(SCRATCH, "verify-"));
  cloud = await cloudOf(s3Service({ directory: root, buckets: ["evidence"] }));
  s3 = new S3Client(cloud.config());
  const store = new JsonStore(s3, "evidence");
  const reference = await captured(store);
  for (const day of DAYS) await recordDrill(store, { day, drill: { references: [reference] } });
  await recordDrill(store, { database: "billing", day: "2026-11-20" });
  await store.put("turns.json", { turns: [] });
  await store.put("surveys/latest.json", {});
});
afterAll(async () => {
  await cloud.close();
  await rm(root, { recursive: true });
});
beforeEach(async () => {
  copies += 1;
  copy = join(root, `copy-${copies}`);
  await cp(join(root, "evidence"), copy, { recursive: true });
});

async function captured(store: JsonStore) {
  const prefix = `${DATABASE}/baselines/20261030-060000-00000000`;
  const part = await store.put(`${prefix}/heartbeats.json`, { beat: "2026-10-30" });
  const parts = [{ part: "heartbeats.json", sha256: sha256(part), bytes: Buffer.byteLength(part) }];
  await store.put(`${prefix}/baseline.json`, { parts });
  const hashes = { "heartbeats.json": sha256(part) };
  return {
    kind: "baseline" as const,
    id: "20261030-060000-00000000",
    takenAt: "2026-10-30T06:00:00.000Z",
    prefix,
    sha256: hashes,
  };
}

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
/** A week after the last drill. */
const NOW = new Date("2026-11-28T06:00:00.000Z");
const verifyCopy = async (part = "", now = NOW): Promise<VerifiedEvidence> =>
  verifyEvidence(await directorySource(join(copy, part)), { now });
const at = (...path: string[]): string => join(copy, DATABASE, ...path);

async function edit(path: string, change: (text: string) => string): Promise<void> {
  const text = await readFile(path, "utf8");
  expect(change(text)).not.toBe(text);
  await writeFile(path, change(text));
}

/** One line a finding, without the database's name. */
async function findings(): Promise<string[]> {
  const { databases, outcome } = await verifyCopy();
  const found = databases.flatMap((database) => database.findings);
  expect(outcome).toBe(found.length === 0 ? "intact" : "broken");
  return found.map(({ state, key, what }) => `${state} ${key.replace(`${DATABASE}/`, "")}: ${what}`);
}

/** A manifest and its entry as they were before manifests were chained; who follows it follows what it is then. */
async function unchain(...drillIds: readonly string[]): Promise<void> {
  for (const drillId of drillIds) {
    const was = sha256(await readFile(at(drillId, "manifest.json"), "utf8"));
    await edit(at(drillId, "manifest.json"), (text) => text.replace(/"previous": (?:null|\{[^}]*\}),/, ""));
    let [from, to] = [was, sha256(await readFile(at(drillId, "manifest.json"), "utf8"))];
    await edit(at("ledger", `${drillId}.json`), (text) => text.replace(from, to));
    for (const next of [FIRST, SECOND, THIRD, FOURTH].filter((each) => each > drillId)) {
      const before = await readFile(at(next, "manifest.json"), "utf8");
      if (!before.includes(from)) break;
      await edit(at(next, "manifest.json"), (text) => text.replace(from, to));
      [from, to] = [sha256(before), sha256(await readFile(at(next, "manifest.json"), "utf8"))];
      await edit(at("ledger", `${next}.json`), (text) => text.replace(from, to));
    }
  }
}

/** Nothing of the journal in its manifest, as before manifests were chained. */
async function withoutJournal(drillId: string): Promise<void> {
  const before = await readFile(at(drillId, "manifest.json"), "utf8");
  const { files, ...manifest } = JSON.parse(before);
  const named = files.filter(({ file }: { file: string }) => !file.startsWith("journal/"));
  const after = JSON.stringify({ ...manifest, files: named }, undefined, 2);
  await edit(at(drillId, "manifest.json"), () => after);
  await edit(at("ledger", `${drillId}.json`), (text) => text.replace(sha256(before), sha256(after)));
}

/** A drill with all that belongs to it, made from another one: nothing in its own files tells. */
async function forge(drillId: string, from: string, change: (manifest: string) => string): Promise<void> {
  const dayOf = (id: string): string => `${id.slice(0, 4)}-${id.slice(4, 6)}-${id.slice(6, 8)}T`;
  const renamed = (text: string): string => text.replaceAll(from, drillId).replaceAll(dayOf(from), dayOf(drillId));
  await cp(at(from), at(drillId), { recursive: true });
  await cp(at("ledger", `${from}.json`), at("ledger", `${drillId}.json`));
  await edit(at(drillId, "manifest.json"), (text) => change(text.replace(from, drillId)));
  const stale = sha256(await readFile(at(from, "manifest.json"), "utf8"));
  const fresh = sha256(await readFile(at(drillId, "manifest.json"), "utf8"));
  await edit(at("ledger", `${drillId}.json`), (text) => text.replace(stale, fresh));
  await rewrite(drillId, renamed);
}

/** Writes a drill's report, manifest and entry anew so that each fits the other: what somebody does who knows how they are made. */
async function rewrite(drillId: string, change: (report: string) => string): Promise<void> {
  const before = await readFile(at(drillId, "manifest.json"), "utf8");
  const old = sha256(await readFile(at(drillId, "report.json"), "utf8"));
  await edit(at(drillId, "report.json"), change);
  const report = await readFile(at(drillId, "report.json"), "utf8");
  const bytes = /"file": "report.json",\s*"sha256": "\w+",\s*"bytes": \d+/;
  await edit(at(drillId, "manifest.json"), (text) =>
    text.replace(bytes, `"file": "report.json", "sha256": "${sha256(report)}", "bytes": ${Buffer.byteLength(report)}`),
  );
  const manifest = await readFile(at(drillId, "manifest.json"), "utf8");
  expect(old).not.toBe(sha256(report));
  await edit(at("ledger", `${drillId}.json`), (text) => change(text).replace(sha256(before), sha256(manifest)));
}

describe("evidence that nobody touched", () => {
  it("is intact, drill by drill, and chained", async () => {
    const { databases, beside, outcome } = await verifyCopy();
    expect(outcome).toBe("intact");
    expect(beside).toEqual(["turns.json", "surveys/"]);
    expect(databases.map(({ database, drills, unchainedDrills }) => [database, drills, unchainedDrills])).toEqual([
      ["billing", 1, 0],
      [DATABASE, 4, 0],
    ]);
    // report, checks, page, plan, heartbeats and three of the journal, four times, and the baseline's part.
    expect(databases[1]).toMatchObject({ intactFiles: 33, first: "2026-10-31T06:30:00.000Z" });
    expect(databases[0]?.uncovered).toEqual([
      `billing/${idOf("2026-11-20")}/journal/record-evidence.json`,
      `billing/${idOf("2026-11-20")}/outcome/notification.json`,
      `billing/${idOf("2026-11-20")}/outcome/page.json`,
      "billing/history.json",
    ]);
  });

  it("is the same in the bucket as in a copy of it, and by database", async () => {
    const [bucket, directory] = [await verifyEvidence(bucketSource(s3, "evidence")), await verifyCopy()];
    expect(bucket).toEqual({ ...directory, address: "s3://evidence" });
    const one = await verifyEvidence(bucketSource(s3, "evidence", DATABASE));
    expect(one).toMatchObject({ address: `s3://evidence/${DATABASE}`, outcome: "intact" });
    expect(one.databases).toMatchObject([{ database: DATABASE, drills: 4, intactFiles: 33 }]);
  });
});

describe("a part of the evidence", () => {
  it("is looked at as far as it goes: one database alone is whole", async () => {
    expect(await verifyCopy(DATABASE)).toMatchObject({
      outcome: "intact",
      databases: [{ database: DATABASE, drills: 4, intactFiles: 33, unlooked: [] }],
    });
  });

  it("says of one drill alone what could not be looked at", async () => {
    const { outcome, databases } = await verifyCopy(join(DATABASE, THIRD));
    expect(outcome).toBe("not all looked at");
    expect(databases).toMatchObject([
      {
        database: DATABASE,
        drills: 1,
        intactFiles: 8,
        findings: [],
        unlooked: [{ why: expect.stringContaining("chain") }],
      },
    ]);
  });

  it("is none where nothing is, which is said", async () => {
    const empty = await mkdtemp(join(root, "empty-"));
    await expect(verifyEvidence(await directorySource(empty))).rejects.toThrow("There is no evidence of a drill in ");
    await expect(directorySource(join(root, "nowhere"))).rejects.toThrow("There is no directory ");
  });
});

describe("evidence that somebody touched", () => {
  it("has a byte changed", async () => {
    await edit(at(SECOND, "checks.json"), (text) => text.replace("held", "helt"));
    expect(await findings()).toEqual([
      expect.stringMatching(`^altered ${SECOND}/checks.json: its SHA-256 is \\w{64}, and was`),
    ]);
  });

  it("has a file that grew", async () => {
    await edit(at(SECOND, "report.html"), (text) => text + " ".repeat(1000));
    expect(await findings()).toEqual([expect.stringMatching(`^altered ${SECOND}/report.html: has \\d+ B, and had`)]);
  });

  it("lacks a file", async () => {
    await rm(at(SECOND, "journal", "tear-down.json"));
    expect(await findings()).toEqual([
      `missing ${SECOND}/journal/tear-down.json: the manifest names it, and it is not there`,
    ]);
  });

  it("has a file that no drill writes", async () => {
    await writeFile(at(SECOND, "approval.pdf"), "");
    expect(await findings()).toEqual([expect.stringMatching(`^foreign ${SECOND}/approval.pdf: no manifest names it`)]);
  });

  it("has a note of a step that its manifest does not name, or something among its baselines", async () => {
    for (const file of ["forged.json", "copy-snapshot.json"]) await writeFile(at(SECOND, "journal", file), "{}");
    await mkdir(at("baselines", "x"));
    await writeFile(at("baselines", "x", "anything.html"), "");
    await writeFile(at("baselines", "20261030-060000-00000000", "keys.json"), "{}");
    expect(await findings()).toEqual([
      expect.stringMatching(`^foreign ${SECOND}/journal/copy-snapshot.json: no manifest names it`),
      expect.stringMatching(`^foreign ${SECOND}/journal/forged.json: no manifest names it`),
      "foreign baselines/20261030-060000-00000000/keys.json: no baseline names it, and no capture leaves it",
      "foreign baselines/x/anything.html: no baseline names it, and no capture leaves it",
    ]);
  });

  it("has nothing foreign in what captures leave that are not done", async () => {
    for (const folder of ["in-progress", "20261101-060000-00000000"])
      await mkdir(at("baselines", folder), { recursive: true });
    await writeFile(at("baselines", "in-progress", "run-1.json"), "{}");
    await writeFile(at("baselines", "20261101-060000-00000000", "keys.json"), "{}");
    expect(await findings()).toEqual([]);
  });

  it("has a manifest that names no report", async () => {
    const report = /\{\s*"file": "report.json",[^}]*\},/;
    await edit(at(FOURTH, "manifest.json"), (text) => text.replace(report, ""));
    await rm(at(FOURTH, "report.json"));
    expect(await findings()).toContainEqual(
      `missing ${FOURTH}/report.json: every drill has a report, and its manifest names none`,
    );
  });

  it("lacks all drills and entries of a database: its history names them", async () => {
    const billed = idOf("2026-11-20");
    for (const path of [billed, "ledger"]) await rm(join(copy, "billing", path), { recursive: true });
    expect(await findings()).toEqual([
      `missing billing/${billed}/manifest.json: history.json names the drill, and neither its evidence nor its entry in the ledger is there`,
    ]);
    expect(await verifyCopy("billing")).toMatchObject({ outcome: "broken" });
    await writeFile(join(copy, "billing", "history.json"), "{}");
    expect(await verifyCopy()).toMatchObject({ outcome: "not all looked at" });
  });

  it("lacks a drill that the history has only as the last of its plan", async () => {
    const gone = idOf("2026-10-24");
    await edit(at("history.json"), (text) =>
      text.replace(/"lastDrills": \{/, `"lastDrills": { "quarterly": { "drillId": "${gone}" },`),
    );
    expect(await findings()).toEqual([expect.stringMatching(`^missing ${gone}/manifest.json: history.json names`)]);
    await edit(at("history.json"), (text) => JSON.stringify({ ...JSON.parse(text), lastDrills: undefined }));
    expect(await findings()).toEqual([]);
  });

  it("lacks a drill and its entry: the next one follows it", async () => {
    await rm(at(SECOND), { recursive: true });
    await rm(at("ledger", `${SECOND}.json`));
    expect(await findings()).toEqual([
      expect.stringMatching(`^broken ${THIRD}/manifest.json: ${THIRD} follows ${SECOND}, which has no`),
      `missing ${SECOND}/manifest.json: history.json names the drill, and neither its evidence nor its entry in the ledger is there`,
    ]);
  });

  it("lacks a drill that the ledger has, or the entry of one that is there", async () => {
    await rm(at(FOURTH), { recursive: true });
    await rm(at("ledger", `${FIRST}.json`));
    expect(await findings()).toEqual([
      `missing ledger/${FIRST}.json: the drill has no entry in the ledger`,
      `missing ${FOURTH}/manifest.json: the ledger has the drill, and its manifest is not there`,
    ]);
  });

  it("lacks a drill but for its notes", async () => {
    for (const file of ["manifest.json", "report.json"]) await rm(at(FOURTH, file));
    await rm(at("ledger", `${FOURTH}.json`));
    expect(await findings()).toEqual([
      expect.stringMatching(`^missing ${FOURTH}/manifest.json: the drill left 10 files and was never recorded`),
    ]);
  });

  it("has an entry of the ledger that says otherwise than the report", async () => {
    await edit(at("ledger", `${SECOND}.json`), (text) => text.replace('"rtoSeconds": 1200', '"rtoSeconds": 120'));
    expect(await findings()).toEqual([
      `altered ledger/${SECOND}.json: says otherwise than report.json: rtoSeconds is 120, there 1200`,
    ]);
  });

  it("has an entry that says less, or more, than the report", async () => {
    const without = (field: string) => (text: string) => text.replace(new RegExp(`\\n *"${field}": [^,{]+,`), "");
    for (const field of ["rtoSeconds", "recoveryPointAt", "isReference", "sizeGib"])
      await edit(at("ledger", `${SECOND}.json`), without(field));
    await edit(at("ledger", `${THIRD}.json`), (text) => text.replace("{", '{ "scenario": "ransomware",'));
    expect(await findings()).toEqual([
      expect.stringMatching(
        `^altered ledger/${SECOND}.json: says otherwise than report.json: rtoSeconds is nothing, there 1200; .*sizeGib is nothing, .*recoveryPointAt is nothing, .*isReference is nothing, there true$`,
      ),
      `altered ledger/${THIRD}.json: says otherwise than report.json: scenario is "ransomware", there nothing`,
    ]);
  });

  it("has an entry that can not be read", async () => {
    await writeFile(at("ledger", `${SECOND}.json`), "{}");
    expect(await findings()).toEqual([
      expect.stringMatching(`^unreadable ledger/${SECOND}.json: is not the document it should be`),
    ]);
  });

  it("has a drill that was written anew as a whole: the next one followed another", async () => {
    await rewrite(SECOND, (text) => text.replaceAll("The restored database is right", "All is well"));
    expect(await findings()).toEqual([
      expect.stringMatching(
        `^broken ${THIRD}/manifest.json: ${THIRD} follows a manifest of ${SECOND} with SHA-256 \\w{64}; it is \\w{64} now`,
      ),
    ]);
  });

  it("has two drills swapped", async () => {
    await rename(at(SECOND), at("aside"));
    await rename(at(THIRD), at(SECOND));
    await rename(at("aside"), at(THIRD));
    expect(await findings()).toEqual(
      expect.arrayContaining([
        `altered ${SECOND}/manifest.json: is the manifest of drill ${THIRD}`,
        expect.stringMatching(`^altered ${SECOND}/manifest.json: its SHA-256 is \\w{64}, and the ledger says`),
        `altered ${THIRD}/report.json: is the report of drill ${SECOND}`,
      ]),
    );
  });

  it("has a drill put in between: two follow the same one", async () => {
    const forged = "20261110-060000-ffffffff";
    await cp(at(THIRD), at(forged), { recursive: true });
    await cp(at("ledger", `${THIRD}.json`), at("ledger", `${forged}.json`));
    await rewrite(forged, (text) => text.replaceAll(THIRD, forged).replaceAll("2026-11-14T06:", "2026-11-10T06:"));
    await edit(at(forged, "manifest.json"), (text) => text.replace(THIRD, forged));
    await edit(at("ledger", `${forged}.json`), () => "{}");
    expect(await findings()).toContainEqual(
      `broken ${forged}/manifest.json: ${forged} and ${THIRD} both follow ${SECOND}: one was put in later, or they were recorded in the same moment`,
    );
  });

  it("has a drill put in before the first, which said that it is the first", async () => {
    const forged = "20261020-060000-ffffffff";
    await forge(forged, FIRST, (text) => text.replace('"previous": null,', ""));
    expect(await findings()).toEqual([
      `broken ${forged}/manifest.json: ${forged} was recorded before ${FIRST}, which says that it is the first: put in later`,
    ]);
  });

  it("has another first drill before the first", async () => {
    await forge("20261020-060000-ffffffff", FIRST, (text) => text);
    expect(await findings()).toEqual([
      expect.stringMatching(`^broken ${FIRST}/manifest.json: ${FIRST} says that it is the first, though 20261020-`),
    ]);
  });

  it("has a first drill after others", async () => {
    await edit(at(THIRD, "manifest.json"), (text) => text.replace(/"previous": \{[^}]*\}/, '"previous": null'));
    expect(await findings()).toContainEqual(
      expect.stringMatching(`^broken ${THIRD}/manifest.json: ${THIRD} says that it is the first, though ${FIRST} was`),
    );
  });

  it("has a drill put in between the last that was not chained and the first that was", async () => {
    await unchain(FIRST, SECOND);
    await forge("20261110-060000-ffffffff", SECOND, (text) => text);
    expect(await findings()).toEqual([
      `broken 20261110-060000-ffffffff/manifest.json: 20261110-060000-ffffffff follows no drill, though ${SECOND} was recorded before it`,
    ]);
  });

  it("has a drill in the middle that follows none", async () => {
    await edit(at(THIRD, "manifest.json"), (text) => text.replace(/"previous": \{[^}]*\},/, ""));
    expect(await findings()).toContainEqual(
      `broken ${THIRD}/manifest.json: ${THIRD} follows no drill, though ${SECOND} was recorded before it`,
    );
  });

  it("has a drill that follows one which ended later", async () => {
    const before = sha256(await readFile(at(SECOND, "manifest.json"), "utf8"));
    await rewrite(SECOND, (text) => text.replace('"endedAt": "2026-11-07T06:30', '"endedAt": "2026-11-25T06:30'));
    const now = sha256(await readFile(at(SECOND, "manifest.json"), "utf8"));
    await edit(at(THIRD, "manifest.json"), (text) => text.replace(before, now));
    expect(await findings()).toContainEqual(
      `broken ${THIRD}/manifest.json: ${THIRD} ended at 2026-11-14T06:30:00.000Z and follows ${SECOND}, which ended later, at 2026-11-25T06:30:00.000Z`,
    );
  });

  it("has another baseline than the one that drills were held against", async () => {
    const folder = join("baselines", "20261030-060000-00000000");
    const was = sha256(await readFile(at(folder, "heartbeats.json"), "utf8"));
    await edit(at(folder, "heartbeats.json"), (text) => text.replace("30", "29"));
    const part = `baselines/20261030-060000-00000000/heartbeats.json`;
    expect(await findings()).toEqual([
      `altered ${part}: is not what baseline.json says was captured`,
      expect.stringMatching(`^altered ${part}: drill ${FIRST} was held against it with SHA-256 ${was}`),
    ]);
    const doubted = (await verifyCopy()).databases[1]?.findings.at(-1)?.drillIds;
    expect(doubted).toEqual([FIRST, SECOND, THIRD, FOURTH]);
    const now = sha256(await readFile(at(folder, "heartbeats.json"), "utf8"));
    await edit(at(folder, "baseline.json"), (text) => text.replace(was, now));
    expect(await findings()).toEqual([expect.stringMatching(`^altered ${part}: drill ${FIRST} was held against it`)]);
  });
});

describe("what is not looked at", () => {
  it("is a link, which is not followed, and then not all is intact", async () => {
    await rm(at(SECOND, "checks.json"));
    await symlink(at(FIRST, "checks.json"), at(SECOND, "checks.json"));
    await writeFile(at(FIRST, ".DS_Store"), "what a file manager leaves is nobody's evidence");
    const { outcome, databases } = await verifyCopy();
    expect(outcome).toBe("not all looked at");
    expect(databases[1]).toMatchObject({
      findings: [],
      intactFiles: 32,
      unlooked: [{ key: `${DATABASE}/${SECOND}/checks.json`, why: "a symbolic link, which is not followed" }],
    });
  });

  it("is a drill that may still run, which is no finding yet", async () => {
    const drillId = idOf("2026-11-22");
    await mkdir(at(drillId));
    await writeFile(at(drillId, "plan.json"), "{}");
    const soon = await verifyCopy("", new Date("2026-11-22T09:00:00.000Z"));
    expect(soon.databases[1]).toMatchObject({ runningDrills: [drillId], findings: [] });
    expect((await verifyCopy()).databases[1]?.findings).toMatchObject([{ state: "missing" }]);
  });

  it("is the link before manifests were chained: older drills are not broken", async () => {
    await unchain(FIRST, SECOND, THIRD);
    expect(await findings()).toEqual([]);
    expect((await verifyCopy()).databases[1]?.unchainedDrills).toBe(2);
    await unchain(FOURTH);
    expect(await findings()).toEqual([]);
    expect((await verifyCopy()).databases[1]?.unchainedDrills).toBe(4);
  });

  it("is what older versions did not ask of a reference: whether it was a copy", async () => {
    const copied = (text: string): string =>
      text.replace(
        /"recoveryPoint": \{\s*"arn"/,
        '"recoveryPoint": { "copiedFrom": "arn:aws:rds:us-east-1:1:snapshot:a", "arn"',
      );
    const otherwise = `altered ledger/${FOURTH}.json: says otherwise than report.json: isReference is true, there false`;
    await rewrite(FOURTH, copied);
    expect(await findings()).toEqual([otherwise]);
    await unchain(FIRST, SECOND, THIRD, FOURTH);
    await withoutJournal(FOURTH);
    expect(await findings()).toEqual([]);
    await rewrite(FOURTH, (text) => text.replaceAll('"verdict": "passed"', '"verdict": "failed"'));
    expect(await findings()).toEqual([otherwise]);
  });

  it("is a folder or a document behind a link, at the top too, which may have been a database", async () => {
    await rename(join(copy, "billing"), join(root, `aside-${copies}`));
    await symlink(join(root, `aside-${copies}`), join(copy, "billing"));
    expect(await verifyCopy()).toMatchObject({
      outcome: "not all looked at",
      databases: [{ database: DATABASE }],
      unlooked: [{ key: "billing", why: "a symbolic link, which is not followed" }],
    });
  });

  it("is the ledger behind a link: nothing is missing, and it is told once", async () => {
    await rename(at("ledger"), at("..", "aside"));
    await symlink(join(copy, "aside"), at("ledger"));
    const { outcome, databases } = await verifyCopy();
    expect(outcome).toBe("not all looked at");
    expect(databases.find(({ database }) => database === DATABASE)).toMatchObject({
      findings: [],
      unlooked: [{ key: `${DATABASE}/ledger` }],
    });
  });
});
