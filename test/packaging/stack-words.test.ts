import { describe, expect, it } from "vitest";
import { wordsOnForwarding } from "../../packaging/stack-words.ts";
import { planWith } from "./plans.ts";

const HOME = { name: "restore-drill-dev", region: "eu-central-1", account: "444455556666" };
const plan = (name: string, incidents: string, where = "region: eu-west-1") =>
  planWith({ plan: name, source: `{ ${where}, cluster: ${name}, database: d }`, more: `incidents: ${incidents}` });
const said = (...plans: ReturnType<typeof plan>[]): string => wordsOnForwarding(plans, HOME).join("\n");

describe("wordsOnForwarding", () => {
  it("says one command a place, with the alarms and findings of all its plans", () => {
    expect(said(plan("b", "{ alarms: [lost, gone] }"), plan("a", "{ alarms: [gone], guardduty: true }"))).toBe(
      `Alarms and findings arise where the database is, and do not come here by themselves. Forward them, once and whenever they change in a plan:
  - of b, a:
     aws cloudformation deploy --region eu-west-1 --stack-name restore-drill-dev-incidents --template-file source-region/template.yml \\
       --capabilities CAPABILITY_IAM --parameter-overrides DrillRegion=eu-central-1 'AlarmNames=gone,lost' GuardDuty=on`,
    );
  });

  it("says whose credentials and which account's bus it takes where the source is another account's, in this region too", () => {
    const theirs = plan("theirs", "{ guardduty: true }", "region: eu-central-1, account: '111122223333'");
    expect(said(theirs)).toContain("of theirs, with credentials of the account 111122223333:");
    expect(said(theirs)).toContain("DrillRegion=eu-central-1 DrillAccount=444455556666 'AlarmNames=' GuardDuty=on");
  });

  it.each([
    ["of this region and account", plan("here", "{ guardduty: true }", "region: eu-central-1")],
    [
      "of this account by its number",
      plan("here", "{ guardduty: true }", "region: eu-central-1, account: '444455556666'"),
    ],
    ["that waits for no incident", plan("quiet", "{}")],
  ])("says nothing of a source %s", (_, silent) => {
    expect(said(silent)).toBe("");
  });

  it.each([
    ["a comma", `["lost, really"]`],
    ["an apostrophe", `["orders' loss"]`],
    ["more names than one rule holds", `[${Array.from({ length: 20 }, (_, index) => `${"x".repeat(120)}${index}`)}]`],
  ])("asks for a prefix where there is %s", (_, alarms) => {
    expect(said(plan("orders", `{ alarms: ${alarms} }`))).toContain(
      " 'AlarmPrefix=<what the names of all begin with>' ",
    );
  });
});
