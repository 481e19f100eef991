/** Everything that goes wrong in a campaign: one kind of fault, at one site, in a drill of a good or of a damaged backup. */
import { ServiceError } from "../local/wire/service.ts";
import { nameOf, type Site } from "./site.ts";

/** In the order of the table. What each does is written in docs/chaos.md. */
export const CALL_FAULTS = ["throttled", "denied", "unavailable", "answer-lost", "timed-out", "killed"] as const;
export const STATE_FAULTS = ["stopped", "expired"] as const;
export const FAULT_KINDS = [...CALL_FAULTS, ...STATE_FAULTS] as const;
export type CallFaultKind = (typeof CALL_FAULTS)[number];
export type StateFaultKind = (typeof STATE_FAULTS)[number];
export type FaultKind = (typeof FAULT_KINDS)[number];

export interface Setting {
  /** Whose call sites were discovered, and which is drilled. */
  readonly plan: string;
  readonly backup: "good" | "damaged";
  /** The drill is stopped as it enters this state, so that what goes wrong goes wrong while it is finished. */
  readonly stoppedIn?: string;
}

export type Fault = Setting &
  (
    | {
        readonly kind: CallFaultKind;
        readonly site: Extract<Site, { at: "call" }>;
        /** Of a fault that comes once: at which of the site's calls, from 1. By default at the first. */
        readonly call?: number;
      }
    | { readonly kind: StateFaultKind; readonly site: Extract<Site, { at: "state" }> }
  );

export function describeFault(fault: Fault): string {
  const { kind, site, backup, plan, stoppedIn } = fault;
  const call = "call" in fault && fault.call !== undefined ? `call ${fault.call} of ` : "";
  const stopped = stoppedIn === undefined ? "" : `, stopped in ${stoppedIn}`;
  return `${kind} at ${call}${nameOf(site)} (${backup} backup, plan ${plan}${stopped})`;
}

/** Refused at every call, not once. */
export const isPermanent = (kind: FaultKind): boolean => kind === "denied" || kind === "unavailable";
/** Passes by itself: whoever asks again is answered. */
export const isTransient = (kind: FaultKind): boolean =>
  kind === "throttled" || kind === "answer-lost" || kind === "timed-out" || kind === "killed";

/** Each service has its own names for the same three refusals. */
const REFUSALS: Readonly<Record<string, Readonly<Record<"throttled" | "denied" | "unavailable", string>>>> = {
  rds: { throttled: "Throttling", denied: "AccessDenied", unavailable: "ServiceUnavailable" },
  "rds-data": {
    throttled: "ThrottlingException",
    denied: "AccessDeniedException",
    unavailable: "InternalServerErrorException",
  },
  s3: { throttled: "SlowDown", denied: "AccessDenied", unavailable: "InternalError" },
  sns: {
    throttled: "ThrottledException",
    denied: "AuthorizationErrorException",
    unavailable: "InternalErrorException",
  },
  kms: { throttled: "ThrottlingException", denied: "AccessDeniedException", unavailable: "KMSInternalException" },
  ec2: { throttled: "RequestLimitExceeded", denied: "UnauthorizedOperation", unavailable: "InternalError" },
};
const STATUS = { throttled: 503, denied: 403, unavailable: 500 } as const;

export function refusalFor(kind: "throttled" | "denied" | "unavailable", service: string): ServiceError {
  const code =
    REFUSALS[service]?.[kind] ??
    { throttled: "ThrottlingException", denied: "AccessDeniedException", unavailable: "InternalFailure" }[kind];
  return new ServiceError(code, `The fault campaign: ${kind}`, { status: STATUS[kind] });
}
