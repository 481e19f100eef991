import { createHash } from "node:crypto";
import type { PlanFile } from "./plan.ts";

/** Which version of the plan it was: SHA-256 of its JSON as its author wrote it, without white space. */
export const planSha256 = (file: PlanFile): string => createHash("sha256").update(JSON.stringify(file)).digest("hex");
