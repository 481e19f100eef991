import { type DBCluster, DescribeDBClustersCommand, RDSClient } from "@aws-sdk/client-rds";
import { mockClient } from "aws-sdk-client-mock";
import type { JsonStore } from "../../src/aws/json-store.ts";
import type { CheckResults } from "../../src/checks/result.ts";
import { Counterproof, type CounterproofAnswer } from "../../src/counterproof/counterproof.ts";
import { type ProveChecksServices, proveChecks } from "../../src/counterproof/prove-checks.ts";
import type { Drill } from "../../src/plan/drill.ts";
import { namesOf } from "../../src/plan/names.ts";
import type { DataApiDouble } from "../checks/data-api-double.ts";
import {
  ask,
  type CheckInput,
  drillOf,
  fingerprintKey,
  memoryStore,
  SANDBOX,
  type Sandbox,
} from "../checks/sandbox.ts";
import { TAG_LIST } from "../plan/sample-drill.ts";

const NAMES = namesOf("20261121-143205-3f9a2b1c");
const CLUSTER_ARN = `arn:aws:rds:eu-central-1:123456789012:cluster:${NAMES.cluster}`;

export const OWN_CLUSTER: DBCluster = {
  DBClusterIdentifier: NAMES.cluster,
  DBClusterArn: CLUSTER_ARN,
  TagList: TAG_LIST,
};

export interface Proved {
  readonly answers: CounterproofAnswer[];
  readonly proof: Counterproof;
  readonly store: JsonStore;
  readonly statements: readonly string[];
}

export interface ProvingOptions {
  readonly drillId?: string;
  readonly cluster?: DBCluster;
  readonly drill?: Partial<Drill>;
  readonly services?: Partial<ProveChecksServices>;
  readonly prepare?: (api: DataApiDouble) => void;
  /** Before the proof, after the checks. */
  readonly results?: (results: CheckResults) => CheckResults;
}

/** Asks the checks, takes those that have nothing yet to compare with for held, and proves them. */
export async function prove(
  sandbox: Sandbox,
  database: string,
  checks: readonly CheckInput[],
  options: ProvingOptions = {},
): Promise<Proved> {
  const store = memoryStore();
  const { stored } = await ask(sandbox, database, checks, { store });
  const held: CheckResults = {
    ...stored,
    results: stored.results.map((result) => ({
      ...result,
      outcome: result.outcome === "unchecked" ? "held" : result.outcome,
    })),
  };
  await store.put("shop/drill-1/checks.json", options.results?.(held) ?? held);
  const api = sandbox.api();
  options.prepare?.(api);
  const rds = new RDSClient({ region: "eu-central-1" });
  mockClient(rds)
    .on(DescribeDBClustersCommand)
    .resolves({ DBClusters: [options.cluster ?? OWN_CLUSTER] });
  const base = drillOf(database);
  const drill: Drill = {
    ...base,
    drillId: NAMES.drillId,
    sandbox: { ...base.sandbox, cluster: NAMES.cluster },
    counterproof: true,
    ...options.drill,
  };
  const answers: CounterproofAnswer[] = [];
  try {
    for (let slice = 0; slice < 50 && answers.at(-1)?.phase !== "ready"; slice += 1)
      answers.push(
        await proveChecks(
          {
            data: api.client,
            store,
            rds: () => rds,
            now: () => new Date("2026-11-01T15:00:00Z"),
            remainingMs: () => 900_000,
            fingerprintKey,
            session: { pause: async () => {} },
            ...options.services,
          },
          { drill, sandbox: { ...SANDBOX, clusterArn: CLUSTER_ARN } },
        ),
      );
  } finally {
    await api.close();
  }
  const proof = await store.get("shop/drill-1/counterproof.json", Counterproof);
  if (proof === undefined) throw new Error("nothing was stored");
  return { answers, proof, store, statements: api.statements };
}
