import { beforeAll, describe, expect, it } from "vitest";
import * as z from "zod/mini";
import { isAllowed, PolicyStatement } from "../../packaging/permissions.ts";
import { type PackagedTemplate, readPackagedTemplate } from "../../packaging/template.ts";
import { referenceOf } from "../../src/local/iam/reference.ts";
import { namesOf, TAG } from "../../src/plan/names.ts";
import { faultsOf } from "./iam-reference.ts";
import { packagedService } from "./packaged-service.ts";

const Role = z.object({
  Policies: z.array(z.object({ PolicyDocument: z.object({ Statement: z.array(PolicyStatement) }) })),
});
const ACCOUNT = "111122223333";
const arn = (kind: string, name: string): string => `arn:aws:rds:eu-central-1:${ACCOUNT}:${kind}:${name}`;
const owned = namesOf("20261121-143205-3f9a2b1c");
const ownTags = { [`aws:ResourceTag/${TAG.drill}`]: owned.drillId };

let template: PackagedTemplate;
let roles: { name: string; statements: readonly PolicyStatement[] }[];
beforeAll(async () => {
  template = await readPackagedTemplate(await packagedService(), { accountId: ACCOUNT });
  roles = Object.entries(template.resources)
    .filter(([, { type }]) => type === "AWS::IAM::Role")
    .map(([name, { properties }]) => ({
      name,
      statements: z.parse(Role, properties).Policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement),
    }));
});

const statementsOf = (name: string): readonly PolicyStatement[] => {
  const found = template.functions.find((each) => each.name === name);
  if (found === undefined) throw new Error(`There is no function ${name}.`);
  return found.statements;
};

describe("every role", () => {
  it("uses actions, resources and condition keys that AWS has", async () => {
    expect(roles.length).toBeGreaterThan(template.functions.length);
    for (const { name, statements } of roles) {
      for (const statement of statements) {
        expect(await faultsOf(statement), `${name} ${statement.Sid}`).toEqual([]);
      }
    }
  });

  it("has no wildcard in an action", () => {
    const actions = roles.flatMap(({ statements }) => statements.flatMap(({ Action }) => Action));
    expect(actions.filter((action) => /[*?]/.test(action))).toEqual([]);
  });

  it("covers every resource type that an action of it requires", async () => {
    for (const { name, statements } of roles) {
      const allowed = statements.filter(({ Effect }) => Effect === "Allow");
      for (const action of new Set(allowed.flatMap(({ Action }) => Action))) {
        const resources = allowed.filter(({ Action }) => Action.includes(action)).flatMap(({ Resource }) => Resource);
        const required = (await referenceOf(action))?.resourceTypes.filter(({ isRequired }) => isRequired) ?? [];
        const missing = required.filter((type) => !resources.some((resource) => type.arn.test(resource)));
        expect(
          missing.map((type) => type.name),
          `${name} ${action}`,
        ).toEqual([]);
      }
    }
  });

  it("belongs to one function only", () => {
    const roleArns = template.functions.map(({ roleArn }) => roleArn);
    expect(new Set(roleArns).size).toBe(template.functions.length);
  });
});

