import type { RDSClient } from "@aws-sdk/client-rds";
import type { Plan } from "../plan/plan.ts";
import type { DrillScenario, ScenarioName } from "../plan/scenario.ts";
import type { Origin } from "../recovery/origin.ts";

/** What an exercise is given to choose its recovery point from. */
export interface Exercise {
  readonly plan: Plan;
  readonly rds: (region: string) => RDSClient;
  /** When what the scenario takes to have happened began: nothing newer will do. */
  readonly moment: Date;
  /** The owner of the source, where that is not the stack's account; and that account. */
  readonly account: string | undefined;
  readonly ownAccount: string;
  /** As the request asks for: a kind, or a snapshot's identifier or ARN. Only that one is then looked for. */
  readonly recoveryPoint: string | undefined;
  /** RDS's own ids of the source, as earlier drills have seen them: a cluster of the same name elsewhere has another. */
  readonly resourceIds: readonly string[];
}

export interface Chosen extends Pick<DrillScenario, "setAside" | "sourceKmsKeyArn" | "isSourceEncrypted"> {
  readonly origin: Origin;
}

/** What is taken to have happened to a database, and what that leaves to recover from. */
export interface Scenario {
  readonly name: ScenarioName;
  /** By how long before the drill's start it is taken to have happened, where nobody says. */
  readonly defaultDays: number;
  readonly objective: (plan: Plan, moment: Date) => string;
  readonly assumptions: (plan: Plan, moment: Date) => string[];
  /** The region nothing of which may be used. */
  readonly lostRegion?: (plan: Plan) => string;
  /** Throws NoRecoveryPoint saying what is missing, SourceUnsupported, or what asking the source throws. */
  readonly choose: (exercise: Exercise) => Promise<Chosen>;
}
