/**
 * `altered`: another content than what was recorded. `missing`: recorded, and not there. `broken`: not in the chain as it should be. `unreadable`: not the
 * document that it should be. `foreign`: nothing that a drill leaves.
 */
export interface Finding {
  readonly state: "altered" | "missing" | "broken" | "unreadable" | "foreign";
  /** Below what was looked at. */
  readonly key: string;
  readonly what: string;
  /** Of what several drills say together: those that it casts doubt on. */
  readonly drillIds?: readonly string[];
}
