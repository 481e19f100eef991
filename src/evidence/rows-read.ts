import type { CheckResult } from "../checks/result.ts";

/** How many rows came back, where the full read got through them. */
export const rowsReadOf = (checks: readonly CheckResult[]): number | undefined =>
  checks.find(({ kind }) => kind === "full-read")?.rowsRead;
