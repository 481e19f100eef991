/** What the three families of protocols have in common, as the endpoint uses them. */
import type { WireAnswer, WireRequest } from "./message.ts";
import type { ErrorModel, OperationModel, ServiceModel } from "./model.ts";
import { ServiceError } from "./service.ts";
import type { MismatchKind, ShapeMismatch } from "./shape-check.ts";

export interface Protocol {
  /** Finds the operation that a request names; throws `ServiceError` UnknownOperation when the SDK's model has none. */
  open(request: WireRequest): OpenedCall;
  answer(operation: OperationModel, output: object, requestId: string): WireAnswer;
  refuse(refusal: Refusal, requestId: string): WireAnswer;
}

export interface OpenedCall {
  readonly operation: OperationModel;
  /** The input, in the SDK's own types; throws `ShapeMismatch` for what can already be seen while reading. */
  read(): Record<string, unknown>;
}

/** An error on its way out. */
export interface Refusal {
  readonly code: string;
  readonly status: number;
  readonly message: string;
  readonly members: Readonly<Record<string, unknown>>;
  /** Present when the SDK models the error. */
  readonly model?: ErrorModel;
}

/** Finds wire code and status: the service's own status first, then the SDK's model, then what AWS answers for common codes. */
export function refusalOf(error: ServiceError, model: ServiceModel | undefined): Refusal {
  const found = model?.errors.get(error.code);
  return {
    code: found?.wireCode ?? error.code,
    status: error.status ?? found?.status ?? commonStatus(error.code),
    message: error.message,
    members: error.members,
    ...(found ? { model: found } : {}),
  };
}

/** https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/CommonErrors.html */
function commonStatus(code: string): number {
  if (/^(?:AccessDenied|UnauthorizedOperation|Forbidden|InvalidClientTokenId|OptInRequired)/.test(code)) return 403;
  if (/^(?:InternalFailure|InternalError|InternalServer)/.test(code)) return 500;
  if (/^(?:ServiceUnavailable|SlowDown)/.test(code)) return 503;
  return 400;
}

/** The error code that a service of this protocol answers when an input does not have its shape. */
export function mismatchError(mismatch: ShapeMismatch, model: ServiceModel): ServiceError {
  return new ServiceError(mismatchCode(mismatch.kind, model), mismatch.message, { status: 400 });
}

function mismatchCode(kind: MismatchKind, model: ServiceModel): string {
  switch (model.protocol) {
    case "awsQuery":
      return kind === "missing" ? "MissingParameter" : "InvalidParameterValue";
    case "ec2Query":
      return kind === "missing"
        ? "MissingParameter"
        : kind === "unknown"
          ? "UnknownParameter"
          : "InvalidParameterValue";
    case "restXml":
      return "InvalidArgument";
    case "restJson1":
      return model.errors.has("BadRequestException") ? "BadRequestException" : "ValidationException";
    default:
      return "ValidationException";
  }
}

/** What a service answers to an access key that it does not know. */
export function unknownKeyError(model: ServiceModel): ServiceError {
  const codes = { awsQuery: "InvalidClientTokenId", ec2Query: "AuthFailure", restXml: "InvalidAccessKeyId" } as const;
  const code = codes[model.protocol as keyof typeof codes] ?? "UnrecognizedClientException";
  return new ServiceError(code, "The access key of this request does not belong to any principal of the local cloud", {
    status: 403,
  });
}

export function unknownOperation(model: ServiceModel, what: string): ServiceError {
  return new ServiceError("UnknownOperation", `${model.name} has no operation ${what} in the SDK's model`, {
    status: 404,
  });
}

export function notImplemented(service: string, operation: string): ServiceError {
  return new ServiceError("NotImplemented", `The local cloud does not have the operation ${operation} of ${service}`, {
    status: 501,
  });
}
