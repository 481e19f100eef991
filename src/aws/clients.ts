/** Calls that RDS throttles are tried this often; the reconciling loops above make more unnecessary. */
const MAX_ATTEMPTS = 5;
/** Control planes answer within seconds. One socket that hangs must not take the whole call of a Lambda with it: the SDK has no limit. */
const REQUEST_SECONDS = 15;
const CONNECTION_SECONDS = 5;

/** How patient a client is; the defaults fit control planes. */
interface Patience {
  readonly maxAttempts?: number;
  readonly requestSeconds?: number;
}

/** Statements run for up to 45 s in the Data API itself, and one that took that long is not worth five attempts. */
export const PATIENCE_FOR_STATEMENTS = { maxAttempts: 2, requestSeconds: 60 } as const satisfies Patience;

/** Documents of the evidence bucket are small. A bucket that hangs must leave a step time for what it is there for: 30 s a call of its 100 s. */
export const PATIENCE_FOR_EVIDENCE = { maxAttempts: 3, requestSeconds: 10 } as const satisfies Patience;

/**
 * Teardown looks again by itself, and a look that was cut off has forgotten what it did. One look makes at most 11 calls: 4 to keep the sandbox,
 * 2 each for writer and copy, 3 for the cluster. 11 x 2 x 4 s = 88 s of the function's 100 s.
 */
export const PATIENCE_FOR_TEARDOWN = { maxAttempts: 2, requestSeconds: 4 } as const satisfies Patience;

/** A page lists 100 resources with their tags. What the sweep makes of it: MAX_DRILLS and LAST_BEGIN_MS in src/sweep/sweep.ts. */
export const PATIENCE_FOR_SWEEP = { maxAttempts: 3, requestSeconds: 10 } as const satisfies Patience;

/**
 * The options every client of the SDK is made with: without `throwOnRequestTimeout` the SDK only warns, and `socketTimeout` also ends an answer
 * that stops halfway. What ran out of time is a TimeoutError, which the SDK tries again by itself.
 */
export function patience({ maxAttempts = MAX_ATTEMPTS, requestSeconds = REQUEST_SECONDS }: Patience = {}) {
  return {
    maxAttempts,
    requestHandler: {
      connectionTimeout: Math.min(CONNECTION_SECONDS, requestSeconds) * 1000,
      requestTimeout: requestSeconds * 1000,
      socketTimeout: requestSeconds * 1000,
      throwOnRequestTimeout: true,
    },
  };
}

/**
 * One client a region, made when it is first asked for and kept for the life of the container.
 * @example const rds = inRegion(RDSClient); await rds("eu-west-1").send(...)
 */
export function inRegion<Client>(
  Constructor: new (options: { region: string } & ReturnType<typeof patience>) => Client,
  waits: Patience = {},
): (region: string) => Client {
  const clients = new Map<string, Client>();
  return (region) => {
    const known = clients.get(region) ?? new Constructor({ region, ...patience(waits) });
    clients.set(region, known);
    return known;
  };
}
