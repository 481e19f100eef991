import type { JsonStore } from "../aws/json-store.ts";
import { drillsSince, isExercise, type LedgerEntry } from "../evidence/ledger.ts";
import type { DeployedPlans } from "../plan/library.ts";
import type { Plan } from "../plan/plan.ts";

/** What the ledger says of one plan, as far as it was read. */
export interface Seen {
  readonly plan: Plan;
  /** A drill of before then is none that the promise is about. */
  readonly since: Date;
  drills: number;
  last?: LedgerEntry;
  pass?: LedgerEntry;
  /** The last drill that says something of the backups: it passed, failed, or was inconclusive. */
  conclusive?: LedgerEntry;
  /** Whether that one found nothing wrong and had nothing to compare with, and none before it did: it is there to be compared with. */
  isFirstReference?: boolean;
  /** The drills since then that had to come, and say nothing of them. */
  errored?: Errored;
}

/** Of drills that cadence started: people's, incidents' and restore tests come beside those, as often as they like, and are nobody's second attempt. */
export interface Errored {
  readonly drills: number;
  readonly lastEndedAt: string;
}

/** A plan of which it is not known how it stands: it is as good as overdue, and nothing is started for it. */
export interface Unknown {
  readonly plan: string;
  readonly reason: string;
}

export interface Standings {
  readonly plans: number;
  readonly seen: Seen[];
  readonly unknown: Unknown[];
}

interface StandingServices {
  readonly store: JsonStore;
  readonly plans: DeployedPlans;
  /** Told of each entry that could not be read: it is passed over. */
  readonly onWarning: (database: string, warning: string) => void;
}

/** A promise that is broken is told with its days for another month, and a drill that passed began at most 60 h before its end. */
const MARGIN_SECONDS = 31 * 86_400;
/**
 * Nearly always one of the last five drills of a database is the pass of its plan: of 1,000 databases in tens, a list and five reads at once, 30 ms
 * each, are 6 s of waiting, of a function's 300. A yearly plan beside an hourly one has at most 9,528 drills of 397 days before its pass: 10 lists
 * and 954 times ten reads are 29 s. Ten such databases at a time share the 50 connections that a client has, which makes that about a minute.
 */
const DATABASES_AT_A_TIME = 10;

/**
 * How each deployed plan stands in the ledger of its database, which is read back to the last pass of each plan, or to its last conclusive drill, as is
 * asked for. What is behind that is not known. A plan or a ledger that can not be read is `unknown`, and the others are looked at all the same.
 */
export async function standings(
  services: StandingServices,
  at: Date,
  backTo: "pass" | "conclusive",
): Promise<Standings> {
  const names = (await services.plans.names()).sort();
  const unknown: Unknown[] = [];
  const plans = await Promise.all(names.map((name) => services.plans.read(name).catch(notKnown(unknown, [name]))));
  const databases = [
    ...Map.groupBy(
      plans.flatMap((parsed) => parsed?.plan ?? []),
      ({ source }) => source.cluster,
    ),
  ];
  const seen: Seen[] = [];
  for (let first = 0; first < databases.length; first += DATABASES_AT_A_TIME) {
    const looks = databases.slice(first, first + DATABASES_AT_A_TIME).map(([database, ofDatabase]) =>
      lookAt(services, { database, plans: ofDatabase, at, backTo }).catch(
        notKnown(
          unknown,
          ofDatabase.map(({ plan }) => plan),
        ),
      ),
    );
    seen.push(...(await Promise.all(looks)).flatMap((found) => found ?? []));
  }
  return { plans: names.length, seen, unknown };
}

/** How far back the ledger is read for a plan. */
const lookBackSeconds = ({ cadence }: Plan): number => cadence.everySeconds + MARGIN_SECONDS;

/** Takes the reason why plans could not be looked at, and goes on. */
const notKnown =
  (unknown: Unknown[], plans: readonly string[]) =>
  (error: unknown): undefined => {
    const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    unknown.push(...plans.map((plan) => ({ plan, reason })));
  };

interface Asked {
  readonly database: string;
  readonly plans: readonly Plan[];
  readonly at: Date;
  readonly backTo: "pass" | "conclusive";
}

/** Reads the ledger of a database once for all of its plans: another plan asks other questions. */
async function lookAt({ store, onWarning }: StandingServices, { database, plans, at, backTo }: Asked): Promise<Seen[]> {
  const seen = plans.map(
    (plan): Seen => ({
      plan,
      since: new Date(at.getTime() - lookBackSeconds(plan) * 1000),
      drills: 0,
    }),
  );
  const earliest = new Date(Math.min(...seen.map(({ since }) => since.getTime())));
  for await (const { entries, warnings } of drillsSince(store, database, earliest)) {
    for (const warning of warnings) onWarning(database, warning);
    for (const entry of entries) take(seen, entry);
    const oldest = new Date(entries.at(-1)?.startedAt ?? at);
    if (seen.every((each) => isSeen(each, backTo) || oldest < each.since)) break;
  }
  return seen;
}

/** Whether it was the first of its kind is known from what is before it. */
const isSeen = (seen: Seen, backTo: Asked["backTo"]): boolean =>
  seen[backTo] !== undefined && seen.isFirstReference !== true;

/** Entries come the newest first. */
function take(seen: readonly Seen[], entry: LedgerEntry): void {
  if (isExercise(entry)) return;
  const of = seen.find(({ plan, pass }) => plan.plan === entry.plan && pass === undefined);
  if (of === undefined || new Date(entry.startedAt) < of.since) return;
  of.drills += 1;
  of.last ??= entry;
  if (entry.verdict === "passed") of.pass = entry;
  const isReference = entry.verdict === "inconclusive" && entry.isReference === true;
  if (entry.verdict === "errored") {
    if (of.conclusive === undefined && entry.trigger.kind === "schedule") {
      of.errored = { drills: (of.errored?.drills ?? 0) + 1, lastEndedAt: of.errored?.lastEndedAt ?? entry.endedAt };
    }
  } else if (of.conclusive === undefined) {
    of.conclusive = entry;
    of.isFirstReference = isReference;
  } else if (isReference || entry.verdict === "passed") {
    of.isFirstReference = false;
  }
}
