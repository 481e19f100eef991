/** Finds out by drills without faults what can go wrong, and lets it go wrong, one fault a drill, in several worlds side by side. */
import type { PassedSite } from "./arming.ts";
import {
  CALL_FAULTS,
  describeFault,
  type Fault,
  type FaultKind,
  isTransient,
  type Setting,
  STATE_FAULTS,
} from "./fault.ts";
import { judgeRun, type Outcome } from "./judge.ts";
import { type Observation, toldOf } from "./observation.ts";
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

/** Whatever an execution that is stopped needs to be finished by another: what is asked, taken down, judged, recorded and told then. */
const FINISHING = /-(adopt-drill|tear-down|judge-drill|record-evidence|notify-outcome)$/;

export const PLAIN: readonly Setting[] = [
  { plan: "plain", backup: "good" },
  { plan: "plain", backup: "damaged" },
  { plan: "plain", backup: "good", stoppedIn: "RestoreSandbox" },
];
const SETTINGS: readonly Setting[] = [...PLAIN, { plan: "proven", backup: "good" }];

interface Discovered {
  readonly setting: Setting;
  readonly passed: readonly PassedSite[];
}

/**
 * Every fault there is, from the call sites and states of drills without one, which the worlds share. Throws when such a drill does not end as
 * it should.
 */
export async function discover(worlds: readonly World[], settings = SETTINGS): Promise<PlannedFault[]> {
  const queue = [...settings.entries()];
  const found: Discovered[] = [];
  await Promise.all(
    worlds.map(async (world) => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        const [nth, setting] = next;
        found[nth] = { setting, passed: await passedIn(world, setting) };
      }
    }),
  );
  const known = new Set<string>();
  return found.flatMap((one) => plannedOf(one, known));
}

async function passedIn(world: World, setting: Setting): Promise<readonly PassedSite[]> {
  const { observation, passed } = await world.run(setting, undefined);
  const wanted = setting.stoppedIn !== undefined ? "errored" : setting.backup === "good" ? "passed" : "failed";
  const told = toldOf(observation).map(({ verdict }) => verdict);
  if (told.length !== 1 || told[0] !== wanted)
    throw new Error(
      `Without a fault the drill of a ${setting.backup} backup ended ${told.join(", ") || "untold"}: ${observation.execution.cause}`,
    );
  if (observation.touched.length + observation.leftovers.length > 0)
    throw new Error(
      `Without a fault a drill touched or left ${JSON.stringify([observation.touched, observation.leftovers])}`,
    );
  if (setting.plan !== "proven") return passed;
  // A counterproof chooses where it damages: only what it comes by twice is found again.
  const again = namesOf((await world.run(setting, undefined)).passed);
  return passed.filter(({ site }) => again.has(nameOf(site)));
}

/** `known`: sites of the settings before, to which these are added. */
function plannedOf({ setting, passed }: Discovered, known: Set<string>): PlannedFault[] {
  const isFinished = setting.stoppedIn !== undefined;
  const wanted = passed.filter(({ site }) => {
    const isNew = !known.has(nameOf(site));
    if (isFinished) return site.at === "call" && FINISHING.test(site.function);
    return setting.plan !== "proven" || isNew;
  });
  for (const { site } of passed) known.add(nameOf(site));
  const isGood = setting.plan === "plain" && setting.backup === "good";
  const every = setting.plan === "proven" ? OF_PROVEN : OF_DAMAGED;
  return wanted.flatMap((one, nth) => {
    const isSparse = one.site.at === "call" && !isGood && !(setting.plan === "plain" && isAfterData(one));
    return isSparse && nth % every !== 0 ? [] : faultsAt(setting, one, isGood);
  });
}

function faultsAt(setting: Setting, { site, moment, calls }: PassedSite, isGood: boolean): PlannedFault[] {
  if (site.at === "state") return STATE_FAULTS.map((kind) => ({ fault: { ...setting, kind, site }, moment }));
  const first = CALL_FAULTS.map((kind) => ({ fault: { ...setting, kind, site }, moment }));
  if (calls === 1 || !isGood) return first;
  const last = CALL_FAULTS.filter(isTransient).map((kind) => ({
    fault: { ...setting, kind, site, call: calls },
    moment,
  }));
  return [...first, ...last];
}

const namesOf = (passed: readonly PassedSite[]): ReadonlySet<string> => new Set(passed.map(({ site }) => nameOf(site)));

/** Where bad data is stored, judged, recorded and told. */
const isAfterData = ({ site, moment }: PassedSite): boolean => moment !== "before" || /checks\.json/.test(nameOf(site));

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
        const { observation, fault: tried } = await reached(world, fault);
        const outcome = judgeRun(tried, observation, moment);
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

/** How often a drill looks before something is ready is not the same each time: where it had fewer than planned, half as many. */
async function reached(world: World, fault: Fault): Promise<{ observation: Observation; fault: Fault }> {
  const { observation, passed } = await world.run(fault, fault);
  if (observation.isReached || !("call" in fault)) return { observation, fault };
  const calls = passed.find(({ site }) => nameOf(site) === nameOf(fault.site))?.calls ?? 1;
  const sooner = { ...fault, call: Math.max(1, Math.min(calls, Math.ceil((fault.call ?? 1) / 2))) };
  return { observation: (await world.run(sooner, sooner)).observation, fault: sooner };
}

export async function openWorlds(directory: string, count: number): Promise<World[]> {
  // One after the other: the first fills the cache of bundles that the others take.
  const worlds: World[] = [];
  for (let nth = 0; nth < count; nth++) worlds.push(await World.open(directory, `world-${nth}`));
  return worlds;
}
