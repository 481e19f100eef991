import { randomBytes, randomUUID } from "node:crypto";
import { ServiceError } from "../../wire/service.ts";

export type ResourceKind = "cluster" | "db" | "cluster-snapshot" | "subgrp" | "cluster-pg";

export interface Arn {
  readonly region: string;
  readonly accountId: string;
  readonly kind: string;
  /** May hold colons: automated snapshots are named `rds:...`. */
  readonly id: string;
}

export function rdsArn(region: string, accountId: string, kind: ResourceKind, id: string): string {
  return `arn:aws:rds:${region}:${accountId}:${kind}:${id}`;
}

/** The parts of an RDS ARN, or undefined for anything else. */
export function parseRdsArn(text: string): Arn | undefined {
  const match = /^arn:aws[\w-]*:rds:([a-z0-9-]+):(\d{12}):([a-z-]+):(.+)$/.exec(text);
  if (!match) return undefined;
  const [, region = "", accountId = "", kind = "", id = ""] = match;
  return { region, accountId, kind, id: id.toLowerCase() };
}

/** The secret of a source's reader, with the six characters Secrets Manager adds: known before the source is registered, for plans name it. */
export function readerSecretArn(region: string, accountId: string, clusterId: string): string {
  return `arn:aws:secretsmanager:${region}:${accountId}:secret:restore-drill/${clusterId}-reader`;
}

/** RDS managed secrets: `rds!cluster-<uuid>` and the six characters Secrets Manager adds. */
export function managedSecretArn(region: string, accountId: string): string {
  return `arn:aws:secretsmanager:${region}:${accountId}:secret:rds!cluster-${randomUUID()}-${sixCharacters()}`;
}

function sixCharacters(): string {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  return [...randomBytes(6)].map((byte) => alphabet[byte % alphabet.length]).join("");
}

/** The immutable identifier RDS gives, e.g. `cluster-ABCDEFGHIJKLMNOPQRSTUVWXYZ`. */
export function resourceId(prefix: "cluster" | "db"): string {
  const letters = [...randomBytes(26)].map((byte) => String.fromCharCode(65 + (byte % 26)));
  return `${prefix}-${letters.join("")}`;
}

/** The name an automated snapshot gets: `rds:<cluster>-YYYY-MM-DD-HH-MM`. */
export function automatedSnapshotId(clusterId: string, at: Date): string {
  return `rds:${clusterId}-${at.toISOString().slice(0, 16).replace(/[T:]/g, "-")}`;
}

/**
 * A new resource's identifier, lower-cased as RDS stores it: 1-63 letters, digits and hyphens, beginning with a letter, without two
 * hyphens in a row or one at the end. Throws `InvalidParameterValue`.
 */
export function newIdentifier(parameter: string, id: string): string {
  const isValid = id.length <= 63 && /^[A-Za-z](?:-?[A-Za-z0-9])*$/.test(id);
  if (isValid) return id.toLowerCase();
  throw new ServiceError(
    "InvalidParameterValue",
    `The parameter ${parameter} is not a valid identifier. Identifiers must begin with a letter; must contain only ASCII letters, ` +
      `digits, and hyphens; must not end with a hyphen or contain two consecutive hyphens; and must have at most 63 characters.`,
  );
}

/**
 * The identifier that a caller means, given by name or by the ARN of a resource of this account in this region; undefined for an ARN of
 * another account, region or kind, which names nothing here.
 */
export function localIdentifier(
  nameOrArn: string,
  kind: ResourceKind,
  region: { readonly name: string; readonly accountId: string },
): string | undefined {
  const arn = parseRdsArn(nameOrArn);
  if (!arn) return nameOrArn.toLowerCase();
  const isHere = arn.region === region.name && arn.accountId === region.accountId;
  return arn.kind === kind && isHere ? arn.id : undefined;
}
