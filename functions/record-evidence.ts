import { RecordEvidenceInput, recordEvidence } from "../src/evidence/record-evidence.ts";
import { deployedPlan } from "../src/plan/library.ts";
import { drillStep } from "../src/step.ts";

export const handler = drillStep("record-evidence", RecordEvidenceInput, (input, step) =>
  recordEvidence({ ...step, plans: deployedPlan }, input),
);
