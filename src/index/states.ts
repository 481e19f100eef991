/** How a plan stands to what it promises, the worst first. */
export const STATES = [
  /** No drill of it has ended. */
  "never-drilled",
  /** Some have, and none passed. */
  "never-passed",
  /** What its drills left can not be read: it is as good as overdue. */
  "unknown",
  /** The last one that passed is longer ago than is promised. */
  "overdue",
  /** One passed in time, and the last one did not. */
  "in-doubt",
  "proven",
] as const;
export type State = (typeof STATES)[number];
