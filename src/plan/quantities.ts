import ms from "ms";
import * as z from "zod/mini";

const NOT_A_DURATION = "is not a duration: write a number and s, m, h or d, such as 90s, 15m, 4h or 7d";
const DURATION = /^\d+(\.\d+)?(s|m|h|d)$/;
/** Ten years: further and a deadline is no longer a date. */
const MAX_DURATION_SECONDS = 3650 * 86_400;
/** `ms` throws above 100 characters. */
const MAX_DURATION_CHARS = 20;

const secondsOf = (text: string): number => ms(text as ms.StringValue) / 1000;
const isNotTooLong = (text: string): boolean =>
  !DURATION.test(text) || (text.length <= MAX_DURATION_CHARS && secondsOf(text) <= MAX_DURATION_SECONDS);

/** A duration as people write it (`90s`, `15m`, `4h`, `7d`), parsed to seconds. */
export const Duration = z.pipe(
  z
    .string(NOT_A_DURATION)
    .check(
      z.regex(DURATION, NOT_A_DURATION),
      z.refine(isNotTooLong, "is longer than 3650d"),
      z.meta({ description: "A duration: a number and s, m, h or d, such as 90s, 15m, 4h or 7d." }),
    ),
  z.transform(secondsOf),
);

/** The shape of a region's name; whether the account has it is asked of EC2 when the drill is planned. */
export const Region = z
  .string()
  .check(z.regex(/^[a-z]{2,4}(-[a-z]+)+-\d+$/, "is not a region: write one such as eu-central-1"));
