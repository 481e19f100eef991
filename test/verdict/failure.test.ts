import { describe, expect, it } from "vitest";
import { readFailure } from "../../src/verdict/failure.ts";

describe("readFailure", () => {
  it.each([
    [
      "a Lambda's JSON",
      JSON.stringify({ errorType: "Drill.CopyFailed", errorMessage: "RDS gave up", trace: [] }),
      "RDS gave up",
    ],
    ["a service's text", "Rate exceeded", "Rate exceeded"],
    ["JSON that is no Lambda's", '{"a":1}', '{"a":1}'],
    ["JSON that was cut", '{"errorMessage":"RDS ga', '{"errorMessage":"RDS ga'],
    ["nothing", "", "X, without a cause"],
  ])("finds the message in %s", (_, Cause, message) => {
    expect(readFailure({ Error: "X", Cause })).toEqual({ error: "X", message });
  });

  it("does without a cause", () => {
    expect(readFailure({ Error: "States.Timeout" })).toEqual({
      error: "States.Timeout",
      message: "States.Timeout, without a cause",
    });
  });

  it("is nothing when nothing failed", () => {
    expect(readFailure(undefined)).toBeUndefined();
  });
});
