/** How each service says that a call is not allowed. */
import type { Decision } from "../../../packaging/permissions.ts";
import { ServiceError } from "../wire/service.ts";
import type { IamRequest } from "./world.ts";

/** Error codes by signing name, as each service's pages on common errors have them; the SDK's own class name where it has one. */
const CODES: Readonly<Record<string, string>> = {
  rds: "AccessDenied",
  s3: "AccessDenied",
  sns: "AuthorizationErrorException",
  ec2: "UnauthorizedOperation",
};
/** The JSON protocols' common error. */
const JSON_CODE = "AccessDeniedException";
/** What a service answers that may not use a key in the caller's name. */
const KEY_CODES: Readonly<Record<string, string>> = {
  rds: "KMSKeyNotAccessibleFault",
  sns: "KMSAccessDeniedException",
};
/** Of those that answer it with 400: https://docs.aws.amazon.com/step-functions/latest/apireference/CommonErrors.html */
const BAD_REQUEST = new Set(["states", "kms"]);

/** `arn:aws:sts::<account>:assumed-role/<role>/<session>`: Lambda names a session after the function. */
export function sessionArn(roleArn: string, session: string): string {
  const [, , , , accountId = "", role = ""] = roleArn.split(":");
  return `arn:aws:sts::${accountId}:assumed-role/${role.replace(/^role\//, "")}/${session}`;
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html */
export function denialMessage(user: string, { action, resource }: IamRequest, decision: Decision): string {
  const on = resource === "*" ? "" : ` on resource: ${resource}`;
  const why =
    decision === "denied"
      ? "with an explicit deny in an identity-based policy"
      : `because no identity-based policy allows the ${action} action`;
  return `User: ${user} is not authorized to perform: ${action}${on} ${why}`;
}

/** The error that `service` answers in place of its operation. */
export function denial(service: string, user: string, request: IamRequest, decision: Decision): ServiceError {
  const message = denialMessage(user, request, decision);
  const keyCode = request.action.startsWith("kms:") ? KEY_CODES[service] : undefined;
  if (keyCode !== undefined) return new ServiceError(keyCode, message);
  const status = BAD_REQUEST.has(service) ? 400 : 403;
  const preamble = service === "ec2" ? "You are not authorized to perform this operation. " : "";
  return new ServiceError(CODES[service] ?? JSON_CODE, `${preamble}${message}`, { status });
}
