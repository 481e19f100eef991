/**
 * A browser for tests and screenshots, from npm alone: a machine on which nothing was installed has one. Elsewhere than on Linux with
 * x86-64 an installed Chrome is taken; `CHROMIUM` names any other.
 */
import { execFile } from "node:child_process";
import { access, mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { arch, platform } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type Browser, launch } from "puppeteer-core";

/** Unpacked once for all, where the local cloud keeps what it has made too. */
const CACHE = resolve(import.meta.dirname, "../../.restore-drill/cache");
/** 200 MB are unpacked in 3 s; ten times that where every core is busy. */
const UNPACK_SECONDS = 60;
const LAUNCH_SECONDS = 60;

/** Nothing but the pages of this project is opened. Root, as which containers run, gets no sandbox from Chromium. */
const ARGUMENTS = ["--no-sandbox", "--font-render-hinting=none", "--force-color-profile=srgb"];

/** A browser, or why there is none: then whoever needs it says that it was skipped. */
export type Opened = { readonly browser: Browser } | { readonly none: string };

export async function openBrowser(): Promise<Opened> {
  const named = process.env["CHROMIUM"];
  // Asked for by name, its absence is an error.
  if (named !== undefined) return { browser: await open({ executablePath: named }) };
  if (platform() === "linux" && arch() === "x64") return { browser: await open(await packaged()) };
  try {
    return { browser: await open({ channel: "chrome" }) };
  } catch (error) {
    return {
      none: `no Chrome is installed here; CHROMIUM may name one: ${error instanceof Error ? error.message : error}`,
    };
  }
}

const open = (found: Parameters<typeof launch>[0]): Promise<Browser> =>
  launch({ ...found, headless: "shell", args: ARGUMENTS, timeout: LAUNCH_SECONDS * 1000 });

/** The package's Chromium with the package's libraries and font, whatever the system has of them. */
async function packaged(): Promise<{ executablePath: string; env: NodeJS.ProcessEnv }> {
  const directory = await unpacked();
  return {
    executablePath: join(directory, "chromium"),
    env: {
      ...process.env,
      LD_LIBRARY_PATH: join(directory, "al2023/lib"),
      FONTCONFIG_FILE: join(directory, "fonts.conf"),
    },
  };
}

async function unpacked(): Promise<string> {
  // Its manifest is not among what it exports: it lies two directories above its entry.
  const entry = createRequire(import.meta.url).resolve("@sparticuz/chromium");
  const manifest = await readFile(join(dirname(entry), "../../package.json"), "utf8");
  const { version } = JSON.parse(manifest) as { version: string };
  const directory = join(CACHE, `chromium-${version}`);
  const isThere = (): Promise<boolean> =>
    access(directory).then(
      () => true,
      () => false,
    );
  if (await isThere()) return directory;
  await mkdir(CACHE, { recursive: true });
  const building = await mkdtemp(`${directory}-`);
  // It brings its libraries to a Lambda alone.
  await promisify(execFile)(process.execPath, [fileURLToPath(new URL("./unpack-chromium.ts", import.meta.url))], {
    env: { ...process.env, TMPDIR: building, AWS_EXECUTION_ENV: "AWS_Lambda_nodejs24.x" },
    timeout: UNPACK_SECONDS * 1000,
  });
  await writeFile(
    join(building, "fonts.conf"),
    `<?xml version="1.0"?><fontconfig><dir>${directory}/fonts</dir><cachedir>${directory}/fonts-cache</cachedir></fontconfig>\n`,
  );
  await rename(building, directory).catch(async (error: unknown) => {
    // Another process has unpacked it meanwhile.
    if (!(await isThere())) throw error;
    await rm(building, { recursive: true, force: true });
  });
  return directory;
}
