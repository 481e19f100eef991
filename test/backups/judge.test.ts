import { describe, expect, it } from "vitest";
import { BACKUP_FACTS } from "../../src/backups/backup-survey.ts";
import { judgeBackups } from "../../src/backups/judge.ts";
import type { BackupsJudged } from "../../src/backups/judged.ts";
import type { BackupAttempt, BackupsSeen, SeenPoint } from "../../src/backups/look-at-backups.ts";
import { CLUSTER, copy, daysAgo, factOf, HISTORY, JUDGED, point, SEEN, WEEK } from "./sample-backups.ts";

const { policy } = JUDGED;
const seen = (changes: Partial<BackupsSeen>): Partial<BackupsJudged> => ({ seen: { ...SEEN, ...changes } });
const cluster = (changes: Partial<typeof CLUSTER>): Partial<BackupsJudged> =>
  seen({ cluster: { ...CLUSTER, ...changes } });
const wanting = (changes: Partial<typeof policy>): Partial<BackupsJudged> => ({ policy: { ...policy, ...changes } });
const points = (...list: SeenPoint[]): Partial<BackupsJudged> => seen({ points: list });
const GONE: Partial<BackupsJudged> = {
  seen: { points: WEEK, answered: ["eu-west-1"], failures: ["There is no cluster any more."] },
};
const SHARED: Partial<BackupsJudged> = {
  seen: { account: "444455556666", points: [point(0.5, { kind: "manual" })], answered: ["eu-west-1"], failures: [] },
};

type Row = [what: string, state: string, changes: Partial<BackupsJudged>, sentence: RegExp];

/** Each state of a fact by an example that has it. */
function holds(fact: (typeof BACKUP_FACTS)[number], rows: Row[]): void {
  describe(fact, () => {
    it.each(rows)("%s: %s", (_, state, changes, sentence) => {
      const found = factOf(fact, changes);
      expect(found?.sentence).toMatch(sentence);
      expect(found?.state).toBe(state);
      expect(found?.observed).not.toBe("");
      expect(found?.wanted).not.toBe("");
    });
  });
}

describe("judgeBackups", () => {
  it("says one thing of each fact, in their order", () => {
    expect(judgeBackups(JUDGED).map(({ fact }) => fact)).toEqual(BACKUP_FACTS);
  });

  it("calls nothing ok of a database of which nothing is known", () => {
    const facts = judgeBackups({
      ...JUDGED,
      history: undefined,
      policy: { ...policy, copyIn: "eu-central-1" },
      seen: { points: [], answered: [], failures: ["x"] },
    });
    expect(facts.filter(({ state }) => state === "ok")).toEqual([]);
    expect(facts.filter(({ state }) => state === "wrong").map(({ fact }) => fact)).toEqual(["newest"]);
  });

  it("calls everything ok or not asked where all is well", () => {
    expect(judgeBackups(JUDGED).map(({ state }) => state)).toEqual(
      BACKUP_FACTS.map((fact) => (fact === "copy" ? "not-asked" : "ok")),
    );
  });
});

