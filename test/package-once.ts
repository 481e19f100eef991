import { build } from "esbuild";
import type { TestProject } from "vitest/node";
import { PROJECT_DIRECTORY, packagedService } from "./package/packaged-service.ts";

/** What every test file imports that asks for the package, directly or through the local cloud. */
const ASKS = "src/local/package-cache.ts";

/** Packages the service once before the workers start, which would each do it by itself; not when no file of this run asks for it. */
export default async function packageOnce({ vitest }: TestProject): Promise<void> {
  const { metafile } = await build({
    entryPoints: vitest.state.getPaths(),
    absWorkingDir: PROJECT_DIRECTORY,
    bundle: true,
    packages: "external",
    platform: "node",
    format: "esm",
    outdir: "unwritten",
    write: false,
    metafile: true,
    logLevel: "silent",
  });
  if (ASKS in metafile.inputs) await packagedService();
}
