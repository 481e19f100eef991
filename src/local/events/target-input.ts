/** What a target of a rule receives of an event: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html */
import * as z from "zod/mini";

export const InputSettings = z.object({
  Input: z.optional(z.string()),
  InputPath: z.optional(z.string()),
  InputTransformer: z.optional(
    z.object({ InputPathsMap: z._default(z.record(z.string(), z.string()), {}), InputTemplate: z.string() }),
  ),
});
export type InputSettings = z.infer<typeof InputSettings>;

/** The event does not have what a target asks for: EventBridge could not deliver it as the rule says. */
export class InputImpossible extends Error {
  override readonly name = "InputImpossible";
}

/**
 * The event itself, unless the target asks for something else. Throws InputImpossible on a path that finds nothing; TypeError on
 * one that is not known here, and on what is no JSON. Of a variable that is not found AWS makes none, and what its absence leaves of a template is for nobody to rely on.
 */
export function inputOf({ Input, InputPath, InputTransformer }: InputSettings, event: unknown): unknown {
  if (Input !== undefined) return JSON.parse(Input);
  if (InputPath !== undefined) return valueAt(event, InputPath);
  if (InputTransformer === undefined) return event;
  const paths = Object.entries(InputTransformer.InputPathsMap);
  const values = new Map(paths.map(([name, path]) => [name, valueAt(event, path)]));
  return JSON.parse(filled(InputTransformer.InputTemplate, values));
}

/** `$.detail.executionArn`: names joined by points. */
function valueAt(event: unknown, path: string): unknown {
  if (!/^\$(\.[\w-]+)*$/.test(path)) throw new TypeError(`The local EventBridge does not know the path ${path}.`);
  let value: unknown = event;
  for (const name of path.split(".").slice(1)) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, name))
      throw new InputImpossible(`The event has nothing at ${path}.`);
    value = Reflect.get(value, name);
  }
  return value;
}

/** `<name>` is JSON where it stands alone, and text inside of quotes. */
function filled(template: string, values: ReadonlyMap<string, unknown>): string {
  let isQuoted = false;
  return template.replace(/\\.|"|<([\w.-]+)>/gs, (token, name: string | undefined) => {
    if (token === '"') isQuoted = !isQuoted;
    if (name === undefined) return token;
    if (!values.has(name)) throw new TypeError(`The input template names <${name}>, which has no path.`);
    const value = values.get(name);
    if (!isQuoted) return JSON.stringify(value);
    return JSON.stringify(typeof value === "string" ? value : JSON.stringify(value)).slice(1, -1);
  });
}
