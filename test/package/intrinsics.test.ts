// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders of CloudFormation, not of JavaScript
import { describe, expect, it } from "vitest";
import { holds, type ResolutionScope, resolveIntrinsics } from "../../packaging/intrinsics.ts";
import type { Place } from "../../packaging/resource-kinds.ts";
import { scopeOf, Template } from "../../packaging/template-scope.ts";

const SCOPE: ResolutionScope = {
  ref: (name) => (name === "AWS::NoValue" ? undefined : `ref-${name}`),
  attribute: (logicalId, attribute) => `${logicalId}-${attribute}`,
  condition: (name) => name === "True",
};
const resolve = (value: unknown): unknown => resolveIntrinsics(value, SCOPE);

describe("resolveIntrinsics", () => {
  it("resolves references at any depth and leaves everything else alone", () => {
    const value = { a: [{ Ref: "Topic" }, 1, null, { "Fn::GetAtt": ["Role", "Arn"] }], Ref: "kept", b: true };
    expect(resolve(value)).toEqual({ a: ["ref-Topic", 1, null, "Role-Arn"], Ref: "kept", b: true });
  });

  it("substitutes names, attributes and variables of its own, and keeps literals", () => {
    expect(resolve({ "Fn::Sub": "${Bucket.Arn}/${AWS::Region}/${!Kept}" })).toBe("Bucket-Arn/ref-AWS::Region/${Kept}");
    expect(resolve({ "Fn::Sub": ["${Name}-${Other}", { Name: { Ref: "X" } }] })).toBe("ref-X-ref-Other");
  });

  it("joins, splits and selects what it has resolved", () => {
    expect(resolve({ "Fn::Join": [":", ["a", { Ref: "B" }]] })).toBe("a:ref-B");
    expect(resolve({ "Fn::Split": ["-", { Ref: "B" }] })).toEqual(["ref", "B"]);
    expect(resolve({ "Fn::Select": [1, ["a", { Ref: "B" }]] })).toBe("ref-B");
  });

  it("names the zones of a region", () => {
    expect(resolve({ "Fn::Select": [1, { "Fn::GetAZs": "eu-west-1" }] })).toBe("eu-west-1b");
    expect(resolve({ "Fn::Select": [0, { "Fn::GetAZs": "" }] })).toBe("ref-AWS::Regiona");
  });

  it("drops what is AWS::NoValue", () => {
    expect(resolve({ a: { Ref: "AWS::NoValue" }, b: [{ Ref: "AWS::NoValue" }, 1] })).toEqual({ b: [1] });
  });

  it("takes the branch that holds, and never looks at the other", () => {
    const impossible = { "Fn::ImportValue": "x" };
    expect(resolve({ "Fn::If": ["True", { Ref: "A" }, impossible] })).toBe("ref-A");
    expect(resolve({ "Fn::If": ["False", impossible, { Ref: "B" }] })).toBe("ref-B");
    expect(resolve({ a: { "Fn::If": ["False", 1, { Ref: "AWS::NoValue" }] } })).toEqual({});
  });

  it("throws on an intrinsic function that it does not resolve", () => {
    expect(() => resolve({ "Fn::ImportValue": "x" })).toThrow("Fn::ImportValue");
  });
});

describe("holds", () => {
  it.each([
    [{ "Fn::Equals": [{ Ref: "A" }, "ref-A"] }, true],
    [{ "Fn::Equals": [5, "5"] }, true],
    [{ "Fn::Equals": [{ Ref: "A" }, ""] }, false],
    [{ "Fn::Not": [{ Condition: "True" }] }, false],
    [{ "Fn::And": [{ Condition: "True" }, { Condition: "False" }] }, false],
    [{ "Fn::Or": [{ Condition: "True" }, { Condition: "False" }] }, true],
  ])("says of %j: %s", (condition, expected) => {
    expect(holds(condition, SCOPE)).toBe(expected);
  });

  it("throws on what is no condition", () => {
    expect(() => holds({ "Fn::Sometimes": [] }, SCOPE)).toThrow("Fn::Sometimes");
  });
});

