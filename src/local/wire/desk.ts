/** From a request to its answer: who calls, what is called, is the input well shaped, what comes back. */
import type { IncomingHttpHeaders } from "node:http";
import { jsonRpcProtocol } from "./json-rpc-protocol.ts";
import { jsonRefusal } from "./json-value.ts";
import type { WireAnswer, WireRequest } from "./message.ts";
import { type OperationModel, readModel, type ServiceModel } from "./model.ts";
import { mismatchError, notImplemented, type Protocol, refusalOf, unknownKeyError } from "./protocol.ts";
import { queryProtocol } from "./query-protocol.ts";
import { restProtocol } from "./rest-protocol.ts";
import { type CallContext, type CallRecord, type Principal, type Service, ServiceError } from "./service.ts";
import { checkShape, isRecord, ShapeMismatch } from "./shape-check.ts";
import { readClaim, type SignatureClaim, verifySignature } from "./signature.ts";
import { writeErrorXml } from "./xml.ts";

/** A call that is signed and well shaped, before its operation has run. */
export interface InterceptedCall {
  readonly principal: string;
  readonly service: string;
  readonly region: string;
  readonly operation: string;
  readonly input: Readonly<Record<string, unknown>>;
}

/** A call whose operation has run: it took effect, unless there is an `error`. */
export interface AnsweredCall extends InterceptedCall {
  readonly error?: string;
}

export interface EndpointOptions {
  readonly accountId: string;
  /** A function is asked anew on every call, so that principals may come and go. */
  readonly principals: readonly Principal[] | (() => readonly Principal[]);
  readonly services: readonly Service[];
  /** Told of every authenticated call once its answer is decided. */
  readonly onCall?: (record: CallRecord) => void;
  /** Runs first, and throws the `ServiceError` of a principal that may not make the call. */
  readonly authorise?: (call: InterceptedCall) => Promise<void>;
  /** Runs before the operation and may throw `ServiceError` in its place: throttling, fault injection. */
  readonly intercept?: (call: InterceptedCall) => Promise<void> | void;
  /** Runs when the answer is decided and has not left yet. On `"lost"` the connection ends without it. */
  readonly beforeAnswer?: (call: AnsweredCall) => Promise<"lost" | undefined> | "lost" | undefined;
  /** Told of errors that no service threw on purpose, with their stack; the client is only told the message. */
  readonly onDefect?: (defect: unknown) => void;
}

/** `lost`: the caller never learns what became of its call. */
export type Reply = WireAnswer | "lost";

export interface Desk {
  readonly options: EndpointOptions;
  readonly counters: ReadonlyMap<string, Counter>;
}

/** One service, ready to be called. */
interface Counter {
  readonly service: Service;
  readonly model: ServiceModel;
  readonly protocol: Protocol;
}

/** What is known of a call so far: an error is answered and recorded with as much of it as there is. */
interface Progress {
  readonly startedAt: number;
  counter?: Counter;
  claim?: SignatureClaim;
  principal?: Principal;
  operation?: OperationModel;
  input?: Record<string, unknown>;
}

export function openDesk(options: EndpointOptions): Desk {
  const counters = new Map<string, Counter>();
  for (const service of options.services) {
    if (counters.has(service.name)) throw new TypeError(`two local services are named ${service.name}`);
    const model = readModel(service);
    counters.set(service.name, { service, model, protocol: protocolOf(model) });
  }
  return { options, counters };
}

/** Answers one call, whatever happens: errors become answers in the protocol of the service. */
export async function answerCall(
  desk: Desk,
  read: () => Promise<WireRequest>,
  headers: IncomingHttpHeaders,
  signal: AbortSignal,
  requestId: string,
): Promise<Reply> {
  const progress: Progress = { startedAt: Date.now() };
  const begun = performance.now();
  let code: string | undefined;
  let reply: WireAnswer;
  try {
    reply = await attempt(desk, progress, await read(), signal, requestId);
  } catch (thrown) {
    const error = toServiceError(desk, progress, thrown);
    const refusal = refusalOf(error, progress.counter?.model);
    code = refusal.model?.name ?? refusal.code;
    reply = progress.counter?.protocol.refuse(refusal, requestId) ?? refuseUnknownService(refusal, headers, requestId);
  }
  record(desk, progress, (performance.now() - begun) / 1000, code);
  return (await beforeAnswer(desk, progress, code)) ?? reply;
}

