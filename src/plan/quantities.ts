import ms from "ms";
import * as z from "zod/mini";

const NOT_A_DURATION = "is not a duration: write a number and s, m, h or d, such as 90s, 15m, 4h or 7d";
const DURATION = /^\d+(\.\d+)?(s|m|h|d)$/;

/** A duration as people write it (`90s`, `15m`, `4h`, `7d`), parsed to seconds. */
export const Duration = z.pipe(
  z
    .string(NOT_A_DURATION)
    .check(
      z.regex(DURATION, NOT_A_DURATION),
      z.meta({ description: "A duration: a number and s, m, h or d, such as 90s, 15m, 4h or 7d." }),
    ),
  z.transform((text) => ms(text as ms.StringValue) / 1000),
);

/** The shape of a region's name; whether the account has it is asked of EC2 when the drill is planned. */
export const Region = z
  .string()
  .check(z.regex(/^[a-z]{2,4}(-[a-z]+)+-\d+$/, "is not a region: write one such as eu-central-1"));
