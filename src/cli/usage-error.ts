import { didYouMean } from "../plan/suggest.ts";

/** The command line can not be understood. Exit code 64, as sysexits has it. */
export class UsageError extends Error {
  override readonly name = "UsageError";

  /** What `parseArgs` threw, with the option that was probably meant. */
  static of(error: unknown, options: readonly string[]): UsageError {
    const message = error instanceof Error ? error.message : String(error);
    const [, dashes, unknown] = /Unknown option '(--?)([^']+)'/.exec(message) ?? [];
    return new UsageError(
      unknown === undefined ? message : `There is no option "${dashes}${unknown}".${didYouMean(unknown, options)}`,
    );
  }
}
