/** Members of REST operations that travel in the path, the query string and the headers. */
import type { WireRequest } from "./message.ts";
import type { OperationModel } from "./model.ts";
import { OPERATION_NAME_QUERY, type RouteMatch } from "./rest-routes.ts";
import { readScalarText, writeScalarText } from "./scalar-text.ts";
import type { Member, Scalar, Shape, Structure, TimestampFormat } from "./shape.ts";
import { ShapeMismatch, unknownMember } from "./shape-check.ts";

/** Everything of an input but its body; throws `ShapeMismatch` for an unknown query parameter or a wrong type. */
export function readBindings(match: RouteMatch, request: WireRequest): Record<string, unknown> {
  const { input, name } = match.route.operation;
  const value: Record<string, unknown> = {};
  const knownQuery = new Set([OPERATION_NAME_QUERY, ...match.route.literals.keys()]);
  for (const member of input.members.values()) {
    const { httpLabel, httpQuery, httpHeader, httpPrefixHeaders } = member.traits;
    if (httpPrefixHeaders !== undefined) {
      const held = prefixed(request.headers, httpPrefixHeaders);
      if (Object.keys(held).length > 0) value[member.name] = held;
    }
    if (httpQuery) knownQuery.add(httpQuery);
    const text = httpLabel
      ? match.labels.get(member.name)
      : httpQuery
        ? request.query.get(httpQuery)
        : httpHeader && request.headers.get(httpHeader.toLowerCase());
    if (text !== undefined) value[member.name] = readText(member, text, httpHeader ? "http-date" : "date-time");
  }
  for (const sent of request.query.keys()) {
    if (!knownQuery.has(sent)) throw unknownMember(sent, name);
  }
  return value;
}

/** The headers and the status of an answer. */
export function writeHeaders(operation: OperationModel, output: Readonly<Record<string, unknown>>) {
  const headers: Record<string, string> = {};
  let status = operation.http?.status ?? 200;
  for (const [name, held] of Object.entries(output)) {
    const member = operation.output.members.get(name);
    if (!member || held === undefined || held === null) continue;
    const { httpHeader, httpPrefixHeaders, httpResponseCode } = member.traits;
    if (httpResponseCode) status = Number(held);
    if (httpHeader) headers[httpHeader.toLowerCase()] = writeText(member.shape, held);
    if (httpPrefixHeaders !== undefined) {
      for (const [key, text] of Object.entries(held as object))
        headers[`${httpPrefixHeaders}${key}`.toLowerCase()] = String(text);
    }
  }
  return { headers, status };
}

export function payloadMemberOf(structure: Structure): Member | undefined {
  return bindingsOf(structure).payload;
}

/** The members that are in the body, together as one document. */
export function bodyMembersOf(structure: Structure): readonly Member[] {
  return bindingsOf(structure).body;
}

interface Bindings {
  readonly payload: Member | undefined;
  readonly body: readonly Member[];
}

const bindings = new WeakMap<Structure, Bindings>();

function bindingsOf(structure: Structure): Bindings {
  const known = bindings.get(structure);
  if (known) return known;
  const members = [...structure.members.values()];
  const found = { payload: members.find((member) => member.traits.httpPayload), body: members.filter(isInBody) };
  bindings.set(structure, found);
  return found;
}

function isInBody(member: Member): boolean {
  const { httpLabel, httpQuery, httpQueryParams, httpHeader, httpPrefixHeaders, httpResponseCode, httpPayload } =
    member.traits;
  const outside = httpLabel || httpQuery || httpQueryParams || httpHeader || httpResponseCode || httpPayload;
  return !outside && httpPrefixHeaders === undefined;
}

function readText(member: Member, text: string, defaultFormat: TimestampFormat): unknown {
  const { shape, name } = member;
  if (isScalar(shape)) return readScalarText(shape, text, name, defaultFormat);
  if (shape.kind !== "list") throw new ShapeMismatch("type", name, `${name} cannot be bound to text`);
  const element = shape.element.shape;
  if (!isScalar(element)) throw new ShapeMismatch("type", name, `${name} cannot be bound to text`);
  return text.split(",").map((item, index) => readScalarText(element, item.trim(), `${name}[${index}]`, defaultFormat));
}

function writeText(shape: Shape, held: unknown): string {
  if (isScalar(shape)) return writeScalarText(shape, held, "http-date");
  if (shape.kind !== "list" || !Array.isArray(held)) return String(held);
  return held.map((item) => writeText(shape.element.shape, item)).join(", ");
}

function isScalar(shape: Shape): shape is Scalar {
  return shape.kind !== "structure" && shape.kind !== "list" && shape.kind !== "map";
}

function prefixed(headers: ReadonlyMap<string, string>, prefix: string): Record<string, string> {
  const held: Record<string, string> = {};
  for (const [name, value] of headers) {
    if (name.startsWith(prefix.toLowerCase())) held[name.slice(prefix.length)] = value;
  }
  return held;
}
