/** What EC2's describe calls have in common: ids, filters, pages. https://docs.aws.amazon.com/AWSEC2/latest/APIReference/query-api-troubleshooting.html */
import type { Filter, Tag } from "@aws-sdk/client-ec2";
import { ServiceError } from "../../wire/service.ts";

/** How one kind of resource is described. */
export interface Description<Item extends { readonly Tags?: Tag[] | undefined }> {
  readonly idOf: (item: Item) => string | undefined;
  /** EC2's code for an id that is not there. */
  readonly notFound: string;
  /** By filter name: the values an item has for it. `tag:<key>` and `tag-key` need no entry. */
  readonly filters: Readonly<Record<string, (item: Item) => readonly (string | undefined)[]>>;
}

export interface Query {
  readonly ids: readonly string[] | undefined;
  readonly filters: readonly Filter[] | undefined;
  readonly maxResults?: number | undefined;
  readonly nextToken?: string | undefined;
  readonly dryRun: boolean | undefined;
}

/** EC2 takes page sizes from 5 to 1,000 for these calls. */
const PAGE_LIMITS = { least: 5, most: 1000 };

/** The items that ids and filters choose, a page of them. Throws `ServiceError` for an unknown id or filter name. */
export function choose<Item extends { readonly Tags?: Tag[] | undefined }>(
  items: readonly Item[],
  description: Description<Item>,
  query: Query,
): { readonly items: Item[]; readonly nextToken?: string } {
  if (query.dryRun) {
    throw new ServiceError("DryRunOperation", "Request would have succeeded, but DryRun flag is set.", { status: 412 });
  }
  for (const id of query.ids ?? []) {
    if (!items.some((item) => description.idOf(item) === id)) {
      throw new ServiceError(description.notFound, `The ID '${id}' does not exist`);
    }
  }
  const filters = query.filters ?? [];
  for (const { Name = "" } of filters) checkFilterName(description, Name);
  const chosen = items.filter(
    (item) =>
      (query.ids === undefined || query.ids.length === 0 || query.ids.includes(description.idOf(item) ?? "")) &&
      filters.every((filter) => matches(description, filter, item)),
  );
  return cutPage(chosen, query);
}

function checkFilterName<Item extends { readonly Tags?: Tag[] | undefined }>(
  of: Description<Item>,
  name: string,
): void {
  if (name === "tag-key" || name.startsWith("tag:") || Object.hasOwn(of.filters, name)) return;
  throw new ServiceError("InvalidParameterValue", `The filter '${name}' is invalid`);
}

/** Any of a filter's values will do; `*` and `?` are wildcards. */
function matches<Item extends { readonly Tags?: Tag[] | undefined }>(
  description: Description<Item>,
  { Name: name = "", Values: wanted = [] }: Filter,
  item: Item,
): boolean {
  const held = heldValues(description, name, item);
  return wanted.some((pattern) => held.some((value) => value !== undefined && wildcard(pattern).test(value)));
}

function heldValues<Item extends { readonly Tags?: Tag[] | undefined }>(
  of: Description<Item>,
  name: string,
  item: Item,
) {
  const tags = item.Tags ?? [];
  if (name === "tag-key") return tags.map((tag) => tag.Key);
  if (name.startsWith("tag:")) return tags.filter((tag) => `tag:${tag.Key}` === name).map((tag) => tag.Value);
  return of.filters[name]?.(item) ?? [];
}

function wildcard(pattern: string): RegExp {
  const escaped = pattern.replace(/[.+^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`^${escaped.replaceAll("*", ".*").replaceAll("?", ".")}$`, "s");
}

function cutPage<Item>(items: Item[], { maxResults, nextToken }: Query): { items: Item[]; nextToken?: string } {
  if (maxResults !== undefined && (maxResults < PAGE_LIMITS.least || maxResults > PAGE_LIMITS.most)) {
    const { least, most } = PAGE_LIMITS;
    throw new ServiceError(
      "InvalidParameterValue",
      `Value ( ${maxResults} ) for parameter maxResults is invalid. Expecting a value between ${least} and ${most}.`,
    );
  }
  const from = nextToken === undefined ? 0 : Number(nextToken);
  if (!Number.isInteger(from) || from < 0) throw new ServiceError("InvalidNextToken", "The token is invalid");
  const to = from + (maxResults ?? PAGE_LIMITS.most);
  return { items: items.slice(from, to), ...(to < items.length ? { nextToken: String(to) } : {}) };
}