const AWS_BACKUP = point(0.1, { id: "awsbackup:job-1", kind: "awsbackup", isListedApart: true });
const MANUAL = point(0.5, { kind: "manual" });
const WINDOW = { ...CLUSTER, backupWindow: "05:45-06:15" };
holds("newest", [
  ["of three hours ago", "ok", {}, /rds:orders-0\.125, is 3 h old\.$/],
  ["a day and a bit old", "wrong", points(point(1.05)), /is 25 h 12 min old; it may be 24 h old\.$/],
  ["as old as it may be", "ok", points(point(1)), /is 24 h old/],
  ["while today's is being made", "ok", seen({ cluster: WINDOW, points: [point(1.02)] }), /24 h 29 min old/],
  ["well after today's was due", "wrong", seen({ cluster: WINDOW, points: [point(1.05)] }), /25 h 12 min old/],
  ["by hand, in the window", "wrong", seen({ cluster: WINDOW, points: [point(1.02, { kind: "manual" })] }), /24 h 29/],
  [
    "a window past midnight",
    "ok",
    seen({ cluster: { ...WINDOW, backupWindow: "23:50-05:50" }, points: [point(1.02)] }),
    /./,
  ],
  ["of which none can be restored", "wrong", points(point(0.1, { status: "failed" })), /none of 1 can be restored/],
  [
    "of which there is none",
    "wrong",
    seen({ cluster: { ...CLUSTER, restorableAt: undefined }, points: [] }),
    /^There is nothing to recover it from: no recovery point at all\.$/,
  ],
  [
    "of which there is none, and a point in time",
    "wrong",
    points(),
    /^There is no snapshot .*: it can be restored to a point in time, the newest 4 min ago, and no drill does that\.$/,
  ],
  [
    "of a cluster of three hours ago",
    "not-known",
    seen({ cluster: { ...CLUSTER, createdAt: daysAgo(0.125) }, points: [] }),
    /was made 3 h ago, and its first recovery point may not be there yet/,
  ],
  [
    "of a long window, at its end",
    "ok",
    seen({ cluster: { ...CLUSTER, backupWindow: "00:30-05:50" }, points: [point(1.2)] }),
    /28 h 48 min old\.$/,
  ],
  [
    "nothing but AWS Backup's own",
    "wrong",
    points(AWS_BACKUP),
    /none that drills of `latest` find: .* AWS Backup has awsbackup:job-1, 2 h 24 min old, which drills find by that name alone\.$/,
  ],
  [
    "old, beside a new one of AWS Backup",
    "wrong",
    points(point(2), AWS_BACKUP),
    /rds:orders-2, is 2 d old; it may be 24 h old\. AWS Backup has/,
  ],
  [
    "by hand, where drills take automated ones",
    "wrong",
    { drilled: ["automated"], ...points(MANUAL) },
    /`automated` find/,
  ],
  [
    "of two plans, the one that is worse off",
    "wrong",
    { drilled: ["latest", "automated"], ...points(MANUAL, point(3)) },
    /rds:orders-3, is 3 d old/,
  ],
  [
    "a new copy of an old one",
    "wrong",
    points(point(3), copy(0.1, { copiedFrom: "arn:x" })),
    /rds:orders-3, is 3 d old/,
  ],
  [
    "nothing but a copy",
    "ok",
    points(point(0.1, { copiedFrom: "arn:x" })),
    /old as a copy, and what is in it is older/,
  ],
  [
    "a cluster that stands still",
    "wrong",
    seen({ cluster: { ...CLUSTER, status: "stopped" }, points: [point(2)] }),
    /and the cluster is stopped\.$/,
  ],
  ["what is shared", "ok", SHARED, /is 12 h old/],
]);

holds("automated", [
  ["on", "ok", {}, /can be restored to a moment 4 min ago\.$/],
  ["off", "wrong", cluster({ retentionDays: 0 }), /are off/],
  ["stuck for two days", "wrong", cluster({ restorableAt: daysAgo(2) }), /get no further: .* 2 d ago\.$/],
  ["without a moment", "ok", cluster({ restorableAt: undefined }), /are on\.$/],
  ["of a cluster that is gone", "not-known", GONE, /not there any more/],
  ["of another account", "not-known", SHARED, /in account 444455556666, and only what that shares/],
]);

/** The first two of one day, then one a day. */
const kept = (...days: (number | "for good")[]): BackupAttempt[] =>
  days.map((keptDays, index) => ({ at: daysAgo(Math.max(1, index)), state: "COMPLETED", keptDays }));
