import { randomUUID } from "node:crypto";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { functionNames } from "../../packaging/bundle.ts";
import { packageService } from "../../packaging/package-service.ts";
import { readPackagedTemplate } from "../../packaging/template.ts";
import { createOnlyPaths, DiffableTemplate, diffTemplates } from "../../packaging/template-diff.ts";
import { diffText } from "../../packaging/template-diff-text.ts";
import { stagelessProblems } from "./checks/stack.ts";
import { PROJECT_DIRECTORY, packagedService } from "./packaged-service.ts";

vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

const TEMPLATE = "cloudformation-template-update-stack.json";
type Resources = Record<string, { Type: string; [attribute: string]: unknown }>;

const sideOf = (
  Resources: Resources,
  more: { createOnly?: Record<string, string[]>; code?: Record<string, string> } = {},
) => ({
  template: DiffableTemplate.parse({ Resources }),
  createOnly: new Map(Object.entries(more.createOnly ?? {})),
  ...(more.code === undefined ? {} : { code: new Map(Object.entries(more.code)) }),
});
const diffOf = (base: Resources, next: Resources, createOnly: Record<string, string[]> = {}) =>
  diffTemplates(sideOf(base, { createOnly }), sideOf(next, { createOnly }));

const queue = (Properties: object, more: object = {}) => ({ Q: { Type: "AWS::SQS::Queue", Properties, ...more } });

describe("diffTemplates", () => {
  it("finds nothing in a template that is compared with itself", () => {
    expect(diffOf(queue({ A: [1, { B: 2 }] }), queue({ A: [1, { B: 2 }] }))).toEqual([]);
  });

  it("tells what is added and removed, by section", () => {
    const base = { ...sideOf(queue({})), template: DiffableTemplate.parse({ Outputs: { Old: { Value: 1 } } }) };
    expect(diffTemplates(base, sideOf(queue({})))).toMatchObject([
      { section: "Resources", name: "Q", kind: "added" },
      { section: "Outputs", name: "Old", kind: "removed" },
    ]);
  });

  it("names the paths that changed, what they were and what they are", () => {
    expect(diffOf(queue({ Policy: { Max: 5 }, Gone: "x" }), queue({ Policy: { Max: 6 } }))).toMatchObject([
      {
        kind: "changed",
        paths: [
          { path: "Properties.Policy.Max", from: 5, to: 6 },
          { path: "Properties.Gone", from: "x", to: undefined },
        ],
      },
    ]);
  });

  it("knows a statement by its Sid and a grant by itself, wherever they stand in their list", () => {
    const policy = (...Statement: object[]) => queue({ Statement });
    const [read, write] = [
      { Sid: "Read", Action: ["s3:GetObject", "s3:ListBucket"] },
      { Sid: "Write", Action: ["s3:PutObject"] },
    ];
    expect(diffOf(policy(read, write), policy(write, { ...read, Action: ["s3:ListBucket", "s3:GetObject"] }))).toEqual(
      [],
    );
    expect(
      diffOf(policy(read), policy({ Sid: "New", Action: "sqs:*" }, { ...read, Action: ["s3:GetObject"] })),
    ).toMatchObject([
      {
        paths: [
          { path: "Properties.Statement.Read.Action", from: "s3:ListBucket", to: undefined },
          { path: "Properties.Statement.New", from: undefined },
        ],
      },
    ]);
  });

  it("sees the order of an intrinsic function's arguments", () => {
    const joined = (...parts: string[]) => queue({ Name: { "Fn::Join": ["-", parts] } });
    expect(diffOf(joined("a", "b"), joined("b", "a"))).toMatchObject([{ paths: [{ path: "Properties.Name" }] }]);
  });

  it("tells what would be replaced: where a property that is set on creation changes, is new or goes", () => {
    const createOnly = { Q: ["Properties.QueueName"] };
    expect(diffOf(queue({ QueueName: "a" }), queue({ QueueName: "b" }), createOnly)).toMatchObject([
      { kind: "replaced" },
    ]);
    expect(diffOf(queue({}), queue({ QueueName: "b" }), createOnly)).toMatchObject([{ kind: "replaced" }]);
    expect(diffOf(queue({ Delay: 1 }), queue({ Delay: 2 }), createOnly)).toMatchObject([{ kind: "changed" }]);
    expect(diffOf(queue({}), { Q: { Type: "AWS::SNS::Topic", Properties: {} } })).toMatchObject([{ kind: "replaced" }]);
  });

  it("tells what goes with its data, and what its policy keeps", () => {
    expect(diffOf(queue({}), {})).toMatchObject([{ kind: "removed", data: "lost" }]);
    expect(diffOf(queue({}, { DeletionPolicy: "Retain" }), {})).toMatchObject([{ kind: "removed", data: "kept" }]);
    const createOnly = { Q: ["Properties.QueueName"] };
    const renamed = (more: object) =>
      diffOf(queue({ QueueName: "a" }, more), queue({ QueueName: "b" }, more), createOnly);
    expect(renamed({ DeletionPolicy: "Retain" })).toMatchObject([{ kind: "replaced", data: "lost" }]);
    expect(renamed({ UpdateReplacePolicy: "Retain" })).toMatchObject([{ kind: "replaced", data: "kept" }]);
    expect(diffOf({ T: { Type: "AWS::SNS::Topic" } }, {})[0]).not.toHaveProperty("data");
  });

  it("says code of code, and nothing of where it was uploaded", () => {
    const uploaded = (at: string) => ({
      F: { Type: "AWS::Lambda::Function", Properties: { Code: { S3Key: `${at}/f.zip` }, Timeout: 1 } },
    });
    const diff = (hash: string) =>
      diffTemplates(sideOf(uploaded("1"), { code: { F: "one" } }), sideOf(uploaded("2"), { code: { F: hash } }));
    expect(diff("one")).toEqual([]);
    expect(diff("two")).toMatchObject([{ kind: "changed", paths: [{ path: "code" }] }]);
  });
});

