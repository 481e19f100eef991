/** `serverless package`, offline and without an AWS account, in a directory of its own. */
import { execFile } from "node:child_process";
import { copyFile, mkdir, symlink, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { promisify } from "node:util";

const PROJECT_DIRECTORY = resolve(import.meta.dirname, "..");
/** Everything that serverless.yml and its plugin read, but for itself. */
const SERVICE = [
  "infrastructure",
  "packaging",
  "statemachines",
  "src",
  "node_modules",
  "package.json",
  "functions",
  "drills",
];
/** 9 s alone on two cores, over a minute beside ten other commands. */
const PACKAGING_LIMIT_MILLISECONDS = 240_000;

/** Directories of the service that others stand in for, by file name. */
export type StandIns = Readonly<Partial<Record<"functions" | "drills", Readonly<Record<string, string>>>>>;

/**
 * Packages the project from `service`, which must not exist yet: the framework works in `.serverless/` of the service directory, which two
 * at a time would share. Resolves to the package's directory, inside it. Rejects with what the command printed.
 */
export async function packageService(
  service: string,
  standIns: StandIns = {},
  options: readonly string[] = [],
): Promise<string> {
  await mkdir(service, { recursive: true });
  await copyFile(join(PROJECT_DIRECTORY, "serverless.yml"), join(service, "serverless.yml"));
  for (const name of SERVICE) {
    const texts = name === "functions" || name === "drills" ? standIns[name] : undefined;
    if (texts === undefined) await symlink(join(PROJECT_DIRECTORY, name), join(service, name));
    else await writeAll(join(service, name), texts);
  }
  await runServerless(service, options);
  return join(service, "out");
}

async function writeAll(directory: string, texts: Readonly<Record<string, string>>): Promise<void> {
  await mkdir(directory);
  for (const [name, text] of Object.entries(texts)) await writeFile(join(directory, name), text);
}

/** Packages the service of a directory into `out/` of it. Without AWS credentials, region or login: packaging must not need them. */
export async function runServerless(service: string, options: readonly string[] = []): Promise<void> {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith("AWS_"));
  const env = { ...Object.fromEntries(inherited), HOME: service, AWS_EC2_METADATA_DISABLED: "true" };
  const serverless = join(PROJECT_DIRECTORY, "node_modules/serverless/bin/serverless.js");
  await promisify(execFile)(process.execPath, [serverless, "package", "--package", "out", ...options], {
    cwd: service,
    env,
    timeout: PACKAGING_LIMIT_MILLISECONDS,
  }).catch((error: Error & { stdout?: string; stderr?: string }) => {
    throw new Error(`serverless package failed: ${error.stdout ?? ""}${error.stderr ?? ""}`, { cause: error });
  });
}
