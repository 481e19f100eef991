import { describe, expect, it } from "vitest";
import type { Fault } from "../../src/chaos/fault.ts";
import { type Column, judgeRun } from "../../src/chaos/judge.ts";
import type { Observation } from "../../src/chaos/observation.ts";
import type { CallSite, Moment } from "../../src/chaos/site.ts";
import type { LedgerEntry } from "../../src/evidence/ledger.ts";
import type { Report } from "../../src/evidence/report.ts";

const DRILL = "20261121-143205-3f9a2b1c";
const SITE: CallSite = {
  at: "call",
  function: "restore-drill-copy-snapshot",
  service: "rds",
  operation: "CopyDBClusterSnapshot",
  about: "",
};
const THROTTLED: Fault = { plan: "plain", backup: "good", kind: "throttled", site: SITE };
const DENIED: Fault = { ...THROTTLED, kind: "denied" };
const STOPPED: Fault = {
  plan: "plain",
  backup: "good",
  kind: "stopped",
  site: { at: "state", machine: "restore-drill", state: "RunChecks" },
};

interface Said {
  readonly verdict: "passed" | "failed" | "inconclusive" | "errored";
  readonly reason?: string;
  readonly summary?: string;
  readonly leftovers?: readonly { kind: string; id: string; reason: string }[];
  readonly repeated?: boolean;
  readonly page?: boolean;
  readonly interruption?: { readonly status: string };
}

const message = (said: Said): Observation["messages"][number] => ({
  messageId: "1",
  topicArn: "arn",
  at: "2026-11-21T14:32:05.000Z",
  bodies: {
    default: JSON.stringify({
      drillId: DRILL,
      summary: "It ended.",
      leftovers: [],
      evidence: "s3://evidence/x",
      ...said,
    }),
  },
  attributes: {},
});

const END = {
  passed: ["SUCCEEDED", ""],
  failed: ["FAILED", "Drill.Failed"],
  inconclusive: ["FAILED", "Drill.Inconclusive"],
  errored: ["FAILED", "Drill.Errored"],
} as const;

/** A drill of which everything says the same. The parts of the evidence that are not compared are left out. */
function ended(said: Said, changes: Partial<Observation> = {}): Observation {
  const { verdict, reason, leftovers = [] } = said;
  const [status, error] = END[verdict];
  const both = reason === undefined ? { verdict } : { verdict, reason };
  return {
    drillId: DRILL,
    isReached: true,
    isAtRest: true,
    execution: { status, error, cause: "" },
    finishing: [],
    messages: [message(said)],
    evidence: {
      report: { verdict: both, leftovers } as unknown as Report,
      ledger: { ...both, leftovers: leftovers.length, manifestSha256: "m" } as unknown as LedgerEntry,
      manifestSha256: "m",
      checks: undefined,
      problems: [],
    },
    leftovers: [],
    isSourceChanged: false,
    touched: [],
    ...changes,
  };
}

const PASSED = ended({ verdict: "passed" });
const REFUSED: Fault = {
  ...DENIED,
  site: { ...SITE, function: "restore-drill-tear-down", operation: "DeleteDBClusterSnapshot" },
};
const PUBLISH: CallSite = {
  ...SITE,
  function: "restore-drill-notify-outcome",
  service: "sns",
  operation: "Publish",
  about: "arn",
};
const BAD: Fault = { ...THROTTLED, backup: "damaged" };
const FAILED_CHECK = {
  drillId: DRILL,
  complete: true,
  results: [
    {
      name: "rows",
      kind: "rows",
      required: true,
      outcome: "failed" as const,
      expected: "1",
      observed: "0",
      seconds: 1,
    },
  ],
};

function columns(fault: Fault, observation: Observation, moment: Moment = "before"): Column[] {
  return judgeRun(fault, observation, moment).differences.map(({ column }) => column);
}

