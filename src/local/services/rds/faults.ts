import type { Step } from "./durations.ts";

/** What a fault is asked about: the resource that a transition belongs to. */
export interface FaultSubject {
  readonly region: string;
  readonly id: string;
}

/**
 * What goes wrong on demand. It is consulted when a transition begins and when a statement arrives, so it may be changed at any time.
 * Everything is optional: an empty object is a cloud in which nothing goes wrong.
 */
export interface RdsFaults {
  /** The terminal status that a transition ends in: `restore-failed`, `storage-full`, `incompatible-parameters`, `failed`. */
  outcome?: ((step: Step, subject: FaultSubject) => string | undefined) | undefined;
  /** How many times longer than modelled a transition takes. */
  stretch?: ((step: Step, subject: FaultSubject) => number | undefined) | undefined;
  /** True for a statement that never returns: it sleeps in the server until the Data API's own timeout cancels it. */
  hangs?: ((sql: string, subject: FaultSubject) => boolean) | undefined;
}
