import { describe, expect, it } from "vitest";
import { nameProblems } from "../../packaging/physical-names.ts";

const named = (Type: string, property: string, name: unknown, more: object = {}) => ({
  Type,
  Properties: { [property]: name, ...more },
});
const STAGED = { name: "restore-drill-test", stage: "test" };

describe("nameProblems", () => {
  it("finds nothing wrong with names that AWS takes, nor with those that CloudFormation makes", () => {
    const resources = {
      Function: named("AWS::Lambda::Function", "FunctionName", "restore-drill-test-sweep"),
      Bucket: { Type: "AWS::S3::Bucket" },
      Alias: named("AWS::KMS::Alias", "AliasName", "alias/restore-drill-test"),
      Logs: named("AWS::Logs::LogGroup", "LogGroupName", "/aws/lambda/restore-drill-test-sweep"),
      Joined: named("AWS::SQS::Queue", "QueueName", { "Fn::Join": ["-", ["a", { Ref: "AWS::AccountId" }]] }),
    };
    expect(nameProblems(resources, STAGED)).toEqual([]);
  });

  it.each([
    ["AWS::Lambda::Function", "FunctionName", 64],
    ["AWS::Scheduler::Schedule", "Name", 64],
    ["AWS::Scheduler::ScheduleGroup", "Name", 64],
    ["AWS::Events::Rule", "Name", 64],
    ["AWS::IAM::Role", "RoleName", 64],
    ["AWS::StepFunctions::StateMachine", "StateMachineName", 80],
    ["AWS::SQS::Queue", "QueueName", 80],
    ["AWS::CloudWatch::Alarm", "AlarmName", 255],
    ["AWS::CloudWatch::Dashboard", "DashboardName", 255],
    ["AWS::SNS::Topic", "TopicName", 256],
  ])("allows %s a %s of %i characters and no more", (type, property, limit) => {
    const ofLength = (length: number) => nameProblems({ It: named(type, property, "n".repeat(length)) }, STAGED);
    expect(ofLength(limit)).toEqual([]);
    expect(ofLength(limit + 1)).toEqual([
      expect.stringContaining(`of ${limit + 1} characters where ${limit} are allowed`),
    ]);
  });

  it("tells of the longest stage that works: for the name that is worst", () => {
    const stage = "a-stage-that-somebody-named-after-a-branch";
    const name = `restore-drill-${stage}`;
    const resources = {
      Short: named("AWS::Lambda::Function", "FunctionName", `${name}-judge-drill`),
      Long: named("AWS::Lambda::Function", "FunctionName", `${name}-notify-outcome`),
    };
    const [problem] = nameProblems(resources, { name, stage });
    expect(problem).toContain(`Long (AWS::Lambda::Function) would be called ${name}-notify-outcome, of 71 characters`);
    const longest = Number(/may have (\d+)/.exec(problem ?? "")?.[1]);
    for (const [length, count] of [
      [longest, 0],
      [longest + 1, 1],
    ] as const) {
      const shorter = stage.slice(0, length);
      const function_ = named("AWS::Lambda::Function", "FunctionName", `restore-drill-${shorter}-notify-outcome`);
      expect(nameProblems({ function_ }, { name: `restore-drill-${shorter}`, stage: shorter })).toHaveLength(count);
    }
  });

  it("speaks of the name where the stage is not in it, and says when no shorter one helps", () => {
    const of = (suffix: number) =>
      nameProblems(
        { It: named("AWS::Events::Rule", "Name", `drills-${"x".repeat(suffix)}`) },
        { name: "drills", stage: "prod" },
      );
    expect(of(60)[0]).toContain('the name "drills" of 6 characters may have 3');
    expect(of(70)[0]).toContain("no name is short enough");
  });

  it.each([
    ["a slash", "restore-drill-feature/x", "AWS::Lambda::Function", "FunctionName"],
    [
      "a capital letter, which RDS would make a small one",
      "restore-drill-Test",
      "AWS::RDS::DBSubnetGroup",
      "DBSubnetGroupName",
    ],
    ["an underscore", "restore-drill-a_b", "AWS::RDS::DBClusterParameterGroup", "DBClusterParameterGroupName"],
    ["a hyphen at the end", "restore-drill-", "AWS::RDS::DBSubnetGroup", "DBSubnetGroupName"],
    ["an umlaut", "restore-drill-prüfung", "AWS::SQS::Queue", "QueueName"],
  ])("refuses %s in a name", (_, name, type, property) => {
    const problems = nameProblems({ It: named(type, property, name) }, STAGED);
    expect(problems).toEqual([
      expect.stringContaining(`It (${type}) would be called ${name}, which AWS does not take`),
    ]);
  });

  it("refuses a stack that CloudFormation would not create", () => {
    expect(nameProblems({}, { name: "1-drill", stage: "x" })).toEqual([expect.stringContaining("1-drill")]);
  });

  it("refuses two resources of one name, but for schedules in two groups", () => {
    const schedule = (GroupName: string) =>
      named("AWS::Scheduler::Schedule", "Name", "restore-drill-sweep", { GroupName });
    expect(nameProblems({ A: schedule("one"), B: schedule("two") }, STAGED)).toEqual([]);
    expect(nameProblems({ A: schedule("one"), B: schedule("one") }, STAGED)).toEqual([
      "B and A (AWS::Scheduler::Schedule) would both be called restore-drill-sweep: rename the plan.",
    ]);
  });

  it("counts the resources as CloudFormation does", () => {
    const many = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, i) => [`R${i}`, { Type: "X" }]));
    expect(nameProblems(many(500), STAGED)).toEqual([]);
    expect(nameProblems(many(501), STAGED)).toEqual([
      expect.stringMatching(/501 resources, and CloudFormation takes 500\. Each plan has up to five beside/),
    ]);
  });
});
