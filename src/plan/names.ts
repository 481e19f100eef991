import { createHash } from "node:crypto";

/** Everything a drill creates begins with this, and nothing else may. */
const PREFIX = "restore-drill";

/** `20261121-143205-3f9a2b1c`: sorts by time, 24 characters, so that `restore-drill-<id>-writer` (45) stays below RDS's limit of 63. */
export const DRILL_ID = /^\d{8}-\d{6}-[0-9a-f]{8}$/;

/** Tag keys. Name and tags together prove ownership; neither does alone. */
export const TAG = {
  drill: "restore-drill:drill",
  plan: "restore-drill:plan",
  expires: "restore-drill:expires",
  /** On a sandbox that stays after its drill because its plan says so: what is over then is no leak. */
  kept: "restore-drill:kept",
  /** On a database that nobody wants drilled, given by hand: its value is the reason. */
  exempt: "restore-drill:exempt",
} as const;

export interface DrillNames {
  readonly drillId: string;
  readonly snapshotCopy: string;
  readonly cluster: string;
  readonly writer: string;
}

/** The drill's id, derived from its execution alone, so that every step and every net can derive it again. */
export function drillIdOf(execution: { readonly id: string; readonly startedAt: string }): string {
  const started = new Date(execution.startedAt).toISOString();
  const date = started.slice(0, 10).replaceAll("-", "");
  const time = started.slice(11, 19).replaceAll(":", "");
  return `${date}-${time}-${createHash("sha256").update(execution.id).digest("hex").slice(0, 8)}`;
}

/** Every resource name of a drill, known before anything exists: teardown needs no output of a step that failed. */
export function namesOf(drillId: string): DrillNames {
  const cluster = `${PREFIX}-${drillId}`;
  return { drillId, snapshotCopy: `${cluster}-copy`, cluster, writer: `${cluster}-writer` };
}

/** The drill a resource's name says it belongs to, or undefined when no drill gave it that name. */
export function drillOf(resourceName: string): string | undefined {
  const [, drillId] = /^restore-drill-(.+?)(?:-copy|-writer)?$/.exec(resourceName) ?? [];
  return drillId !== undefined && DRILL_ID.test(drillId) ? drillId : undefined;
}

/** The moment that a drill's id holds: nothing of the drill is older. */
export function startOf(drillId: string): Date {
  const [, ...parts] = /^(\d{4})(\d\d)(\d\d)-(\d\d)(\d\d)(\d\d)/.exec(drillId) ?? [];
  const [year, month, day, hours, minutes, seconds] = parts.map(Number);
  return new Date(Date.UTC(year ?? 0, (month ?? 1) - 1, day, hours, minutes, seconds));
}

/** Where a drill's evidence is kept in the evidence bucket. */
export function evidencePrefix(database: string, drillId: string): string {
  return `${database}/${drillId}`;
}

/** The account that an ARN is of. */
export const accountOf = (arn: string): string | undefined => arn.split(":")[4];

/**
 * A source among all that a stack may drill: `eu-west-1/orders-production`, after its account where that is not the stack's own. A plan may name the
 * stack's own account or leave it out: whoever knows that account says so, and both are one database.
 */
export function databaseKey(
  { account, region, cluster }: { account?: string | undefined; region: string; cluster: string },
  ownAccount?: string,
): string {
  return [...(account === undefined || account === ownAccount ? [] : [account]), region, cluster].join("/");
}