holds("retention", [
  ["of a week", "ok", {}, /kept for 7 d\.$/],
  ["of a day", "wrong", cluster({ retentionDays: 1 }), /kept for 1 d; the plan wants 7 d\.$/],
  ["of a day, as the plan wants it", "ok", { ...cluster({ retentionDays: 1 }), ...wanting({ retentionDays: 1 }) }, /./],
  ["of another account", "not-known", SHARED, /only what that shares/],
  [
    "of a day, and of five weeks by AWS Backup",
    "ok",
    seen({ cluster: { ...CLUSTER, retentionDays: 1 }, attempts: kept(2, 35, 35, 90) }),
    /^AWS Backup keeps what it makes for 35 d, automated backups are kept for 1 d\.$/,
  ],
  [
    "of a day, and as little by AWS Backup",
    "wrong",
    seen({ cluster: { ...CLUSTER, retentionDays: 1 }, attempts: kept(3, 3) }),
    /for 3 d, .* for 1 d; the plan wants 7 d\.$/,
  ],
  [
    "for good by AWS Backup",
    "ok",
    seen({ cluster: { ...CLUSTER, retentionDays: 1 }, attempts: kept("for good") }),
    /keeps what it makes for good/,
  ],
]);

describe("the metric of retention", () => {
  const metricOf = (...attempts: BackupAttempt[]) =>
    factOf("retention", seen({ cluster: { ...CLUSTER, retentionDays: 1 }, attempts }))?.value;
  it("is the longer of both, and none where it is for good", () => {
    expect(metricOf()).toBe(1);
    expect(metricOf(...kept(35))).toBe(35);
    expect(metricOf(...kept("for good"))).toBeUndefined();
  });
});

const jobs = (...states: string[]): BackupAttempt[] => states.map((state) => ({ at: daysAgo(1), state }));
holds("success", [
  ["one a day", "ok", {}, /there are 7 of 7 daily ones\.$/],
  [
    "a day without one",
    "wrong",
    points(...WEEK.filter((_, index) => index !== 3)),
    /6 of 7 daily ones: 85\.7 %, and at least 95 %/,
  ],
  ["none for two days", "wrong", points(...WEEK.slice(2)), /5 of 7 daily ones/],
  ["none at all", "wrong", points(), /0 of 7 daily ones: 0 %/],
  [
    "of a cluster of two days ago",
    "ok",
    seen({ cluster: { ...CLUSTER, createdAt: daysAgo(2.5) }, points: WEEK.slice(0, 3) }),
    /3 of 3/,
  ],
  [
    "of a cluster of today",
    "not-known",
    seen({ cluster: { ...CLUSTER, createdAt: daysAgo(0.3) }, points: [] }),
    /less than a day/,
  ],
  [
    "of a retention that was raised yesterday, at the first survey",
    "ok",
    { ...points(...WEEK.slice(0, 2)), history: undefined },
    /2 of 2/,
  ],
  [
    "of a retention that was raised long ago",
    "wrong",
    { ...points(...WEEK.slice(0, 2)), history: { ...HISTORY, retention: [{ at: daysAgo(8).toISOString(), days: 7 }] } },
    /2 of 7/,
  ],
  [
    "of a window that was moved by twelve hours",
    "ok",
    points(point(0.125), point(1.125), point(2.625), point(3.625), point(4.625), point(5.625), point(6.625)),
    /7 of 7/,
  ],
  [
    "a day without one, and early and late in the window",
    "wrong",
    points(point(0.125), point(1.145), point(3.125), point(4.125), point(5.125), point(6.125)),
    /6 of 7/,
  ],
  [
    "by AWS Backup's continuous backup alone",
    "not-known",
    seen({ cluster: { ...CLUSTER, isKeptByAwsBackup: true }, points: [] }),
    /AWS Backup keeps its continuous backup/,
  ],
  [
    "of automated backups that are off",
    "not-known",
    seen({ cluster: { ...CLUSTER, retentionDays: 0 }, points: [] }),
    /are off, and AWS Backup made none/,
  ],
  [
    "of a shorter retention",
    "ok",
    seen({ cluster: { ...CLUSTER, retentionDays: 2 }, points: WEEK.slice(0, 2) }),
    /2 of 2/,
  ],
  [
    "of a retention that was longer made yesterday",
    "ok",
    { ...points(...WEEK.slice(0, 2)), history: { ...HISTORY, retention: [{ at: daysAgo(1).toISOString(), days: 1 }] } },
    /2 of 2/,
  ],
  [
    "jobs that failed",
    "wrong",
    seen({ attempts: jobs("COMPLETED", "FAILED") }),
    /7 of 7 daily ones, 1 of 2 by AWS Backup: 50 %/,
  ],
  [
    "jobs that expired, ended in parts or were aborted",
    "wrong",
    seen({ attempts: jobs("EXPIRED", "PARTIAL", "ABORTED") }),
    /0 of 3/,
  ],
  [
    "jobs that have not ended",
    "ok",
    seen({ attempts: jobs("COMPLETED", "RUNNING", "PENDING") }),
    /1 of 1 by AWS Backup/,
  ],
  [
    "many jobs that do not make up for a day without a backup",
    "wrong",
    seen({ attempts: jobs(...Array.from({ length: 168 }, () => "COMPLETED")), points: WEEK.slice(2) }),
    /: 71\.4 %/,
  ],
  [
    "by AWS Backup alone",
    "ok",
    seen({ cluster: { ...CLUSTER, isKeptByAwsBackup: true }, points: [], attempts: jobs("COMPLETED") }),
    /there are 1 of 1 by/,
  ],
  [
    "an AWS Backup that does not answer",
    "not-known",
    { seen: { cluster: CLUSTER, points: WEEK, answered: [], failures: ["x"] } },
    /7 of 7 .* What AWS Backup made is not known/,
  ],
  [
    "and a day without one",
    "wrong",
    { seen: { cluster: CLUSTER, points: WEEK.slice(2), answered: [], failures: ["x"] } },
    /5 of 7/,
  ],
]);

