/** Holds what was observed against the oracle. Each difference has one column of the table. */
import { describeFault, type Fault } from "./fault.ts";
import {
  type Evidence,
  type Leftover,
  type Observation,
  pagesOf,
  strangersOf,
  type Told,
  toldOf,
} from "./observation.ts";
import { EXECUTION_ENDS, type Expectation, expectationFor } from "./oracle.ts";
import type { Moment } from "./site.ts";

export const COLUMNS = [
  "as expected",
  "wrong verdict",
  "leak",
  "told twice",
  "not told",
  "touched",
  "inconsistent",
  "hung",
  "not reached",
] as const;
export type Column = (typeof COLUMNS)[number];

export interface Difference {
  readonly column: Exclude<Column, "as expected">;
  readonly observed: string;
}

export interface Outcome {
  readonly fault: Fault;
  readonly name: string;
  readonly expected: Expectation;
  readonly verdict: string;
  /** None: as expected. */
  readonly differences: readonly Difference[];
}

/** `moment`: how far a drill without faults is when it comes to this fault's site. */
export function judgeRun(fault: Fault, observation: Observation, moment: Moment): Outcome {
  const hasFailedCheck = (observation.evidence.checks?.results ?? []).some(
    ({ required, outcome }) => required && outcome === "failed",
  );
  const expected = expectationFor(fault, { hasFailedCheck, moment });
  const all = toldOf(observation);
  const last = all.at(-1);
  const isUnfinished = expected.mayBeUnfinished && last === undefined;
  const differences = observation.isReached
    ? [
        ...hung(observation),
        ...notified(all, expected),
        ...paged(pagesOf(observation), last, expected),
        ...strangers(observation),
        ...verdictOf(last, expected, observation),
        ...(isUnfinished ? [] : leaks(observation.leftovers, last, expected)),
        ...foreign(observation),
        ...(isUnfinished ? [] : agreement(fault, last, observation, expected, moment)),
      ]
    : [{ column: "not reached" as const, observed: "the drill did not come by this site" }];
  return { fault, name: describeFault(fault), expected, verdict: spelt(last), differences };
}

const spelt = (told: { readonly verdict: string; readonly reason?: string | undefined } | undefined): string =>
  told === undefined ? "nobody told" : told.reason === undefined ? told.verdict : `${told.verdict}/${told.reason}`;

function hung({ isAtRest }: Observation): Difference[] {
  return isAtRest
    ? []
    : [{ column: "hung", observed: "something of the drill was still running when its time was up" }];
}

/** A notification's function calls SNS three times at most, and no fault lets more than one of its calls get so far. */
const MAX_MESSAGES = 3;

function notified(all: readonly Told[], expected: Expectation): Difference[] {
  const told = all.filter(({ isRepetition }) => !isRepetition);
  const inTurn = all.map((one) => `${spelt(one)}${one.isRepetition ? " (again)" : ""}`).join(", then ");
  if (all.length === 0)
    return expected.mayBeUntold || expected.mayBeUnfinished
      ? []
      : [{ column: "not told", observed: "nobody was told of the drill's end" }];
  if (told.length > 1) return [{ column: "told twice", observed: inTurn }];
  if (all[0]?.isRepetition === true && !expected.mayBeginRepeated)
    return [{ column: "not told", observed: `the first notification says that it repeats another: ${inTurn}` }];
  if (all.length > MAX_MESSAGES || (all.length > 1 && !expected.mayRepeat))
    return [{ column: "told twice", observed: `repeated without a reason: ${inTurn}` }];
  if (new Set(all.map(spelt)).size > 1)
    return [{ column: "told twice", observed: `repeated as something else: ${inTurn}` }];
  return [];
}

/** No drill has to page by itself: whether one does is for alarms and what came before. One that does, does it once, and for bad backups. */
function paged(pages: readonly Told[], last: Told | undefined, expected: Expectation): Difference[] {
  const marked = pages.filter(({ isRepetition }) => isRepetition);
  const inTurn = pages.map(spelt).join(", then ");
  if (pages.length - marked.length > 1 || (marked.length > 0 && !expected.mayRepeat && !expected.mayBeginRepeated))
    return [{ column: "told twice", observed: `paged more than once: ${inTurn}` }];
  return pages.some((page) => page.verdict !== "failed" || (last !== undefined && spelt(page) !== spelt(last)))
    ? [{ column: "wrong verdict", observed: `paged for ${inTurn}, and told ${spelt(last)}` }]
    : [];
}

function strangers(observation: Observation): Difference[] {
  return strangersOf(observation).map((text) => ({
    column: "told twice",
    observed: `published, and no notification of this drill: ${text}`,
  }));
}

