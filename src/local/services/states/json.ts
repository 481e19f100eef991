export type Json = null | boolean | number | string | Json[] | JsonObject;
export type JsonObject = { [member: string]: Json };

/**
 * Input or output of a task, state or execution, as UTF-8:
 * https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html.
 */
export const PAYLOAD_LIMIT_BYTES = 262_144;

export function isWithinLimit(text: string): boolean {
  return text.length <= PAYLOAD_LIMIT_BYTES && Buffer.byteLength(text) <= PAYLOAD_LIMIT_BYTES;
}
