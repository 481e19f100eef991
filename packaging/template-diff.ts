/** What an update of the stack would do, from two templates: as a change set says it, without an account. */
import { RegoEngine, TemplateFile } from "@aws/cloudformation-validate";
import * as z from "zod/mini";

/** The sections whose entries have names, and a change of which can change resources. */
const SECTIONS = ["Parameters", "Mappings", "Conditions", "Rules", "Resources", "Outputs"] as const;
type Section = (typeof SECTIONS)[number];

const Entries = z._default(z.record(z.string(), z.looseObject({ Type: z.optional(z.string()) })), {});
export const DiffableTemplate = z.object({
  Parameters: Entries,
  Mappings: Entries,
  Conditions: Entries,
  Rules: Entries,
  Resources: Entries,
  Outputs: Entries,
} satisfies Record<Section, unknown>);

/** One side of a comparison. */
export interface Side {
  readonly template: z.infer<typeof DiffableTemplate>;
  /** Property paths by logical id (`Properties.FunctionName`) that can not change without a new resource. */
  readonly createOnly: ReadonlyMap<string, readonly string[]>;
  /** Hashes of functions' code by logical id. Without it a change of code can not be seen. */
  readonly code?: ReadonlyMap<string, string>;
}

export interface PathChange {
  /** `Properties.Target.RetryPolicy.MaximumRetryAttempts`, or `code`. */
  readonly path: string;
  readonly from: unknown;
  readonly to: unknown;
  readonly replaces: boolean;
}

export interface Change {
  readonly section: Section;
  readonly name: string;
  readonly type: string | undefined;
  readonly kind: "added" | "removed" | "changed" | "replaced";
  /** Of what is changed or replaced. */
  readonly paths: readonly PathChange[];
  /** What becomes of the data in what is removed or replaced: absent for what holds none. */
  readonly data?: "lost" | "kept";
}

/** What people would miss. CloudFormation deletes it with its resource unless a policy says otherwise. */
const HOLDS_DATA = new Set([
  "AWS::S3::Bucket",
  "AWS::KMS::Key",
  "AWS::SQS::Queue",
  "AWS::Logs::LogGroup",
  "AWS::DynamoDB::Table",
  "AWS::SecretsManager::Secret",
  "AWS::RDS::DBCluster",
  "AWS::RDS::DBInstance",
]);

/** By section, then by name. Nothing for templates that differ in where their packages were uploaded alone. */
export function diffTemplates(base: Side, next: Side): Change[] {
  return SECTIONS.flatMap((section) => {
    const [before, after] = [base.template[section], next.template[section]];
    const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
    return names.flatMap((name): Change[] => {
      const [was, is] = [before[name], after[name]];
      if (was === undefined) return [{ section, name, type: is?.Type, kind: "added", paths: [] }];
      if (is === undefined)
        return [{ section, name, type: was.Type, kind: "removed", paths: [], ...dataOf(was, was["DeletionPolicy"]) }];
      const paths = changedPaths(name, was, is, { base, next });
      if (paths.length === 0) return [];
      const isReplaced = paths.some(({ replaces }) => replaces);
      const data = isReplaced ? dataOf(was, is["UpdateReplacePolicy"]) : {};
      return [{ section, name, type: is.Type, kind: isReplaced ? "replaced" : "changed", paths, ...data }];
    });
  });
}

type Entry = Readonly<Record<string, unknown>> & { readonly Type?: string | undefined };

function dataOf({ Type = "" }: Entry, policy: unknown): Pick<Change, "data"> {
  if (!HOLDS_DATA.has(Type)) return {};
  return { data: policy === undefined || policy === "Delete" ? "lost" : "kept" };
}