function verdictOf(
  told: Told | undefined,
  expected: Expectation,
  { execution, finishing, evidence: { report, ledger } }: Observation,
): Difference[] {
  const { verdicts, says } = expected;
  const wanted = verdicts.join(" or ");
  const wrong = (observed: string): Difference => ({ column: "wrong verdict", observed });
  if (told === undefined) {
    if (expected.mayBeUnfinished && !finishing.includes("ExecutionFailed"))
      return [
        wrong(`nobody was told, and what should have finished the drill ended ${finishing.join(", ") || "never"}`),
      ];
    const recorded = { "report.json": report?.verdict, "the ledger": ledger };
    return [
      ...(execution.status === "SUCCEEDED" ? [wrong("nobody was told, and the execution ended SUCCEEDED")] : []),
      ...Object.entries(recorded).flatMap(([where, verdict]) =>
        verdict === undefined || verdicts.includes(spelt(verdict))
          ? []
          : [wrong(`nobody was told, and ${where} has ${spelt(verdict)} instead of ${wanted}`)],
      ),
    ];
  }
  const summary = told.summary.slice(0, 200);
  if (!verdicts.includes(spelt(told))) return [wrong(`${spelt(told)} instead of ${wanted}: ${summary}`)];
  if (says !== undefined && told.interruption?.status !== says)
    return [wrong(`does not say that it ended ${says}: ${summary}`)];
  return [];
}

/** What is there has to be reported, and what is reported has to be there; and but for a teardown that was refused for good, nothing may be. */
function leaks(leftovers: readonly Leftover[], told: Told | undefined, { mayLeave }: Expectation): Difference[] {
  const reported = new Set((told?.leftovers ?? []).map(({ kind, id }) => `${kind} ${id}`));
  const there = leftovers.map(({ kind, id }) => `${kind} ${id}`);
  // A server and a data directory are what a cluster or a snapshot is made of here: they stay and go with it.
  const isReported = (resource: Leftover): boolean =>
    reported.has(`${resource.kind} ${resource.id}`) ||
    (resource.kind === "server" && reported.has(`cluster ${resource.id}`)) ||
    (resource.kind === "directory" && (told?.leftovers ?? []).some(({ id }) => resource.id.includes(`/${id}-`)));
  const unexcused = leftovers.filter((resource) => !mayLeave || !isReported(resource));
  const gone = [...reported].filter((resource) => !there.includes(resource));
  const spelled = unexcused.map(
    (one) => `${one.kind} ${one.id} (${one.status}${isReported(one) ? ", reported without a reason to stay" : ""})`,
  );
  return [
    ...(spelled.length === 0 ? [] : [{ column: "leak" as const, observed: spelled.join(", ") }]),
    ...(gone.length === 0 || mayLeave
      ? []
      : [{ column: "inconsistent" as const, observed: `reported as left behind, and gone: ${gone.join(", ")}` }]),
  ];
}

function foreign({ isSourceChanged, touched }: Observation): Difference[] {
  return [
    ...(isSourceChanged ? [{ column: "touched" as const, observed: "the source's content is another" }] : []),
    ...(touched.length === 0 ? [] : [{ column: "touched" as const, observed: touched.join(", ") }]),
  ];
}

function agreement(
  fault: Fault,
  told: Told | undefined,
  { evidence, execution }: Observation,
  { mayLackEvidence }: Expectation,
  moment: Moment,
): Difference[] {
  const problems = mayLackEvidence && told?.evidence === undefined ? [] : [...evidenceProblems(evidence, told)];
  if (told === undefined) return problems.map((observed) => ({ column: "inconsistent", observed }));
  if (mayLackEvidence && told.evidence === undefined && told.verdict === "passed")
    problems.push("passed without evidence");
  const isEndedOutside = fault.site.at === "state" || fault.stoppedIn !== undefined;
  const ends = isEndedOutside
    ? [fault.kind === "expired" ? "TIMED_OUT" : "ABORTED"]
    : [...EXECUTION_ENDS[told.verdict]];
  // The last states are over as soon as they are entered: an end from outside may come too late.
  if (isEndedOutside && moment === "told") ends.push(...EXECUTION_ENDS[told.verdict]);
  const end = execution.status === "FAILED" ? `FAILED ${execution.error}` : execution.status;
  if (!ends.includes(end)) problems.push(`people were told ${spelt(told)}, and the execution ended ${end}`);
  return problems.map((observed) => ({ column: "inconsistent", observed }));
}

function* evidenceProblems(
  { report, ledger, manifestSha256, problems }: Evidence,
  told: Told | undefined,
): Generator<string> {
  yield* problems;
  if (report === undefined) yield "there is no report.json";
  if (manifestSha256 === undefined) yield "there is no manifest.json";
  if (ledger === undefined) yield "there is no entry in the ledger";
  if (ledger !== undefined && ledger.manifestSha256 !== manifestSha256)
    yield "the ledger's entry is of another manifest";
  const verdicts = {
    report: report && spelt(report.verdict),
    ledger: ledger && spelt(ledger),
    notification: told && spelt(told),
  };
  const said = new Set(Object.values(verdicts).filter((verdict) => verdict !== undefined));
  if (said.size > 1)
    yield `verdicts differ: ${Object.entries(verdicts)
      .map(([where, verdict]) => `${where} ${verdict}`)
      .join(", ")}`;
  const counts = new Set(
    [report?.leftovers.length, ledger?.leftovers, told?.leftovers.length].filter((count) => count !== undefined),
  );
  if (counts.size > 1) yield `leftovers differ: ${[...counts].join(", ")}`;
}