const PLACE: Place = { accountId: "123456789012", region: "eu-west-1", stackName: "drills" };
const scopeOfTemplate = (template: object, parameters = {}, names = {}) =>
  scopeOf(Template.parse({ Resources: {}, ...template }), PLACE, { parameters, names });

describe("scopeOf", () => {
  const NETWORK = {
    Parameters: { SubnetGroup: { Type: "String", Default: "" } },
    Conditions: { Makes: { "Fn::Equals": [{ Ref: "SubnetGroup" }, ""] } },
    Resources: { Vpc: { Type: "AWS::EC2::VPC", Condition: "Makes", Properties: { CidrBlock: "10.0.0.0/16" } } },
  };

  it("leaves out what stands behind a condition that does not hold, and refuses to name it", () => {
    const { has, ref } = scopeOfTemplate(NETWORK, { SubnetGroup: "mine" });
    expect(has(NETWORK.Resources.Vpc)).toBe(false);
    expect(() => ref("Vpc")).toThrow("Makes leaves out");
    expect(scopeOfTemplate(NETWORK).ref("Vpc")).toMatch(/^vpc-0[0-9a-f]{16}$/);
  });

  it("gives every kind of resource the reference and the attributes that CloudFormation does", () => {
    const { ref, attribute } = scopeOfTemplate({
      Resources: {
        Queue: { Type: "AWS::SQS::Queue", Properties: { QueueName: { "Fn::Sub": "${AWS::StackName}-dead" } } },
        Topic: { Type: "AWS::SNS::Topic" },
        Group: { Type: "AWS::Scheduler::ScheduleGroup", Properties: { Name: "drills" } },
        Tick: { Type: "AWS::Scheduler::Schedule", Properties: { Name: "tick", GroupName: { Ref: "Group" } } },
        Closed: { Type: "AWS::EC2::SecurityGroup", Properties: { VpcId: "vpc-1" } },
      },
    });
    expect(ref("Queue")).toBe("https://sqs.eu-west-1.amazonaws.com/123456789012/drills-dead");
    expect(attribute("Queue", "Arn")).toBe("arn:aws:sqs:eu-west-1:123456789012:drills-dead");
    expect(attribute("Queue", "QueueName")).toBe("drills-dead");
    expect(ref("Topic")).toBe("arn:aws:sns:eu-west-1:123456789012:drills-topic");
    expect(ref("Group")).toBe("drills");
    expect(attribute("Tick", "Arn")).toBe("arn:aws:scheduler:eu-west-1:123456789012:schedule/drills/tick");
    expect([attribute("Closed", "GroupId"), attribute("Closed", "VpcId")]).toEqual([ref("Closed"), "vpc-1"]);
    expect(() => attribute("Topic", "Colour")).toThrow("Topic.Colour");
  });

  it("refuses parameters as CloudFormation does", () => {
    const Parameters = {
      Majors: { Type: "Number", Default: 17, MinValue: 14, MaxValue: 20 },
      State: { Type: "String", Default: "on", AllowedValues: ["on", "off"] },
      Group: { Type: "String", Default: "", AllowedPattern: "(sg-[0-9a-f]+)?" },
      Names: { Type: "CommaDelimitedList", Default: "a, b", AllowedValues: ["a", "b", "c"] },
    };
    expect(scopeOfTemplate({ Parameters }, { Majors: "18" }).ref("Majors")).toBe("18");
    expect(scopeOfTemplate({ Parameters }).ref("Names")).toEqual(["a", "b"]);
    for (const [given, wanted] of [
      [{ Majors: "21" }, "between 14 and 20"],
      [{ State: "maybe" }, "one of on, off"],
      [{ Group: "sg-1 or another" }, "must match"],
      [{ Names: "a,d" }, "one of a, b, c"],
      [{ Colour: "red" }, "no parameter Colour"],
    ] as const)
      expect(() => scopeOfTemplate({ Parameters }, given)).toThrow(wanted);
  });
});
