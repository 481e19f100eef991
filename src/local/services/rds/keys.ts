import { ServiceError } from "../../wire/service.ts";
import type { RdsCore } from "./core.ts";

/** The ARN of a key of this region that can be used now, the account's own or one that another account grants it. Throws `KMSKeyNotAccessibleFault` for one that is absent, disabled or deleted. */
export function usableKey(core: RdsCore, region: string, key: string): string {
  if (core.grantedKeys.has(key) && key.split(":")[3] === region) return key;
  const found = core.keys.find(region, key);
  if (found?.enabled) return found.arn;
  throw new ServiceError(
    "KMSKeyNotAccessibleFault",
    `The specified KMS key [${key}] does not exist, is not enabled or you do not have permissions to access it.`,
  );
}
