import { describe, expect, it } from "vitest";
import { planConflicts } from "../../packaging/plan-conflicts.ts";
import { planWith } from "./plans.ts";

const weekly = (more: string) => planWith({ plan: "weekly", more });
const monthly = (more: string, source?: string) =>
  planWith({ plan: "monthly", more, ...(source === undefined ? {} : { source }) });

describe("planConflicts", () => {
  it("lets two plans have one database", () => {
    expect(planConflicts([weekly(""), monthly("incidents: { alarms: [lost], guardduty: true }")])).toEqual([]);
  });

  it("refuses one alarm in two plans of a database, naming both", () => {
    const alarms = "incidents: { alarms: [lost, gone] }";
    expect(planConflicts([weekly(alarms), monthly("incidents: { alarms: [gone] }")])).toEqual([
      'monthly: incidents.alarms is "gone", and so it is in the plan weekly of the same database, eu-west-1/orders: one incident starts one drill of it. Leave the alarm to one of them.',
    ]);
  });

  it("refuses two plans that answer the findings about one cluster", () => {
    const plans = [weekly("incidents: { guardduty: true }"), monthly("incidents: { guardduty: true }")];
    expect(planConflicts(plans)).toEqual([
      expect.stringMatching(/^monthly: incidents\.guardduty is true.*guardduty: false/),
    ]);
  });

  it("lets an incident start a drill each of two databases", () => {
    const incidents = "incidents: { alarms: [lost], guardduty: true }";
    const other = "{ region: eu-west-1, cluster: billing, database: shop }";
    expect(planConflicts([weekly(incidents), monthly(incidents, other)])).toEqual([]);
  });

  it.each([
    ["us-east-1/orders", "{ region: us-east-1, cluster: orders, database: shop }"],
    [
      "111122223333/eu-west-1/orders",
      "{ region: eu-west-1, account: '111122223333', cluster: orders, database: shop }",
    ],
  ])("refuses a namesake of a cluster, %s, which would share its alarms, history and evidence", (namesake, source) => {
    expect(planConflicts([weekly(""), monthly("", source)])).toEqual([
      `monthly: source is ${namesake}, and that of the plan weekly is eu-west-1/orders: alarms, metrics, history and evidence go by the name of the cluster, orders, and those of one would be taken for the other's. Deploy the plans of one of them with another --stage; where both are one cluster, write source.account in both plans or in neither.`,
    ]);
  });

  it("refuses two regions for the copies of one database, and lets one plan leave them to the other", () => {
    const [west, east] = ["backups: { copyIn: us-west-2 }", "backups: { copyIn: us-east-1 }"];
    expect(planConflicts([weekly(west), monthly(west)])).toEqual([]);
    expect(planConflicts([weekly(west), monthly("")])).toEqual([]);
    expect(planConflicts([weekly(west), monthly(east)])).toEqual([
      "monthly: backups.copyIn is us-east-1, and that of the plan weekly of the same database is us-west-2: the survey looks for its copies in one region. Write one of them in both plans.",
    ]);
  });

  it("does not mind an alarm that one plan names twice", () => {
    expect(planConflicts([weekly("incidents: { alarms: [lost, lost] }")])).toEqual([]);
  });
});
