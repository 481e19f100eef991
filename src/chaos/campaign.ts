/** Finds out by drills without faults what can go wrong, and lets it go wrong, one fault a drill, in several worlds side by side. */
import type { PassedSite } from "./arming.ts";
import { CALL_FAULTS, describeFault, type Fault, type FaultKind, type Setting, STATE_FAULTS } from "./fault.ts";
import { judgeRun, type Outcome } from "./judge.ts";
import { toldOf } from "./observation.ts";
import { sampled } from "./sample.ts";
import { type Moment, nameOf } from "./site.ts";
import { World } from "./world.ts";

/** Several drills wait for more than they compute; on two cores a fourth world makes none of them faster. */
export const WORLDS = 3;

/** A drill of a damaged backup does up to its checks what one of a good backup does: of those sites, every so many-th. */
const OF_DAMAGED = 4;
/** With a counterproof only ProveChecks is new; its statements are many of one kind. */
const OF_PROVEN = 6;

export interface PlannedFault {
  readonly fault: Fault;
  /** A drill without faults tells people before it comes to the site. */
  readonly moment: Moment;
}

export interface Selection {
  readonly only?: string | undefined;
  readonly kind?: FaultKind | undefined;
  readonly sample?: number | undefined;
  readonly seed: number;
}

const SETTINGS: readonly Setting[] = [
  { plan: "plain", backup: "good" },
  { plan: "plain", backup: "damaged" },
  { plan: "proven", backup: "good" },
];

/** Every fault there is, from the call sites and states of drills without one. Throws when such a drill does not end as it should. */
export async function discover(world: World): Promise<PlannedFault[]> {
  const planned: PlannedFault[] = [];
  const known = new Set<string>();
  for (const setting of SETTINGS) {
    const { observation, passed } = await world.run(setting, undefined);
    const wanted = setting.backup === "good" ? "passed" : "failed";
    const told = toldOf(observation).map(({ verdict }) => verdict);
    if (told.length !== 1 || told[0] !== wanted)
      throw new Error(
        `Without a fault the drill of a ${setting.backup} backup ended ${told.join(", ") || "untold"}: ${observation.execution.cause}`,
      );
    // A counterproof chooses where it damages: only what it comes by twice is found again.
    const again = setting.plan === "proven" ? namesOf((await world.run(setting, undefined)).passed) : undefined;
    let old = 0;
    for (const { site, moment } of passed) {
      const isKnown = known.has(nameOf(site));
      known.add(nameOf(site));
      const every =
        setting.plan === "proven"
          ? OF_PROVEN
          : setting.backup === "damaged" && !isAfterData(nameOf(site))
            ? OF_DAMAGED
            : 1;
      if (again !== undefined && (isKnown || !again.has(nameOf(site)))) continue;
      old += 1;
      if (old % every !== 0 && site.at === "call") continue;
      if (site.at === "state")
        for (const kind of STATE_FAULTS) planned.push({ fault: { ...setting, kind, site }, moment });
      else for (const kind of CALL_FAULTS) planned.push({ fault: { ...setting, kind, site }, moment });
    }
  }
  return planned;
}

const namesOf = (passed: readonly PassedSite[]): ReadonlySet<string> => new Set(passed.map(({ site }) => nameOf(site)));

/** Where bad data has been seen, or is about to be told. */
const isAfterData = (site: string): boolean => /checks\.json|judge-drill|record-evidence|notify-outcome/.test(site);

export function selected(planned: readonly PlannedFault[], { only, kind, sample, seed }: Selection): PlannedFault[] {
  const meant = planned.filter(
    ({ fault }) =>
      (kind === undefined || fault.kind === kind) && (only === undefined || describeFault(fault).includes(only)),
  );
  return sample === undefined ? meant : sampled(meant, sample, seed, ({ fault }) => groupsOf(fault));
}

/** A sample has something of every kind and of every function, as far as it is large enough. */
const groupsOf = ({ kind, site, backup }: Fault): readonly string[] => [
  kind,
  site.at === "call" ? site.function : "state",
  backup,
];

/** Runs the faults and tells of each as it ends. Worlds in which something was left are not drilled in again. */
export async function runCampaign(
  open: (name: string) => Promise<World>,
  planned: readonly PlannedFault[],
  { worlds, onOutcome }: { worlds: readonly World[]; onOutcome: (outcome: Outcome) => void },
): Promise<Outcome[]> {
  const queue = [...planned];
  const outcomes: Outcome[] = [];
  let opened = 0;
  const work = async (first: World): Promise<void> => {
    let world = first;
    try {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        const { fault, moment } = next;
        const { observation } = await world.run(fault, fault);
        const outcome = judgeRun(fault, observation, moment);
        outcomes.push(outcome);
        onOutcome(outcome);
        const isSpoilt = observation.leftovers.length > 0 || !observation.isAtRest || observation.touched.length > 0;
        if (!isSpoilt) continue;
        await world.close();
        opened += 1;
        world = await open(`again-${opened}`);
      }
    } finally {
      await world.close();
    }
  };
  await Promise.all(worlds.map(work));
  return outcomes;
}

export async function openWorlds(directory: string, count: number): Promise<World[]> {
  // One after the other: the first fills the cache of bundles that the others take.
  const worlds: World[] = [];
  for (let nth = 0; nth < count; nth++) worlds.push(await World.open(directory, `world-${nth}`));
  return worlds;
}
