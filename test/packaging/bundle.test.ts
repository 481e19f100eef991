import { mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bundleFunctions, functionNames } from "../../packaging/bundle.ts";

const directory = resolve(import.meta.dirname, "../../.restore-drill/test", `bundle-${process.pid}`);
const entryDirectory = join(directory, "functions");
const outDirectory = join(directory, "out");

beforeAll(async () => {
  await mkdir(entryDirectory, { recursive: true });
  await writeFile(
    join(entryDirectory, "list-sandboxes.ts"),
    `/*! a legal comment */
     import { DescribeDBClustersCommand, RDSClient } from "@aws-sdk/client-rds";
     class TooLate extends Error { override readonly name = "Drill.TooLate"; }
     export const handler = async (event: { late?: boolean }): Promise<string> => {
       if (event.late) throw new TooLate("too late");
       return typeof new RDSClient({}).send + new DescribeDBClustersCommand({}).constructor.name.length;
     };`,
  );
  await writeFile(join(entryDirectory, "answer.ts"), `export const handler = async (): Promise<number> => 42;`);
  await writeFile(join(entryDirectory, "notes.md"), "not a function");
});
afterAll(() => rm(directory, { recursive: true, force: true }));

describe("functionNames", () => {
  it("names every entry file and nothing else, sorted", () => {
    expect(functionNames(entryDirectory)).toEqual(["answer", "list-sandboxes"]);
  });
});

describe("bundleFunctions", () => {
  it("writes one index.cjs a function, exporting handler, with the SDK inside", async () => {
    const bundled = await bundleFunctions({ outDirectory, entryDirectory });
    expect(bundled.map(({ name }) => name)).toEqual(["answer", "list-sandboxes"]);
    for (const { file, bytes } of bundled) expect((await stat(file)).size).toBe(bytes);
    const sandboxes = bundled[1]?.file ?? "";
    const source = await readFile(sandboxes, "utf8");
    expect(source).not.toContain('require("@aws-sdk/client-rds")');
    expect(source).not.toContain("a legal comment");
    const { handler } = createRequire(import.meta.url)(sandboxes) as { handler(event: object): Promise<string> };
    expect(await handler({})).toMatch(/^function\d/);
    await expect(handler({ late: true })).rejects.toMatchObject({ name: "Drill.TooLate" });
  });

  it("makes the same bytes from the same sources in another place", async () => {
    const [first] = await bundleFunctions({ outDirectory, entryDirectory, functions: ["list-sandboxes"] });
    const elsewhere = join(directory, "elsewhere/deeper");
    const [second] = await bundleFunctions({ outDirectory: elsewhere, entryDirectory, functions: ["list-sandboxes"] });
    expect(await readFile(second?.file ?? "")).toEqual(await readFile(first?.file ?? ""));
  });

  it("puts the plans beside each function and removes those of an earlier run", async () => {
    const build = (name: string) =>
      bundleFunctions({ outDirectory, entryDirectory, functions: ["answer"], plans: [{ name, json: '{"a":1}' }] });
    await build("old");
    await build("orders");
    expect(await readFile(join(outDirectory, "answer/drills/orders.json"), "utf8")).toBe('{"a":1}');
    await expect(stat(join(outDirectory, "answer/drills/old.json"))).rejects.toThrow("ENOENT");
  });

  it("refuses an unknown function and a plan name that leaves its directory", async () => {
    await expect(bundleFunctions({ outDirectory, entryDirectory, functions: ["anwser"] })).rejects.toThrow(
      "No such function: anwser",
    );
    await expect(
      bundleFunctions({ outDirectory, entryDirectory, plans: [{ name: "../x", json: "{}" }] }),
    ).rejects.toThrow("is no file name");
  });
});
