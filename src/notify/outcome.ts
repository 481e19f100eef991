import type { KeptSandbox } from "../evidence/kept-sandbox.ts";
import type { EvidenceAnswer } from "../evidence/report.ts";
import type { Subject } from "../evidence/subject.ts";
import type { Drill, Execution } from "../plan/drill.ts";
import type { Interruption } from "../plan/interruption.ts";
import type { ScenarioName } from "../plan/scenario.ts";
import type { Verdict } from "../verdict/verdict.ts";
import type { Occurrence } from "./occurrence.ts";

/** All that is told of one drill, in every channel. */
export interface Outcome {
  readonly subject: Subject;
  /** The drill's own, also where another one tells of it. */
  readonly execution: Execution;
  readonly drill: Drill | undefined;
  /** The exercise that it was. */
  readonly scenario?: ScenarioName | undefined;
  readonly verdict: Verdict;
  readonly occurrence: Occurrence;
  readonly evidence: EvidenceAnswer | undefined;
  readonly leftovers: EvidenceAnswer["leftovers"];
  /** The sandbox, where it stays because the plan says so. */
  readonly kept?: KeptSandbox | undefined;
  /** Why it does not, although the plan would have it. */
  readonly notKept?: string | undefined;
  /** What AWS Backup was told of its restore test, in a sentence. */
  readonly restoreTest?: string | undefined;
  /** How the drill's own execution ended, where another one finished it. */
  readonly interruption?: Interruption | undefined;
  /** Whether the message may have been sent before. */
  readonly repeated: boolean;
  /** Whether it is sent to those who are paged, because no alarm begins to ring for it. */
  readonly isPage: boolean;
}
