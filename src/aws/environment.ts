import { InputInvalid } from "../errors.ts";

/** A setting that the stack gives this function. Throws InputInvalid naming the variable when it is absent. */
export function setting(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === "")
    throw new InputInvalid(`The environment variable ${name} is not set on this function. Deploy the stack again.`);
  return value;
}

/** A setting that holds any number of values between commas, none of them where it is empty. */
export const listSetting = (name: string): string[] =>
  (process.env[name] ?? "").split(",").flatMap((part) => part.trim() || []);
