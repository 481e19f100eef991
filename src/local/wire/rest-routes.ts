/** Finds the operation of a REST request from the `http` traits of the SDK's schemas. */
import { decode, type WireRequest } from "./message.ts";
import type { OperationModel, ServiceModel } from "./model.ts";

export interface Route {
  readonly operation: OperationModel;
  readonly method: string;
  readonly segments: readonly Segment[];
  /** Query parts that the path itself holds: `?list-type=2`, `?acl`, `?x-id=PutObject`. */
  readonly literals: ReadonlyMap<string, string>;
  /** Names of the headers and query parts without which a request is another operation's. */
  readonly neededHeaders: readonly string[];
  readonly neededQuery: readonly string[];
}

interface Segment {
  readonly kind: "literal" | "label" | "greedy";
  readonly name: string;
}

export interface RouteMatch {
  readonly route: Route;
  readonly labels: ReadonlyMap<string, string>;
}

/** The SDK adds `x-id` to name the operation where method and path alone do not; other clients leave it out. */
export const OPERATION_NAME_QUERY = "x-id";

export function compileRoutes(model: ServiceModel): Route[] {
  return [...model.operations.values()].flatMap((operation) => (operation.http ? [compileRoute(operation)] : []));
}

/** The route with the most literal query parts of those that fit, or undefined. Throws `ServiceError` InvalidURI for a bad path. */
export function matchRoute(routes: readonly Route[], request: WireRequest): RouteMatch | undefined {
  const parts = request.path.split("/").slice(1);
  let best: RouteMatch | undefined;
  let bestScore = -1;
  for (const route of routes) {
    const score = scoreOf(route, request);
    if (score <= bestScore) continue;
    const labels = matchPath(route.segments, parts);
    if (!labels) continue;
    best = { route, labels };
    bestScore = score;
  }
  return best;
}

function compileRoute(operation: OperationModel): Route {
  const http = operation.http ?? { method: "", path: "/" };
  const [path = "/", query = ""] = http.path.split("?");
  const segments = path
    .split("/")
    .slice(1)
    .filter((part) => part !== "")
    .map(compileSegment);
  const labelled = new Set(segments.map((segment) => segment.name));
  const neededHeaders: string[] = [];
  const neededQuery: string[] = [];
  for (const member of operation.input.members.values()) {
    const { httpLabel, httpHeader, httpQuery } = member.traits;
    // S3's schemas leave the bucket out of the path: the SDK's endpoint rules put it into the host, or first into the path.
    if (httpLabel && !labelled.has(member.name)) segments.unshift({ kind: "label", name: member.name });
    if (!operation.input.required.includes(member.name)) continue;
    if (httpHeader) neededHeaders.push(httpHeader.toLowerCase());
    if (httpQuery) neededQuery.push(httpQuery);
  }
  const literals = new Map(
    query
      .split("&")
      .filter((part) => part !== "")
      .map((part): [string, string] => [part.split("=")[0] ?? "", part.split("=")[1] ?? ""]),
  );
  return { operation, method: http.method, segments, literals, neededHeaders, neededQuery };
}

function compileSegment(part: string): Segment {
  if (!part.startsWith("{")) return { kind: "literal", name: part };
  const name = part.slice(1, -1);
  return name.endsWith("+") ? { kind: "greedy", name: name.slice(0, -1) } : { kind: "label", name };
}

/** -1 when the route does not fit, else the number of literal query parts that do. */
function scoreOf(route: Route, request: WireRequest): number {
  if (route.method !== request.method) return -1;
  let score = 0;
  for (const [name, value] of route.literals) {
    const sent = request.query.get(name);
    if (sent === undefined && name === OPERATION_NAME_QUERY) continue;
    if (sent === undefined || (value !== "" && sent !== value)) return -1;
    score += 1;
  }
  const named = request.query.get(OPERATION_NAME_QUERY);
  if (named !== undefined) return named === route.operation.name ? score + route.literals.size : score;
  if (!route.neededHeaders.every((name) => request.headers.has(name))) return -1;
  if (!route.neededQuery.every((name) => request.query.has(name))) return -1;
  return score + route.neededHeaders.length + route.neededQuery.length;
}

function matchPath(segments: readonly Segment[], parts: readonly string[]): Map<string, string> | undefined {
  const labels = new Map<string, string>();
  let at = 0;
  for (const segment of segments) {
    const part = parts[at];
    if (part === undefined) return undefined;
    if (segment.kind === "greedy") {
      const rest = parts.slice(at).map(decode).join("/");
      if (rest === "") return undefined;
      labels.set(segment.name, rest);
      return labels;
    }
    if (segment.kind === "literal" ? part !== segment.name : part === "") return undefined;
    if (segment.kind === "label") labels.set(segment.name, decode(part));
    at += 1;
  }
  // `/bucket/` is `/bucket`.
  const rest = parts.slice(at);
  return rest.length === 0 || (rest.length === 1 && rest[0] === "") ? labels : undefined;
}
