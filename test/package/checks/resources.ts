import * as z from "zod/mini";
import type { PackagedTemplate } from "../../../packaging/template.ts";

/** What is wrong with a template, in sentences: nothing of one that could be deployed. */
export type TemplateCheck = (template: PackagedTemplate) => string[];

/** Every resource of the type, read as the schema says. Throws where it is not of that shape. */
export function resourcesOf<Schema extends z.ZodMiniType>(
  template: PackagedTemplate,
  type: string,
  schema: Schema,
): { id: string; arn: string; ref: string; properties: z.output<Schema> }[] {
  return Object.entries(template.resources).flatMap(([id, { type: is, arn = "", ref, properties }]) =>
    is === type ? [{ id, arn, ref, properties: z.parse(schema, properties) }] : [],
  );
}

/** The sentences of those that do not hold, after whose they are. */
export const problemsUnless = (whose: string, facts: Readonly<Record<string, boolean>>): string[] =>
  Object.entries(facts).flatMap(([fact, holds]) => (holds ? [] : [`${whose}: ${fact}`]));

/** The template with other properties of one resource: to see a check fail. */
export function altered(template: PackagedTemplate, id: string, patch: (properties: Record<string, unknown>) => void) {
  const resource = template.resources[id];
  if (resource === undefined) throw new Error(`The template has no ${id}.`);
  const properties = z.parse(z.record(z.string(), z.unknown()), structuredClone(resource.properties));
  patch(properties);
  return { ...template, resources: { ...template.resources, [id]: { ...resource, properties } } };
}

export const without = (template: PackagedTemplate, id: string): PackagedTemplate => ({
  ...template,
  resources: Object.fromEntries(Object.entries(template.resources).filter(([each]) => each !== id)),
});
