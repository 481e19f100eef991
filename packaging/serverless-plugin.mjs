import { readdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { parsePlan } from "../src/plan/parse.ts";
import { bundleFunctions } from "./bundle.ts";

/** Gives every function of the service its package: index.cjs and the plans of drills/, nothing else. */
export default class RestoreDrillPackages {
  constructor(serverless) {
    this.serverless = serverless;
    this.hooks = { "before:package:createDeploymentArtifacts": () => this.packageFunctions() };
  }

  async packageFunctions() {
    const { service, serviceDir } = this.serverless;
    // The framework works here whatever --package says, and moves all of it there in the end.
    const outDirectory = join(serviceDir, ".serverless", "functions");
    await bundleFunctions({
      outDirectory,
      entryDirectory: join(serviceDir, "functions"),
      functions: service.getAllFunctions().map(fileNameOf),
      plans: await readPlans(join(serviceDir, "drills")),
    });
    for (const key of service.getAllFunctions()) {
      const name = fileNameOf(key);
      service.getFunction(key).package = { artifact: await this.zip(join(outDirectory, name), `${name}.zip`) };
    }
  }

  /** The framework's own zip: sorted entries, fixed times, so that equal files make equal bytes. */
  async zip(directory, zipName) {
    const entries = await readdir(directory, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
    const packager = this.serverless.pluginManager.plugins.find((each) => each.constructor.name === "Package");
    return packager.zipFiles(files.sort(), zipName, directory);
  }
}

/** `planDrill` is functions/plan-drill.ts. */
const fileNameOf = (key) => key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** Every drills/*.yml, validated: a misspelt plan fails here, not in the night. */
async function readPlans(directory) {
  const files = (await readdir(directory)).filter((file) => /\.ya?ml$/.test(file)).sort();
  return Promise.all(
    files.map(async (file) => {
      const { plan, file: written } = parsePlan(await readFile(join(directory, file), "utf8"), `drills/${file}`);
      const name = basename(file).replace(/\.ya?ml$/, "");
      if (plan.plan !== name)
        throw new Error(`drills/${file} calls itself "${plan.plan}": name and file must be equal.`);
      return { name, json: `${JSON.stringify(written, null, 2)}\n` };
    }),
  );
}
