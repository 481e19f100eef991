import { describe, expect, it } from "vitest";
import { InputInvalid } from "../../src/errors.ts";
import { parsePlan } from "../../src/plan/parse.ts";
import { RestoreTestEvent, restoreTestRequest } from "../../src/start/events/restore-test.ts";
import { PLAN_YAML } from "../plan/sample-plan.ts";

const JOB = "AB123456-78C9-0123-456D-789012E34567";
const DETAIL = {
  restoreJobId: JOB,
  backupSizeInBytes: "0",
  percentDone: 0,
  resourceType: "Aurora",
  status: "COMPLETED",
  sourceResourceArn: "arn:aws:rds:eu-west-1:111122223333:cluster:orders-production",
  createdResourceArn: "arn:aws:rds:eu-central-1:111122223333:cluster:awsbackup-restore-test-1",
  restoreTestingPlanArn: "arn:aws:backup:eu-central-1:111122223333:restore-testing-plan:weekly-0a1b",
};
const eventWith = (detail: object) => ({
  version: "0",
  id: "7bf73129-1428-4cd3-a780-95db273d1602",
  "detail-type": "Restore Job State Change",
  source: "aws.backup",
  account: "111122223333",
  time: "2026-11-21T14:00:00Z",
  region: "eu-central-1",
  resources: [],
  detail: { ...DETAIL, ...detail },
});
const { plan } = parsePlan(`${PLAN_YAML}restoreTests: true\n`, "drills/orders.yml");
const { plan: without } = parsePlan(PLAN_YAML, "drills/orders.yml");
const requestOf = (detail: object, plans = [plan]) =>
  restoreTestRequest(RestoreTestEvent.parse(eventWith(detail)), plans);

describe("restoreTestRequest", () => {
  it("asks for the drill of the plan whose source was restored, by the job alone", () => {
    expect(requestOf({})).toEqual({
      restoreJobId: JOB,
      request: {
        plan: "orders",
        trigger: { kind: "restore-test", by: "weekly-0a1b" },
        restoreTest: { restoreJobId: JOB },
      },
    });
  });

  it("gives the test to one of several plans of the database: AWS Backup takes one answer", () => {
    expect(requestOf({}, [plan, { ...plan, plan: "older" }])).toMatchObject({ request: { plan: "older" } });
  });

  it("leaves alone the tests of a source of which no plan says restoreTests", () => {
    const ignored = expect.stringMatching(/no plan of that source .* \(newer, orders\): .* restoreTests: true/);
    expect(requestOf({}, [without, { ...without, plan: "newer" }])).toEqual({ ignored });
    expect(requestOf({}, [{ ...without, plan: "newer" }, plan])).toMatchObject({ request: { plan: "orders" } });
  });

  it.each([
    ["of no restore testing plan", { restoreTestingPlanArn: undefined }, "of no restore testing plan"],
    ["that is not over", { status: "RUNNING" }, "is RUNNING"],
    ["of something else", { resourceType: "EBS" }, "of type EBS"],
    [
      "of another cluster",
      { sourceResourceArn: "arn:aws:rds:eu-west-1:111122223333:cluster:invoices" },
      "no plan has its sandbox in eu-central-1",
    ],
    [
      "of a cluster of that name in another account",
      { sourceResourceArn: "arn:aws:rds:eu-west-1:444455556666:cluster:orders-production" },
      "no plan has its sandbox in eu-central-1",
    ],
  ])("leaves alone a job %s", (_, detail, why) => {
    expect(requestOf(detail)).toEqual({ ignored: expect.stringContaining(why) });
  });

  it("refuses a test that does not say of what it is", () => {
    expect(() => requestOf({ sourceResourceArn: undefined })).toThrow(InputInvalid);
  });

  it("refuses an event without the job, or with one that is no id", () => {
    for (const restoreJobId of [undefined, "", "../x"])
      expect(RestoreTestEvent.safeParse(eventWith({ restoreJobId })).success).toBe(false);
  });
});
