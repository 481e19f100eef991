import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Rehearsal, rehearse } from "../../src/cli/rehearsal.ts";
import { SABOTAGES } from "../../src/local/sabotage/sabotages.ts";
import { demoPlan } from "./theatre.ts";

const ROOTS = resolve(import.meta.dirname, "../../.restore-drill/test");

describe("a sabotaged recovery", () => {
  let root: string;

  beforeAll(async () => {
    await mkdir(ROOTS, { recursive: true });
    root = await mkdtemp(join(ROOTS, "sabotage-"));
  });
  afterAll(() => rm(root, { recursive: true, force: true }));

  async function sabotaged(name: string): Promise<Rehearsal> {
    const sabotage = SABOTAGES.find((candidate) => candidate.name === name);
    // A restore that is too slow is waited for: its objective is one that a test can wait for.
    const plan = name === "slow" ? await demoPlan({ objectives: { rto: "20s", rpo: "24h" } }) : await demoPlan();
    const planFile = join(root, `${name}.yml`);
    await writeFile(planFile, JSON.stringify(plan));
    return rehearse({ root, planFile, sabotage });
  }

  for (const { name, what, verdict, reason } of SABOTAGES)
    it(`${name} ends as ${verdict}${reason === undefined ? "" : ` (${reason})`}: ${what}`, async () => {
      const rehearsal = await sabotaged(name);
      expect(rehearsal.verdict).toBe(verdict);
      expect(rehearsal.report?.verdict.reason).toBe(reason);
      expect(rehearsal.report?.leftovers.map(({ kind }) => kind)).toEqual(name === "leak" ? ["cluster"] : []);
      expect(rehearsal.messages).toHaveLength(1);
      expect(rehearsal.evidence.filter((file) => /(report|checks|manifest)\.json$/.test(file))).toHaveLength(3);
    });
});
