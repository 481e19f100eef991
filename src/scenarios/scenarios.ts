import type { ScenarioName } from "../plan/scenario.ts";
import { accidentalDeletion } from "./accidental-deletion.ts";
import { corruption } from "./corruption.ts";
import { ransomware } from "./ransomware.ts";
import { regionLost } from "./region-lost.ts";
import type { Scenario } from "./scenario.ts";

export const SCENARIOS: Readonly<Record<ScenarioName, Scenario>> = {
  corruption,
  "region-lost": regionLost,
  "accidental-deletion": accidentalDeletion,
  ransomware,
};
