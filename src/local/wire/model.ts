/**
 * A service's model, read from what its SDK client package exports: protocol, operations, errors. Nothing is written by hand.
 */
import { NormalizedSchema } from "@smithy/core/schema";
import type { StaticErrorSchema, StaticOperationSchema } from "@smithy/types";
import type { Service } from "./service.ts";
import { type Structure, structureOf } from "./shape.ts";

export type ProtocolName = "awsQuery" | "ec2Query" | "awsJson1_0" | "awsJson1_1" | "restJson1" | "restXml";

export interface OperationModel {
  readonly name: string;
  readonly input: Structure;
  readonly output: Structure;
  /** Of REST protocols only. `path` holds labels and literal query parts: `/{Key+}?x-id=PutObject`. */
  readonly http?: { readonly method: string; readonly path: string; readonly status: number };
}

export interface ErrorModel {
  /** The SDK class name. */
  readonly name: string;
  /** What goes over the wire; query services spell some errors otherwise (`DBSnapshotAlreadyExists`). */
  readonly wireCode: string;
  readonly status: number;
  readonly structure: Structure;
}

export interface ServiceModel {
  readonly name: string;
  readonly protocol: ProtocolName;
  readonly xmlNamespace: string;
  readonly operations: ReadonlyMap<string, OperationModel>;
  /** By SDK class name and by wire code. */
  readonly errors: ReadonlyMap<string, ErrorModel>;
}

interface ClientConfig {
  readonly protocol: { getShapeId(): string };
  readonly protocolSettings: { readonly xmlNamespace?: string };
}

const PROTOCOLS: readonly string[] = ["awsQuery", "ec2Query", "awsJson1_0", "awsJson1_1", "restJson1", "restXml"];

/**
 * The model of a service. Operations are compiled on first use: EC2 alone has more than 800.
 * Throws `TypeError` when the package is not an SDK v3 client, or when the service has an operation that its SDK does not know.
 */
export function readModel(service: Service): ServiceModel {
  const config = readClientConfig(service);
  const protocol = config.protocol.getShapeId().split("#")[1] ?? "";
  if (!isProtocolName(protocol)) {
    throw new TypeError(`the local cloud does not speak ${protocol}, the protocol of ${service.name}`);
  }
  const operations = new Map<string, OperationModel>();
  const errors = new Map<string, ErrorModel>();
  for (const exported of Object.values(service.sdk)) {
    if (isOperationSchema(exported)) operations.set(exported[2], new LazyOperation(exported));
    if (isErrorSchema(exported)) addError(errors, exported);
  }
  for (const name of Object.keys(service.operations)) {
    if (!operations.has(name)) throw new TypeError(`${service.name} has no operation ${name} in its SDK package`);
  }
  return { name: service.name, protocol, xmlNamespace: config.protocolSettings.xmlNamespace ?? "", operations, errors };
}

class LazyOperation implements OperationModel {
  readonly name: string;
  readonly http?: { readonly method: string; readonly path: string; readonly status: number };
  readonly #schema: StaticOperationSchema;
  #input: Structure | undefined;
  #output: Structure | undefined;

  constructor(schema: StaticOperationSchema) {
    this.#schema = schema;
    this.name = schema[2];
    const http = typeof schema[3] === "object" ? schema[3].http : undefined;
    if (http) this.http = { method: http[0], path: http[1], status: http[2] };
  }

  get input(): Structure {
    this.#input ??= structureOf(this.#schema[4]);
    return this.#input;
  }

  get output(): Structure {
    this.#output ??= structureOf(this.#schema[5]);
    return this.#output;
  }
}

/** The client's own configuration says which protocol it speaks; the package exports it nowhere else. */
function readClientConfig(service: Service): ClientConfig {
  const found = Object.entries(service.sdk).find(
    ([name, value]) => /^[A-Z]\w*Client$/.test(name) && typeof value === "function",
  );
  if (!found) throw new TypeError(`the package given for ${service.name} exports no SDK client`);
  const Client = found[1] as new (config: object) => { readonly config: ClientConfig; destroy(): void };
  const client = new Client({ region: "us-east-1", credentials: { accessKeyId: "none", secretAccessKey: "none" } });
  client.destroy();
  return client.config;
}

function addError(errors: Map<string, ErrorModel>, schema: StaticErrorSchema): void {
  const traits = NormalizedSchema.of(schema).getMergedTraits();
  const queryError = traits["awsQueryError"] as readonly [string, number] | undefined;
  const name = schema[2];
  const fallbackStatus = traits.error === "server" ? 500 : 400;
  const status = queryError?.[1] ?? (traits["httpError"] as number | undefined) ?? fallbackStatus;
  const model: ErrorModel = { name, wireCode: queryError?.[0] ?? name, status, structure: structureOf(schema) };
  errors.set(name, model);
  if (!errors.has(model.wireCode)) errors.set(model.wireCode, model);
}

function isOperationSchema(value: unknown): value is StaticOperationSchema {
  return Array.isArray(value) && value[0] === 9;
}

/** The synthetic base class of a package (`RDSServiceException`) is no error of the service. */
function isErrorSchema(value: unknown): value is StaticErrorSchema {
  return Array.isArray(value) && value[0] === -3 && !String(value[1]).startsWith("smithy.ts.sdk.synthetic");
}

function isProtocolName(name: string): name is ProtocolName {
  return PROTOCOLS.includes(name);
}
