import type { IsolationAnswer } from "./answers.ts";

export type IsolationFact = IsolationAnswer["facts"][number];

/** A fact holds when the account's answer is literally what it should be. */
export function fact(name: string, expected: string, observed: string): IsolationFact {
  return { fact: name, expected, observed, holds: observed === expected };
}

export const broken = (facts: readonly IsolationFact[]): IsolationFact[] => facts.filter(({ holds }) => !holds);

/** One sentence's worth of facts that do not hold. */
export const tellFacts = (facts: readonly IsolationFact[]): string =>
  facts.map(({ fact: name, expected, observed }) => `${name}: expected ${expected}, observed ${observed}`).join("; ");
