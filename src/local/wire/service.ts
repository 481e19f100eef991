/**
 * What a local service is to the wire layer: the schemas of the SDK package that calls it, and one function an operation.
 * The wire layer parses, validates and serialises by those schemas, so a service sees and returns the SDK's own shapes.
 */

/** Who signed a call: one principal a Lambda function, so that every call can be held against that function's role. */
export interface Principal {
  readonly name: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export interface CallContext {
  /** From the SigV4 credential scope: one port serves every region. */
  readonly region: string;
  readonly principal: Principal;
  readonly accountId: string;
  /** Aborted when the client hangs up. */
  readonly signal: AbortSignal;
}

/** The SDK's own input and output shapes. They are checked against the SDK's schema before and after the operation. */
// biome-ignore lint/suspicious/noExplicitAny: each service narrows its operations to the SDK's types; the registry holds all of them
export type Operation = (input: any, context: CallContext) => Promise<object> | object;

export interface Service {
  /** The signing name: `rds`, `rds-data`, `sns`, `s3`, `states`, `ec2`, `kms`. */
  readonly name: string;
  /** The namespace import of the SDK client package (`import * as rds from "@aws-sdk/client-rds"`), which exports the schemas. */
  readonly sdk: Readonly<Record<string, unknown>>;
  readonly operations: Readonly<Record<string, Operation>>;
}

/** One answered call, as the local cloud's call log keeps it. */
export interface CallRecord {
  readonly at: string;
  readonly principal: string;
  readonly service: string;
  readonly region: string;
  readonly operation: string;
  /** The parsed input. Secrets never are input of the calls a drill makes. */
  readonly input: Readonly<Record<string, unknown>>;
  /** The error code answered, absent on success. */
  readonly error?: string;
  readonly seconds: number;
}

/**
 * An error that a service answers. `code` is the SDK class name (`DBClusterNotFoundFault`) when the SDK models it, else the wire code
 * (`Throttling`, `AccessDenied`); the wire layer finds the HTTP status and the wire code in the SDK's schema.
 */
export class ServiceError extends Error {
  override readonly name = "ServiceError";
  readonly code: string;
  readonly status: number | undefined;
  readonly members: Readonly<Record<string, unknown>>;

  constructor(code: string, message: string, options: { status?: number; members?: Record<string, unknown> } = {}) {
    super(message);
    this.code = code;
    this.status = options.status;
    this.members = options.members ?? {};
  }
}
