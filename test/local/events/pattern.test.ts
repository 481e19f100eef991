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

  it("throws on an operator that it does not know, rather than guess", () => {
    for (const operator of [{ suffix: "a" }, { numeric: [">", 1] }, { wildcard: "*" }, { prefix: "a", exists: true }])
      expect(() => readPattern({ source: [operator] }), JSON.stringify(operator)).toThrow("does not know");
    expect(() => readPattern({ $or: [{ source: ["a"] }] })).toThrow("$or");
    expect(() => readPattern({ source: [{ "anything-but": { suffix: "a" } }] })).toThrow("does not know");
  });
});
