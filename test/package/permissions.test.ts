import { describe, expect, it } from "vitest";
import * as z from "zod/mini";
import { isAllowed, PolicyStatement } from "../../packaging/permissions.ts";

const statement = (members: object): PolicyStatement =>
  z.parse(PolicyStatement, { Effect: "Allow", Action: "rds:DeleteDBCluster", Resource: "*", ...members });
const cluster = "arn:aws:rds:eu-west-1:111122223333:cluster:orders";

describe("isAllowed", () => {
  const allows = (members: object, context = {}, action = "rds:DeleteDBCluster"): boolean =>
    isAllowed([statement(members)], action, cluster, context);

  it("allows nothing without a statement that says so", () => {
    expect(isAllowed([], "rds:DeleteDBCluster", cluster)).toBe(false);
    expect(allows({}, {}, "rds:ModifyDBCluster")).toBe(false);
  });

  it("matches actions in any case, and resources exactly but for * and ?", () => {
    expect(allows({ Action: "RDS:deletedbcluster" })).toBe(true);
    expect(allows({ Resource: "arn:aws:rds:*:cluster:order?" })).toBe(true);
    expect(allows({ Resource: "arn:aws:rds:*:cluster:Orders" })).toBe(false);
    expect(allows({ Resource: "arn:aws:rds:*:cluster:order" })).toBe(false);
    expect(allows({ Resource: "arn.aws:rds:*" })).toBe(false);
  });

  it("lets a Deny win over any Allow", () => {
    const deny = statement({ Effect: "Deny" });
    expect(isAllowed([statement({}), deny], "rds:DeleteDBCluster", cluster)).toBe(false);
  });

  it("holds a condition only for a key that the request has", () => {
    const condition = { Condition: { StringLike: { "aws:ResourceTag/drill": "2026*" } } };
    expect(allows(condition, { "aws:resourcetag/drill": "20261121" })).toBe(true);
    expect(allows(condition, { "aws:ResourceTag/drill": "1999" })).toBe(false);
    expect(allows(condition)).toBe(false);
  });

  it("asks with Null whether a key is absent", () => {
    const present = { Condition: { Null: { "aws:ResourceTag/drill": "false" } } };
    expect(allows(present, { "aws:ResourceTag/drill": "" })).toBe(true);
    expect(allows(present)).toBe(false);
    expect(allows({ Condition: { Null: { "aws:ResourceTag/drill": true } } })).toBe(true);
  });

  it("holds IfExists and ForAllValues vacuously, and ForAnyValue never", () => {
    expect(allows({ Condition: { StringEqualsIfExists: { "kms:ViaService": "rds" } } })).toBe(true);
    expect(allows({ Condition: { "ForAllValues:StringEquals": { "aws:TagKeys": ["a"] } } })).toBe(true);
    expect(allows({ Condition: { "ForAnyValue:StringEquals": { "aws:TagKeys": ["a"] } } })).toBe(false);
  });

  it("tells all values of a key from any", () => {
    const context = { "aws:TagKeys": ["a", "b"] };
    expect(allows({ Condition: { "ForAllValues:StringEquals": { "aws:TagKeys": ["a"] } } }, context)).toBe(false);
    expect(allows({ Condition: { "ForAnyValue:StringEquals": { "aws:TagKeys": ["a"] } } }, context)).toBe(true);
  });

  it("needs every condition of a statement", () => {
    const both = { Condition: { Bool: { x: "true" }, StringEquals: { y: "1" } } };
    expect(allows(both, { x: "True", y: "1" })).toBe(true);
    expect(allows(both, { x: "true", y: "2" })).toBe(false);
  });

  it("throws on an operator that it does not know, rather than guess", () => {
    expect(() => allows({ Condition: { DateLessThan: { "aws:CurrentTime": "2026" } } })).toThrow("DateLessThan");
  });
});
