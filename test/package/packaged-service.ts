import { randomUUID } from "node:crypto";
import { readFile, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { functionNames } from "../../packaging/bundle.ts";
import { packageService } from "../../packaging/package-service.ts";
import { cachedPackage } from "../../src/local/package-cache.ts";

export const PROJECT_DIRECTORY = resolve(import.meta.dirname, "../..");

/** The project's own package: made once, for all test files and for the local cloud. */
export const packagedService = (): Promise<string> => cachedPackage(join(PROJECT_DIRECTORY, ".restore-drill/cache"));

const VALID_PLAN = `plan: orders
source: { region: eu-west-1, cluster: orders, database: orders }
sandbox: { region: eu-central-1 }
objectives: { rto: 1h, rpo: 1d }
`;

/** Packages other plans, with functions that do nothing: they bundle faster. Resolves to what `read` makes of the package. */
export async function packageOf<Read>(
  read: (directory: string) => Promise<Read>,
  plans: Readonly<Record<string, string>> = { "orders.yml": VALID_PLAN },
): Promise<Read> {
  const service = join(PROJECT_DIRECTORY, ".restore-drill/test", `package-${randomUUID()}`);
  try {
    return await read(await packageService(service, { functions: emptyFunctions(), drills: plans }));
  } finally {
    await rm(service, { recursive: true, force: true });
  }
}

const emptyFunctions = (): Record<string, string> =>
  Object.fromEntries(
    functionNames().map((name) => [`${name}.ts`, "export const handler = async (): Promise<void> => {};\n"]),
  );

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