const before = (...list: (typeof HISTORY)["points"]): Partial<BackupsJudged> => ({
  history: { ...HISTORY, points: list },
});
const was = (
  days: number,
  changes: Partial<(typeof HISTORY)["points"][number]> = {},
): (typeof HISTORY)["points"][number] => ({
  arn: `arn:aws:rds:eu-west-1:111122223333:cluster-snapshot:gone-${days}`,
  kind: "automated",
  createdAt: daysAgo(days).toISOString(),
  ...changes,
});
const IN_DRILL_REGION = { arn: "arn:aws:rds:eu-central-1:111122223333:cluster-snapshot:gone", kind: "manual" as const };
const answered = (...regions: string[]) => ({ seen: { ...SEEN, copies: [], answered: ["eu-west-1", ...regions] } });
holds("deletions", [
  ["none", "ok", {}, /^Nothing is gone before its time\.$/],
  ["at the first survey", "not-known", { history: undefined }, /first survey/],
  ["an automated one whose time was over", "ok", before(was(7.125)), /./],
  ["an automated one a few hours early", "ok", before(was(6.8)), /./],
  [
    "an automated one of yesterday",
    "wrong",
    before(was(1.125)),
    /^1 recovery point that the last survey saw is gone before its time: gone-1\.125\.$/,
  ],
  [
    "one that is being deleted",
    "wrong",
    { ...before(was(2)), ...points(...WEEK, point(2, { id: "gone-2", status: "deleting" })) },
    /gone-2/,
  ],
  [
    "a retention made shorter than the plan wants",
    "wrong",
    { ...before(was(5)), ...cluster({ retentionDays: 1 }) },
    /gone-5/,
  ],
  [
    "a retention made shorter within the plan",
    "ok",
    {
      ...cluster({ retentionDays: 14 }),
      history: { ...HISTORY, points: [was(20)], retention: [{ at: daysAgo(1).toISOString(), days: 35 }] },
    },
    /./,
  ],
  [
    "a retention shorter than the plan wants, as it was",
    "ok",
    {
      ...cluster({ retentionDays: 1 }),
      history: { ...HISTORY, points: [was(1.1)], retention: [{ at: daysAgo(1).toISOString(), days: 1 }] },
    },
    /./,
  ],
  ["a manual one that lasted as long as the plan keeps its own", "ok", before(was(7.1, { kind: "manual" })), /./],
  ["a manual one that did not", "wrong", before(was(5, { kind: "manual" })), /gone-5/],
  [
    "all of a cluster that is not there, and of which nothing is listed",
    "not-known",
    { ...before(was(1)), seen: { points: [], answered: ["eu-west-1"], failures: ["x"] } },
    /deleted or renamed/,
  ],
  [
    "all of a cluster that was renamed",
    "not-known",
    {
      ...before(was(1)),
      seen: { points: WEEK.slice(5), renamedTo: "sales", answered: ["eu-west-1"], failures: ["x"] },
    },
    /renamed to sales/,
  ],
  [
    "one that an earlier survey of the day found gone",
    "wrong",
    { history: { ...HISTORY, gone: [{ arn: was(3).arn, how: "outside", at: daysAgo(0.01).toISOString() }] } },
    /gone-3/,
  ],
  [
    "one that a survey of yesterday found gone",
    "ok",
    { history: { ...HISTORY, gone: [{ arn: was(3).arn, how: "outside", at: daysAgo(1).toISOString() }] } },
    /./,
  ],
  [
    "one of another cluster of its name, which an older survey took for a copy",
    "ok",
    {
      ...before(was(1, IN_DRILL_REGION)),
      seen: { ...SEEN, copies: [], namesakes: [copy(1, IN_DRILL_REGION)], answered: ["eu-west-1", "eu-central-1"] },
    },
    /./,
  ],
  [
    "one of AWS Backup before its time",
    "wrong",
    before(was(3, { kind: "awsbackup", until: daysAgo(-20).toISOString() })),
    /gone-3/,
  ],
  [
    "one of AWS Backup at its time",
    "ok",
    before(was(30, { kind: "awsbackup", until: daysAgo(0.1).toISOString() })),
    /./,
  ],
  [
    "one that AWS Backup was to keep for good",
    "wrong",
    before(was(900, { kind: "awsbackup", until: "for good" })),
    /gone-900/,
  ],
  [
    "one of which AWS Backup did not say",
    "not-known",
    before(was(3, { kind: "awsbackup" })),
    /did not say until when .*: gone-3\.$/,
  ],
  [
    "more than a sentence names",
    "wrong",
    before(...[1, 2, 3, 4, 5].map((days) => was(days, { kind: "manual" }))),
    /^5 .* are gone before their time: gone-1, gone-2, gone-3 and 2 more\.$/,
  ],
  ["a copy of yesterday", "wrong", { ...before(was(1, IN_DRILL_REGION)), ...answered("eu-central-1") }, /: gone\.$/],
  ["a copy of a month ago", "ok", { ...before(was(30, IN_DRILL_REGION)), ...answered("eu-central-1") }, /./],
  ["in a region that did not answer", "ok", before(was(1, IN_DRILL_REGION)), /./],
  ["of another account", "not-known", SHARED, /444455556666 takes back/],
]);

