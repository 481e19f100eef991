import { randomBytes } from "node:crypto";
import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type pg from "pg";
import { PostgresStartFailed } from "./errors.ts";
import { HOST_USER } from "./server-settings.ts";

/**
 * The host user's password lies in the data directory, readable by its owner only, because it has to travel with every copy: a
 * restored snapshot holds its source's roles, and this is how the host gets in to give it a password of its own. PostgreSQL
 * ignores files that it does not know.
 */
const PASSWORD_FILE = "restore-drill.password";

export function newPassword(): string {
  return randomBytes(24).toString("base64url");
}

/** The password of the data directory; two, when a process died while replacing it. */
export async function readPasswords(dataDirectory: string): Promise<string[]> {
  try {
    return (await readFile(join(dataDirectory, PASSWORD_FILE), "utf8")).trim().split("\n");
  } catch (cause) {
    throw new PostgresStartFailed(
      `${dataDirectory} is not a data directory that this host made: it has no ${PASSWORD_FILE}.`,
      {
        cause,
      },
    );
  }
}

export async function writePasswords(dataDirectory: string, passwords: readonly string[]): Promise<void> {
  const file = join(dataDirectory, PASSWORD_FILE);
  await writeFile(`${file}.next`, `${passwords.join("\n")}\n`, { mode: 0o600 });
  await rename(`${file}.next`, file);
}

/** Gives the server that `client` talks to a new random password, so that no two servers share one. */
export async function replacePassword(client: pg.Client, dataDirectory: string): Promise<string> {
  const password = newPassword();
  await writePasswords(dataDirectory, [password, ...(await readPasswords(dataDirectory))]);
  await client.query(`alter role ${HOST_USER} password ${client.escapeLiteral(password)}`);
  await writePasswords(dataDirectory, [password]);
  return password;
}
