import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";
import { PROJECT_DIRECTORY } from "./packaged-service.ts";

/** Lambda sets these itself: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html */
const SET_BY_LAMBDA = /^(AWS_|LAMBDA_)/;

/** Names of the environment variables read in any file of the project that is bundled into the function. */
export async function settingsReadBy(entryFile: string): Promise<string[]> {
  const { metafile } = await build({
    entryPoints: [entryFile],
    absWorkingDir: PROJECT_DIRECTORY,
    bundle: true,
    packages: "external",
    platform: "node",
    format: "esm",
    write: false,
    metafile: true,
    logLevel: "silent",
  });
  const texts = await Promise.all(
    Object.keys(metafile.inputs).map((file) => readFile(join(PROJECT_DIRECTORY, file), "utf8")),
  );
  const names = texts.flatMap((text) =>
    [...text.matchAll(/\b(?:(?:s|listS)etting\(\s*|process\.env\[)"([A-Z_]+)"|process\.env\.([A-Z_]+)/g)].map(
      ([, quoted, dotted]) => quoted ?? dotted ?? "",
    ),
  );
  return [...new Set(names)].filter((name) => !SET_BY_LAMBDA.test(name)).sort();
}
