/** `npm run diff`: what deploying the working tree would change, against a revision or a template that is deployed. */
import { execFile } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import { access, mkdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { parseArgs, promisify } from "node:util";
import * as z from "zod/mini";
import { packageService, runServerless } from "./package-service.ts";
import { createOnlyPaths, DiffableTemplate, diffTemplates, type Side } from "./template-diff.ts";
import { diffText } from "./template-diff-text.ts";

const PROJECT_DIRECTORY = resolve(import.meta.dirname, "..");
const TEMPLATE = "cloudformation-template-update-stack.json";
/** The project is about 10 MB as a tar; a revision is packed in memory. */
const MAX_ARCHIVE_BYTES = 500_000_000;

const USAGE = `npm run diff -- [--base REVISION|FILE] [--stage STAGE] [--param NAME=VALUE]...

What deploying the working tree would add, remove, change and replace.
  --base   a git revision (HEAD by default), or a file that was made with
           aws cloudformation get-template --stack-name NAME > FILE
  --stage, --param   as for a deployment: of the working tree, and of the revision`;

const run = promisify(execFile);

const { values } = parseArgs({
  options: {
    base: { type: "string", default: "HEAD" },
    stage: { type: "string" },
    param: { type: "string", multiple: true, default: [] },
    help: { type: "boolean", default: false },
  },
});
async function compare(): Promise<void> {
  const directory = join(PROJECT_DIRECTORY, ".restore-drill", `diff-${randomUUID()}`);
  const options = [
    ...(values.stage === undefined ? [] : ["--stage", values.stage]),
    ...values.param.flatMap((each) => ["--param", each]),
  ];
  try {
    const [base, next] = await Promise.all([
      isFile(values.base).then((given) =>
        given ? deployed(values.base, directory) : revision(values.base, join(directory, "base"), options),
      ),
      packageService(join(directory, "next"), {}, options).then(packaged),
    ]);
    console.log(diffText(diffTemplates(base, next), values.base));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

const isFile = (name: string): Promise<boolean> =>
  access(name).then(
    () => true,
    () => false,
  );

/** As the revision packages itself, with the dependencies that are installed now. */
async function revision(name: string, directory: string, options: readonly string[]): Promise<Side> {
  await mkdir(directory, { recursive: true });
  const { stdout: archive } = await run("git", ["archive", "--format=tar", name], {
    cwd: PROJECT_DIRECTORY,
    encoding: "buffer",
    maxBuffer: MAX_ARCHIVE_BYTES,
  });
  const file = join(directory, "revision.tar");
  await writeFile(file, archive);
  await run("tar", ["-xf", file, "-C", directory]);
  await symlink(join(PROJECT_DIRECTORY, "node_modules"), join(directory, "node_modules"));
  await runServerless(directory, options);
  return packaged(join(directory, "out"));
}

async function packaged(directory: string): Promise<Side> {
  const file = join(directory, TEMPLATE);
  const template = DiffableTemplate.parse(JSON.parse(await readFile(file, "utf8")));
  return { template, createOnly: createOnlyPaths(file), code: await codeOf(template, directory) };
}

const CodeLocation = z.object({ Code: z.object({ S3Key: z.string() }) });

async function codeOf({ Resources }: Side["template"], directory: string): Promise<Map<string, string>> {
  const hashes = new Map<string, string>();
  for (const [logicalId, { Type, ...resource }] of Object.entries(Resources)) {
    if (Type !== "AWS::Lambda::Function") continue;
    const { Code } = CodeLocation.parse(resource["Properties"]);
    const zip = await readFile(join(directory, basename(Code.S3Key)));
    hashes.set(logicalId, createHash("sha256").update(zip).digest("hex"));
  }
  return hashes;
}

/** The template itself, or AWS's answer around it. Code is not in it: whether that changes can not be said. */
async function deployed(file: string, directory: string): Promise<Side> {
  const answer: unknown = JSON.parse(await readFile(file, "utf8"));
  const body = z.safeParse(z.object({ TemplateBody: z.unknown() }), answer).data?.TemplateBody ?? answer;
  const template = DiffableTemplate.parse(typeof body === "string" ? JSON.parse(body) : body);
  await mkdir(directory, { recursive: true });
  const copy = join(directory, TEMPLATE);
  await writeFile(copy, JSON.stringify(template));
  return { template, createOnly: createOnlyPaths(copy) };
}

if (values.help) console.log(USAGE);
else await compare();
