import type { IsolationAnswer } from "./answers.ts";

export type IsolationFact = IsolationAnswer["facts"][number];

/** A fact holds when the account's answer is literally what it should be. */
export function fact(name: string, expected: string, observed: string): IsolationFact {
  return { fact: name, expected, observed, holds: observed === expected };
}
