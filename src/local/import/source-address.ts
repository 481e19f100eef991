import { readFileSync } from "node:fs";
import type pg from "pg";
import { SourceUrlInvalid } from "./errors.ts";

/** Where the user's database is. What the connection string leaves out comes from libpq's environment, for every client alike. */
export interface SourceAddress {
  readonly host?: string;
  readonly port?: number;
  readonly user?: string;
  readonly password?: string;
  readonly database?: string;
  readonly sslmode: string;
  readonly sslrootcert?: string;
}

const SSL_MODES = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"];
const FORM = "postgres://user:password@host:5432/database?sslmode=require";

/**
 * Reads a `postgres://` connection string.
 *
 * @throws SourceUrlInvalid without a word of the string, which holds a password
 */
export function parseSourceUrl(text: string): SourceAddress {
  // No cause: Node's error carries the whole input.
  if (!URL.canParse(text)) throw new SourceUrlInvalid(`The source is not a connection string of the form ${FORM}.`);
  const url = new URL(text);
  if (url.protocol !== "postgres:" && url.protocol !== "postgresql:") {
    throw new SourceUrlInvalid(`The source has to begin with postgres:// or postgresql://, as in ${FORM}.`);
  }
  const sslmode = url.searchParams.get("sslmode") ?? "prefer";
  if (!SSL_MODES.includes(sslmode)) throw new SourceUrlInvalid(`sslmode has to be one of ${SSL_MODES.join(", ")}.`);
  return {
    ...given("host", decode(url.searchParams.get("host") ?? url.hostname).replace(/^\[|\]$/g, "")),
    ...(url.port === "" ? {} : { port: Number(url.port) }),
    ...given("user", decode(url.username)),
    ...given("password", decode(url.password)),
    ...given("database", decode(url.pathname.slice(1))),
    sslmode,
    ...given("sslrootcert", url.searchParams.get("sslrootcert") ?? ""),
  };
}

/** For libpq's programs: an environment, because arguments can be read by every user of the machine. */
export function libpqEnvironment(address: SourceAddress): Record<string, string> {
  return {
    ...(address.host === undefined ? {} : { PGHOST: address.host }),
    ...(address.port === undefined ? {} : { PGPORT: String(address.port) }),
    ...(address.user === undefined ? {} : { PGUSER: address.user }),
    ...(address.password === undefined ? {} : { PGPASSWORD: address.password }),
    ...(address.database === undefined ? {} : { PGDATABASE: address.database }),
    ...(address.sslrootcert === undefined ? {} : { PGSSLROOTCERT: address.sslrootcert }),
    PGSSLMODE: address.sslmode,
  };
}

/** For `pg`, with libpq's meaning of each sslmode. https://www.postgresql.org/docs/18/libpq-ssl.html */
export function clientConfig(address: SourceAddress, encrypted: boolean): pg.ClientConfig {
  const { host, port, user, password, database } = address;
  const parts = Object.entries({ host, port, user, password, database }).filter(([, value]) => value !== undefined);
  return { ...Object.fromEntries(parts), ssl: encrypted ? encryption(address) : false };
}

function encryption({ sslmode, sslrootcert }: SourceAddress): Exclude<pg.ClientConfig["ssl"], undefined> {
  const verified = sslmode.startsWith("verify") || (sslmode === "require" && sslrootcert !== undefined);
  return {
    rejectUnauthorized: verified,
    ...(sslrootcert === undefined || sslrootcert === "system" ? {} : { ca: readCertificates(sslrootcert) }),
    ...(sslmode === "verify-full" ? {} : { checkServerIdentity: () => undefined }),
  };
}

function readCertificates(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new SourceUrlInvalid(`sslrootcert names ${file}, which cannot be read.`, { cause });
  }
}

/** `host:port/database`, for messages. */
export function nameOf({ host, port, database }: SourceAddress): string {
  return `${host ?? "the default host"}:${port ?? 5432}${database === undefined ? "" : `/${database}`}`;
}

function given<Name extends string>(name: Name, value: string): { [key in Name]?: string } {
  return value === "" ? {} : ({ [name]: value } as { [key in Name]?: string });
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new SourceUrlInvalid("A % in the connection string has to be written as %25 (in a password as well).");
  }
}
