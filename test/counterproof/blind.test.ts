import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { found } from "../../src/checks/kind.ts";
import { judge } from "../../src/verdict/judge-drill.ts";
import { phasesOf } from "../../src/verdict/phases.ts";
import { Sandbox } from "../checks/sandbox.ts";
import { SAMPLE_DRILL } from "../plan/sample-drill.ts";
import { checkResults, STORY } from "../verdict/sample-results.ts";
import { prove } from "./proving.ts";

/** Two kinds that hold whatever comes back, and say so before they look. */
vi.mock(import("../../src/checks/kinds/index.ts"), async (original) => {
  const { kindOf } = await original();
  const blind = new Set(["constraints", "rows"]);
  return {
    kindOf: (kind) => {
      const real = kindOf(kind);
      return blind.has(kind) ? { ...real, ask: async () => found("held", "all is well") } : real;
    },
  };
});

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await Sandbox.open();
});
afterAll(() => sandbox?.close());

describe("checks that can not fail", () => {
  it("are found, and the drill is inconclusive because of them", async () => {
    const database = await sandbox.database(`grant create on schema public to drill; set role drill;
      create table orders (id bigserial primary key, total int); insert into orders (total) select n from generate_series(1, 40) n;
      reset role; analyze`);
    const { proof } = await prove(sandbox, database, [
      { kind: "constraints" },
      { kind: "sequences" },
      { kind: "rows", table: "orders", expect: { atLeast: 1 } },
    ]);
    expect(proof.planted.map(({ check, during, detected }) => [check, during, detected])).toEqual([
      ["sequences", "failed", true],
      ["constraints", "held", false],
      ["rows orders", "held", false],
    ]);
    const results = checkResults();
    const verdict = judge({
      drill: SAMPLE_DRILL,
      failure: undefined,
      results,
      phases: phasesOf(SAMPLE_DRILL, STORY, results),
      counterproof: proof,
    });
    expect(verdict).toMatchObject({ verdict: "inconclusive", reason: "unchecked" });
    expect(verdict.summary).toBe(
      "Nothing wrong was seen, but 2 of 3 planted damages were not detected. constraints: held although the drill had done damage, a constraint that no row was held against, to public.orders; what can not fail proves nothing",
    );
    expect(verdict.findings).toHaveLength(2);
  });
});
