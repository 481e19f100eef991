import type { Damage } from "./damage.ts";
import { chainRowRewritten } from "./damages/chain.ts";
import { bitFlipped, rowDeleted, valuesSwapped } from "./damages/content.ts";
import { orphanMade, privilegeRevoked, rowSecurityOff, tableUnlogged } from "./damages/rules.ts";
import {
  columnLoosened,
  constraintUnvalidated,
  indexInvalid,
  indexWrong,
  sequenceSetBack,
  tableEmptied,
  tableGone,
} from "./damages/structure.ts";

/** All there are; a drill plants one of each that a check of its plan has to see. */
export const DAMAGES: readonly Damage[] = [
  rowDeleted,
  bitFlipped,
  valuesSwapped,
  chainRowRewritten,
  sequenceSetBack,
  indexWrong,
  indexInvalid,
  constraintUnvalidated,
  orphanMade,
  columnLoosened,
  privilegeRevoked,
  rowSecurityOff,
  tableUnlogged,
  tableEmptied,
  tableGone,
];
