import { describe, expect, it } from "vitest";
import { readArguments, USAGE } from "../../src/cli/arguments.ts";
import { UsageError } from "../../src/cli/usage-error.ts";

const NONE = {
  command: "drill",
  source: undefined,
  plan: undefined,
  sabotage: undefined,
  scenario: undefined,
  json: false,
  help: false,
};

function refusal(...argv: string[]): string {
  try {
    readArguments(argv);
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError);
    return error instanceof Error ? error.message : "";
  }
  throw new Error(`${argv.join(" ")} was understood`);
}

describe("readArguments", () => {
  it("asks for the demo when nothing is given", () => {
    expect(readArguments([])).toEqual(NONE);
  });

  it.each([
    [["--source", "postgres://me@db/shop"], { source: "postgres://me@db/shop" }],
    [["--source=postgres://me@db/shop?sslmode=require"], { source: "postgres://me@db/shop?sslmode=require" }],
    [["--plan", "drills/orders.yml"], { plan: "drills/orders.yml" }],
    [["--sabotage", "stale"], { sabotage: "stale" }],
    [["--scenario", "region-lost"], { scenario: "region-lost" }],
    [["--json"], { json: true }],
    [["history"], { command: "history" }],
    [["history", "--json"], { command: "history", json: true }],
    [["--help"], { help: true }],
    [["-h"], { help: true }],
    [["--json", "--plan", "a.yml", "--sabotage=slow"], { json: true, plan: "a.yml", sabotage: "slow" }],
  ])("reads %j", (argv, expected) => {
    expect(readArguments(argv)).toEqual({ ...NONE, ...expected });
  });

  it.each([
    ["--jsn", 'There is no option "--jsn". Did you mean "json"?'],
    ["--sorce=x", 'There is no option "--sorce". Did you mean "source"?'],
    ["--frobnicate", 'There is no option "--frobnicate".'],
    ["-x", 'There is no option "-x".'],
  ])("suggests the nearest option for %s", (option, message) => {
    expect(refusal(option)).toBe(message);
  });

  it("says which option has no value, and which takes none", () => {
    expect(refusal("--source")).toContain("--source");
    expect(refusal("--plan", "--json")).toContain("'--plan'");
    expect(refusal("--json=yes")).toContain("'--json' does not take an argument");
  });

  it("refuses a stray word with what npm does to options", () => {
    expect(refusal("missing-rows")).toMatch(/^"missing-rows" is not understood: .* npm passes on only/);
    expect(refusal("--json", "--", "--plan")).toMatch(/^"--plan" is not understood/);
  });

  it("does not repeat the password of a stray or misplaced connection string", () => {
    expect(refusal("postgres://me:s3cret@db/shop")).not.toContain("s3cret");
    expect(refusal("--sorce=postgres://me:s3cret@db/shop")).not.toContain("s3cret");
  });

  it("has every option and every exit code in its help", () => {
    for (const option of ["--source", "--plan", "--sabotage", "--json"]) expect(USAGE).toContain(`-- ${option}`);
    expect(USAGE).toContain("0 passed, 1 failed, 2 errored, 3 inconclusive, 64 bad usage");
  });
});
