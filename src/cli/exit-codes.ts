/** What the command lines end with, by a drill's verdict or by what they came to instead. */
export const EXIT = { passed: 0, failed: 1, errored: 2, inconclusive: 3, usage: 64, interrupted: 130 } as const;
