import type { Json, JsonObject } from "./json.ts";

/** Members that the library ignores without a word, so a drill would pass here and behave otherwise on AWS. */
const IGNORED_MEMBERS = [
  "Arguments",
  "Assign",
  "Credentials",
  "HeartbeatSeconds",
  "HeartbeatSecondsPath",
  "Output",
  "TimeoutSecondsPath",
];

const LAMBDA_ARN = /^arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d{12}:function:[A-Za-z0-9_-]+(:[A-Za-z0-9$_-]+)?$/;

/** What asl-validator lets through although AWS refuses it, and what AWS runs but the local cloud would run wrongly. */
export function refusals(definition: JsonObject): string[] {
  return [...queryLanguage("The state machine", definition), ...stateRefusals(definition)];
}

function stateRefusals(machine: JsonObject): string[] {
  return Object.entries(machine["States"] as Record<string, JsonObject>).flatMap(([name, state]) => [
    ...queryLanguage(`State ${name}`, state),
    ...IGNORED_MEMBERS.filter((member) => member in state).map(
      (member) => `State ${name}: ${member} is not supported by the local cloud`,
    ),
    ...unsupportedTypes(name, state),
    ...unsupportedPaths(name, state),
    ...misplacedWildcards(name, state, "Retry"),
    ...misplacedWildcards(name, state, "Catch"),
    ...((state["Branches"] as JsonObject[] | undefined)?.flatMap(stateRefusals) ?? []),
  ]);
}

/** The library runs a JSONata state as if its expressions were not there. */
function queryLanguage(owner: string, { QueryLanguage: language = "JSONPath" }: JsonObject): string[] {
  return language === "JSONPath"
    ? []
    : [`${owner}: QueryLanguage ${String(language)} is not supported by the local cloud, use JSONPath`];
}

function unsupportedTypes(name: string, { Type: type, Resource: resource }: JsonObject): string[] {
  if (type === "Map") return [`State ${name}: Map is not supported by the local cloud`];
  if (type !== "Task" || LAMBDA_ARN.test(String(resource))) return [];
  return [`State ${name}: Resource ${String(resource)} is not the ARN of a Lambda function`];
}

function unsupportedPaths(name: string, state: JsonObject): string[] {
  const problems: string[] = [];
  const { Branches: _, ...own } = state;
  JSON.stringify(own, (member: string, value: Json) => {
    if (typeof value === "string" && /(\.\$|Path|^Variable)$/.test(member)) {
      const [missing] = /\$\$\.(State|Task|Map)\b/.exec(value) ?? [];
      if (missing) problems.push(`State ${name}: ${missing} in ${member} is not supported by the local cloud`);
      if (/^(Error|Cause)Path$/.test(member) && value.startsWith("States.")) {
        problems.push(`State ${name}: an intrinsic function in ${member} is not supported by the local cloud`);
      }
    }
    return value;
  });
  return problems;
}

/** https://states-language.net/spec.html#errors: `States.ALL` stands alone, in the last retrier or catcher. */
function misplacedWildcards(name: string, state: JsonObject, member: "Retry" | "Catch"): string[] {
  const rules = (state[member] as { ErrorEquals: string[] }[] | undefined) ?? [];
  const isMisplaced = rules.some(
    ({ ErrorEquals }, index) =>
      ErrorEquals.includes("States.ALL") && (ErrorEquals.length > 1 || index < rules.length - 1),
  );
  return isMisplaced ? [`State ${name}: States.ALL must be alone in the last ${member} rule`] : [];
}
