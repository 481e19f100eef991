import { ServiceError } from "../../wire/service.ts";

/** Both by the SDK's page of ListExecutions and GetExecutionHistory; 0 asks for the default. */
const DEFAULT_PAGE_SIZE = 100;
const MAX_PAGE_SIZE = 1_000;

/**
 * One page of a list. A token holds how many items were left when it was made, so that new items at the front move nothing.
 * Throws ServiceError `ValidationException` for a page size out of bounds, `InvalidToken` for a token that is none of ours.
 */
export function pageOf<Item>(
  items: readonly Item[],
  { maxResults, nextToken }: { maxResults?: number | undefined; nextToken?: string | undefined },
): { items: Item[]; nextToken: { nextToken?: string } } {
  const size = maxResults || DEFAULT_PAGE_SIZE;
  if (size < 0 || size > MAX_PAGE_SIZE) {
    const message = `1 validation error detected: Value '${size}' at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to ${MAX_PAGE_SIZE}`;
    throw new ServiceError("ValidationException", message);
  }
  const start = nextToken === undefined ? 0 : items.length - leftBehind(nextToken, items.length);
  const page = items.slice(start, start + size);
  const left = items.length - start - page.length;
  return { items: page, nextToken: left > 0 ? { nextToken: Buffer.from(`left:${left}`).toString("base64url") } : {} };
}

function leftBehind(token: string, length: number): number {
  const left = Number(/^left:(\d+)$/.exec(Buffer.from(token, "base64url").toString())?.[1] ?? Number.NaN);
  if (!(left <= length)) throw new ServiceError("InvalidToken", `Invalid Token: '${token}'`);
  return left;
}
