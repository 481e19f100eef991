import { describe, expect, it } from "vitest";
import { inputOf } from "../../../src/local/events/target-input.ts";

const event = { id: "1", detail: { executionArn: "arn:a", input: '{"plan": "orders"}', startDate: 5, cause: null } };
const transformed = (InputTemplate: string, InputPathsMap: Record<string, string>): unknown =>
  inputOf({ InputTransformer: { InputPathsMap, InputTemplate } }, event);

describe("what a target is given", () => {
  it("is the event, a constant, or a part of the event", () => {
    expect(inputOf({}, event)).toBe(event);
    expect(inputOf({ Input: '{"plan": "orders"}' }, event)).toEqual({ plan: "orders" });
    expect(inputOf({ InputPath: "$.detail" }, event)).toBe(event.detail);
  });

  it("is a template filled with values: JSON where they stand alone, text inside of quotes", () => {
    const paths = { arn: "$.detail.executionArn", at: "$.detail.startDate", input: "$.detail.input" };
    expect(transformed('{"arn": <arn>, "at": <at>, "said": "<arn> with <input>"}', paths)).toEqual({
      arn: "arn:a",
      at: 5,
      said: 'arn:a with {"plan": "orders"}',
    });
  });

  it("is no guess: unknown names and paths are refused", () => {
    expect(() => transformed('{"arn": <arn>}', {})).toThrow("<arn>");
    expect(() => inputOf({ InputPath: "$.detail[0]" }, event)).toThrow("$.detail[0]");
    expect(() => transformed('{"who": <who>}', { who: "$.detail.who" })).toThrow("nothing at $.detail.who");
    expect(() => inputOf({ InputPath: "$.detail.toString" }, event)).toThrow("nothing at");
    expect(transformed('{"cause": <cause>}', { cause: "$.detail.cause" })).toEqual({ cause: null });
  });
});
