import { describe, expect, it } from "vitest";
import type { BackupFact, BackupSurvey, SurveyedDatabase } from "../../src/backups/backup-survey.ts";
import { judgeBackups } from "../../src/backups/judge.ts";
import type { BackupsJudged } from "../../src/backups/judged.ts";
import { composeSummary, requestOf } from "../../src/backups/summary.ts";
import type { Told } from "../../src/backups/told.ts";
import { isWorthTelling, toldWith } from "../../src/backups/troubled.ts";
import { copy, daysAgo, HISTORY, JUDGED, NOW, point, SEEN, WEEK } from "./sample-backups.ts";

function surveyed(database: string, changes: Partial<BackupsJudged> = {}, failures: string[] = []): SurveyedDatabase {
  const facts: BackupFact[] = judgeBackups({ ...JUDGED, ...changes });
  return { database, region: "eu-west-1", plans: [database], facts, failures };
}
const surveyOf = (databases: SurveyedDatabase[], unreadPlans: BackupSurvey["unreadPlans"] = []): BackupSurvey => ({
  schemaVersion: 1,
  at: NOW.toISOString(),
  databases,
  unreadPlans,
});
/** What people know who were told of that survey, three days ago. */
const toldOf = (survey: BackupSurvey): Told =>
  toldWith({ survey: { ...survey, at: daysAgo(3).toISOString() }, told: undefined, bucket: "evidence" });
const compose = (survey: BackupSurvey, before?: BackupSurvey) =>
  composeSummary({ survey, told: before && toldOf(before), bucket: "evidence" });

const WELL = ["accounts", "carts", "crm"].map((name) => surveyed(name));
const OLD = surveyed("billing", {
  seen: { ...SEEN, points: WEEK.slice(1) },
  history: { ...HISTORY, points: [] },
});
const DELETED = surveyed("orders-production", {
  seen: { ...SEEN, points: WEEK.slice(0, 3), copies: [copy(6)], answered: ["eu-west-1", "eu-central-1"] },
  policy: { ...JUDGED.policy, copyIn: "eu-central-1" },
});
const UNSEEN: SurveyedDatabase = {
  ...surveyed("ledger"),
  facts: [],
  failures: ["It can not be looked at: AccessDenied: User is not authorized to perform: rds:DescribeDBClusters."],
};
const UNSIZED = surveyed("wiki", { seen: { ...SEEN, points: WEEK.map((each) => ({ ...each, sizeGib: 1 })) } });

const GOLDEN = {
  "something-new": compose(surveyOf([...WELL, OLD, DELETED, UNSEEN, UNSIZED]), surveyOf([...WELL, OLD])),
  "as-before": compose(surveyOf([...WELL, OLD]), surveyOf([...WELL, OLD])),
  "well-again": compose(surveyOf([...WELL, surveyed("billing"), surveyed("ledger")]), surveyOf([...WELL, OLD, UNSEEN])),
  "plan-unread": compose(
    surveyOf(WELL, [{ plan: "orders", reason: "Drill.PlanInvalid: drills/orders.json is not JSON" }]),
  ),
};

describe("the summary of a survey", () => {
  it.each(Object.entries(GOLDEN))(
    "is told as people read it: %s",
    async (name, { subject, email, sms, chat, json, severity }) => {
      const text = `Subject: ${subject}\nSeverity: ${severity}\n\n${email}\n\n--- SMS\n${sms}\n\n--- Chat\n${JSON.stringify(JSON.parse(chat), null, 1)}\n\n--- JSON\n${JSON.stringify(json, null, 1)}\n`;
      await expect(text).toMatchFileSnapshot(`golden/${name}.txt`);
    },
  );

  it.each(Object.entries(GOLDEN))("fits its channels: %s", (_, { subject, sms }) => {
    expect(subject).toMatch(/^[ -~]{1,100}$/);
    expect(sms).toMatch(/^[ -~]{1,140}$/);
  });

  it("is silent where all is well and was, and not where that is not known of the day before", () => {
    const isTold = (survey: BackupSurvey, told?: Told) => isWorthTelling({ survey, told, bucket: "b" });
    expect(isTold(surveyOf(WELL), toldOf(surveyOf(WELL)))).toBe(false);
    expect(isTold(surveyOf([OLD]), toldOf(surveyOf([OLD])))).toBe(true);
    expect(isTold(surveyOf(WELL))).toBe(false);
    // What was deleted is news: what was told of another day is something else.
    expect(compose(surveyOf([DELETED]), surveyOf([DELETED])).email).toMatch(/- NEW: 4 recovery points/);
    // The same day again: only what is new.
    const today = { ...toldOf(surveyOf([OLD])), at: NOW.toISOString() };
    expect(isTold(surveyOf([OLD]), today)).toBe(false);
    expect(isTold(surveyOf([OLD, DELETED]), today)).toBe(true);
  });

  it("does not call over what nobody can say any more", () => {
    const before = surveyOf([DELETED]);
    const blind = surveyed("orders-production", { seen: { points: WEEK, answered: [], failures: ["x"] } }, ["x"]);
    expect(compose(surveyOf([blind]), before).email).not.toContain("deleted");
    expect(compose(surveyOf([{ ...blind, facts: [] }]), before).email).not.toContain("No longer wrong");
    // And it is over when somebody can say it again.
    const told = toldWith({ survey: surveyOf([{ ...blind, facts: [] }]), told: toldOf(before), bucket: "b" });
    const well = { survey: surveyOf([surveyed("orders-production")]), told, bucket: "b" };
    expect(composeSummary(well).email).toMatch(/No longer wrong:\n- orders-production: .*no copy/);
  });

  it("stays below what SNS takes, however many databases there are and whatever is said of them", () => {
    const long = '\\"'.repeat(5000);
    const many = Array.from({ length: 1000 }, (_, index) => ({
      ...surveyed(`database-${index}`.padEnd(63, "x"), {
        seen: { ...SEEN, points: [point(90, { id: "y".repeat(255), encryption: "none" })] },
      }),
      failures: [long],
    }));
    const survey = surveyOf(many);
    const { Message = "" } = requestOf("arn:topic", { survey, told: undefined, bucket: "evidence" }).input;
    expect(Buffer.byteLength(Message)).toBeLessThan(200 * 1024);
    expect(compose(survey).email).toContain("And 975 more: ");
  });
});
