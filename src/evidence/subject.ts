import * as z from "zod/mini";
import { Drill, DrillRequest, Execution } from "../plan/drill.ts";
import { drillIdOf, evidencePrefix } from "../plan/names.ts";
import type { ScenarioName } from "../plan/scenario.ts";
import type { ParsedPlan } from "../plan/validate.ts";

/** The parts of an execution's document that name what was drilled. `request` is as it came: it may be what the drill was refused for. */
export const SubjectInput = { execution: Execution, request: z.optional(z.unknown()), drill: z.optional(Drill) };

export interface Subject {
  readonly drillId: string;
  readonly database: string;
  readonly plan: string;
  readonly trigger: { readonly kind: string; readonly by: string };
  readonly prefix: string;
  /** The exercise that it is, or was to be. */
  readonly scenario?: ScenarioName;
}

/** Where a drill is filed that was refused before its database was known. */
const UNPLANNED = "unplanned";
/** A request is untrusted: what of it goes into evidence and notifications is short and plain. */
const NamedPlan = z.object({ plan: z.string().check(z.regex(/^[\w.-]{1,80}$/)) });
const NamedTrigger = z.object({ trigger: DrillRequest.shape.trigger });
const NamedScenario = z.object({ scenario: DrillRequest.shape.scenario });

/**
 * What the drill was about, also when planning refused it: then the plan, if it can be read, still names the database, and the refusal
 * is filed with that database's other drills.
 */
export async function subjectOf(
  plans: (name: string) => Promise<ParsedPlan>,
  { execution, request, drill }: { execution: Execution; request?: unknown; drill?: Drill | undefined },
): Promise<Subject> {
  if (drill !== undefined) {
    const { drillId, source, plan, trigger, evidencePrefix: prefix } = drill;
    return { drillId, database: source.cluster, plan, trigger, prefix, ...exerciseOf(drill) };
  }
  const plan = z.safeParse(NamedPlan, request).data?.plan ?? UNPLANNED;
  const database = await plans(plan).then(
    (parsed) => parsed.plan.source.cluster,
    () => UNPLANNED,
  );
  const drillId = drillIdOf(execution);
  const trigger = z.safeParse(NamedTrigger, request).data?.trigger;
  return {
    drillId,
    database,
    plan,
    trigger: { kind: trigger?.kind ?? "manual", by: trigger?.by ?? execution.name },
    prefix: evidencePrefix(database, drillId),
    ...exerciseOf(z.safeParse(NamedScenario, request).data),
  };
}

const exerciseOf = (held: { scenario?: { name: ScenarioName } | undefined } = {}): Pick<Subject, "scenario"> =>
  held.scenario === undefined ? {} : { scenario: held.scenario.name };
