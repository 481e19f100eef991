/**
 * restJson1 (RDS Data) and restXml (S3): members bound to path, query, headers and body.
 * https://smithy.io/2.0/spec/http-bindings.html
 */
import { XmlShapeDeserializer } from "@aws-sdk/core/protocols";
import { unwrapBody } from "./body-integrity.ts";
import { jsonRefusal, parseJsonObject, readJson, writeJson } from "./json-value.ts";
import type { WireAnswer, WireRequest } from "./message.ts";
import type { OperationModel, ServiceModel } from "./model.ts";
import { type Protocol, type Refusal, unknownOperation } from "./protocol.ts";
import { bodyMembersOf, payloadMemberOf, readBindings, writeHeaders } from "./rest-bindings.ts";
import { compileRoutes, matchRoute, type Route, type RouteMatch } from "./rest-routes.ts";
import { ServiceError } from "./service.ts";
import type { Structure } from "./shape.ts";
import { isRecord } from "./shape-check.ts";
import { writeErrorXml, writeXml } from "./xml.ts";

/** How the two REST protocols differ. */
interface BodyFormat {
  readonly contentType: string;
  read(structure: Structure, body: Buffer): Record<string, unknown>;
  write(structure: Structure, value: object): string;
  refuse(refusal: Refusal, requestId: string): WireAnswer;
}

/** The protocol of one REST service. */
export function restProtocol(model: ServiceModel): Protocol {
  const format = model.protocol === "restXml" ? XML : JSON_FORMAT;
  let routes: Route[] | undefined;
  return {
    open(request) {
      routes ??= compileRoutes(model);
      const match = matchRoute(routes, model.protocol === "restXml" ? withBucketInPath(request) : request);
      if (!match) throw unknownOperation(model, `${request.method} ${request.path}`);
      return { operation: match.route.operation, read: () => readInput(format, match, request) };
    },
    answer: (operation, output, requestId) => writeOutput(format, operation, output, requestId),
    refuse: (refusal, requestId) => format.refuse(refusal, requestId),
  };
}

/** `http://evidence.localhost/report.json` is `http://localhost/evidence/report.json`: S3 clients choose so for hosts with a name. */
function withBucketInPath(request: WireRequest): WireRequest {
  const bucket = /^(.+)\.localhost(?::\d+)?$/.exec(request.headers.get("host") ?? "")?.[1];
  return bucket === undefined ? request : { ...request, path: `/${bucket}${request.path}` };
}

function readInput(format: BodyFormat, match: RouteMatch, wrapped: WireRequest): Record<string, unknown> {
  const request = unwrapBody(wrapped);
  const { input } = match.route.operation;
  const value = readBindings(match, request);
  const payload = payloadMemberOf(input);
  if (!payload) return bodyMembersOf(input).length > 0 ? { ...format.read(input, request.body), ...value } : value;
  const { shape } = payload;
  if (shape.kind === "structure") {
    if (request.body.length > 0) value[payload.name] = format.read(shape, request.body);
  } else {
    value[payload.name] = shape.kind === "string" ? request.body.toString("utf8") : request.body;
  }
  return value;
}

function writeOutput(format: BodyFormat, operation: OperationModel, output: object, requestId: string): WireAnswer {
  const values = output as Readonly<Record<string, unknown>>;
  const { headers, status } = writeHeaders(operation, values);
  const common = { status, headers: { "x-amzn-requestid": requestId, "x-amz-request-id": requestId, ...headers } };
  const payload = payloadMemberOf(operation.output);
  if (payload) {
    const held = values[payload.name] ?? "";
    if (payload.shape.kind !== "structure") return { ...common, body: held as WireAnswer["body"] };
    return withType(common, format.contentType, format.write(payload.shape, held as object));
  }
  const bodyMembers = bodyMembersOf(operation.output);
  if (bodyMembers.length === 0) return { ...common, body: "" };
  const body = Object.fromEntries(bodyMembers.map((member) => [member.name, values[member.name]]));
  return withType(common, format.contentType, format.write(operation.output, body));
}

function withType(answer: Omit<WireAnswer, "body">, contentType: string, body: string): WireAnswer {
  return { status: answer.status, headers: { "content-type": contentType, ...answer.headers }, body };
}

const JSON_FORMAT: BodyFormat = {
  contentType: "application/json",
  read: (structure, body) => readJson(structure, parseJsonObject(body), "", true),
  write: (structure, value) => writeJson(structure, value, true),
  refuse: (refusal, requestId) => {
    const code = refusal.model?.name ?? refusal.code;
    return jsonRefusal({ ...refusal, code }, requestId, "application/json", true);
  },
};

const xmlReader = new XmlShapeDeserializer({
  timestampFormat: { useTrait: true, default: 5 },
  httpBindings: true,
  xmlNamespace: "",
  serviceNamespace: "",
});

const XML: BodyFormat = {
  contentType: "application/xml",
  read: (structure, body) => {
    if (body.length === 0) return {};
    let value: unknown;
    try {
      value = xmlReader.read(structure.schema, body);
    } catch (cause) {
      throw new ServiceError("MalformedXML", `The body is not XML: ${String(cause)}`, { status: 400 });
    }
    return isRecord(value) ? value : {};
  },
  write: writeXml,
  refuse: (refusal, requestId) => ({
    status: refusal.status,
    headers: { "content-type": "application/xml", "x-amz-request-id": requestId },
    body: `<?xml version="1.0" encoding="UTF-8"?><Error>${writeErrorXml(refusal)}<RequestId>${requestId}</RequestId></Error>`,
  }),
};