describe("diffText", () => {
  it("is a line a resource and a line a path, with what is dangerous in capitals", () => {
    const long = "x".repeat(100);
    const changes = diffOf(
      { ...queue({ QueueName: "a" }), T: { Type: "AWS::SNS::Topic", Properties: { DisplayName: `${long}1` } } },
      { ...queue({ QueueName: "b" }), T: { Type: "AWS::SNS::Topic", Properties: { DisplayName: `${long}2` } } },
      { Q: ["Properties.QueueName"] },
    );
    expect(diffText(changes, "HEAD")).toBe(
      `Against HEAD: 1 changed, 1 replaced.

! AWS::SQS::Queue Q  REPLACED  ITS DATA IS DELETED
    QueueName: "a" -> "b"  (not without a new one)
~ AWS::SNS::Topic T
    DisplayName: …xxxxxxxxxxxx1" -> …xxxxxxxxxxxx2"
`,
    );
    expect(diffText([], "HEAD")).toBe("Nothing changes against HEAD.\n");
  });
});

describe("the packaged template", () => {
  const textIn = (directory: string): Promise<string> => readFile(join(directory, TEMPLATE), "utf8");
  const sideIn = (text: string) => ({ template: DiffableTemplate.parse(JSON.parse(text)), createOnly: new Map() });

  /** Packaging once more: other code, another stage. */
  let staged: string;
  const service = join(PROJECT_DIRECTORY, ".restore-drill/test", `package-${randomUUID()}`);
  beforeAll(async () => {
    const functions = functionNames().map((name) => [`${name}.ts`, "export const handler = () => {};\n"]);
    staged = await packageService(service, { functions: Object.fromEntries(functions) }, ["--stage", "x"]);
  });
  afterAll(() => rm(service, { recursive: true, force: true }));

  it("is the same when it is packaged again, but for the stage in its names: no other logical ids, nothing changed", async () => {
    const [first, second] = await Promise.all([packagedService().then(textIn), textIn(staged)]);
    expect(Object.keys(sideIn(first).template.Resources).length).toBeGreaterThan(100);
    expect(second).toContain("restore-drill-x-plan-drill");
    // The framework's own export has the stage where the stack's names do not.
    const [was, is] = [first.replaceAll("drill-prod-", "drill-"), second.replaceAll("drill-x", "drill")];
    expect(diffTemplates(sideIn(was), sideIn(is))).toEqual([]);
  });

  it("has the stage in every name of its own, so that stages stand side by side", async () => {
    expect(stagelessProblems("restore-drill-x")(await readPackagedTemplate(staged))).toEqual([]);
  });

  it("would be replaced where AWS's schemas say so: a function by another name, and no role for another policy", async () => {
    const paths = createOnlyPaths(join(staged, TEMPLATE));
    expect(paths.get("PlanDrillLambdaFunction")).toEqual(["Properties.FunctionName"]);
    expect(paths.get("RestoreDrill")).toContain("Properties.StateMachineName");
    expect(paths.get("PlanDrillRole") ?? []).not.toContain("Properties.Policies");
  });
});
