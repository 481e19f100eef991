import type { Plan } from "../../plan/plan.ts";
import type { Verdict } from "../../verdict/verdict.ts";
import type { LocalCloud, LocalCloudOptions } from "../cloud.ts";
import type { RdsFaults } from "../services/rds/faults.ts";

/** A local cloud in which a drill is about to run. */
export interface Stage {
  readonly cloud: LocalCloud;
  readonly plan: Plan;
}

/** One way in which a recovery is bad, and what a drill has to say of it. */
export interface Sabotage {
  readonly name: string;
  /** What is done, in one sentence, for people. */
  readonly what: string;
  readonly verdict: Verdict["verdict"];
  readonly reason?: Verdict["reason"];
  /** Faults the cloud is opened with. */
  readonly faults?: (plan: Plan) => RdsFaults;
  readonly intercept?: LocalCloudOptions["intercept"];
  readonly dataApiLimits?: NonNullable<LocalCloudOptions["rds"]>["dataApiLimits"];
  /** How old the newest backup is, and the data in it. */
  readonly backupAgeSeconds?: (plan: Plan) => number;
  /** Done to the account before the drill starts. */
  readonly prepare?: (stage: Stage) => void;
}
