import * as z from "zod";

const text = z.string().min(1);
const seconds = z.number().nonnegative();

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
      outcome: z.enum(["held", "failed", "unchecked", "empty"]),
      expected: text,
      observed: text,
      seconds,
    }),
  ),
  leftovers: z.array(z.strictObject({ kind: text, id: text, region: text, reason: text })),
  cost: z.strictObject({ estimatedUsd: seconds, actualUsd: seconds }),
  evidence: z.array(text),
  notifications: z.array(z.strictObject({ subject: text, email: text, sms: text })),
});
