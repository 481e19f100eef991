import * as z from "zod/mini";
import type { JsonStore } from "../aws/json-store.ts";
import { EvidenceUnreadable } from "../errors.ts";
import { type Check, checkName } from "../plan/checks.ts";
import type { Drill } from "../plan/drill.ts";
import { Plan } from "../plan/plan.ts";

/** `plan.json` in the evidence: the plan as its author wrote it, so that it is read by the schema that read it first. */
const StoredPlan = z.object({ plan: Plan });

/** A check with the name that reports call it by. */
export type AskedCheck = Check & { readonly name: string };

/**
 * First the full read, which every drill is asked, then the plan's checks in their order. A restored volume loads its blocks when they are
 * first read: only after the full read do the other checks, and what they take, say how the database really is.
 *
 * @throws EvidenceUnreadable when there is no plan, or it is not one
 */
export async function askedChecks(store: JsonStore, drill: Drill): Promise<AskedCheck[]> {
  const key = `${drill.evidencePrefix}/plan.json`;
  const stored = await store.get(key, StoredPlan);
  if (stored === undefined) {
    throw new EvidenceUnreadable(
      `s3://${store.bucket}/${key} is not there: PlanDrill writes it before anything else. Start the drill again.`,
    );
  }
  const { checks } = stored.plan;
  const fullReads = checks.filter(({ kind }) => kind === "full-read");
  const others = checks.filter(({ kind }) => kind !== "full-read");
  const first: Check[] = fullReads.length > 0 ? fullReads : [{ kind: "full-read", required: true }];
  return [...first, ...others].map((check) => ({ ...check, name: checkName(check) }));
}
