import fc from "fast-check";

/** Something that takes input from outside. */
export interface Target {
  readonly name: string;
  readonly inputs: fc.Arbitrary<unknown>;
  /** What has to be made once, before the first input. */
  readonly ready?: () => Promise<unknown>;
  /** Hands one input to the product. What it throws is judged by `isNamed`. */
  readonly take: (input: unknown) => unknown;
  /** Whether an error is one that is documented for this input. */
  readonly isNamed: (error: Error) => boolean;
}

/** The longest cause that Step Functions keeps: what is longer is cut in the middle of a sentence. */
const MESSAGE_CHARS = 32_768;
/** The slowest input so far takes some 50 ms. */
const HANG_SECONDS = 5;

/** Throws fast-check's report, with seed and counterexample, at the first input that the target does not take as it should. */
export async function fuzz({ name, inputs, ready, take, isNamed }: Target, runs: number, seed: number): Promise<void> {
  await ready?.();
  const property = fc.asyncProperty(inputs, async (input) => {
    const begun = performance.now();
    try {
      await take(input);
    } catch (error) {
      if (!(error instanceof Error)) throw new Error(`${name} threw what is no error: ${String(error)}`);
      if (!isNamed(error)) throw error;
      if (error.message.length > MESSAGE_CHARS)
        throw new Error(`${name}: the message of ${error.name} has ${error.message.length} characters`);
    }
    if (performance.now() - begun > HANG_SECONDS * 1000) throw new Error(`${name} took over ${HANG_SECONDS} s`);
    assertUnpolluted(name);
  });
  await fc.assert(property, { numRuns: runs, seed, endOnFailure: true });
}

/** Nothing that came from outside may become part of every object. */
function assertUnpolluted(name: string): void {
  const { polluted } = {} as { polluted?: unknown };
  if (polluted === undefined && Object.keys(Object.prototype).length === 0) return;
  for (const key of Object.keys(Object.prototype)) Reflect.deleteProperty(Object.prototype, key);
  throw new Error(`${name}: the input got into Object.prototype`);
}
