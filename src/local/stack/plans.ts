/** The template of a package with what other plans need in place of what its own did, and nothing else changed. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod/mini";
import type { BundledPlan } from "../../../packaging/bundle.ts";
import { dashboard } from "../../../packaging/dashboard.ts";
import { planResources } from "../../../packaging/plan-resources.ts";
import { Template } from "../../../packaging/template-scope.ts";
import { Plan } from "../../plan/plan.ts";

/** The plans that travel with the functions of a package, which are the same for all of them. */
export async function packagedPlans(packageDirectory: string): Promise<BundledPlan[]> {
  const functions = join(packageDirectory, "functions");
  const [first = ""] = await readdir(functions);
  const directory = join(functions, first, "drills");
  const files = await readdir(directory).catch((): string[] => []);
  return Promise.all(
    files.map(async (file) => ({
      name: file.replace(/\.json$/, ""),
      json: await readFile(join(directory, file), "utf8"),
    })),
  );
}

/** `name`: what the stack is called. Packaging refuses a plan that is wrong; here it may be deployed, and is given nothing. */
export function exchangePlans(
  template: Template,
  {
    packaged,
    given,
    name,
  }: { readonly packaged: readonly BundledPlan[]; readonly given: readonly BundledPlan[]; readonly name: string },
): Template {
  const resourcesOf = (bundled: readonly BundledPlan[]) => {
    const plans = bundled.flatMap(rightPlan);
    return { ...planResources(plans, { name }), ...dashboard(plans, { name }) };
  };
  const old = new Set(Object.keys(resourcesOf(packaged)));
  const kept = Object.entries(template.Resources).filter(([logicalId]) => !old.has(logicalId));
  return z.parse(Template, { ...template, Resources: { ...Object.fromEntries(kept), ...resourcesOf(given) } });
}

/** Under the name of its file, which is what a function reads it by. */
function rightPlan({ name, json }: BundledPlan): Plan[] {
  const { data } = Plan.safeParse({ ...JSON.parse(json), plan: name });
  return data === undefined ? [] : [data];
}
