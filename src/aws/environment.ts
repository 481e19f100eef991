import { InputInvalid } from "../errors.ts";

/** A setting that the stack gives this function. Throws InputInvalid naming the variable when it is absent. */
export function setting(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === "")
    throw new InputInvalid(`The environment variable ${name} is not set on this function. Deploy the stack again.`);
  return value;
}
