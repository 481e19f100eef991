import { describe, expect, it } from "vitest";
import { cadenceProblems } from "../../packaging/cadence-check.ts";
import { parsePlan } from "../../src/plan/parse.ts";
import { planWith } from "./plans.ts";

const NOW = new Date("2026-11-22T00:00:00Z");
const problemsOf = (cadence: string, more: { limits?: string; objectives?: string } = {}): string =>
  cadenceProblems(
    planWith({
      ...(more.objectives === undefined ? {} : { objectives: more.objectives }),
      more: `cadence: { ${cadence} }\nlimits: ${more.limits ?? "{}"}`,
    }),
    NOW,
  ).join("\n");

describe("cadenceProblems", () => {
  it.each([
    ["once a week, with a day to spare", "every: 8d, schedule: cron(0 4 ? * TUE *), timezone: Europe/Berlin"],
    ["every week at a rate", "every: 8d, schedule: rate(7 days)"],
    ["once a quarter", "every: 93d, schedule: 'cron(0 4 1 1,4,7,10 ? *)'"],
    ["on the last working day of a month", "every: 34d, schedule: cron(0 4 LW * ? *)"],
    ["on the second Tuesday of a month", "every: 36d, schedule: 'cron(0 4 ? * 3#2 *)'"],
    ["on the last Friday of a month", "every: 36d, schedule: cron(0 4 ? * 6L *)"],
    ["on the last day of a week", "every: 8d, schedule: cron(0 4 ? * L *)"],
    ["on working days, which leaves weekends out", "every: 4d, schedule: cron(0 4 ? * MON-FRI *)"],
  ])("takes %s", (_, cadence) => {
    expect(problemsOf(cadence)).toBe("");
  });

  it("takes a plan without a schedule, whatever it promises", () => {
    expect(problemsOf("every: 1d")).toBe("");
  });

  it.each([
    ["a day that no month has", "cron(0 4 31 2 ? *)", "never fires"],
    ["a year that is over", "cron(0 4 1 * ? 2020)", "never fires"],
    ["both days", "cron(0 4 1 * TUE *)", "needs a ? in exactly one of day of month and day of week"],
    ["neither day", "cron(0 4 ? * ? *)", "needs a ? in exactly one"],
    ["a month that is none", "cron(0 4 1 FOO ? *)", "has the month FOO: it takes 1-12 or JAN-DEC"],
    ["an hour that is none", "cron(0 24 1 * ? *)", "has the hour 24: it takes 0-23"],
    ["a day 0 of the week, which AWS counts from 1", "cron(0 4 ? * 0 *)", "has the day of week 0: it takes 1-7"],
    ["names in lower case", "cron(0 4 ? * tue *)", "has the day of week tue"],
    ["two nth days of the week", "'cron(0 4 ? * 2#1,4#2 *)'", "has the day of week 2#1,4#2"],
    ["a ? for a month", "cron(0 4 ? ? TUE *)", "has the month ?"],
    ["what the library takes and AWS does not", "cron(0 4+5 ? * TUE *)", "has the hour 4+5"],
  ])("refuses %s, naming plan, field and value", (_, schedule, words) => {
    expect(problemsOf(`schedule: ${schedule}`)).toContain(
      `orders: cadence.schedule ${schedule.replaceAll("'", "")} ${words}`,
    );
  });

  it("refuses what fires less often than promised, and says what could be promised", () => {
    expect(problemsOf("every: 7d, schedule: cron(0 4 1 * ? *)")).toMatch(
      /does not keep cadence\.every 7 d: it does not fire for 31 d after 2026-12-01T04:00Z.*write every: 32d/,
    );
  });

  it("counts the window and the time that a drill may take: a week of drills at the promise's very end is late", () => {
    expect(problemsOf("every: 7d, schedule: rate(7 days)")).toMatch(/begins up to 1 h later.*may take 4 h.*every: 8d/);
    expect(problemsOf("every: 7d, schedule: rate(6 days)")).toBe("");
  });

  it("sees the hour that clocks jump over, which the Scheduler leaves out", () => {
    expect(problemsOf("every: 8d, schedule: cron(30 2 ? * SUN *), timezone: Europe/Berlin")).toMatch(
      /clocks of Europe\/Berlin jump over its time on 2027-03-28.*every: 15d/,
    );
    expect(problemsOf("every: 8d, schedule: cron(30 2 ? * SUN *), timezone: UTC")).toBe("");
  });

  it("sees a schedule that ends with its years", () => {
    expect(problemsOf("every: 8d, schedule: cron(0 4 ? * TUE 2026-2027)")).toContain("after 2027-12-28T04:00Z");
  });

  it("offers no promise longer than plans can make", () => {
    const problem = problemsOf("every: 366d, schedule: cron(0 4 29 2 ? *)");
    expect(problem).toContain("let it fire more often");
    expect(problem).not.toContain("write every");
  });

  it("refuses drills that come faster than one may take: they would wait for one another without an end", () => {
    expect(problemsOf("schedule: cron(0 0/6 * * ? *)")).toMatch(/fires twice in 6 h.*may take 12 h \(limits\.time/);
    expect(problemsOf("schedule: cron(0 0/6 * * ? *)", { limits: "{ time: 6h }" })).toBe("");
  });

  it("refuses drills within an hour, however short they are", () => {
    const short = { limits: "{ time: 10m }", objectives: "{ rto: 5m, rpo: 1h }" };
    expect(problemsOf("schedule: rate(30 minutes), window: 0m", short)).toContain("fires twice in 30 min");
    expect(problemsOf("schedule: rate(1 hour), window: 0m", short)).toBe("");
  });

  it("refuses a window that reaches beyond the next firing", () => {
    expect(problemsOf("schedule: rate(12 hours), window: 24h")).toContain(
      "cadence.window 24 h is longer than the 12 h",
    );
  });
});

describe("a plan's time zone", () => {
  it.each(["Europe/Atlantis", "+02:00", "CEST"])("is refused by the plan itself when it does not exist: %s", (zone) => {
    const plan = "plan: a\nsource: { region: eu-west-1, cluster: a, database: a }\nsandbox: { region: eu-west-1 }\n";
    const text = `${plan}objectives: { rto: 1h, rpo: 1d }\ncadence: { timezone: "${zone}" }\n`;
    expect(() => parsePlan(text, "drills/a.yml")).toThrow(/cadence\.timezone.*is no time zone/);
  });
});
