import { randomBytes } from "node:crypto";
import type { Principal } from "./service.ts";

/** Somebody who can sign calls, with a key of their own. */
export function newPrincipal(name: string): Principal {
  const accessKeyId = `AKIA${randomBytes(8).toString("hex").toUpperCase()}`;
  return { name, accessKeyId, secretAccessKey: randomBytes(20).toString("hex") };
}
