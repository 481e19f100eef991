/** XML answers, written with the SDK's own serialiser. */
import { XmlShapeSerializer } from "@aws-sdk/core/protocols";
import type { Refusal } from "./protocol.ts";
import type { Structure } from "./shape.ts";

/** Smithy's sentinel for date-time, the format of timestamps in XML. */
const DATE_TIME = 5;

/** Writing is synchronous, so one serialiser serves every call. */
const serializer = new XmlShapeSerializer({
  timestampFormat: { useTrait: true, default: DATE_TIME },
  httpBindings: true,
  xmlNamespace: "",
  serviceNamespace: "",
});

/** A structure as one XML element under its own name. */
export function writeXml(structure: Structure, value: object): string {
  serializer.write(structure.schema, value);
  const written = serializer.flush();
  return typeof written === "string" ? written : Buffer.from(written).toString();
}

/** A structure's members only, for protocols that give the element around them another name. */
export function writeXmlMembers(structure: Structure, value: object): string {
  if (structure.members.size === 0) return "";
  const element = writeXml(structure, value);
  const open = element.indexOf(">");
  return element[open - 1] === "/" ? "" : element.slice(open + 1, element.lastIndexOf("</"));
}

/** The inside of an `<Error>`: code, message and the members that the SDK models for it. */
export function writeErrorXml(refusal: Refusal): string {
  const { model, members } = refusal;
  const modelled = model ? writeXmlMembers(model.structure, withoutMessage(members)) : "";
  return `<Code>${escapeXml(refusal.code)}</Code><Message>${escapeXml(refusal.message)}</Message>${modelled}`;
}

export function escapeXml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`).replace(NOT_IN_XML, "\u{fffd}");
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what XML 1.0 cannot hold
const NOT_IN_XML = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g;

function withoutMessage(members: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(members).filter(([name]) => name.toLowerCase() !== "message"));
}
