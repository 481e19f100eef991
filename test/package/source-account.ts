/** The templates that are deployed beside the stack, in another account or region, as CloudFormation would deploy them. */
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type CollectionTag, isSeq, parse, type ScalarTag } from "yaml";
import { type PackagedTemplate, readPackagedTemplate } from "../../packaging/template.ts";
import { PROJECT_DIRECTORY } from "./packaged-service.ts";

export const SOURCE_TEMPLATE = join(PROJECT_DIRECTORY, "source-account/template.yml");
export const REGION_TEMPLATE = join(PROJECT_DIRECTORY, "source-region/template.yml");
export const WATCHDOG_TEMPLATE = join(PROJECT_DIRECTORY, "watchdog-region/template.yml");

const full = (name: string): string => (name === "Ref" || name === "Condition" ? name : `Fn::${name}`);
const scalar = (name: string): ScalarTag => ({ tag: `!${name}`, resolve: (text) => ({ [full(name)]: text }) });
const list = (name: string): CollectionTag => ({
  tag: `!${name}`,
  collection: "seq",
  resolve: (seq) => ({ [full(name)]: isSeq(seq) ? seq.toJSON() : seq }),
});
/** CloudFormation's short forms, of those that the template uses. */
const SHORT_FORMS = [
  ...["Ref", "Condition", "Sub", "GetAtt"].map(scalar),
  ...["And", "Equals", "If", "Join", "Not", "Or"].map(list),
];

/** Read by the same rules as the stack's own template: a parameter that is not allowed, or a name that is not there, throws. */
export async function readSourceTemplate(
  root: string,
  options: { region: string; accountId: string; parameters: Readonly<Record<string, string>> },
  { file, stackName } = { file: SOURCE_TEMPLATE, stackName: "drill-share" },
): Promise<PackagedTemplate> {
  const template: unknown = parse(await readFile(file, "utf8"), { customTags: SHORT_FORMS });
  const directory = join(root, stackName);
  await mkdir(directory, { recursive: true });
  try {
    await writeFile(join(directory, "cloudformation-template-update-stack.json"), JSON.stringify(template));
    const state = { service: { provider: { stackName } } };
    await writeFile(join(directory, "serverless-state.json"), JSON.stringify(state));
    return await readPackagedTemplate(directory, options);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
