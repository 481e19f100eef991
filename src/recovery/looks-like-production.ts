const PRODUCTION = new Set(["prod", "production", "prd", "live"]);
/** `non-prod` and `pre-production` say the opposite. */
const DENIALS = new Set(["no", "non", "not", "pre"]);

/** True for a name that holds production, prod, prd or live as a word: `prod-db`, `OrdersProduction`, `live_2`; not `product`, `preprod`. */
export function looksLikeProduction(name: string): boolean {
  const words = name
    .replace(/([a-z0-9])([A-Z])/g, "$1-$2")
    .toLowerCase()
    .split(/[^a-z]+/);
  return words.some((word, index) => PRODUCTION.has(word) && !DENIALS.has(words[index - 1] ?? ""));
}
