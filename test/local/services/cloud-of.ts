/** One service behind a real endpoint, and what a client needs to call it. */

import { startEndpoint } from "../../../src/local/wire/endpoint.ts";
import type { Service } from "../../../src/local/wire/service.ts";
import { clientConfig, PRINCIPAL } from "../wire/stub-cloud.ts";

export const ACCOUNT_ID = "123456789012";

export async function cloudOf(service: Service) {
  const endpoint = await startEndpoint({ accountId: ACCOUNT_ID, principals: [PRINCIPAL], services: [service] });
  const config = (region = "eu-central-1") => ({ ...clientConfig(endpoint.url), region });
  return { config, close: () => endpoint.close() };
}

/** What a call is refused with; fails when it is answered. */
export async function refusal(call: Promise<unknown>): Promise<Error> {
  return call.then(
    () => {
      throw new Error("the call was answered");
    },
    (error: Error) => error,
  );
}