async function beforeAnswer(desk: Desk, progress: Progress, error: string | undefined): Promise<"lost" | undefined> {
  const { principal, claim, operation, input } = progress;
  if (!desk.options.beforeAnswer || !principal || !claim || !operation || !input) return undefined;
  const { service, region } = claim;
  const call = { principal: principal.name, service, region, operation: operation.name, input };
  return desk.options.beforeAnswer(error === undefined ? call : { ...call, error });
}

async function attempt(desk: Desk, progress: Progress, request: WireRequest, signal: AbortSignal, requestId: string) {
  const claim = readClaim(request);
  progress.claim = claim;
  const counter = desk.counters.get(claim.service);
  if (!counter) {
    throw new ServiceError("NotImplemented", `The local cloud does not have the service ${claim.service}`, {
      status: 501,
    });
  }
  progress.counter = counter;
  const principal = principalOf(desk, counter.model, claim);
  await verifySignature(request, claim, principal);
  progress.principal = principal;
  const { operation, read } = counter.protocol.open(request);
  progress.operation = operation;
  const run = counter.service.operations[operation.name];
  if (!run) throw notImplemented(claim.service, operation.name);
  const input = read();
  progress.input = input;
  checkShape(operation.input, input);
  const { region, service } = claim;
  const call: InterceptedCall = { principal: principal.name, service, region, operation: operation.name, input };
  await desk.options.authorise?.(call);
  await desk.options.intercept?.(call);
  const context: CallContext = { region, principal, accountId: desk.options.accountId, signal };
  const output = await run(input, context);
  return counter.protocol.answer(operation, checkedOutput(operation, output), requestId);
}

/** A local service cannot answer what the SDK's model does not have. `$metadata` is the client's own. */
function checkedOutput(operation: OperationModel, output: unknown): object {
  try {
    checkShape(operation.output, output);
  } catch (mismatch) {
    throw new ServiceError(
      "InternalFailure",
      `The local ${operation.name} answered against its model: ${messageOf(mismatch)}`,
    );
  }
  return isRecord(output) ? output : {};
}

function principalOf(desk: Desk, model: ServiceModel, claim: SignatureClaim): Principal {
  const { principals } = desk.options;
  const known = typeof principals === "function" ? principals() : principals;
  const principal = known.find((one) => one.accessKeyId === claim.accessKeyId);
  if (!principal) throw unknownKeyError(model);
  return principal;
}

function toServiceError(desk: Desk, progress: Progress, thrown: unknown): ServiceError {
  if (thrown instanceof ShapeMismatch && progress.counter) return mismatchError(thrown, progress.counter.model);
  if (thrown instanceof ServiceError) {
    if (thrown.code === "InternalFailure") desk.options.onDefect?.(thrown);
    return thrown;
  }
  desk.options.onDefect?.(thrown);
  return new ServiceError("InternalFailure", messageOf(thrown), { status: 500 });
}

function record(desk: Desk, progress: Progress, seconds: number, error: string | undefined): void {
  const { claim, principal, operation, input } = progress;
  if (!desk.options.onCall || !claim || !principal) return;
  desk.options.onCall({
    at: new Date(progress.startedAt).toISOString(),
    principal: principal.name,
    service: claim.service,
    region: claim.region,
    operation: operation?.name ?? "(unknown)",
    input: withoutBodies(input ?? {}),
    ...(error === undefined ? {} : { error }),
    seconds,
  });
}

/** A log of calls does not keep the objects that were put. */
function withoutBodies(input: Record<string, unknown>): Record<string, unknown> {
  const entries = Object.entries(input);
  return Object.fromEntries(
    entries.map(([name, value]) => [name, value instanceof Uint8Array ? `(${value.length} bytes)` : value]),
  );
}

/** No service, so no protocol: JSON to those who sent JSON, else XML, which all others read. */
function refuseUnknownService(
  refusal: ReturnType<typeof refusalOf>,
  headers: IncomingHttpHeaders,
  requestId: string,
): WireAnswer {
  const contentType = headers["content-type"] ?? "";
  if (contentType.includes("json")) return jsonRefusal(refusal, requestId, contentType, false);
  return {
    status: refusal.status,
    headers: { "content-type": "application/xml", "x-amzn-requestid": requestId },
    body: `<ErrorResponse><Error>${writeErrorXml(refusal)}</Error><RequestId>${requestId}</RequestId></ErrorResponse>`,
  };
}

function protocolOf(model: ServiceModel): Protocol {
  if (model.protocol === "awsQuery" || model.protocol === "ec2Query") return queryProtocol(model);
  return model.protocol === "restJson1" || model.protocol === "restXml" ? restProtocol(model) : jsonRpcProtocol(model);
}

function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
