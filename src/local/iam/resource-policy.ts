/** What a resource's own policy lets a service of AWS do: queues, topics and keys, and who may act under a role. */
import * as z from "zod/mini";
import { isAllowed, PolicyStatement, type RequestContext } from "../../../packaging/permissions.ts";

const Principal = z.union([z.string(), z.record(z.string(), z.union([z.string(), z.array(z.string())]))]);
/** The policy of a role names no resource: it is the role's. */
const Statement = z.extend(PolicyStatement, { Principal, Resource: z.optional(PolicyStatement.shape.Resource) });
const Document = z.object({ Statement: z.array(Statement) });

export interface ServiceRequest {
  /** `events.amazonaws.com` */
  readonly service: string;
  readonly action: string;
  readonly resource: string;
  /** On whose behalf the service asks: a rule, an alarm, the group of a schedule. */
  readonly sourceArn: string;
}

/** Whether the policy alone lets the service do it. Throws on a condition operator that is not known here. */
export function isServiceAllowed(policy: unknown, request: ServiceRequest): boolean {
  const { service, action, resource, sourceArn } = request;
  const statements = z
    .parse(Document, policy)
    .Statement.filter(({ Principal: named }) => isNamed(service, named))
    .map(({ Principal: _, Resource = ["*"], ...statement }) => ({ ...statement, Resource }));
  const context: RequestContext = {
    "aws:SourceArn": sourceArn,
    "aws:SourceAccount": sourceArn.split(":")[4] ?? "",
    "aws:SecureTransport": "true",
  };
  return isAllowed(statements, action, resource, context);
}

function isNamed(service: string, principal: z.infer<typeof Principal>): boolean {
  if (typeof principal === "string") return principal === "*";
  const services = principal["Service"] ?? [];
  return principal["AWS"] === "*" || services === service || (Array.isArray(services) && services.includes(service));
}
