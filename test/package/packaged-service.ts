import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { copyFile, mkdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { functionNames } from "../../packaging/bundle.ts";

export const PROJECT_DIRECTORY = resolve(import.meta.dirname, "../..");

const VALID_PLAN = `plan: orders
source: { region: eu-west-1, cluster: orders, database: orders }
sandbox: { region: eu-central-1 }
objectives: { rto: 1h, rpo: 1d }
`;

interface ServiceOptions {
  /** Plan files by name; one valid plan by default. `"real"` takes the project's own. */
  readonly plans?: Readonly<Record<string, string>> | "real";
  /** The template does not depend on what the functions do, and empty ones bundle faster. */
  readonly functions?: "empty" | "real";
}

export interface PackagedService {
  /** What `serverless package` wrote. */
  readonly directory: string;
  readonly remove: () => Promise<void>;
}

/** Packages the project's serverless.yml in a directory of its own: `.serverless/` is shared by everything in one service directory. */
export async function packageService(options: ServiceOptions = {}): Promise<PackagedService> {
  const service = join(PROJECT_DIRECTORY, ".restore-drill/test", `package-${randomUUID()}`);
  const remove = (): Promise<void> => rm(service, { recursive: true, force: true });
  try {
    await layOut(service, options);
    await runServerless(service);
  } catch (error) {
    await remove();
    throw error;
  }
  return { directory: join(service, "out"), remove };
}

async function layOut(service: string, { plans, functions }: ServiceOptions): Promise<void> {
  await mkdir(service, { recursive: true });
  await copyFile(join(PROJECT_DIRECTORY, "serverless.yml"), join(service, "serverless.yml"));
  const linked = ["infrastructure", "packaging", "statemachines", "src", "node_modules", "package.json"];
  if (functions === "real") linked.push("functions");
  if (plans === "real") linked.push("drills");
  for (const name of linked) await symlink(join(PROJECT_DIRECTORY, name), join(service, name));
  if (functions !== "real") await writeAll(join(service, "functions"), emptyFunctions());
  if (plans !== "real") await writeAll(join(service, "drills"), plans ?? { "orders.yml": VALID_PLAN });
}

const emptyFunctions = (): Record<string, string> =>
  Object.fromEntries(
    functionNames().map((name) => [`${name}.ts`, "export const handler = async (): Promise<void> => {};\n"]),
  );

async function writeAll(directory: string, texts: Readonly<Record<string, string>>): Promise<void> {
  await mkdir(directory);
  for (const [name, text] of Object.entries(texts)) await writeFile(join(directory, name), text);
}

/** Without AWS credentials, region or login: packaging must not need them. Rejects with what the command printed. */
async function runServerless(service: string): Promise<void> {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith("AWS_"));
  const env = { ...Object.fromEntries(inherited), HOME: service, AWS_EC2_METADATA_DISABLED: "true" };
  const serverless = join(PROJECT_DIRECTORY, "node_modules/serverless/bin/serverless.js");
  await promisify(execFile)(process.execPath, [serverless, "package", "--package", "out"], {
    cwd: service,
    env,
    timeout: 110_000,
  }).catch((error: Error & { stdout?: string; stderr?: string }) => {
    throw new Error(`serverless package failed: ${error.stdout ?? ""}${error.stderr ?? ""}`, { cause: error });
  });
}

const CENTRAL_DIRECTORY_ENTRY = Buffer.from("PK\x01\x02", "latin1");

/** Names in a zip, from its central directory: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT 4.3.12 */
export async function namesInZip(file: string): Promise<string[]> {
  const zip = await readFile(file);
  const names: string[] = [];
  for (let at = zip.indexOf(CENTRAL_DIRECTORY_ENTRY); at >= 0; at = zip.indexOf(CENTRAL_DIRECTORY_ENTRY, at + 46)) {
    names.push(zip.toString("utf8", at + 46, at + 46 + zip.readUInt16LE(at + 28)));
  }
  return names;
}
