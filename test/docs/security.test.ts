import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { PolicyStatement } from "../../packaging/permissions.ts";
import { readPackagedTemplate } from "../../packaging/template.ts";
import { PROJECT_DIRECTORY, packagedService } from "../package/packaged-service.ts";

const PAGE = join(PROJECT_DIRECTORY, "docs/security.md");

/** Calls that change nothing and read no data: the page sums them up as "describe". */
const isDescription = (action: string): boolean =>
  /^(?:rds|ec2|kms|states|backup|s3|secretsmanager|sqs|logs|xray|iam|ssm):(?:Describe|List|Get(?!Object|SecretValue))/.test(
    action,
  ) || /^(?:logs|xray):/.test(action);

const isJournal = ({ Sid }: PolicyStatement): boolean => Sid === "WriteJournal";

/** What a role may do that changes something or reads data. */
function deedsOf(statements: readonly PolicyStatement[]): string[] {
  const allowed = statements
    .filter(({ Effect }) => Effect === "Allow")
    .filter((statement) => !isJournal(statement))
    .flatMap(({ Action }) => Action)
    .filter((action) => !isDescription(action));
  return [...new Set(allowed)].sort();
}

/** The page's table: role, calls, and what they are for. */
function rowsOf(page: string): Map<string, string[]> {
  const [, table = ""] = /<!-- roles -->(.*)<!-- \/roles -->/s.exec(page) ?? [];
  const rows = [...table.matchAll(/^\| `([\w-]+)` \| (.*?) \|/gm)].map(
    ([, role = "", calls = ""]): [string, string[]] => [
      role,
      [...calls.matchAll(/`([\w-]+:\w+\*?)`/g)].map(([, call = ""]) => call),
    ],
  );
  return new Map(rows);
}

/** As src/local and the tests name accounts that nobody named. */
const roleArn = (name: string): string => `arn:aws:iam::000000000000:role/${name}`;

describe("docs/security.md", async () => {
  const template = await readPackagedTemplate(await packagedService());
  const roles = Object.entries(template.resources)
    .filter(([, { type }]) => type === "AWS::IAM::Role")
    .map(([logicalId, { ref }]) => [logicalId, template.roles.get(roleArn(ref)) ?? []] as const);
  const rows = rowsOf(await readFile(PAGE, "utf8"));

  it("has a row for every role of the stack, by its logical id, and for no other", () => {
    expect([...rows.keys()].sort()).toEqual(roles.map(([logicalId]) => logicalId).sort());
  });

  it.each(roles)("names every call of %s that changes something or reads data", (role, statements) => {
    expect(rows.get(role)?.toSorted()).toEqual(deedsOf(statements));
  });
});
