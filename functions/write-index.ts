import { WriteIndexInput, writeIndex } from "../src/index/write-index.ts";
import { deployedPlans } from "../src/plan/library.ts";
import { taskBeside } from "../src/step.ts";

export const handler = taskBeside("write-index", WriteIndexInput, (_, task) =>
  writeIndex({ plans: deployedPlans, ...task }),
);
