/** Everything that a packaged template refers to by name, once it is known. */
export interface ResolutionScope {
  /** `Ref`, by logical id, parameter or pseudo parameter. `undefined` stands for AWS::NoValue. */
  readonly ref: (name: string) => unknown;
  /** `Fn::GetAtt`. */
  readonly attribute: (logicalId: string, attribute: string) => unknown;
  /** What the template's condition of that name says. */
  readonly condition: (name: string) => boolean;
}

type Node = { readonly [key: string]: unknown };

/** Templates nest about 15 deep; a deeper one is one that refers to itself. */
const MAX_DEPTH = 100;
/** CloudFormation answers those in which the account has a default subnet: here there are three everywhere. */
const ZONES = ["a", "b", "c"];

/**
 * The value with every intrinsic function in it replaced by what it stands for. Of `Fn::If` only the branch that holds is looked at, as
 * the other may name what the stack does not have. Throws on a function that is not written here.
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
    case "Fn::If":
      return inner(branchOf(argument, scope));
    case "Fn::GetAtt":
      return attributeOf(argument, scope);
    case "Fn::Sub":
      return substitute(argument, scope, inner);
    case "Fn::Join":
      return join(inner(argument));
    case "Fn::Select":
      return select(inner(argument));
    case "Fn::Split":
      return split(inner(argument));
    case "Fn::GetAZs":
      return ZONES.map((zone) => `${inner(argument) || scope.ref("AWS::Region")}${zone}`);
    default:
      throw new Error(`The template uses ${intrinsic}, which is not resolved here.`);
  }
}

/**
 * Whether a condition holds: `{"Condition": name}`, `Fn::Equals`, `Fn::Not`, `Fn::And`, `Fn::Or`. Throws on any other function.
 */
export function holds(condition: unknown, scope: ResolutionScope, depth = 0): boolean {
  if (depth > MAX_DEPTH) throw new Error(`The template's conditions nest more than ${MAX_DEPTH} deep.`);
  const inner = (each: unknown): boolean => holds(each, scope, depth + 1);
  const [name, argument] = isNode(condition) ? (Object.entries(condition)[0] ?? []) : [];
  if (name === "Condition") return scope.condition(String(argument));
  const members = Array.isArray(argument) ? argument : [];
  switch (name) {
    case "Fn::Not":
      return !inner(members[0]);
    case "Fn::And":
      return members.every(inner);
    case "Fn::Or":
      return members.some(inner);
    case "Fn::Equals": {
      const [one, other] = members.map((each) => JSON.stringify(textual(resolveIntrinsics(each, scope))));
      return one === other;
    }
    default:
      throw new Error(`The template's condition is ${JSON.stringify(condition)}, which is not understood here.`);
  }
}

/** Conditions compare texts: the parameter 5 equals "5". */
const textual = (value: unknown): unknown => (typeof value === "number" ? String(value) : value);

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null;
}

function intrinsicOf(node: Node): [string, unknown] | [undefined, undefined] {
  const [entry, ...more] = Object.entries(node);
  if (entry === undefined || more.length > 0) return [undefined, undefined];
  return entry[0] === "Ref" || entry[0].startsWith("Fn::") ? entry : [undefined, undefined];
}

function branchOf(argument: unknown, scope: ResolutionScope): unknown {
  if (!Array.isArray(argument) || argument.length !== 3)
    throw new Error("Fn::If needs a condition, a value and another.");
  return scope.condition(String(argument[0])) ? argument[1] : argument[2];
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

function split(argument: unknown): string[] {
  if (!Array.isArray(argument) || argument.length !== 2) throw new Error("Fn::Split needs a separator and a text.");
  return String(argument[1]).split(String(argument[0]));
}
