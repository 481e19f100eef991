/** The query protocols' forms: `Tags.Tag.1.Key=a` becomes `{ Tags: [{ Key: "a" }] }`. */
import { decode } from "./message.ts";
import { readScalarText } from "./scalar-text.ts";
import { ServiceError } from "./service.ts";
import type { ListShape, MapShape, Member, Shape, Structure } from "./shape.ts";
import { memberPath, ShapeMismatch, unknownMember, wrongType } from "./shape-check.ts";

/** One level of a form's dotted keys. */
export interface FormNode {
  readonly text: string | undefined;
  readonly children: ReadonlyMap<string, FormNode>;
}

interface GrowingNode {
  text: string | undefined;
  readonly children: Map<string, GrowingNode>;
}

/** More than AWS takes of any call made here; a bound on memory. */
const FIELD_LIMIT = 10_000;
const DEPTH_LIMIT = 32;

/** Parses a form into a tree by the dots of its keys. Throws `ServiceError` MalformedQueryString beyond the limits. */
export function parseForm(body: string): FormNode {
  const root: GrowingNode = { text: undefined, children: new Map() };
  const fields = body.split("&");
  if (fields.length > FIELD_LIMIT) throw new ServiceError("MalformedQueryString", `more than ${FIELD_LIMIT} fields`);
  for (const field of fields) {
    if (!field) continue;
    const mark = field.indexOf("=");
    const key = decode((mark < 0 ? field : field.slice(0, mark)).replaceAll("+", " "));
    grow(root, key).text = mark < 0 ? "" : decode(field.slice(mark + 1).replaceAll("+", " "));
  }
  return root;
}

/** The value that a form holds for a structure; throws `ShapeMismatch` for an unknown member or a wrong type. */
export function readForm(shape: Structure, node: FormNode, path: string, ec2: boolean): Record<string, unknown> {
  const members = membersByWireName(shape, ec2);
  const value: Record<string, unknown> = {};
  for (const [wireName, child] of node.children) {
    const member = members.get(wireName);
    if (!member) throw unknownMember(memberPath(path, wireName), shape.name);
    value[member.name] = readMember(member, child, memberPath(path, member.name), ec2);
  }
  return value;
}

function grow(root: GrowingNode, key: string): GrowingNode {
  const parts = key.split(".");
  if (parts.length > DEPTH_LIMIT) throw new ServiceError("MalformedQueryString", `more than ${DEPTH_LIMIT} levels`);
  let node = root;
  for (const part of parts) {
    let next = node.children.get(part);
    if (!next) {
      next = { text: undefined, children: new Map() };
      node.children.set(part, next);
    }
    node = next;
  }
  return node;
}

function readMember(member: Member, node: FormNode, path: string, ec2: boolean): unknown {
  const shape: Shape = member.shape;
  switch (shape.kind) {
    case "structure":
      return readForm(shape, node, path, ec2);
    case "list":
      return readList(shape, member, node, path, ec2);
    case "map":
      return readMap(shape, member, node, path, ec2);
    default:
      if (node.text === undefined) throw wrongType(path, shape.kind, {});
      return readScalarText(shape, node.text, path, "date-time");
  }
}

function readList(shape: ListShape, member: Member, node: FormNode, path: string, ec2: boolean): unknown[] {
  const { element } = shape;
  const flat = ec2 || Boolean(member.traits["xmlFlattened"]);
  const entries = flat ? node.children : inside(node, wireNameOf(element, "member"), path);
  return numbered(entries, path).map((entry, index) => readMember(element, entry, `${path}[${index}]`, ec2));
}

function readMap(shape: MapShape, member: Member, node: FormNode, path: string, ec2: boolean): Record<string, unknown> {
  const flat = Boolean(member.traits["xmlFlattened"]);
  const [keyName, valueName] = [wireNameOf(shape.key, "key"), wireNameOf(shape.value, "value")];
  const value: Record<string, unknown> = {};
  for (const entry of numbered(flat ? node.children : inside(node, "entry", path), path)) {
    for (const name of entry.children.keys()) {
      if (name !== keyName && name !== valueName) throw unknownMember(`${path}.${name}`, "map entry");
    }
    const key = entry.children.get(keyName)?.text;
    const held = entry.children.get(valueName);
    if (key === undefined || !held)
      throw new ShapeMismatch("missing", path, `An entry of ${path} lacks its key or value`);
    value[key] = readMember(shape.value, held, `${path}[${JSON.stringify(key)}]`, ec2);
  }
  return value;
}

const NOTHING: ReadonlyMap<string, FormNode> = new Map();

/** The one level between a list or map and its numbered entries. An empty list is sent as `Name=`. */
function inside(node: FormNode, levelName: string, path: string): ReadonlyMap<string, FormNode> {
  for (const name of node.children.keys()) {
    if (name !== levelName) throw unknownMember(`${path}.${name}`, "list");
  }
  return node.children.get(levelName)?.children ?? NOTHING;
}

function numbered(entries: ReadonlyMap<string, FormNode>, path: string): FormNode[] {
  const ordered: [number, FormNode][] = [];
  for (const [name, entry] of entries) {
    if (!/^[1-9]\d{0,5}$/.test(name)) throw unknownMember(`${path}.${name}`, "list");
    ordered.push([Number(name), entry]);
  }
  return ordered.sort(([a], [b]) => a - b).map(([, entry]) => entry);
}

function wireNameOf(member: Member, otherwise: string): string {
  return member.traits.xmlName ?? otherwise;
}

const wireNames = {
  ec2: new WeakMap<Structure, Map<string, Member>>(),
  query: new WeakMap<Structure, Map<string, Member>>(),
};

function membersByWireName(shape: Structure, ec2: boolean): Map<string, Member> {
  const cache = ec2 ? wireNames.ec2 : wireNames.query;
  const known = cache.get(shape);
  if (known) return known;
  const names = new Map<string, Member>();
  for (const member of shape.members.values()) names.set(memberWireName(member, ec2), member);
  cache.set(shape, names);
  return names;
}

function memberWireName(member: Member, ec2: boolean): string {
  const name = member.traits.xmlName ?? member.name;
  if (!ec2) return name;
  const ec2Name = member.traits["ec2QueryName"];
  return typeof ec2Name === "string" ? ec2Name : name.charAt(0).toUpperCase() + name.slice(1);
}
