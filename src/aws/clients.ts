/** Calls that RDS throttles are tried this often; the reconciling loops above make more unnecessary. */
const MAX_ATTEMPTS = 5;

/**
 * One client a region, made when it is first asked for and kept for the life of the container.
 * @example const rds = inRegion(RDSClient); await rds("eu-west-1").send(...)
 */
export function inRegion<Client>(
  Constructor: new (options: { region: string; maxAttempts: number }) => Client,
): (region: string) => Client {
  const clients = new Map<string, Client>();
  return (region) => {
    const known = clients.get(region) ?? new Constructor({ region, maxAttempts: MAX_ATTEMPTS });
    clients.set(region, known);
    return known;
  };
}
