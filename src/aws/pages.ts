/** RDS lists 100 at most. */
export const RDS_PAGE = 100;
/** 5,000 of each kind: a hundred times what an account may have before its quotas are raised (40 instances, 40 clusters, 100 snapshots). */
const MAX_PAGES = 50;

/** What is in a listing, up to 50 pages of it; `isCutOff` says that there is more. Throws what the service answers. */
export async function readPages<Page, Item>(
  pages: AsyncIterable<Page>,
  itemsOf: (page: Page) => readonly Item[],
): Promise<{ found: Item[]; isCutOff: boolean }> {
  const found: Item[] = [];
  let count = 0;
  for await (const page of pages) {
    if (count === MAX_PAGES) return { found, isCutOff: true };
    found.push(...itemsOf(page));
    count += 1;
  }
  return { found, isCutOff: false };
}
