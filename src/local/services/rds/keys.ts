import { ServiceError } from "../../wire/service.ts";
import type { RdsCore } from "./core.ts";

/** The ARN of a key of this region that can be used now. Throws `KMSKeyNotAccessibleFault` for one that is absent, disabled or deleted. */
export function usableKey(core: RdsCore, region: string, key: string): string {
  const found = core.keys.find(region, key);
  if (found?.enabled) return found.arn;
  throw new ServiceError(
    "KMSKeyNotAccessibleFault",
    `The specified KMS key [${key}] does not exist, is not enabled or you do not have permissions to access it.`,
  );
}