holds("encryption", [
  ["by a key", "ok", {}, /encrypted: sse-kms\.$/],
  [
    "by RDS itself",
    "ok",
    seen({ cluster: { ...CLUSTER, encryption: "sse-rds" }, points: [point(1, { encryption: "sse-rds" })] }),
    /encrypted: sse-rds\.$/,
  ],
  [
    "by RDS itself, where a key is wanted",
    "wrong",
    { ...wanting({ encryption: "kms" }), ...points(point(1, { encryption: "sse-rds" })) },
    /^Not encrypted by a KMS key: 1 of its recovery points, such as rds:orders-1\.$/,
  ],
  ["none of the database", "wrong", cluster({ encryption: "none" }), /^The database is not encrypted\.$/],
  [
    "none of an old one",
    "wrong",
    points(...WEEK, point(90, { kind: "manual", encryption: "none" })),
    /not encrypted: 1 of its recovery points, such as rds:orders-90/i,
  ],
  ["none of a copy", "wrong", seen({ copies: [copy(1, { encryption: "none" })] }), /such as copy-1/],
  ["of what is shared", "ok", SHARED, /What is shared is encrypted/],
]);

const there = (...copies: SeenPoint[]): Partial<BackupsJudged> => ({
  ...wanting({ copyIn: "eu-central-1" }),
  ...seen({ copies, answered: ["eu-west-1", "eu-central-1"] }),
});
holds("copy", [
  ["wanted by nobody", "not-asked", {}, /wants no copy/],
  ["of today", "ok", there(copy(0.5), copy(9)), /copy-0\.5, is 12 h old\.$/],
  ["none", "wrong", there(), /no copy in eu-central-1 that can be restored/],
  [
    "nothing but another cluster's",
    "wrong",
    {
      ...wanting({ copyIn: "eu-central-1" }),
      ...seen({ copies: [], namesakes: [copy(0.5)], answered: ["eu-west-1", "eu-central-1"] }),
    },
    /under its name is of another cluster: 1, such as copy-0\.5\.$/,
  ],
  ["nothing but one that failed", "wrong", there(copy(0.5, { status: "failed" })), /no copy/],
  ["of last week", "wrong", there(copy(6)), /is 6 d old; it may be 2 d old\.$/],
  ["of today, of something old", "wrong", there(copy(0.5, { copiedFrom: WEEK[5]?.arn ?? "" })), /is 5 d 3 h old/],
  ["where the region does not answer", "not-known", wanting({ copyIn: "eu-central-1" }), /eu-central-1 did not answer/],
]);

