import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { firstReason, withoutData } from "../../../src/local/import/postgres-tools.ts";
import { clientConfig, libpqEnvironment, parseSourceUrl } from "../../../src/local/import/source-address.ts";

describe("withoutData", () => {
  it("keeps the names of objects", () => {
    const line = 'pg_restore: error: could not execute query: ERROR:  relation "a b" has no column "c" of type "d"';
    expect(withoutData(line)).toBe(line);
  });

  it("ends at the first value of a row", () => {
    const failed = 'pg_restore: error: COPY failed for table "t": ERROR:  ';
    expect(withoutData(`${failed}invalid input syntax for type integer: "4111"`)).toBe(
      `${failed}invalid input syntax for type integer: "…"`,
    );
    expect(withoutData(`${failed}value "4111" is out of range for type integer`)).toBe(`${failed}value "…"`);
    expect(withoutData(`${failed}invalid input value for enum mood: "a "table "4111""`)).not.toContain("4111");
    expect(withoutData(`${failed}invalid input syntax for type json: "unfinished 4111`)).not.toContain("4111");
  });
});

describe("firstReason", () => {
  it("is the first error, also of a worker whose line another one tore", () => {
    const first = "pg_dump: error: connection to server failed";
    expect(firstReason([first, "pg_dump: error: a worker process died unexpectedly"])).toBe(first);
    const said = 'query failed: ERROR:  query would be affected by row-level security policy for table "reading"';
    expect(firstReason(['pg_dump: error: pg_dump: dumping contents of table "public.reading_2025"', said])).toBe(said);
    expect(firstReason([])).toBeUndefined();
  });
});

describe("parseSourceUrl", () => {
  it("decodes every part, and leaves out what the string leaves out", () => {
    const full = parseSourceUrl("postgresql://us%40er:p%2Fw@[::1]:6543/my%20db?sslmode=require");
    expect(full).toEqual({
      host: "::1",
      port: 6543,
      user: "us@er",
      password: "p/w",
      database: "my db",
      sslmode: "require",
    });
    expect(parseSourceUrl("postgres:///db?host=/run/postgresql")).toEqual({
      host: "/run/postgresql",
      database: "db",
      sslmode: "prefer",
    });
    expect(libpqEnvironment(full)["PGPASSWORD"]).toBe("p/w");
    expect(clientConfig(parseSourceUrl("postgres://h/d"), false)).toEqual({ host: "h", database: "d", ssl: false });
  });

  it("verifies certificates exactly where libpq would", () => {
    const verifies = (query: string): unknown => {
      const { ssl } = clientConfig(parseSourceUrl(`postgres://h/d?${query}`), true);
      return typeof ssl === "object" && [ssl.rejectUnauthorized, ssl.checkServerIdentity === undefined];
    };
    expect(verifies("sslmode=require")).toEqual([false, false]);
    expect(verifies("sslmode=verify-ca")).toEqual([true, false]);
    expect(verifies("sslmode=verify-full")).toEqual([true, true]);
  });

  it("refuses what is not a connection string without repeating it", () => {
    for (const text of [
      "s3cr3t",
      "mysql://u:s3cr3t@h/d",
      "postgres://u:s3cr3t@h:99999/d",
      "postgres://u:s3cr3t%zz@h/d",
      "postgres://u:s3cr3t@h/d?sslmode=maybe",
    ]) {
      let error: unknown;
      try {
        parseSourceUrl(text);
      } catch (caught) {
        error = caught;
      }
      expect(error).toMatchObject({ name: "Drill.SourceUrlInvalid" });
      expect(inspect(error, { showHidden: true })).not.toContain("s3cr3t");
    }
  });
});
