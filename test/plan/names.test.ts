import { describe, expect, it } from "vitest";
import { databaseKey, drillIdOf, drillOf, evidencePrefix, namesOf, startOf } from "../../src/plan/names.ts";

const EXECUTION = {
  id: "arn:aws:states:eu-west-1:111122223333:execution:restore-drill:weekly-1",
  startedAt: "2026-11-21T14:32:05.123Z",
};
/** https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CopyDBClusterSnapshot.html, and cluster and instance identifiers alike. */
const MAX_IDENTIFIER_CHARS = 63;

describe("drillIdOf", () => {
  it("is the same for one execution, whenever it is asked", () => {
    expect(drillIdOf(EXECUTION)).toBe(drillIdOf({ ...EXECUTION }));
  });

  it("begins with the start in UTC, so that ids sort by time", () => {
    expect(drillIdOf({ ...EXECUTION, startedAt: "2026-11-21T16:32:05+02:00" })).toMatch(
      /^20261121-143205-[0-9a-f]{8}$/,
    );
  });

  it("differs between two executions that began in the same second", () => {
    expect(drillIdOf(EXECUTION)).not.toBe(drillIdOf({ ...EXECUTION, id: `${EXECUTION.id}0` }));
  });
});

describe("namesOf", () => {
  const names = namesOf(drillIdOf(EXECUTION));
  const resources = [names.snapshotCopy, names.cluster, names.writer];

  it("gives three different names", () => {
    expect(new Set(resources).size).toBe(3);
  });

  it.each(resources)("gives RDS a name it takes: %s", (name) => {
    expect(name.length).toBeLessThanOrEqual(MAX_IDENTIFIER_CHARS);
    expect(name).toMatch(/^[a-z](-?[a-z0-9])*$/);
  });

  it.each(resources)("gives a name that says whose it is: %s", (name) => {
    expect(drillOf(name)).toBe(names.drillId);
  });
});

describe("startOf", () => {
  it("is the moment in a drill's id, in UTC", () => {
    expect(startOf("20261121-143205-3f9a2b1c").toISOString()).toBe("2026-11-21T14:32:05.000Z");
  });
});

describe("drillOf", () => {
  it.each([
    "orders-production",
    "restore-drill",
    "restore-drill-",
    "restore-drill-orders",
    "restore-drill-20261121-143205-3f9a2b1",
    "restore-drill-20261121-143205-3f9a2b1c-reader",
    "restore-drill-20261121-143205-3f9a2b1c-copy-copy",
    "restore-drill-20261121-143205-3F9A2B1C",
    "my-restore-drill-20261121-143205-3f9a2b1c",
    "restore-drill-20261121-143205-3f9a2b1c\n",
  ])("calls %j nobody's", (name) => {
    expect(drillOf(name)).toBeUndefined();
  });
});

describe("databaseKey", () => {
  const source = { region: "eu-west-1", cluster: "orders" };

  it("is the same whether a plan names the stack's own account or leaves it out", () => {
    expect(databaseKey({ ...source, account: "111122223333" }, "111122223333")).toBe("eu-west-1/orders");
    expect(databaseKey(source, "111122223333")).toBe("eu-west-1/orders");
    expect(databaseKey({ ...source, account: "444455556666" }, "111122223333")).toBe("444455556666/eu-west-1/orders");
    expect(databaseKey({ ...source, account: "444455556666" })).toBe("444455556666/eu-west-1/orders");
  });
});

describe("evidencePrefix", () => {
  it("keeps a drill's evidence apart from its database's ledger", () => {
    expect(evidencePrefix("orders", drillIdOf(EXECUTION))).toMatch(/^orders\/\d{8}-/);
  });
});
