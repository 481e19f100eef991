import type { Column } from "./observe.ts";

/** The columns in which a fault was seen. */
export type SeenIn = (fault: string) => readonly Column[];

/** What there is to say of cells that surprise, and whether they still are so. */
export interface Remark {
  readonly says: string;
  isSo(seenIn: SeenIn): boolean;
}

const FINGERPRINTS: readonly Column[] = ["fast fingerprint", "strong fingerprint"];

const only =
  (faults: readonly string[], columns: readonly Column[]): Remark["isSo"] =>
  (seenIn) =>
    faults.every((fault) => seenIn(fault).toString() === columns.toString());

const butNot =
  (fault: string, seen: readonly Column[], unseen: readonly Column[]): Remark["isSo"] =>
  (seenIn) => {
    const columns = seenIn(fault);
    return seen.every((column) => columns.includes(column)) && !unseen.some((column) => columns.includes(column));
  };

export const REMARKS: readonly Remark[] = [
  {
    says: "Rows that are others while as many are there, and add up to the same, are seen by the fingerprints alone: two equal rows that become two other equal ones, a character, values swapped, 1.00 for 1.0, a row in the wrong partition.",
    isSo: only(["pair", "character", "swapped", "scale", "misplaced"], FINGERPRINTS),
  },
  {
    says: "So is a flipped byte of text whose page has a checksum that fits, as it has where checksums are off, or where memory was wrong before the page was written: the page is sound, and so is every index.",
    isSo: only(["heap-byte", "toast-byte"], FINGERPRINTS),
  },
  {
    says: "A page of zeroes is to PostgreSQL one that was never written to, and is no error to read. A row count misses the rows that are gone because PostgreSQL answers it out of an index, which still has them: the checks of this project are asked with that turned off. amcheck asks whether every row has its entry, not whether every entry has its row.",
    isSo: butNot("heap-zeroes", FINGERPRINTS, ["row count", "full-read", "index-contents", "heap"]),
  },
  {
    says: "For the same reason a row count can be right over a table that can not be read.",
    isSo: butNot("heap-checksum", ["full-read", "heap", ...FINGERPRINTS], ["row count"]),
  },
  {
    says: "A row whose header is damaged can be read as before while its page is marked as visible to all, so that heap alone sees it.",
    isSo: only(["header"], ["heap"]),
  },
  {
    says: "What is wrong inside an index only index-contents sees, a broken checksum with it: a full read reads tables.",
    isSo: only(["index-byte", "index-checksum", "entry"], ["index-contents"]),
  },
  {
    says: "A foreign key stays valid in the catalog when the row that others refer to is gone: constraints believes the catalog, foreign-keys looks.",
    isSo: butNot("orphans", ["foreign-keys"], ["constraints", "catalog"]),
  },
  {
    says: "A disabled trigger is seen by catalog alone, a sequence set back by sequences, another version of a collation by collations.",
    isSo: (seenIn) =>
      only(["trigger"], ["catalog"])(seenIn) &&
      only(["sequence"], ["sequences"])(seenIn) &&
      only(["collation"], ["collations"])(seenIn),
  },
  {
    says: "An unlogged table is in no backup, so the fingerprints leave it out, and say so; that it came back empty is for unlogged to see.",
    isSo: butNot("unlogged", ["unlogged"], FINGERPRINTS),
  },
  {
    says: "A chain whose tail is cut, or that was written anew with every hash right, is a sound chain: only a head that was seen before tells. Without it the chain shows no more than that somebody edited or deleted a row and left the others as they were.",
    isSo: (seenIn) =>
      ["chain-cut", "chain-rewritten"].every((fault) =>
        butNot(fault, ["hash-chain", ...FINGERPRINTS], ["hash-chain, no head known"])(seenIn),
      ) &&
      ["chain-edited", "chain-rehashed", "chain-deleted"].every((fault) =>
        butNot(fault, ["hash-chain", "hash-chain, no head known"], [])(seenIn),
      ),
  },
];
