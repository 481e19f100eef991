import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fuzz } from "../../src/chaos/fuzz/target.ts";
import { TARGETS } from "../../src/chaos/fuzz/targets.ts";

/** `npm run chaos -- --fuzz` hands in fifty times as many. */
const RUNS = 150;

describe("what comes from outside", () => {
  for (const target of TARGETS)
    it(`ends in nothing but a named error: ${target.name}`, async () => {
      await expect(fuzz(target, RUNS, 4)).resolves.toBeUndefined();
    });
});

describe("fuzz", () => {
  const inputs = fc.constant<unknown>("x");
  const isNamed = (error: Error): boolean => error.name === "Drill.Named";
  const failing = (take: () => unknown): Promise<void> => fuzz({ name: "it", inputs, take, isNamed }, 1, 1);
  const named = (message: string): Error => Object.assign(new Error(message), { name: "Drill.Named" });

  it("lets a named error pass", async () => {
    await failing(() => {
      throw named("no");
    });
  });

  it("tells of an error that is not named, of what is no error, and of a message without end", async () => {
    const throwing = (thrown: unknown) => failing(() => Promise.reject(thrown));
    await expect(throwing(new TypeError("other"))).rejects.toMatchObject({ cause: { message: "other" } });
    await expect(throwing("a text")).rejects.toMatchObject({ cause: { message: expect.stringContaining("no error") } });
    await expect(throwing(named("x".repeat(40_000)))).rejects.toMatchObject({
      cause: { message: expect.stringContaining("40000 characters") },
    });
  });

  it("tells of an input that got into every object, and takes it out again", async () => {
    const polluting = failing(() => Object.assign(Object.prototype, { polluted: true }));
    await expect(polluting).rejects.toMatchObject({ cause: { message: expect.stringContaining("Object.prototype") } });
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });
});
