/** Everything that a packaged template refers to by name, once it is known. */
export interface ResolutionScope {
  /** `Ref`, by logical id, parameter or pseudo parameter. `undefined` stands for AWS::NoValue. */
  readonly ref: (name: string) => unknown;
  /** `Fn::GetAtt`. */
  readonly attribute: (logicalId: string, attribute: string) => unknown;
}

type Node = { readonly [key: string]: unknown };

/** Templates nest about 15 deep; a deeper one is one that refers to itself. */
const MAX_DEPTH = 100;

/**
 * The value with every `Ref`, `Fn::GetAtt`, `Fn::Sub`, `Fn::Join` and `Fn::Select` in it replaced by what it stands for.
 * Throws on any other intrinsic function: a template that uses one needs it written here first.
 */
export function resolveIntrinsics(value: unknown, scope: ResolutionScope, depth = 0): unknown {
  if (depth > MAX_DEPTH) throw new Error(`The template nests more than ${MAX_DEPTH} deep.`);
  const inner = (each: unknown): unknown => resolveIntrinsics(each, scope, depth + 1);
  if (Array.isArray(value)) return value.map(inner).filter((each) => each !== undefined);
  if (!isNode(value)) return value;
  const [intrinsic, argument] = intrinsicOf(value);
  if (intrinsic === undefined) {
    const members = Object.entries(value).map(([key, member]) => [key, inner(member)] as const);
    return Object.fromEntries(members.filter(([, member]) => member !== undefined));
  }
  switch (intrinsic) {
    case "Ref":
      return scope.ref(String(argument));
    case "Fn::GetAtt":
      return attributeOf(argument, scope);
    case "Fn::Sub":
      return substitute(argument, scope, inner);
    case "Fn::Join":
      return join(inner(argument));
    case "Fn::Select":
      return select(inner(argument));
    default:
      throw new Error(`The template uses ${intrinsic}, which is not resolved here.`);
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null;
}

function intrinsicOf(node: Node): [string, unknown] | [undefined, undefined] {
  const [entry, ...more] = Object.entries(node);
  if (entry === undefined || more.length > 0) return [undefined, undefined];
  return entry[0] === "Ref" || entry[0].startsWith("Fn::") ? entry : [undefined, undefined];
}

function attributeOf(argument: unknown, scope: ResolutionScope): unknown {
  const [logicalId, ...attribute] = Array.isArray(argument) ? argument.map(String) : String(argument).split(".");
  return scope.attribute(logicalId ?? "", attribute.join("."));
}

function substitute(argument: unknown, scope: ResolutionScope, inner: (value: unknown) => unknown): string {
  const [text, variables] = Array.isArray(argument)
    ? [String(argument[0]), inner(argument[1])]
    : [String(argument), {}];
  return text.replace(/\$\{(!?)([\w.:]+)\}/g, (_, literal: string, name: string) => {
    if (literal === "!") return `\${${name}}`;
    if (isNode(variables) && name in variables) return String(variables[name]);
    return String(name.includes(".") ? attributeOf(name, scope) : scope.ref(name));
  });
}

function join(argument: unknown): string {
  if (!Array.isArray(argument) || !Array.isArray(argument[1]))
    throw new Error("Fn::Join needs a separator and a list.");
  return argument[1].map(String).join(String(argument[0]));
}

function select(argument: unknown): unknown {
  if (!Array.isArray(argument) || !Array.isArray(argument[1])) throw new Error("Fn::Select needs an index and a list.");
  return argument[1][Number(argument[0])];
}
