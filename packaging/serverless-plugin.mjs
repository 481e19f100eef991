import { readdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { parsePlan } from "../src/plan/parse.ts";
import { baselineProblems } from "./baseline-problems.ts";
import { bundleFunctions } from "./bundle.ts";
import { cadenceProblems } from "./cadence-check.ts";
import { dashboard } from "./dashboard.ts";
import { nameProblems } from "./physical-names.ts";
import { planConflicts } from "./plan-conflicts.ts";
import { planResources } from "./plan-resources.ts";
import { sandboxProblems } from "./sandbox-problems.ts";
import { REMOVE_ANYWAY, wordsOnDeployment, wordsOnForwarding, wordsOnRemoval, wordsOnStanding } from "./stack-words.ts";

/** Gives every function its package, and the stack what its plans need; refuses plans and names that could not work. */
export default class RestoreDrillPackages {
  constructor(serverless, _options, { log } = {}) {
    this.serverless = serverless;
    this.say = (lines) => {
      for (const line of lines) (log?.notice ?? console.log)(line);
    };
    this.hooks = {
      "before:package:createDeploymentArtifacts": () => this.packageFunctions(),
      // The service's own resources are in the template, and it is not written yet.
      "after:aws:package:finalize:mergeCustomProviderResources": () => this.addPlanResources(),
      "after:deploy:deploy": () => this.sayWhatIsNext(),
      "before:remove:remove": async () => {
        await this.refuseWhileDrillsStand();
        await this.sayWhatStays();
      },
    };
  }

  async packageFunctions() {
    const { service, serviceDir } = this.serverless;
    const parsed = await this.readPlans();
    this.refuse([...planConflicts(parsed), ...parsed.flatMap((plan) => cadenceProblems(plan, new Date()))]);
    // The framework works here whatever --package says, and moves all of it there in the end.
    const outDirectory = join(serviceDir, ".serverless", "functions");
    await bundleFunctions({
      outDirectory,
      entryDirectory: join(serviceDir, "functions"),
      functions: service.getAllFunctions().map(fileNameOf),
      plans: this.plans.map(({ name, json }) => ({ name, json })),
    });
    for (const key of service.getAllFunctions()) {
      const name = fileNameOf(key);
      service.getFunction(key).package = { artifact: await this.zip(join(outDirectory, name), `${name}.zip`) };
    }
  }

  async readPlans() {
    this.plans ??= await readPlans(join(this.serverless.serviceDir, "drills")).catch((error) => {
      // The framework prints what is not its own error with a stack trace, which no writer of a plan needs.
      throw new this.serverless.classes.Error(`${error.name}: ${error.message}`, "RESTORE_DRILL_REFUSED");
    });
    return this.plans.map(({ plan }) => plan);
  }

  async addPlanResources() {
    const { Resources, Parameters = {} } = this.serverless.service.provider.compiledCloudFormationTemplate;
    const plans = await this.readPlans();
    const settingOf = (parameter) => String(Parameters[parameter]?.Default ?? "");
    this.refuse([
      ...sandboxProblems(plans, {
        name: this.name,
        region: this.provider.getRegion(),
        subnetGroup: settingOf("SandboxSubnetGroup"),
        securityGroup: settingOf("SandboxSecurityGroup"),
        kmsKey: settingOf("SandboxKmsKey"),
      }),
      ...baselineProblems(plans, { plan: settingOf("BaselinePlan"), state: settingOf("BaselineScheduleState") }),
    ]);
    const added = { ...planResources(plans, { name: this.name }), ...dashboard(plans, { name: this.name }) };
    const taken = Object.keys(added).filter((logicalId) => logicalId in Resources);
    this.refuse(
      taken.map((id) => `A plan or cluster would be given ${id}, which the stack has already: rename the plan.`),
    );
    Object.assign(Resources, added);
    this.refuse(nameProblems(Resources, { name: this.name, stage: this.provider.getStage() }));
  }

  async sayWhatIsNext() {
    const resources = await this.stackResources();
    const { Parameters } = this.serverless.service.provider.compiledCloudFormationTemplate ?? {};
    const plans = await this.readPlans();
    const region = this.provider.getRegion();
    const stateMachineArn = resources.get("RestoreDrill");
    this.say([
      ...wordsOnDeployment({
        region,
        stateMachineArn: stateMachineArn ?? "<StateMachineArn>",
        plans: plans.map(({ plan }) => plan),
        areSchedulesEnabled: Parameters?.ScheduleState?.Default === "ENABLED",
      }),
      ...wordsOnForwarding(plans, { name: this.name, region, account: stateMachineArn?.split(":")[4] }),
    ]);
  }

  /** CloudFormation deletes the sweep first, and stops at the network that a sandbox is in. */
  async refuseWhileDrillsStand() {
    if (process.env[REMOVE_ANYWAY] === "yes") return;
    const standing = await this.standingDrills().catch((error) => [
      `AWS could not be asked whether drills run or sandboxes stand: ${error.message}`,
    ]);
    if (standing.length > 0)
      throw new this.serverless.classes.Error(wordsOnStanding(this.name, standing), "RESTORE_DRILL_REFUSED");
  }

  async standingDrills() {
    const resources = await this.provider.getStackResources();
    const machines = resources.filter(({ LogicalResourceId: id }) => id === "RestoreDrill" || id === "FinishDrill");
    // Nothing else needs the clients of AWS, and each run of the framework would load them.
    const { standingDrills } = await import("./standing-drills.ts");
    const access = (await this.provider.getAwsSdkV3Config?.()) ?? { region: this.provider.getRegion() };
    return standingDrills(
      machines.flatMap(({ PhysicalResourceId }) => PhysicalResourceId ?? []),
      access,
    );
  }

  async sayWhatStays() {
    const kept = Object.entries(this.serverless.service.resources?.Resources ?? {}).filter(
      ([, { DeletionPolicy }]) => DeletionPolicy === "Retain",
    );
    const resources = await this.stackResources();
    this.say(
      wordsOnRemoval(
        this.name,
        kept.map(([logicalId, { Type }]) => ({ logicalId, type: Type, physicalId: resources.get(logicalId) })),
      ),
    );
  }

  get provider() {
    return this.serverless.getProvider("aws");
  }

  /** What every physical name begins with: the stack is called so too. */
  get name() {
    return this.provider.naming.getStackName();
  }

  /** Physical ids by logical id. Words are not worth a failure: empty when the stack can not be asked. */
  async stackResources() {
    const all = await this.provider.getStackResources().catch(() => []);
    return new Map(all.map(({ LogicalResourceId, PhysicalResourceId }) => [LogicalResourceId, PhysicalResourceId]));
  }

  refuse(problems) {
    if (problems.length === 0) return;
    const message = `This can not be deployed:\n${problems.map((problem) => `  - ${problem}`).join("\n")}`;
    throw new this.serverless.classes.Error(message, "RESTORE_DRILL_REFUSED");
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
      return { name, json: `${JSON.stringify(written, null, 2)}\n`, plan };
    }),
  );
}
