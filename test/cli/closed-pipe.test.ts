import { spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { expect, it } from "vitest";

const MODULE = resolve(import.meta.dirname, "../../src/cli/closed-pipe.ts");
const COMMAND = `
  import { setTimeout } from "node:timers/promises";
  import { goOnWithoutReader } from ${JSON.stringify(MODULE)};
  goOnWithoutReader(process.stdout);
  for (let line = 0; line < 20; line += 1) {
    process.stdout.write("a line\\n");
    await setTimeout(5);
  }
  process.exitCode = 3;`;

it("ends with its own code when nobody reads it any more", async () => {
  const child = spawn(process.execPath, ["--input-type=module-typescript", "-e", COMMAND], { stdio: "pipe" });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  await once(child.stdout, "data");
  child.stdout.destroy();
  const [code] = await once(child, "close");
  expect({ code, said }).toEqual({ code: 3, said: "" });
});