describe("the trust of every role", () => {
  const Trusting = z.object({
    AssumeRolePolicyDocument: z.object({
      Statement: z.array(
        z.object({ Effect: z.string(), Action: z.string(), Principal: z.object({ Service: z.string() }) }),
      ),
    }),
  });
  const Rule = z.object({ Targets: z.array(z.object({ RoleArn: z.optional(z.string()) })) });
  const Schedule = z.object({ Target: z.object({ RoleArn: z.string() }) });

  /** What runs under each role, by the service that does. */
  function users(): [string, string | undefined][] {
    const { functions, stateMachines, resources } = template;
    const ofType = (type: string) => Object.values(resources).filter((each) => each.type === type);
    return [
      ...functions.map(({ roleArn }): [string, string] => ["lambda", roleArn]),
      ...stateMachines.map(({ roleArn }): [string, string] => ["states", roleArn]),
      ...ofType("AWS::Events::Rule").flatMap(({ properties }) =>
        z.parse(Rule, properties).Targets.map(({ RoleArn }): [string, string | undefined] => ["events", RoleArn]),
      ),
      ...ofType("AWS::Scheduler::Schedule").map(({ properties }): [string, string] => [
        "scheduler",
        z.parse(Schedule, properties).Target.RoleArn,
      ]),
    ];
  }

  it("is in the one service that runs under it, and every role is one's", () => {
    const trusted = Object.values(template.resources)
      .filter(({ type }) => type === "AWS::IAM::Role")
      .flatMap(({ ref, properties }) =>
        z
          .parse(Trusting, properties)
          .AssumeRolePolicyDocument.Statement.map(({ Principal }) => `${Principal.Service.split(".")[0]} ${ref}`),
      );
    const used = users().flatMap(([service, arn]) => (arn === undefined ? [] : [`${service} ${arn.split("/")[1]}`]));
    expect(trusted.sort()).toEqual([...new Set(used)].sort());
  });
});

describe("production", () => {
  /** Even when someone has put a drill's tags on it. */
  const production = ["cluster:orders", "db:orders-1", "cluster:restoredrill-orders", "db:restore-drill"];

  it("can not be changed by any function, tagged or not", async () => {
    for (const { name, statements } of template.functions) {
      for (const action of new Set(statements.flatMap(({ Action }) => Action))) {
        if (!action.startsWith("rds") || !(await referenceOf(action))?.isWrite) continue;
        // It may ask any cluster; as whom, the secret decides.
        if (name === "capture-baseline" && action.startsWith("rds-data:")) continue;
        for (const resource of production) {
          const [kind = "", id = ""] = resource.split(":");
          const context = {
            ...ownTags,
            [`aws:RequestTag/${TAG.drill}`]: owned.drillId,
            "rds:TagsFromRequest": "true",
          };
          expect(isAllowed(statements, action, arn(kind, id), context), `${name} ${action} ${resource}`).toBe(false);
        }
      }
    }
  });

  it("keeps its snapshots: none of another name can be deleted or tagged", () => {
    for (const { statements } of template.functions) {
      for (const action of ["rds:DeleteDBClusterSnapshot", "rds:AddTagsToResource", "rds:RemoveTagsFromResource"]) {
        const context = { ...ownTags, "rds:TagsFromRequest": "true" };
        expect(isAllowed(statements, action, arn("cluster-snapshot", "rds:orders-2026"), context)).toBe(false);
      }
    }
  });

  it("keeps its secrets: only those of a sandbox can be read", () => {
    const secret = `arn:aws:secretsmanager:eu-central-1:${ACCOUNT}:secret:rds!cluster-1111-AbCdEf`;
    const secretOf = (cluster: string) => ({ "aws:ResourceTag/aws:rds:primaryDBClusterArn": arn("cluster", cluster) });
    for (const name of ["restore-sandbox", "run-checks", "prove-checks"]) {
      const canRead = (context: Record<string, string>): boolean =>
        isAllowed(statementsOf(name), "secretsmanager:GetSecretValue", secret, context);
      expect(canRead(secretOf(owned.cluster))).toBe(true);
      expect(canRead(secretOf("awsbackup-restore-test-1a2b"))).toBe(true);
      expect(canRead(secretOf("orders"))).toBe(false);
      expect(canRead({})).toBe(false);
    }
  });
});

