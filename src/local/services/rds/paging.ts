import type { Filter } from "@aws-sdk/client-rds";
import { ServiceError } from "../../wire/service.ts";

// Every RDS Describe call: "Default: 100. Constraints: Minimum 20, maximum 100."
const MIN_RECORDS = 20;
const MAX_RECORDS = 100;

interface PageRequest {
  readonly MaxRecords?: number | undefined;
  readonly Marker?: string | undefined;
}

export interface Page<T> {
  readonly items: readonly T[];
  /** Undefined on the last page. */
  readonly marker: string | undefined;
}

/** One page in the order of the keys. The marker is opaque to callers: it holds the last key of the page before. */
export function pageOf<T>(items: readonly T[], keyOf: (item: T) => string, request: PageRequest): Page<T> {
  const size = request.MaxRecords ?? MAX_RECORDS;
  if (!Number.isInteger(size) || size < MIN_RECORDS || size > MAX_RECORDS) {
    throw new ServiceError(
      "InvalidParameterValue",
      `Invalid value ${size} for MaxRecords. Must be between ${MIN_RECORDS} and ${MAX_RECORDS}`,
    );
  }
  const after = request.Marker === undefined ? undefined : readMarker(request.Marker);
  const sorted = items
    .filter((item) => after === undefined || keyOf(item) > after)
    .sort((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1));
  const page = sorted.slice(0, size);
  const last = page.at(-1);
  const hasMore = sorted.length > size && last !== undefined;
  return { items: page, marker: hasMore ? Buffer.from(`after:${keyOf(last)}`).toString("base64url") : undefined };
}

function readMarker(marker: string): string {
  const text = Buffer.from(marker, "base64url").toString();
  if (!text.startsWith("after:")) throw new ServiceError("InvalidParameterValue", "Invalid Marker");
  return text.slice("after:".length);
}

export type Filters<T> = Readonly<Record<string, (resource: T, value: string) => boolean>>;

/** What passes every filter; the values of one filter are alternatives. An unknown filter is an `InvalidParameterValue`. */
export function filtered<T>(items: readonly T[], known: Filters<T>, asked: readonly Filter[] | undefined): T[] {
  const tests = (asked ?? []).map((filter) => {
    const matches = filter.Name === undefined ? undefined : known[filter.Name];
    if (!matches) throw new ServiceError("InvalidParameterValue", `Unrecognized filter name: ${filter.Name}`);
    if (!filter.Values?.length) {
      throw new ServiceError("InvalidParameterCombination", `Filter ${filter.Name} must have at least one value.`);
    }
    const values = filter.Values;
    return (item: T) => values.some((value) => matches(item, value));
  });
  return items.filter((item) => tests.every((passes) => passes(item)));
}
