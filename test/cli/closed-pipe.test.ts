import { PassThrough } from "node:stream";
import { expect, it, vi } from "vitest";
import { endWithReader } from "../../src/cli/closed-pipe.ts";

it("ends with the reader of its output, and hides no other error", () => {
  const end = vi.fn();
  const stream = new PassThrough();
  endWithReader(stream, end);
  stream.emit("error", Object.assign(new Error("write EPIPE"), { code: "EPIPE" }));
  expect(end).toHaveBeenCalledOnce();
  const full = Object.assign(new Error("no space left"), { code: "ENOSPC" });
  expect(() => stream.emit("error", full)).toThrow("no space left");
  expect(end).toHaveBeenCalledOnce();
});
