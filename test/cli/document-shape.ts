import * as z from "zod";

const text = z.string().min(1);
const seconds = z.number().nonnegative();
const outcome = z.enum(["held", "failed", "unchecked", "empty"]);

/** What `--json` promises, strictly: a member more is as wrong as one that is missing. */
export const DrillDocument = z.strictObject({
  drillId: z.nullable(text),
  plan: z.nullable(text),
  verdict: z.enum(["passed", "failed", "inconclusive", "errored"]),
  reason: z.nullable(z.enum(["data", "recovery", "objective", "unchecked", "empty", "drill"])),
  summary: z.string(),
  rtoSeconds: z.nullable(seconds),
  rpoSeconds: z.nullable(seconds),
  phases: z.array(z.strictObject({ name: text, startedAt: z.iso.datetime(), seconds })),
  checks: z.array(
    z.strictObject({
      name: text,
      kind: text,
      outcome,
      expected: text,
      observed: text,
      seconds,
    }),
  ),
  counterproof: z.nullable(
    z.strictObject({
      tried: z.int(),
      detected: z.int(),
      planted: z.array(
        z.strictObject({
          damage: text,
          where: text,
          check: text,
          kind: text,
          before: outcome,
          during: outcome,
          after: outcome,
          detected: z.boolean(),
          seconds,
        }),
      ),
      untried: z.array(z.strictObject({ damage: text, why: text })),
      why: z.nullable(text),
    }),
  ),
  exercise: z.nullable(
    z.strictObject({
      scenario: text,
      title: text,
      objective: text,
      assumptions: z.array(text),
      criteria: z.array(
        z.strictObject({
          criterion: text,
          outcome: z.enum(["met", "missed", "unknown"]),
          observed: text,
          restsOn: text,
        }),
      ),
    }),
  ),
  leftovers: z.array(z.strictObject({ kind: text, id: text, region: text, reason: text })),
  cost: z.strictObject({ estimatedUsd: seconds, actualUsd: seconds }),
  evidence: z.array(text),
  notifications: z.array(z.strictObject({ subject: text, email: text, sms: text })),
});
