import type { RDSClient } from "@aws-sdk/client-rds";
import type { RDSDataClient } from "@aws-sdk/client-rds-data";
import * as z from "zod/mini";
import type { DatabaseAddress, SessionOptions } from "../aws/data-api.ts";
import type { JsonStore } from "../aws/json-store.ts";
import type { AskedCheck } from "../checks/asked-checks.ts";
import { BaselineImpossible } from "../errors.ts";
import { DrillRequest, Execution } from "../plan/drill.ts";
import { drillIdOf } from "../plan/names.ts";
import type { Plan } from "../plan/plan.ts";
import type { ParsedPlan } from "../plan/validate.ts";
import { findSource } from "../recovery/guards.ts";
import { captureIdOf, progressKey } from "./baseline.ts";
import { type CaptureAnswer, CaptureProgress } from "./capture-progress.ts";
import { CaptureSlice } from "./capture-slice.ts";
import { capturedChecks } from "./captured-checks.ts";

/** What starts a capture: `{"plan": "orders"}`. */
const CaptureRequest = z.strictObject({ plan: DrillRequest.shape.plan });

export const CaptureBaselineInput = z.object({ request: CaptureRequest, execution: Execution });

export interface CaptureServices {
  readonly rds: (region: string) => RDSClient;
  readonly data: (region: string) => RDSDataClient;
  readonly store: JsonStore;
  readonly plans: (name: string) => Promise<ParsedPlan>;
  readonly now: () => Date;
  /** What is left of this invocation. */
  readonly remainingMs: () => number;
  readonly fingerprintKey: (label: string) => Promise<string>;
  readonly session?: SessionOptions;
}

/** What is captured, and from where. */
export interface Subject {
  readonly parsed: ParsedPlan;
  readonly checks: readonly AskedCheck[];
  readonly address: DatabaseAddress;
  readonly engineVersion: string;
  readonly clusterResourceId: string | undefined;
}

/**
 * Reads from the source what later drills hold their sandboxes against, all of it as it was at one moment, for as long as this invocation
 * lasts. `pending` until it is complete; only then is there a baseline. Repeating or killing a slice is harmless.
 *
 * @throws PlanNotFound, PlanInvalid, SourceNotFound, SourceUnsupported, BaselineImpossible, BaselineFailed
 */
export async function captureBaseline(
  services: CaptureServices,
  { request, execution }: z.infer<typeof CaptureBaselineInput>,
): Promise<CaptureAnswer> {
  const parsed = await services.plans(request.plan);
  const subject = await subjectOf(services, parsed);
  const { cluster } = parsed.plan.source;
  const key = progressKey(cluster, drillIdOf(execution));
  const progress = await CaptureProgress.open(services.store, key, services.now(), (attempt, at) =>
    captureIdOf({ id: `${execution.id}#${attempt}`, startedAt: at.toISOString() }),
  );
  if (progress.document.finishedAt === undefined) {
    await new CaptureSlice(services, subject, progress).run().catch(async (error: unknown) => {
      // The story of the failure, where it can be told; what failed is what is thrown on.
      await progress.failed(error).catch(() => {});
      throw error;
    });
  }
  return progress.answer(subject.checks.length);
}

async function subjectOf({ rds }: CaptureServices, parsed: ParsedPlan): Promise<Subject> {
  const { plan } = parsed;
  const { region, database } = plan.source;
  const checks = capturedChecks(plan);
  if (checks.length === 0)
    throw new BaselineImpossible(
      `The plan "${plan.plan}" has no check that compares with an earlier time, so there is nothing to capture. Add a fingerprint or a freshness check.`,
    );
  const secretArn = secretOf(plan);
  const cluster = await findSource(rds(region), plan.source);
  if (cluster.HttpEndpointEnabled !== true)
    throw new BaselineImpossible(
      `The Data API of ${plan.source.cluster} is off, and a baseline is captured through it. Turn it on: aws rds enable-http-endpoint --region ${region} --resource-arn ${cluster.DBClusterArn}`,
    );
  const address = { clusterArn: cluster.DBClusterArn ?? "", secretArn, database };
  const { EngineVersion: engineVersion = "", DbClusterResourceId: clusterResourceId } = cluster;
  return { parsed, checks, address, engineVersion, clusterResourceId };
}

function secretOf({ plan, source }: Plan): string {
  if (source.secret !== undefined) return source.secret;
  throw new BaselineImpossible(
    `The plan "${plan}" names no source.secret, and without one nobody may read ${source.cluster}. Make a role with pg_read_all_data and bypassrls, keep its password in a secret called restore-drill/<name>, and name the secret's ARN in the plan.`,
  );
}
