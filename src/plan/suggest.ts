import { closest, distance } from "fastest-levenshtein";

/** Two fifths of a word may be wrong before "did you mean" becomes a guess. */
const MAX_DISTANCE_SHARE = 0.4;

/** The known word nearest to a misspelt one, or undefined when none is near. */
export function nearestOf(word: string, known: readonly string[]): string | undefined {
  if (known.length === 0) return undefined;
  const candidate = closest(word, known);
  return distance(word, candidate) <= Math.max(2, Math.ceil(word.length * MAX_DISTANCE_SHARE)) ? candidate : undefined;
}

/** ` Did you mean "x"?`, or nothing. */
export function didYouMean(word: string, known: readonly string[]): string {
  const nearest = nearestOf(word, known);
  return nearest === undefined ? "" : ` Did you mean "${nearest}"?`;
}
