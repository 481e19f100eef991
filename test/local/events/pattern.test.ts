import { describe, expect, it } from "vitest";
import { readPattern } from "../../../src/local/events/pattern.ts";

const event = {
  source: "aws.states",
  "detail-type": "Step Functions Execution Status Change",
  resources: ["arn:aws:states:eu-central-1:1:execution:restore-drill:a"],
  detail: { status: "ABORTED", name: "a", output: null, redriveCount: 0 },
};
const matches = (pattern: unknown): boolean => readPattern(pattern)(event);

describe("readPattern", () => {
  it("matches when every member has one of the values wanted, at any depth", () => {
    expect(matches({ source: ["aws.states"], detail: { status: ["FAILED", "ABORTED"] } })).toBe(true);
    expect(matches({ source: ["aws.states"], detail: { status: ["FAILED"] } })).toBe(false);
    expect(matches({ source: ["aws.rds"], detail: { status: ["ABORTED"] } })).toBe(false);
    expect(matches({ detail: { output: [null], redriveCount: [0] } })).toBe(true);
  });

  it("does not match a member that the event does not have", () => {
    expect(matches({ region: ["eu-central-1"] })).toBe(false);
    expect(matches({ detail: { status: { deeper: ["ABORTED"] } } })).toBe(false);
  });

  it("asks for one element of an array in the event", () => {
    expect(matches({ resources: [{ prefix: "arn:aws:states:" }] })).toBe(true);
    expect(matches({ resources: [{ prefix: "arn:aws:rds:" }] })).toBe(false);
  });

  it("knows prefix, anything-but and exists", () => {
    expect(matches({ detail: { name: [{ prefix: "a" }] } })).toBe(true);
    expect(matches({ detail: { status: [{ "anything-but": ["SUCCEEDED", "RUNNING"] }] } })).toBe(true);
    expect(matches({ detail: { status: [{ "anything-but": "ABORTED" }] } })).toBe(false);
    expect(matches({ detail: { status: [{ "anything-but": { prefix: "AB" } }] } })).toBe(false);
    expect(matches({ detail: { gone: [{ "anything-but": "ABORTED" }] } })).toBe(false);
    expect(matches({ detail: { gone: [{ exists: false }], name: [{ exists: true }] } })).toBe(true);
  });

  it("knows the other operators of texts and numbers", () => {
    for (const [operator, value, expected] of [
      [{ suffix: "-a" }, "orders-a", true],
      [{ suffix: "-a" }, "orders-b", false],
      [{ "equals-ignore-case": "Alarm" }, "ALARM", true],
      [{ wildcard: "orders-*.cpu" }, "orders-eu.cpu", true],
      [{ wildcard: "orders-*.cpu" }, "orders-eu-cpu", false],
      [{ numeric: [">=", 7, "<", 9] }, 8.5, true],
      [{ numeric: [">=", 7, "<", 9] }, 9, false],
      [{ numeric: [">=", 7] }, "8", false],
      [{ "anything-but": { suffix: "-a" } }, "orders-b", true],
    ] as const)
      expect(readPattern({ source: [operator] })({ source: value }), JSON.stringify(operator)).toBe(expected);
  });

  it("looks into every object of an array, and asks for one that matches", () => {
    const finding = { detail: { metrics: [{ id: "a", dimensions: { cluster: "x" } }, { id: "b" }] } };
    expect(readPattern({ detail: { metrics: { dimensions: { cluster: ["x"] } } } })(finding)).toBe(true);
    expect(readPattern({ detail: { metrics: { id: ["c"] } } })(finding)).toBe(false);
  });

  it("asks for one of the patterns of an $or", () => {
    expect(matches({ $or: [{ source: ["aws.rds"] }, { detail: { status: ["ABORTED"] } }] })).toBe(true);
    expect(matches({ source: ["aws.states"], $or: [{ source: ["aws.rds"] }] })).toBe(false);
  });

  it("throws on an operator that it does not know, rather than guess", () => {
    for (const operator of [{ cidr: "10.0.0.0/8" }, { numeric: [">"] }, { exsts: true }, { prefix: "a", exists: true }])
      expect(() => readPattern({ source: [operator] }), JSON.stringify(operator)).toThrow("does not know");
    expect(() => readPattern({ source: [{ "anything-but": { exists: true } }] })).toThrow("does not know");
    expect(() => readPattern({ $and: [{ source: ["a"] }] })).toThrow("$and");
    expect(() => readPattern({ source: [] })).toThrow("empty array");
  });
});