describe("judgeRun", () => {
  it("finds nothing in a drill that ended as the oracle says", () => {
    expect(columns(THROTTLED, PASSED)).toEqual([]);
    expect(columns(DENIED, ended({ verdict: "errored", reason: "drill" }))).toEqual([]);
    expect(columns(BAD, ended({ verdict: "failed", reason: "data" }))).toEqual([]);
    const stopped = ended({ verdict: "errored", reason: "drill", interruption: { status: "ABORTED" } });
    expect(columns(STOPPED, { ...stopped, execution: { status: "ABORTED", error: "", cause: "" } })).toEqual([]);
  });

  it("lets a drill page once beside its notification, for what that says", () => {
    const failed = { verdict: "failed", reason: "data" } as const;
    const told = ended(failed);
    const page = message({ ...failed, page: true });
    expect(columns(BAD, { ...told, messages: [...told.messages, page] })).toEqual([]);
    expect(columns(BAD, { ...told, messages: [page, ...told.messages, page] })).toEqual(["told twice"]);
    expect(columns(BAD, { ...told, messages: [page] })).toEqual(["not told"]);
    const otherwise = message({ verdict: "passed", page: true });
    expect(columns(BAD, { ...told, messages: [...told.messages, otherwise] })).toEqual(["wrong verdict"]);
  });

  it("takes neither a pass nor bad data for a refusal, and nothing softer than bad data for bad data", () => {
    expect(columns(DENIED, PASSED)).toEqual(["wrong verdict"]);
    expect(columns(DENIED, ended({ verdict: "failed", reason: "recovery" }))).toEqual(["wrong verdict"]);
    expect(columns(THROTTLED, ended({ verdict: "inconclusive", reason: "unchecked" }))).toEqual(["wrong verdict"]);
    expect(columns(BAD, PASSED)).toEqual(["wrong verdict"]);
    const softened = ended({ verdict: "errored", reason: "drill" });
    expect(columns({ ...DENIED, backup: "damaged" }, softened)).toEqual([]);
    const known = { ...softened, evidence: { ...softened.evidence, checks: FAILED_CHECK } };
    expect(columns({ ...DENIED, backup: "damaged" }, known)).toEqual(["wrong verdict"]);
  });

  it("lets a refused note in the journal pass, and what people were told before a stop stand", () => {
    const note: Fault = {
      ...DENIED,
      site: { ...SITE, service: "s3", operation: "PutObject", about: "orders/<id>/journal/copy-snapshot.json" },
    };
    expect(columns(note, PASSED)).toEqual([]);
    expect(columns(note, ended({ verdict: "errored", reason: "drill" }))).toEqual(["wrong verdict"]);
    expect(columns(note, ended({ verdict: "inconclusive", reason: "unchecked" }))).toEqual(["wrong verdict"]);
    expect(columns(STOPPED, PASSED, "told")).toEqual([]);
    expect(columns(STOPPED, PASSED)).toContain("wrong verdict");
  });

  it("lets a verdict stand that was reached before a stop, and wants to be told of the stop all the same", () => {
    const execution = { status: "ABORTED", error: "", cause: "" };
    const stood = ended({ verdict: "passed", interruption: { status: "ABORTED" } }, { execution });
    expect(columns(STOPPED, stood, "judged")).toEqual([]);
    expect(columns(STOPPED, { ...PASSED, execution }, "judged")).toEqual(["wrong verdict"]);
    expect(columns(STOPPED, stood)).toEqual(["wrong verdict"]);
  });

  it("wants to be told that a drill was stopped", () => {
    const mute = ended({ verdict: "errored", reason: "drill", summary: "Something broke." });
    expect(columns(STOPPED, { ...mute, execution: { status: "ABORTED", error: "", cause: "" } })).toEqual([
      "wrong verdict",
    ]);
  });

  it("asks for bad data only of a backup that is bad", () => {
    const execution = { status: "ABORTED", error: "", cause: "" };
    const interruption = { status: "ABORTED" };
    const stopped = ended({ verdict: "errored", reason: "drill", interruption }, { execution });
    const misjudged = { ...stopped, evidence: { ...stopped.evidence, checks: FAILED_CHECK } };
    expect(columns(STOPPED, misjudged)).toEqual([]);
    const failed = ended({ verdict: "failed", reason: "data", interruption }, { execution });
    expect(columns(STOPPED, { ...failed, evidence: { ...failed.evidence, checks: FAILED_CHECK } })).toEqual([
      "wrong verdict",
    ]);
  });

  it("knows bad data by the moment, also when the drill did not store it", () => {
    const soft = ended({ verdict: "errored", reason: "drill" });
    expect(columns({ ...DENIED, backup: "damaged" }, soft, "before")).toEqual([]);
    for (const moment of ["bad", "judged", "told"] as const)
      expect(columns({ ...DENIED, backup: "damaged" }, soft, moment)).toEqual(["wrong verdict"]);
    const execution = { status: "ABORTED", error: "", cause: "" };
    const stopped = ended({ verdict: "errored", reason: "drill", interruption: { status: "ABORTED" } }, { execution });
    expect(columns({ ...STOPPED, backup: "damaged" }, stopped, "bad")).toEqual(["wrong verdict"]);
    const failed = ended({ verdict: "failed", reason: "data", interruption: { status: "ABORTED" } }, { execution });
    expect(columns({ ...STOPPED, backup: "damaged" }, failed, "bad")).toEqual([]);
  });

  it("counts notifications: one", () => {
    const once = message({ verdict: "passed" });
    expect(columns(THROTTLED, { ...PASSED, messages: [] })).toContain("not told");
    expect(columns(THROTTLED, { ...PASSED, messages: [once, once] })).toEqual(["told twice"]);
    const again = message({ verdict: "passed", repeated: true });
    expect(columns(THROTTLED, { ...PASSED, messages: [again] })).toEqual(["not told"]);
  });

  it("lets a message be repeated where nobody knows whether it arrived, as it was, a few times", () => {
    const lost: Fault = { ...THROTTLED, kind: "answer-lost", site: PUBLISH };
    const once = message({ verdict: "passed" });
    const again = message({ verdict: "passed", repeated: true });
    const other = message({ verdict: "errored", reason: "drill", repeated: true });
    expect(columns(lost, { ...PASSED, messages: [once, again] })).toEqual([]);
    expect(columns(THROTTLED, { ...PASSED, messages: [once, again] })).toEqual(["told twice"]);
    expect(columns({ ...lost, kind: "throttled" }, { ...PASSED, messages: [once, again] })).toEqual(["told twice"]);
    expect(columns(lost, { ...PASSED, messages: [other, { ...again }] })).toContain("not told");
    expect(columns(lost, { ...ended({ verdict: "passed" }), messages: [once, other, again] })).toEqual(["told twice"]);
    expect(columns(lost, { ...PASSED, messages: [once, again, again, again] })).toEqual(["told twice"]);
  });

  it("accounts for everything that was published", () => {
    const [own] = PASSED.messages;
    const another = {
      ...message({ verdict: "passed" }),
      bodies: { default: '{"drillId":"20200101-000000-00000000"}' },
    };
    const noise = { ...message({ verdict: "passed" }), bodies: { default: "Restored!" } };
    const messages = own === undefined ? [] : [own];
    expect(columns(THROTTLED, { ...PASSED, messages: [...messages, another] })).toEqual(["told twice"]);
    expect(columns(THROTTLED, { ...PASSED, messages: [noise, ...messages] })).toEqual(["told twice"]);
  });

  it("holds what was recorded against the oracle when nobody could be told", () => {
    const mute: Fault = { ...DENIED, site: PUBLISH };
    const execution = { status: "FAILED", error: "Drill.Errored", cause: "" };
    const untold = { messages: [], execution };
    expect(columns(mute, ended({ verdict: "passed" }, untold))).toEqual([]);
    expect(columns(mute, ended({ verdict: "passed" }, { messages: [] }))).toEqual(["wrong verdict"]);
    const recordedAsBad = ended({ verdict: "failed", reason: "data" }, untold);
    expect(columns(mute, recordedAsBad)).toEqual(["wrong verdict", "wrong verdict"]);
    expect(columns({ ...mute, backup: "damaged" }, ended({ verdict: "passed" }, untold))).toContain("wrong verdict");
  });

  it("sees what is left, reported or not, but for what teardown was refused for good", () => {
    const snapshot = { kind: "snapshot", id: "restore-drill-x-copy" } as const;
    const left = { ...snapshot, status: "available" };
    const directory = { kind: "directory", id: "eu-central-1/clusters/restore-drill-x", status: "there" } as const;
    expect(columns(THROTTLED, { ...PASSED, leftovers: [left] })).toEqual(["leak"]);
    expect(columns(THROTTLED, { ...PASSED, leftovers: [directory] })).toEqual(["leak"]);
    const reported = ended(
      { verdict: "passed", leftovers: [{ ...snapshot, reason: "denied" }] },
      { leftovers: [left] },
    );
    expect(columns(REFUSED, reported)).toEqual([]);
    expect(columns(REFUSED, { ...PASSED, leftovers: [left] })).toEqual(["leak"]);
    expect(columns({ ...REFUSED, kind: "throttled" }, reported)).toEqual(["leak"]);
    expect(columns(THROTTLED, reported)).toEqual(["leak"]);
    expect(columns(THROTTLED, { ...reported, leftovers: [] })).toEqual(["inconsistent"]);
  });

  it("does without evidence only where recording it is refused", () => {
    const record: CallSite = {
      ...SITE,
      function: "restore-drill-record-evidence",
      service: "s3",
      operation: "PutObject",
      about: "orders/<id>/manifest.json",
    };
    const said = ended({ verdict: "errored", reason: "drill" });
    const untold = JSON.stringify({
      ...JSON.parse(said.messages[0]?.bodies["default"] ?? ""),
      evidence: undefined,
    });
    const messages = said.messages.map((one) => ({ ...one, bodies: { default: untold } }));
    const without = { ...said, messages, evidence: { ...said.evidence, ledger: undefined } };
    expect(columns({ ...DENIED, site: record }, without)).toEqual([]);
    expect(columns({ ...DENIED, site: { ...record, function: "restore-drill-take-turn" } }, without)).toEqual([
      "inconsistent",
    ]);
    expect(columns({ ...DENIED, site: record }, ended({ verdict: "inconclusive", reason: "unchecked" }))).toEqual([
      "wrong verdict",
    ]);
  });

  it("wants a drill that was stopped and is finished through a fault to say so, and to leave nothing", () => {
    const execution = { status: "ABORTED", error: "", cause: "" };
    const fault: Fault = {
      ...THROTTLED,
      stoppedIn: "RestoreSandbox",
      site: { ...SITE, function: "restore-drill-adopt-drill" },
    };
    const interruption = { status: "ABORTED" };
    expect(columns(fault, ended({ verdict: "errored", reason: "drill", interruption }, { execution }))).toEqual([]);
    expect(columns(fault, ended({ verdict: "passed", interruption }, { execution }))).toEqual(["wrong verdict"]);
    expect(columns(fault, ended({ verdict: "errored", reason: "drill" }, { execution }))).toEqual(["wrong verdict"]);
    const untold = {
      ...PASSED,
      messages: [],
      execution,
      evidence: { ...PASSED.evidence, report: undefined, ledger: undefined },
    };
    expect(columns(fault, untold)).toContain("not told");
    const states = { ...fault.site, service: "states" } as CallSite;
    expect(columns({ ...fault, kind: "denied", site: states }, { ...untold, finishing: ["ExecutionFailed"] })).toEqual(
      [],
    );
    expect(columns({ ...fault, kind: "denied", site: states }, untold)).toEqual(["wrong verdict"]);
  });

  it("sees the source and bystanders touched", () => {
    expect(columns(THROTTLED, { ...PASSED, isSourceChanged: true })).toEqual(["touched"]);
    expect(columns(THROTTLED, { ...PASSED, touched: ["arn:payroll"] })).toEqual(["touched"]);
  });

  it("holds report, manifest, ledger, notification and execution against each other", () => {
    const { evidence } = PASSED;
    const without = (missing: Partial<Observation["evidence"]>): Observation => ({
      ...PASSED,
      evidence: { ...evidence, ...missing },
    });
    expect(columns(THROTTLED, without({ report: undefined }))).toEqual(["inconsistent"]);
    expect(columns(THROTTLED, without({ ledger: undefined }))).toEqual(["inconsistent"]);
    expect(columns(THROTTLED, without({ manifestSha256: "other" }))).toEqual(["inconsistent"]);
    expect(columns(THROTTLED, without({ problems: ["report.json is not the one of the manifest"] }))).toEqual([
      "inconsistent",
    ]);
    const other = ended({ verdict: "failed", reason: "data" }).evidence;
    expect(columns(THROTTLED, { ...PASSED, evidence: other })).toEqual(["inconsistent"]);
    expect(
      columns(THROTTLED, { ...PASSED, execution: { status: "FAILED", error: "Drill.Errored", cause: "" } }),
    ).toEqual(["inconsistent"]);
  });

  it("says that a drill hung, or never came by the site", () => {
    expect(columns(THROTTLED, { ...PASSED, isAtRest: false })).toEqual(["hung"]);
    expect(columns(THROTTLED, { ...PASSED, isReached: false })).toEqual(["not reached"]);
  });
});
