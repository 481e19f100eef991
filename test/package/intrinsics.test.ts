// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders of CloudFormation, not of JavaScript
import { describe, expect, it } from "vitest";
import { resolveIntrinsics } from "../../packaging/intrinsics.ts";

const resolve = (value: unknown): unknown =>
  resolveIntrinsics(value, {
    ref: (name) => (name === "AWS::NoValue" ? undefined : `ref-${name}`),
    attribute: (logicalId, attribute) => `${logicalId}-${attribute}`,
  });

describe("resolveIntrinsics", () => {
  it("resolves references at any depth and leaves everything else alone", () => {
    const value = { a: [{ Ref: "Topic" }, 1, null, { "Fn::GetAtt": ["Role", "Arn"] }], Ref: "kept", b: true };
    expect(resolve(value)).toEqual({ a: ["ref-Topic", 1, null, "Role-Arn"], Ref: "kept", b: true });
  });

  it("substitutes names, attributes and variables of its own, and keeps literals", () => {
    expect(resolve({ "Fn::Sub": "${Bucket.Arn}/${AWS::Region}/${!Kept}" })).toBe("Bucket-Arn/ref-AWS::Region/${Kept}");
    expect(resolve({ "Fn::Sub": ["${Name}-${Other}", { Name: { Ref: "X" } }] })).toBe("ref-X-ref-Other");
  });

  it("joins and selects what it has resolved", () => {
    expect(resolve({ "Fn::Join": [":", ["a", { Ref: "B" }]] })).toBe("a:ref-B");
    expect(resolve({ "Fn::Select": [1, ["a", { Ref: "B" }]] })).toBe("ref-B");
  });

  it("drops what is AWS::NoValue", () => {
    expect(resolve({ a: { Ref: "AWS::NoValue" }, b: [{ Ref: "AWS::NoValue" }, 1] })).toEqual({ b: [1] });
  });

  it("throws on an intrinsic function that it does not resolve", () => {
    expect(() => resolve({ "Fn::ImportValue": "x" })).toThrow("Fn::ImportValue");
  });
});
