/** Asks the deployed roles about every call, as IAM would. */
import { type Decision, decide, type PolicyStatement, type RequestContext } from "../../../packaging/permissions.ts";
import type { InterceptedCall } from "../wire/desk.ts";
import { denial, denialMessage, sessionArn } from "./denial.ts";
import { GLOBAL_KEYS, isKey, referenceOf } from "./reference.ts";
import { iamRequestsOf } from "./requests.ts";
import type { Call, IamRequest, World } from "./world.ts";

/** One question that IAM was asked, and what it decided. */
export interface Authorisation extends IamRequest {
  /** The role's name. */
  readonly role: string;
  /** Numbers the call that asked: some ask several questions. */
  readonly call: number;
  readonly operation: string;
  readonly decision: Decision;
}

export interface AuthoriserOptions {
  readonly roles: ReadonlyMap<string, readonly PolicyStatement[]>;
  /** ARN of the role that a principal signs under. One that has none is a person, who may do everything. */
  readonly roleOf: ReadonlyMap<string, string>;
  readonly world: World;
  /** Told of every decision. */
  readonly onDecision: (authorisation: Authorisation) => void;
}

export interface Authoriser {
  /** Throws the error that the service answers to who is not allowed to make the call. */
  authorise(call: InterceptedCall): Promise<void>;
  /** What AWS says to a service that may not do this under the role, or nothing when it may. */
  refusal(roleArn: string, session: string, request: Omit<IamRequest, "context">): Promise<string | undefined>;
}

/** Throws on a call whose role the template does not have. */
export function openAuthoriser({ roles, roleOf, world, onDecision }: AuthoriserOptions): Authoriser {
  let calls = 0;
  const ask = async (roleArn: string, request: IamRequest, asked: { call: number; operation: string }) => {
    const statements = roles.get(roleArn);
    if (statements === undefined) throw new Error(`The template has no role ${roleArn}.`);
    const { action, resource } = request;
    const context = await knownContext(request);
    const decision = decide(statements, action, resource, context);
    onDecision({ action, resource, context, role: roleArn.replace(/^.*:role\//, ""), decision, ...asked });
    return decision;
  };
  return {
    async authorise(call) {
      const roleArn = roleOf.get(call.principal);
      if (roleArn === undefined) return;
      const asked = { call: ++calls, operation: call.operation };
      for (const request of await requestsOf(call, world)) {
        const decision = await ask(roleArn, request, asked);
        if (decision === "allowed") continue;
        throw denial(call.service, sessionArn(roleArn, call.principal), request, decision);
      }
    },
    async refusal(roleArn, session, { action, resource }) {
      const request = { action, resource, context: {} };
      const decision = await ask(roleArn, request, { call: ++calls, operation: action.replace(/^.*:/, "") });
      return decision === "allowed" ? undefined : denialMessage(sessionArn(roleArn, session), request, decision);
    },
  };
}

/** All that IAM is asked about a call, with what every request has. */
export async function requestsOf(call: Call, world: World): Promise<IamRequest[]> {
  const requests = await iamRequestsOf(call, world);
  return requests.map((request) => ({
    ...request,
    context: { "aws:RequestedRegion": call.region, "aws:SecureTransport": "true", ...request.context },
  }));
}

/** A key that AWS does not list for the action or the type of resource is absent when a policy asks for it. */
export async function knownContext({ action, resource, context }: IamRequest): Promise<RequestContext> {
  const reference = await referenceOf(action);
  if (reference === undefined) throw new Error(`${action} is no action.`);
  const types = reference.resourceTypes.filter(({ arn }) => arn.test(resource));
  const documented = [...reference.conditionKeys, ...types.flatMap(({ conditionKeys }) => conditionKeys)];
  const isKnown = (key: string): boolean => GLOBAL_KEYS.includes(key) || documented.some((each) => isKey(key, each));
  return Object.fromEntries(Object.entries(context).filter(([key]) => isKnown(key)));
}