const sized = (newest: number, ...earlier: number[]): Partial<BackupsJudged> =>
  points(...[newest, ...earlier].map((sizeGib, index) => point(index, { sizeGib })));
holds("size", [
  ["the same", "ok", {}, /has 100 GiB, those before it 100 GiB: 0 %\.$/],
  ["a third larger", "wrong", sized(134, 100, 100, 100), /\+34 %, and within 30 % is wanted\.$/],
  ["half", "wrong", sized(50, 100, 100, 100), /-50 %/],
  [
    "a third larger, where half is allowed",
    "ok",
    { ...sized(134, 100, 100, 100), ...wanting({ sizeChangePercent: 50 }) },
    /\+34 %\.$/,
  ],
  ["one GiB more of two", "ok", sized(3, 2, 2, 2), /\+50 %\.$/],
  ["held against one that was bent", "ok", sized(100, 100, 10, 100), /0 %/],
  ["with too few before it", "not-known", sized(100, 100, 100), /fewer than 3 earlier sizes/],
  [
    "with what earlier surveys saw",
    "wrong",
    { ...sized(50), history: { ...HISTORY, sizes: ["a", "b", "c"].map((arn) => ({ arn, gib: 100 })) } },
    /-50 %/,
  ],
  [
    "with small ones by hand of years ago",
    "ok",
    {
      ...points(
        point(0.1),
        ...Array.from({ length: 20 }, (_, year) => point(400 + year, { kind: "manual", sizeGib: 10 })),
      ),
      history: {
        ...HISTORY,
        sizes: [1, 2, 3, 4, 5, 6, 7, 8].map((day) => ({
          arn: `gone-${day}`,
          gib: 100,
          createdAt: daysAgo(day).toISOString(),
        })),
      },
    },
    /those before it 100 GiB/,
  ],
  [
    "of which RDS says 1 GiB",
    "not-known",
    sized(1, 1, 1, 1),
    /gives 1 GiB, as it does .* fewer than 4 drills have counted/,
  ],
  [
    "by the rows of drills",
    "ok",
    { ...sized(0, 1, 1, 1), rowsOfDrills: [1010, 1000, 1000, 990] },
    /In the last drill 1010 rows .* \+1 %\.$/,
  ],
  [
    "by the rows of drills, half of them",
    "wrong",
    { ...sized(1, 1, 1, 1), rowsOfDrills: [500, 1000, 1000, 990] },
    /-50 %, and/,
  ],
  ["of nothing", "not-known", points(), /no recovery point/],
]);
