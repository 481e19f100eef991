import { describe, expect, it } from "vitest";
import { readCommand } from "../../../src/cli/deployed/arguments.ts";
import { COMMAND_USAGE, USAGE } from "../../../src/cli/deployed/usage.ts";
import { UsageError } from "../../../src/cli/usage-error.ts";
import type { Finding } from "../../../src/evidence/verify/finding.ts";

const EXECUTION = "arn:aws:states:eu-central-1:111122223333:execution:restore-drill:manual-orders";

function mistakeIn(...argv: string[]): string {
  try {
    readCommand(argv);
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError);
    return (error as Error).message;
  }
  throw new Error(`understood: ${argv.join(" ")}`);
}

describe("readCommand", () => {
  it("starts a plan in the default stage, and does not wait", () => {
    expect(readCommand(["run", "orders"])).toEqual({
      command: "run",
      request: { plan: "orders" },
      stack: "restore-drill",
      wait: false,
      json: false,
      region: undefined,
    });
  });

  it("takes what the console's input takes", () => {
    const options = ["--recovery-point", "manual", "--failure-moment", "2026-11-21T14:30:00Z", "--stage", "dev"];
    expect(readCommand(["run", "orders", "--wait", ...options])).toMatchObject({
      request: { plan: "orders", recoveryPoint: "manual", failureMoment: "2026-11-21T14:30:00Z" },
      stack: "restore-drill-dev",
      wait: true,
    });
  });

  it("takes an exercise, and says at once what it lacks", () => {
    expect(readCommand(["run", "orders", "--scenario", "region-lost"])).toMatchObject({
      request: { plan: "orders", scenario: { name: "region-lost" } },
    });
    expect(mistakeIn("run", "orders", "--scenario", "corruption")).toContain(
      "needs the moment at which the damage began",
    );
    expect(mistakeIn("run", "orders", "--scenario", "ransomwear")).toContain('Did you mean "ransomware"?');
  });

  it("takes the name that a stack was deployed with", () => {
    expect(readCommand(["run", "orders", "--name", "proof-of-backups"])).toMatchObject({ stack: "proof-of-backups" });
    expect(readCommand(["run", "orders", "--stage", "prod"])).toMatchObject({ stack: "restore-drill" });
  });

  it("follows an execution by its ARN", () => {
    expect(readCommand(["follow", EXECUTION])).toMatchObject({ command: "follow", executionArn: EXECUTION });
  });

  it("takes a bucket, a part of it, or a directory", () => {
    expect(readCommand(["verify-evidence", "s3://evidence/", "--region", "eu-west-1"])).toEqual({
      command: "verify-evidence",
      place: { kind: "bucket", bucket: "evidence", prefix: "" },
      region: "eu-west-1",
      json: false,
    });
    const ofOne = readCommand(["verify-evidence", "s3://evidence/orders-production/", "--json"]);
    expect(ofOne).toMatchObject({ place: { bucket: "evidence", prefix: "orders-production" }, json: true });
    const copied = readCommand(["verify-evidence", "./copy"]);
    expect(copied).toMatchObject({ place: { kind: "directory", path: "./copy" } });
  });

  it("takes a period of whole days, and ends it now where it is not over", () => {
    const now = new Date("2026-11-21T14:30:00.000Z");
    const whole = ["controls", "copy", "--from", "2026-01-01", "--to", "2026-03-31", "--summary"];
    expect(readCommand(whole, now)).toEqual({
      command: "controls",
      place: { kind: "directory", path: "copy" },
      period: { from: "2026-01-01T00:00:00.000Z", to: "2026-03-31T23:59:59.999Z" },
      output: "summary",
      region: undefined,
    });
    expect(readCommand(["controls", "copy", "--to", "2026-12-31"], now)).toMatchObject({
      period: { to: now.toISOString() },
      output: "drills",
    });
    expect(readCommand(["controls", "copy", "--format", "json"], now)).toMatchObject({ output: "json" });
  });

  it.each([
    [[], USAGE],
    [["--help"], USAGE],
    [["run", "-h"], COMMAND_USAGE.run],
    [["--help", "follow"], COMMAND_USAGE.follow],
  ])("explains itself: %j", (argv, text) => {
    expect(readCommand(argv)).toEqual({ command: "help", text });
  });

  it("says of verify-evidence what ends with 1: all that is a finding", () => {
    const findings: Record<Finding["state"], true> = {
      altered: true,
      missing: true,
      broken: true,
      unreadable: true,
      foreign: true,
    };
    const words = new RegExp(`1 something ${Object.keys(findings).join(",? (?:or )?")}, 2 `);
    expect(COMMAND_USAGE["verify-evidence"]).toMatch(words);
  });

  it("reads a command wherever its options stand", () => {
    expect(readCommand(["--region", "eu-west-1", "run", "--json", "orders"])).toMatchObject({
      command: "run",
      region: "eu-west-1",
      request: { plan: "orders" },
      json: true,
    });
  });

  it.each([
    [["rum", "orders"], 'There is no command "rum". Did you mean "run"?'],
    [["run"], "Name the plan: restore-drill run PLAN."],
    [["run", "orders", "now"], '"now" is one word too many.'],
    [["run", "orders", "--wiat"], 'There is no option "--wiat". Did you mean "wait"?'],
    [["run", "orders", "--failure-moment", "yesterday"], '--failure-moment is "yesterday": write a moment in UTC'],
    [["run", "orders", "--recovery-point", ""], '"recoveryPoint": '],
    [["run", "orders", "--stage", "dev", "--name", "proof"], "--stage and --name both say which stack it is"],
    [["follow", EXECUTION, "--wait"], "--wait goes with run, not with follow."],
    [["verify-evidence"], "Name where the evidence is: restore-drill verify-evidence s3://BUCKET, or a directory."],
    [["verify-evidence", "https://evidence"], '"https://evidence" is neither s3://BUCKET nor a directory.'],
    [["verify-evidence", "s3://"], '"s3://" is neither'],
    [["verify-evidence", "copy", "--from", "2026-01-01"], "--from goes with controls, not with verify-evidence."],
    [["controls", "copy", "--json"], "--json goes with run and follow and verify-evidence, not with controls."],
    [["controls", "copy", "--from", "2026-02-30"], '--from is "2026-02-30": write a day, such as 2026-01-31.'],
    [["controls", "copy", "--from", "2026-02-01", "--to", "2026-01-01"], "--from 2026-02-01 is after --to 2026-01-01"],
    [["controls", "copy", "--format", "xml"], '--format is "xml": it is csv or json.'],
    [["controls", "copy", "--format", "json", "--summary"], "--summary chooses what of it is csv"],
    [["follow"], "Name the execution: restore-drill follow ARN."],
    [["follow", "orders"], '"orders" is not the ARN of an execution'],
  ])("says what is wrong with %j", (argv, mistake) => {
    expect(mistakeIn(...argv)).toContain(mistake);
  });
});
