import { beforeAll, describe, expect, it } from "vitest";
import { isAllowed, type PolicyStatement } from "../../packaging/permissions.ts";
import { type PackagedTemplate, readPackagedTemplate } from "../../packaging/template.ts";
import { packagedService } from "./packaged-service.ts";

let template: PackagedTemplate;
beforeAll(async () => {
  template = await readPackagedTemplate(await packagedService(), { accountId: "111122223333" });
});

const functionOf = (name: string) => {
  const found = template.functions.find((each) => each.name === name);
  if (found === undefined) throw new Error(`There is no function ${name}.`);
  return found;
};
/** But for what every function may: write its log and its trace. */
const actionsOf = (statements: readonly PolicyStatement[]): string[] =>
  [...new Set(statements.flatMap(({ Action }) => Action))].filter((action) => !/^(logs|xray):/.test(action)).sort();

const STARTERS = ["start-scheduled-drill", "start-event-drill", "start-due-drills"];
/** Beside starting drills, and telling what failed. */
const READS: Readonly<Record<string, readonly string[]>> = {
  "start-event-drill": ["s3:GetObject", "s3:ListBucket", "s3:PutObject"],
  "start-due-drills": ["s3:GetObject", "s3:ListBucket", "states:DescribeExecution", "states:ListExecutions"],
};

describe.each(STARTERS)("%s", (name) => {
  it("may start drills, and no other machine", () => {
    const { statements, environment } = functionOf(name);
    for (const machine of template.stateMachines)
      expect(isAllowed(statements, "states:StartExecution", machine.arn), machine.name).toBe(
        machine.name === "restore-drill",
      );
    expect(environment["STATE_MACHINE_ARN"]).toBe(
      template.stateMachines.find((machine) => machine.name === "restore-drill")?.arn,
    );
  });

  it("may do nothing to a database, and reads no evidence but what decides when a drill is due", () => {
    const { statements, environment } = functionOf(name);
    const own = ["sqs:SendMessage", "states:StartExecution"];
    expect(actionsOf(statements)).toEqual([...own, ...(READS[name] ?? [])].sort());
    const object = (key: string): string => `arn:aws:s3:::${environment["EVIDENCE_BUCKET"]}/${key}`;
    for (const action of ["s3:GetObject", "s3:PutObject"]) {
      const isReader = name === "start-due-drills" && action === "s3:GetObject";
      for (const key of ["turns.json", "orders-production/ledger/20261121-143205-3f9a2b1c.json"])
        expect(isAllowed(statements, action, object(key)), `${action} ${key}`).toBe(isReader);
      const report = "orders-production/20261121-143205-3f9a2b1c/report.json";
      expect(isAllowed(statements, action, object(report)), `${action} ${report}`).toBe(false);
      expect(isAllowed(statements, action, object("incidents/eu-west-1/orders-production.json"))).toBe(
        name === "start-event-drill",
      );
    }
  });
});

describe("the incidents that were opened", () => {
  it("can be written by the function that opens them, and no other but the one that records evidence", () => {
    const { environment } = functionOf("start-event-drill");
    const key = `arn:aws:s3:::${environment["EVIDENCE_BUCKET"]}/incidents/eu-west-1/orders-production.json`;
    const writers = template.functions.filter(({ statements }) => isAllowed(statements, "s3:PutObject", key));
    expect(writers.map(({ name }) => name)).toEqual(["record-evidence", "start-event-drill"]);
  });
});