describe("what AWS Backup restored to be tested", () => {
  const test = arn("cluster", "awsbackup-restore-test-1a2b");
  const mark = { "aws:ResourceTag/awsbackup-restore-test": "anything" };
  const tagged = { [`aws:RequestTag/${TAG.drill}`]: owned.drillId, "rds:PubliclyAccessible": "false" };
  const changes = ["rds:CreateDBInstance", "rds:ModifyDBCluster", "rds:EnableHttpEndpoint"];

  it("may be given a writer and opened to the Data API, by its name and its tag alone", () => {
    for (const action of changes) {
      const may = (resource: string, context: Record<string, string>): boolean =>
        isAllowed(statementsOf("restore-sandbox"), action, resource, { ...tagged, ...context });
      expect(may(test, mark), action).toBe(true);
      expect(may(test, {}), action).toBe(false);
      expect(may(test, ownTags), action).toBe(false);
      expect(may(arn("cluster", "orders"), { ...mark, ...ownTags }), action).toBe(false);
    }
  });

  it("is deleted, tagged and committed to by no function", () => {
    const actions = ["rds:DeleteDBCluster", "rds:AddTagsToResource", "rds:StopDBCluster", "rds-data:CommitTransaction"];
    for (const { name, statements } of template.functions)
      for (const action of actions)
        expect(isAllowed(statements, action, test, { ...mark, ...ownTags, ...tagged }), `${name} ${action}`).toBe(
          false,
        );
  });
});

describe("prove-checks", () => {
  const isGiven = (action: string, resource: string): boolean =>
    isAllowed(statementsOf("prove-checks"), action, resource);

  it("may damage a sandbox, but keep nothing of it: no function can commit", () => {
    expect(isGiven("rds-data:ExecuteStatement", arn("cluster", owned.cluster))).toBe(true);
    expect(isGiven("rds-data:ExecuteStatement", arn("cluster", "orders"))).toBe(false);
    for (const { statements, name } of template.functions)
      expect(isAllowed(statements, "rds-data:CommitTransaction", arn("cluster", owned.cluster)), name).toBe(false);
  });

  it("writes its proof and nothing that a drill is held against", () => {
    const written = (key: string): string =>
      `${[statementsOf("prove-checks").find(({ Sid }) => Sid === "WriteProof")?.Resource].flat()[0]?.split("/")[0]}/orders/20261121/${key}`;
    expect(isGiven("s3:PutObject", written("counterproof.json"))).toBe(true);
    for (const key of ["fingerprints.json", "catalog.json", "chains.json", "checks.json", "drift.json", "plan.json"])
      expect(isGiven("s3:PutObject", written(key)), key).toBe(false);
  });
});

describe("capture-baseline", () => {
  const secret = (name: string): string => `arn:aws:secretsmanager:eu-west-1:${ACCOUNT}:secret:${name}-AbCdEf`;
  const may = (action: string, resource: string): boolean =>
    isAllowed(statementsOf("capture-baseline"), action, resource);

  it("may ask a source with a secret that was made for it, and with no other: a master user's least of all", () => {
    expect(may("secretsmanager:GetSecretValue", secret("restore-drill/orders"))).toBe(true);
    expect(may("secretsmanager:GetSecretValue", secret("rds!cluster-1111"))).toBe(false);
    expect(may("secretsmanager:GetSecretValue", secret("orders/admin"))).toBe(false);
  });

  it("may not commit, nor do anything to RDS but describe clusters", () => {
    const actions = statementsOf("capture-baseline").flatMap(({ Action }) => Action);
    expect(actions.filter((action) => action.startsWith("rds")).sort()).toEqual([
      "rds-data:BeginTransaction",
      "rds-data:ExecuteStatement",
      "rds-data:RollbackTransaction",
      "rds:DescribeDBClusters",
    ]);
  });

  it("is the only function that may write a baseline, besides the one that records evidence", () => {
    const bucket = template.functions[0]?.environment["EVIDENCE_BUCKET"];
    for (const part of [
      "baseline.json",
      "fingerprints.json",
      "keys.json",
      "catalog.json",
      "chains.json",
      "heartbeats.json",
    ]) {
      const key = `arn:aws:s3:::${bucket}/orders/baselines/20261121-023000-3f9a2b1c/${part}`;
      const writers = template.functions.filter(({ statements }) => isAllowed(statements, "s3:PutObject", key));
      expect(writers.map(({ name }) => name)).toEqual(["capture-baseline", "record-evidence"]);
    }
  });
});

