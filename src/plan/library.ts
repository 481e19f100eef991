import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { PlanInvalid, PlanNotFound } from "../errors.ts";
import type { Plan } from "./plan.ts";
import { didYouMean } from "./suggest.ts";
import { type ParsedPlan, validatePlan } from "./validate.ts";

/** Packaging embeds every plan in every function as `drills/<plan>.json`, already validated; Lambda says where the package is. */
const plansDirectory = (): string => join(process.env["LAMBDA_TASK_ROOT"] ?? ".", "drills");

/** The names of the plans there are. */
async function deployedPlanNames(directory: string = plansDirectory()): Promise<string[]> {
  const files = await readdir(directory).catch(() => [] as string[]);
  return files.filter((file) => file.endsWith(".json")).map((file) => file.slice(0, -".json".length));
}

/** The deployed plan of that name. Throws PlanNotFound, naming the plans there are, or PlanInvalid. */
export async function deployedPlan(name: string, directory: string = plansDirectory()): Promise<ParsedPlan> {
  const known = await deployedPlanNames(directory);
  if (!known.includes(name)) {
    const there = known.length === 0 ? "No plan was deployed" : `There are: ${known.join(", ")}`;
    throw new PlanNotFound(
      `There is no plan "${name}".${didYouMean(name, known)} ${there}. Add drills/${name}.yml and deploy.`,
    );
  }
  const file = `drills/${name}.json`;
  return validatePlan(parseJson(await readFile(join(directory, `${name}.json`), "utf8"), file), file);
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new PlanInvalid(`${file} is not JSON: the package is damaged. Package and deploy again.`, { cause: error });
  }
}

/** The plans that the stack was deployed with, for whoever goes through all of them. */
export interface DeployedPlans {
  readonly names: () => Promise<string[]>;
  readonly read: (name: string) => Promise<ParsedPlan>;
}

export const deployedPlans: DeployedPlans = {
  names: () => deployedPlanNames(),
  read: (name) => deployedPlan(name),
};

/** The same plans, each read once however often it is asked for. */
export function readOnce({ names, read }: DeployedPlans): DeployedPlans {
  const plans = new Map<string, Promise<ParsedPlan>>();
  return {
    names,
    read: (name) => {
      const plan = plans.get(name) ?? read(name);
      plans.set(name, plan);
      return plan;
    },
  };
}

/** In the order of their names. A package holds a stack's plans: its 250 MB are the limit. */
export async function allPlans({ names, read }: DeployedPlans): Promise<Plan[]> {
  const parsed = await Promise.all((await names()).sort().map(read));
  return parsed.map(({ plan }) => plan);
}
