import {
  BeginTransactionCommand,
  ExecuteStatementCommand,
  type Field,
  RDSDataClient,
  RollbackTransactionCommand,
} from "@aws-sdk/client-rds-data";
import { mockClient } from "aws-sdk-client-mock";
import { describe, expect, it } from "vitest";
import { DataSession } from "../../src/aws/data-api.ts";
import type { Asking } from "../../src/checks/kind.ts";
import { freshness } from "../../src/checks/kinds/freshness.ts";
import { fullRead } from "../../src/checks/kinds/full-read.ts";
import { rows } from "../../src/checks/kinds/rows.ts";
import { constraints, indexes } from "../../src/checks/kinds/validity.ts";
import { Parts } from "../../src/evidence/parts.ts";
import { drillOf, fingerprintKey, memoryStore } from "./sandbox.ts";

const RELATION: Field[] = [
  ...["16400", "public", "t", "1", "8192", "r"].map((stringValue) => ({ stringValue })),
  { booleanValue: false },
];

/** A Data API that knows the table `t` and answers every other statement, and a second listing, with nothing. */
function askingNothing(): Asking {
  const client = new RDSDataClient({ region: "eu-central-1" });
  const mock = mockClient(client);
  let listed = 0;
  mock.on(BeginTransactionCommand).resolves({ transactionId: "t" });
  mock.on(RollbackTransactionCommand).resolves({});
  mock
    .on(ExecuteStatementCommand)
    .callsFake(({ sql }) => ({ records: sql.includes("pg_relation_size") && listed++ === 0 ? [RELATION] : [] }));
  const address = { clusterArn: "arn:cluster", secretArn: "arn:secret", database: "shop" };
  return {
    session: new DataSession(client, address),
    reader: new DataSession(client, address),
    another: () => new DataSession(client, address),
    parts: new Parts(memoryStore(), "shop/drill-1"),
    fingerprintKey,
    drill: drillOf("shop"),
    references: [],
    hasTime: () => true,
    reached: async () => {},
  };
}

describe("an answer without the row that is always there", () => {
  it.each([
    [
      "rows",
      () => rows.ask({ kind: "rows", required: true, table: "t", expect: { equals: 0 } }, askingNothing(), undefined),
    ],
    ["indexes", () => indexes.ask({ kind: "indexes", required: true }, askingNothing(), undefined)],
    ["constraints", () => constraints.ask({ kind: "constraints", required: true }, askingNothing(), undefined)],
    [
      "freshness",
      () =>
        freshness.ask(
          { kind: "freshness", required: true, table: "t", column: "at", within: 1 },
          askingNothing(),
          undefined,
        ),
    ],
    ["full-read", () => fullRead.ask({ kind: "full-read", required: true }, askingNothing(), undefined)],
  ])("is not taken for zero by %s", async (_kind, ask) => {
    await expect(ask()).rejects.toThrow(TypeError);
  });
});
