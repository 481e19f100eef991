import type { CostItem } from "../plan/drill.ts";
import { HOURS_PER_MONTH, INSTANCE_HOUR_USD, MIN_BILLED_HOURS, PRICES } from "./prices.ts";

/** What a drill uses, expected or measured. */
export interface Usage {
  readonly sizeGib: number;
  readonly copied: boolean;
  /** Whether the copy crosses regions. */
  readonly transferred: boolean;
  /** From the restore request to the confirmed deletion. */
  readonly sandboxHours: number;
  /** What the sandbox stays longer, where its plan keeps it. */
  readonly keptHours?: number;
  /** From the copy request to the confirmed deletion. */
  readonly copyHours: number;
  readonly instanceClass: string;
  readonly maxAcu: number;
  readonly dataApiCalls: number;
  readonly transitions: number;
}

export interface Cost {
  readonly usd: number;
  readonly items: CostItem[];
}

/**
 * Usage times list price, an item a line. Serverless capacity is counted at its maximum, since what Aurora really drew is known only to
 * CloudWatch: the sum is an upper bound.
 */
export function itemise(usage: Usage): Cost {
  const gibMonths = (hours: number): number => (usage.sizeGib * hours) / HOURS_PER_MONTH;
  const lines: Line[] = [
    ["cross-region transfer", usage.transferred ? usage.sizeGib : 0, "GiB", PRICES.crossRegionGib],
    ["snapshot copy", usage.copied ? gibMonths(usage.copyHours) : 0, "GiB-month", PRICES.backupGibMonth],
    ["sandbox storage", gibMonths(usage.sandboxHours), "GiB-month", PRICES.storageGibMonth],
    compute(usage, usage.sandboxHours),
    ...keptLines(usage, gibMonths),
    ["Data API", usage.dataApiCalls, "call", PRICES.dataApiMillionCalls / 1e6],
    ["state transitions", usage.transitions, "transition", PRICES.thousandTransitions / 1e3],
  ];
  const items = lines.map(([item, quantity, unit, unitUsd]) => ({ item, quantity, unit, usd: quantity * unitUsd }));
  return { usd: items.reduce((sum, { usd }) => sum + usd, 0), items };
}

/** True when the class has a price here. */
export function isPriced(instanceClass: string): boolean {
  return instanceClass === "db.serverless" || INSTANCE_HOUR_USD[instanceClass] !== undefined;
}

type Line = [item: string, quantity: number, unit: string, unitUsd: number];

/** Apart from the drill's own, so that what keeping costs can be seen. */
function keptLines(usage: Usage, gibMonths: (hours: number) => number): Line[] {
  const { keptHours = 0 } = usage;
  if (keptHours === 0) return [];
  const [item, ...used] = compute(usage, keptHours);
  return [
    ["kept sandbox, storage", gibMonths(keptHours), "GiB-month", PRICES.storageGibMonth],
    [`kept sandbox, ${item}`, ...used],
  ];
}

function compute({ instanceClass, maxAcu }: Usage, sandboxHours: number): Line {
  if (instanceClass === "db.serverless")
    return [`serverless capacity, at most ${maxAcu} ACU`, sandboxHours * maxAcu, "ACU-hour", PRICES.acuHour];
  const hours = Math.max(sandboxHours, MIN_BILLED_HOURS);
  return [instanceClass, hours, "instance-hour", INSTANCE_HOUR_USD[instanceClass] ?? 0];
}
