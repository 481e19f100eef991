/**
 * Turns `functions/*.ts` into what Lambda runs: one directory a function, holding `index.cjs` and the project's plans.
 *
 * CommonJS with the SDK inside imports fastest (114 ms against 142-170 ms for ESM or for the runtime's own SDK), and
 * `mainFields: ["module", "main"]` lets esbuild shake the SDK. `npm run bench` prints each function's size and import time.
 */
import { readdirSync } from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { build, type Plugin } from "esbuild";

const PROJECT_DIRECTORY = resolve(import.meta.dirname, "..");
const FUNCTIONS_DIRECTORY = join(PROJECT_DIRECTORY, "functions");

/** What any Lambda bundle of the SDK is well made with, before our own plugins. */
export const BUNDLING = {
  bundle: true,
  format: "cjs",
  platform: "node",
  target: "node24",
  mainFields: ["module", "main"] as string[],
  minify: true,
  legalComments: "none",
} as const;

/** A plan that travels with every function, so that a plan's version is the deployment's version. */
export interface BundledPlan {
  /** File name without extension: letters, digits, `.`, `_` and `-`. */
  readonly name: string;
  readonly json: string;
}

export interface BundleOptions {
  /** Receives `<function>/index.cjs` and `<function>/drills/<plan>.json`. */
  readonly outDirectory: string;
  /** Only these functions; all of them by default. */
  readonly functions?: readonly string[];
  readonly plans?: readonly BundledPlan[];
  /** Where the entry files are: `functions/` by default. */
  readonly entryDirectory?: string;
}

export interface BundledFunction {
  readonly name: string;
  /** Absolute path of `index.cjs`, which exports `handler`. */
  readonly file: string;
  readonly bytes: number;
}

/** Names of the Lambda functions, sorted: the entry files without `.ts` (`plan-drill`). Throws when the directory is missing. */
export function functionNames(entryDirectory: string = FUNCTIONS_DIRECTORY): string[] {
  return readdirSync(entryDirectory)
    .filter((file) => file.endsWith(".ts") && !file.endsWith(".d.ts"))
    .map((file) => file.slice(0, -".ts".length))
    .sort();
}

/**
 * The SDK's schema files name their members by constants (`{ [_fN]: "x" }`), and esbuild keeps every object with a computed key, as the key
 * might be code. With the constants' values written in, the schemas that a function does not use fall away. EC2's alone are 555 kB.
 */
const shakeSchemas: Plugin = {
  name: "shake-schemas",
  setup: ({ onLoad }) =>
    onLoad({ filter: /[\\/]@(aws-sdk|smithy)[\\/].*[\\/]schemas_\d+\.js$/ }, async ({ path }) => {
      const text = await readFile(path, "utf8");
      const values = new Map([...text.matchAll(/^const (\w+) = (".*");$/gm)].map(([, name, value]) => [name, value]));
      return {
        contents: text.replace(/\[(\w+)\]:/g, (key, name) => (values.has(name) ? `${values.get(name)}:` : key)),
        loader: "js",
      };
    }),
};

/**
 * Lambda gives a function its role's credentials in the environment, and nowhere else. The SDK's default chain also looks for profiles,
 * single sign-on, web identities and metadata servers: 90 kB that are never used there.
 */
const credentialsFromEnvironment: Plugin = {
  name: "credentials-from-environment",
  setup: ({ onLoad }) =>
    onLoad({ filter: /[\\/]@aws-sdk[\\/]credential-provider-node[\\/].*[\\/]index\.js$/ }, ({ path }) => ({
      contents: `export { fromEnv as defaultProvider } from "@aws-sdk/credential-provider-env";`,
      resolveDir: dirname(path),
    })),
};

/**
 * Bundles the functions in one esbuild run, minified and byte-identical for identical sources; what an earlier run left in a
 * function's directory is removed first. Class names do not survive minification: errors carry a literal `name`.
 * Throws on an unknown function, a plan name that is no file name, and whatever esbuild refuses.
 */
export async function bundleFunctions(options: BundleOptions): Promise<BundledFunction[]> {
  const entryDirectory = resolve(options.entryDirectory ?? FUNCTIONS_DIRECTORY);
  const outDirectory = resolve(options.outDirectory);
  const names = chosenFunctions(entryDirectory, options.functions);
  const plans = options.plans ?? [];
  refuseUnsafePlanNames(plans);
  for (const name of names) await rm(join(outDirectory, name), { recursive: true, force: true });

  const { metafile } = await build({
    absWorkingDir: PROJECT_DIRECTORY,
    entryPoints: names.map((name) => ({ in: join(entryDirectory, `${name}.ts`), out: `${name}/index` })),
    outdir: outDirectory,
    outExtension: { ".js": ".cjs" },
    ...BUNDLING,
    metafile: true,
    logLevel: "silent",
    plugins: [shakeSchemas, credentialsFromEnvironment],
  });
  for (const name of names) await writePlans(join(outDirectory, name), plans);

  const bytesByFile = new Map(
    Object.entries(metafile.outputs).map(([file, output]) => [resolve(PROJECT_DIRECTORY, file), output.bytes]),
  );
  return names.map((name) => {
    const file = join(outDirectory, name, "index.cjs");
    return { name, file, bytes: bytesByFile.get(file) ?? 0 };
  });
}

function chosenFunctions(entryDirectory: string, wanted: readonly string[] | undefined): string[] {
  const known = functionNames(entryDirectory);
  if (wanted === undefined) return known;
  const unknown = wanted.filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    throw new Error(`No such function: ${unknown.join(", ")}. ${entryDirectory} has: ${known.join(", ") || "none"}.`);
  }
  return [...wanted].sort();
}

function refuseUnsafePlanNames(plans: readonly BundledPlan[]): void {
  for (const plan of plans) {
    if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(plan.name)) {
      throw new Error(`Plan name ${JSON.stringify(plan.name)} is no file name: use letters, digits, ".", "_" and "-".`);
    }
  }
}

/** Puts the plans where a function looks for them, in `drills/` of its own directory. */
export async function writePlans(functionDirectory: string, plans: readonly BundledPlan[]): Promise<void> {
  refuseUnsafePlanNames(plans);
  if (plans.length === 0) return;
  const directory = join(functionDirectory, "drills");
  await mkdir(directory, { recursive: true });
  for (const plan of plans) await writeFile(join(directory, `${plan.name}.json`), plan.json);
}
