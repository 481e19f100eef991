import { mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { discover, PLAIN, type PlannedFault, runCampaign, selected } from "../../src/chaos/campaign.ts";
import { CALL_FAULTS, FAULT_KINDS, type FaultKind } from "../../src/chaos/fault.ts";
import { nameOf } from "../../src/chaos/site.ts";
import { differenceList } from "../../src/chaos/table.ts";
import { World } from "../../src/chaos/world.ts";

const DIRECTORY = resolve(import.meta.dirname, "../../.restore-drill");
/** Chosen once, so that what fails here fails again; `npm run chaos` tries all of them. */
const SEED = 4;
/** About a minute by itself; five times that beside other tests. */
const SUBSET_LIMIT_MS = 250_000;

describe("a drill in which one thing goes wrong", () => {
  let worlds: World[] = [];
  let faults: PlannedFault[] = [];
  const open = (name: string): Promise<World> => World.open(join(DIRECTORY), `test-${name}`);

  beforeAll(async () => {
    await mkdir(DIRECTORY, { recursive: true });
    worlds = [await open("one"), await open("two")];
    faults = await discover(worlds, PLAIN);
  });
  afterAll(async () => {
    for (const world of worlds) await world.close();
  });

  it("is known by every call and state of a drill without faults", () => {
    const sites = new Set(faults.map(({ fault }) => nameOf(fault.site)));
    expect([...sites]).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^restore-drill-copy-snapshot: rds:CopyDBClusterSnapshot /),
        expect.stringMatching(
          /^restore-drill-run-checks: rds-data:ExecuteStatement select count\(\*\)::text from "public"."purchase"/,
        ),
        expect.stringMatching(/^restore-drill-notify-outcome: sns:Publish /),
        "restore-drill: state TearDown",
      ]),
    );
    const ofOne = faults.filter(({ fault }) => nameOf(fault.site).includes("rds:CopyDBClusterSnapshot "));
    expect(ofOne.map(({ fault }) => fault.kind)).toEqual(expect.arrayContaining([...CALL_FAULTS]));
  });

  it(
    "ends as the oracle says, for one fault of every kind",
    async () => {
      const one = (kind: FaultKind): PlannedFault[] =>
        // What never answers is waited for until its deadline: of a call that has an early one.
        selected(faults, {
          kind,
          sample: 1,
          seed: SEED,
          ...(kind === "unavailable" ? { only: "rds:DescribeDBClusters" } : {}),
        });
      const some = FAULT_KINDS.flatMap(one);
      expect(new Set(some.map(({ fault }) => fault.kind))).toEqual(new Set(FAULT_KINDS));
      const outcomes = await runCampaign(open, some, { worlds: worlds.splice(0), onOutcome: () => {} });
      expect(outcomes).toHaveLength(some.length);
      expect(differenceList(outcomes)).toBe("");
    },
    SUBSET_LIMIT_MS,
  );
});