describe("tear-down", () => {
  it("may delete what a drill named and tagged, and nothing that has the name alone", () => {
    const deletions = [
      ["rds:DeleteDBInstance", arn("db", owned.writer)],
      ["rds:DeleteDBCluster", arn("cluster", owned.cluster)],
      ["rds:DeleteDBClusterSnapshot", arn("cluster-snapshot", owned.snapshotCopy)],
    ] as const;
    for (const [action, resource] of deletions) {
      for (const name of ["tear-down", "sweep"]) {
        expect(isAllowed(statementsOf(name), action, resource, ownTags), action).toBe(true);
        expect(isAllowed(statementsOf(name), action, resource), action).toBe(false);
      }
    }
  });

  it("may delete a cluster although the final snapshot that is skipped has no tags", () => {
    const finalSnapshot = arn("cluster-snapshot", `${owned.cluster}-final`);
    expect(isAllowed(statementsOf("tear-down"), "rds:DeleteDBCluster", finalSnapshot)).toBe(true);
  });

  it("may say how long a sandbox stays, of what has a drill's tags already, and nothing of whose it is", () => {
    const mayTag = (kind: string, id: string, keys: readonly string[], context: object = ownTags): boolean =>
      isAllowed(statementsOf("tear-down"), "rds:AddTagsToResource", arn(kind, id), { ...context, "aws:TagKeys": keys });
    for (const [kind, id] of [["cluster", owned.cluster] as const, ["db", owned.writer] as const]) {
      expect(mayTag(kind, id, [TAG.expires, TAG.kept])).toBe(true);
      expect(mayTag(kind, id, [TAG.expires], {})).toBe(false);
      expect(mayTag(kind, id, [TAG.expires, TAG.drill])).toBe(false);
      expect(mayTag(kind, id, ["team"])).toBe(false);
      expect(isAllowed(statementsOf("tear-down"), "rds:AddTagsToResource", arn(kind, id), ownTags)).toBe(false);
    }
    expect(mayTag("cluster", "orders", [TAG.expires])).toBe(false);
    expect(mayTag("cluster-snapshot", owned.snapshotCopy, [TAG.expires])).toBe(false);
  });

  it("is, with the sweep, the only function that may delete", () => {
    const others = template.functions.filter(({ name }) => name !== "tear-down" && name !== "sweep");
    const actions = others.flatMap(({ statements }) => statements.flatMap(({ Action }) => Action));
    expect(actions.filter((action) => /:Delete/.test(action))).toEqual([]);
  });
});

describe("restore-sandbox", () => {
  it("may create the writer only tagged, and never a public one", () => {
    const tagged = { [`aws:RequestTag/${TAG.drill}`]: owned.drillId, "rds:PubliclyAccessible": "false" };
    const canCreate = (context: Record<string, string>): boolean =>
      isAllowed(statementsOf("restore-sandbox"), "rds:CreateDBInstance", arn("db", owned.writer), context);
    expect(canCreate(tagged)).toBe(true);
    expect(canCreate({ ...tagged, "rds:PubliclyAccessible": "true" })).toBe(false);
    expect(canCreate({ "rds:PubliclyAccessible": "false" })).toBe(false);
  });
});

describe("run-checks", () => {
  it("may not commit what a check did", () => {
    const resource = arn("cluster", owned.cluster);
    expect(isAllowed(statementsOf("run-checks"), "rds-data:RollbackTransaction", resource)).toBe(true);
    expect(isAllowed(statementsOf("run-checks"), "rds-data:CommitTransaction", resource)).toBe(false);
  });
});

describe("the role of each state machine", () => {
  it("may invoke exactly the functions that the machine names", () => {
    expect(template.stateMachines).toHaveLength(3);
    for (const { statements, substitutions, definition } of template.stateMachines) {
      const invoke = statements.filter(({ Action }) => Action.includes("lambda:InvokeFunction"));
      const named = template.functions.filter(({ arn }) => JSON.stringify(definition).includes(`"${arn}"`));
      expect(invoke.flatMap(({ Resource }) => Resource).sort()).toEqual(named.map(({ arn }) => arn).sort());
      expect(named).toHaveLength(Object.keys(substitutions).length);
    }
  });
});
