import { type CallContext, type Operation, ServiceError } from "../../wire/service.ts";

/**
 * Holds the control plane to a budget per region: a bucket of two seconds' worth of calls, refilled steadily. Over it, calls are
 * answered `Throttling`, which SDK clients retry by themselves a few times.
 *
 * @param callsPerSecond Infinity switches it off
 */
export function throttled(
  operations: Readonly<Record<string, Operation>>,
  callsPerSecond: number,
  now: () => number,
): Record<string, Operation> {
  const buckets = new Map<string, { tokens: number; at: number }>();
  const capacity = callsPerSecond * 2;
  const take = (region: string): void => {
    const at = now();
    const bucket = buckets.get(region) ?? { tokens: capacity, at };
    const refilled = bucket.tokens + ((at - bucket.at) / 1000) * callsPerSecond;
    const tokens = Math.min(capacity, refilled) - 1;
    buckets.set(region, { tokens: Math.max(tokens, 0), at });
    if (tokens < 0) throw new ServiceError("Throttling", "Rate exceeded");
  };
  const limit =
    (operation: Operation): Operation =>
    (input, context: CallContext) => {
      if (Number.isFinite(callsPerSecond)) take(context.region);
      return operation(input, context);
    };
  return Object.fromEntries(Object.entries(operations).map(([name, operation]) => [name, limit(operation)]));
}