function changedPaths(name: string, was: Entry, is: Entry, { base, next }: { base: Side; next: Side }): PathChange[] {
  const fixed = [...(base.createOnly.get(name) ?? []), ...(next.createOnly.get(name) ?? [])];
  const differences = differencesOf(withoutUpload(was), withoutUpload(is)).map((difference) => ({
    ...difference,
    replaces: difference.path === "Type" || fixed.some((path) => isWithin(difference.path, path)),
  }));
  const [from, to] = [base.code?.get(name), next.code?.get(name)];
  if (from === undefined || to === undefined || from === to) return differences;
  return [{ path: "code", from: from.slice(0, 8), to: to.slice(0, 8), replaces: false }, ...differences];
}

const isWithin = (path: string, other: string): boolean =>
  path === other || path.startsWith(`${other}.`) || other.startsWith(`${path}.`);

/** A package's key has the time of packaging in it: each run has another. */
function withoutUpload(entry: Entry): Entry {
  if (entry.Type !== "AWS::Lambda::Function") return entry;
  const { Properties } = entry;
  if (typeof Properties !== "object" || Properties === null) return entry;
  return { ...entry, Properties: { ...Properties, Code: undefined } };
}

/** Nests about 15 deep, as intrinsics.ts says. */
function differencesOf(from: unknown, to: unknown, path = ""): Omit<PathChange, "replaces">[] {
  const [before, after] = [membersOf(from), membersOf(to)];
  if (before === undefined || after === undefined)
    return JSON.stringify(from) === JSON.stringify(to) ? [] : [{ path, from, to }];
  const keys = [...new Set([...before.keys(), ...after.keys()])];
  return keys.flatMap((key) => {
    // A member of a set has no name of its own.
    const name = key.startsWith(IN_A_SET) ? "" : `${path === "" ? "" : "."}${key}`;
    return differencesOf(before.get(key), after.get(key), `${path}${name}`);
  });
}

const IN_A_SET = "\0";
/** What statements, targets, tags, dimensions and policies are known by, wherever they stand in their list. */
const NAMES_IN_LISTS = ["Sid", "Id", "PolicyName", "Key", "Name"] as const;

/** What is compared one by one; `undefined` for what is compared whole, as an intrinsic function is. */
function membersOf(value: unknown): ReadonlyMap<string, unknown> | undefined {
  if (!isNode(value) || isIntrinsic(value)) return undefined;
  if (!Array.isArray(value)) return new Map(Object.entries(value));
  const list: readonly unknown[] = value;
  if (list.every((each) => !isNode(each) || isIntrinsic(each)))
    return new Map(list.map((each) => [`${IN_A_SET}${JSON.stringify(each)}`, each]));
  for (const key of NAMES_IN_LISTS) {
    const names = list.map((each) => (isNode(each) ? each[key] : undefined));
    if (names.every((name) => typeof name === "string") && new Set(names).size === names.length)
      return new Map(list.map((each, index) => [String(names[index]), each]));
  }
  return new Map(list.map((each, index) => [String(index), each]));
}

function isIntrinsic(value: Readonly<Record<string, unknown>>): boolean {
  const [key, ...more] = Object.keys(value);
  return key !== undefined && more.length === 0 && (key === "Ref" || key.startsWith("Fn::"));
}

const isNode = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null;

/** The rule of AWS's validator that knows create-only properties, from the same schemas as CloudFormation. */
const CREATE_ONLY = "I9001";

/** Which properties of the template's resources can not change without a new resource. */
export function createOnlyPaths(templateFile: string): Map<string, string[]> {
  const engine = new RegoEngine();
  try {
    const { diagnostics } = engine.validateStandard(new TemplateFile(templateFile), {
      include: { ids: [CREATE_ONLY] },
    });
    const paths = new Map<string, string[]>();
    for (const { ruleId, entity, propertyPath } of diagnostics) {
      const logicalId = entity?.logicalId;
      if (ruleId !== CREATE_ONLY || logicalId === undefined || propertyPath === undefined) continue;
      paths.set(logicalId, [...(paths.get(logicalId) ?? []), propertyPath]);
    }
    return paths;
  } finally {
    engine.free();
  }
}
