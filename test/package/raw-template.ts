import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod/mini";

const RawTemplate = z.looseObject({
  Parameters: z.record(z.string(), z.looseObject({ Type: z.string(), Default: z.optional(z.unknown()) })),
  Conditions: z._default(z.record(z.string(), z.unknown()), {}),
  Rules: z._default(z.record(z.string(), z.unknown()), {}),
  Resources: z.record(
    z.string(),
    z.looseObject({ Type: z.string(), Condition: z.optional(z.string()), Properties: z.optional(z.unknown()) }),
  ),
  Outputs: z.record(z.string(), z.looseObject({ Value: z.unknown(), Condition: z.optional(z.string()) })),
});
export type RawTemplate = z.infer<typeof RawTemplate>;

/** The template as CloudFormation gets it, with nothing resolved. */
export async function readRawTemplate(directory: string): Promise<RawTemplate> {
  return z.parse(
    RawTemplate,
    JSON.parse(await readFile(join(directory, "cloudformation-template-update-stack.json"), "utf8")),
  );
}
