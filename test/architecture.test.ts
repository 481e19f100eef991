import { globSync, readFileSync } from "node:fs";
import { dirname, relative, resolve } from "node:path";
import { describe, expect, it } from "vitest";

const ROOT = resolve(import.meta.dirname, "..");

interface Import {
  readonly from: string;
  /** A path from the root, or a package's name. */
  readonly to: string;
  readonly isType: boolean;
}

/** Static and dynamic imports, and re-exports. Comments in the sources hold no import. */
const IMPORT =
  /(?:^|\n)\s*(?:import|export)\s+(type\s)?[^;'"]*?from\s+"([^"]+)"|(?:^|\n)\s*import\s+"([^"]+)"|\bimport\("([^"]+)"\)/g;

function importsOf(file: string): Import[] {
  const text = readFileSync(resolve(ROOT, file), "utf8");
  return [...text.matchAll(IMPORT)].map(([, type, from, bare, dynamic]) => {
    const specifier = from ?? bare ?? dynamic ?? "";
    const to = specifier.startsWith(".") ? relative(ROOT, resolve(ROOT, dirname(file), specifier)) : specifier;
    return { from: file, to, isType: type !== undefined };
  });
}

const files = globSync(["functions/**/*.ts", "src/**/*.ts", "packaging/**/*.ts", "test/**/*.ts"], { cwd: ROOT });
const imports = files.flatMap(importsOf);
const within = (path: string, ...folders: string[]): boolean => folders.some((folder) => path.startsWith(`${folder}/`));
const told = (broken: readonly Import[]): string[] => broken.map(({ from, to }) => `${from} imports ${to}`);

const DOMAIN = [
  "checks",
  "fingerprint",
  "reading",
  "baseline",
  "structure",
  "verdict",
  "evidence",
  "index",
  "page",
  "notify",
  "cadence",
  "backups",
  "cost",
  "recovery",
  "sweep",
  "plan",
].map((folder) => `src/${folder}`);

describe("the tree", () => {
  it("was read: this test sees the imports it is about", () => {
    expect(told(imports)).toContain("functions/plan-drill.ts imports src/step.ts");
    expect(told(imports)).toContain("src/plan/parse.ts imports yaml");
    expect(told(imports)).toContain("src/recovery/plan-drill.ts imports src/evidence/ledger.ts");
  });

  it("names no file after a helper", () => {
    expect(files.filter((file) => /(^|[/-])(utils?|helpers?|common|misc)([./-]|$)/.test(file))).toEqual([]);
  });

  it("keeps every source file below 300 lines", () => {
    const long = files
      .filter((file) => within(file, "src", "functions"))
      .filter((file) => readFileSync(resolve(ROOT, file), "utf8").split("\n").length > 300);
    expect(long).toEqual([]);
  });
});

describe("dependencies", () => {
  it("never point up from src to functions, packaging or tests", () => {
    const isShipped = (file: string): boolean =>
      within(file, "src", "functions") && !within(file, "src/local", "src/cli", "src/bench", "src/chaos", "src/year");
    expect(told(imports.filter(({ from, to }) => isShipped(from) && within(to, "test", "packaging")))).toEqual([]);
    expect(
      told(imports.filter(({ from, to }) => isShipped(from) && within(from, "src") && within(to, "functions"))),
    ).toEqual([]);
  });

  it("lead into the local cloud and the command line from there, the bench and tests alone: they never ship", () => {
    const mayUse = ["src/local", "src/cli", "src/bench", "src/chaos", "src/year", "test"];
    const broken = imports.filter(({ from, to }) => within(to, "src/local", "src/cli") && !within(from, ...mayUse));
    expect(told(broken)).toEqual([]);
  });

  it("lead into the command line from the local cloud no more than from anywhere else", () => {
    expect(told(imports.filter(({ from, to }) => within(from, "src/local") && within(to, "src/cli")))).toEqual([]);
  });

  it("of src/aws are the SDK, errors and itself", () => {
    const broken = imports
      .filter(({ from }) => within(from, "src/aws"))
      .filter(({ to }) => within(to, "src") && !within(to, "src/aws") && to !== "src/errors.ts");
    expect(told(broken)).toEqual([]);
  });

  it("of a domain folder never lead to handlers' wrapping", () => {
    const broken = imports.filter(({ from, to }) => within(from, ...DOMAIN) && to === "src/step.ts");
    expect(told(broken)).toEqual([]);
  });

  it("of src/plan are its own folder, errors, node: and the libraries of a plan", () => {
    const libraries = ["fastest-levenshtein", "ms", "yaml", "zod/mini", "zod/v4/core", "zod/v4/locales/en.js"];
    const broken = imports
      .filter(({ from }) => within(from, "src/plan"))
      .filter(({ to }) => !within(to, "src/plan") && to !== "src/errors.ts")
      .filter(({ to }) => !to.startsWith("node:") && !libraries.includes(to));
    expect(told(broken)).toEqual([]);
  });

  it("of what is bundled are zod/mini, never zod: 24 kB instead of 455 kB a function", () => {
    const broken = imports.filter(
      ({ from, to }) =>
        within(from, "src", "functions") &&
        !within(from, "src/local", "src/cli", "src/bench", "src/chaos", "src/year") &&
        to === "zod",
    );
    expect(told(broken)).toEqual([]);
  });

  it("of a function are the SDK, its core and the wrapper", () => {
    const allowed = (to: string): boolean =>
      to.startsWith("@aws-sdk/client-") || to.startsWith("@aws-lambda-powertools/") || within(to, "src");
    expect(told(imports.filter(({ from, to }) => within(from, "functions") && !allowed(to)))).toEqual([]);
  });

  it("never run in circles, types aside", () => {
    const graph = new Map<string, string[]>();
    for (const { from, to, isType } of imports)
      if (!isType && within(from, "src", "functions")) graph.set(from, [...(graph.get(from) ?? []), to]);
    const done = new Set<string>();
    const circles: string[] = [];
    const walk = (file: string, path: readonly string[]): void => {
      if (path.includes(file)) circles.push([...path.slice(path.indexOf(file)), file].join(" -> "));
      if (path.includes(file) || done.has(file)) return;
      for (const next of graph.get(file) ?? []) walk(next, [...path, file]);
      done.add(file);
    };
    for (const file of graph.keys()) walk(file, []);
    expect(circles).toEqual([]);
  });
});
