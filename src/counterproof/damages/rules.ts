import { displayName, parseTable, quoteIdentifier, quoteTable, sqlNameOf } from "../../reading/identifiers.ts";
import { changing, type Damage, MAX_TARGETS, OWN_NAME, shuffled, type Target, victimTables } from "../damage.ts";

const OURS = "pg_has_role(c.relowner, 'usage')";

const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** A key of one integer column, whose constraint can be put back as it was. */
const SIMPLE_KEY = `k.contype = 'f' and k.conparentid = 0 and cardinality(k.conkey) = 1 and k.convalidated`;

/** A row refers to one that never was, and the constraint is there as before, but for having looked. */
export const orphanMade: Damage = {
  name: "a row that refers to a missing one",
  suits: ({ kind }) => kind === "foreign-keys",
  async targets(_check, { session, seed }) {
    const tables = await victimTables(
      { session, seed },
      `${OURS} and not c.relispartition and exists (select from pg_constraint k where k.conrelid = c.oid and ${SIMPLE_KEY})`,
    );
    const targets: Target[] = [];
    for (const { oid, sqlName, name, unguarded } of tables) {
      const [key] = await session.query(
        `select k.conname::text, pg_get_constraintdef(k.oid), a.attname::text, n.nspname::text, p.relname::text, b.attname::text
from pg_constraint k join pg_attribute a on a.attrelid = k.conrelid and a.attnum = any(k.conkey)
join pg_class p on p.oid = k.confrelid join pg_namespace n on n.oid = p.relnamespace
join pg_attribute b on b.attrelid = k.confrelid and b.attnum = any(k.confkey)
where k.conrelid = ${oid} and ${SIMPLE_KEY} and a.atttypid in ('int4'::regtype, 'int8'::regtype) order by md5(:seed || k.conname::text) limit 1`,
        { seed },
      );
      if (key === undefined) continue;
      const [constraint, column, referred] = [key.text(0), key.text(2), key.text(5)].map(quoteIdentifier);
      const parent = quoteTable({ schema: key.text(3), table: key.text(4) });
      const [victim] = await session.query(
        `select ctid::text from only ${sqlName} where ${column} is not null order by md5(ctid::text || :seed) limit 1`,
        { seed },
      );
      if (victim === undefined) continue;
      targets.push({
        where: name,
        statements: [
          ...unguarded,
          `alter table ${sqlName} drop constraint ${constraint}`,
          changing(
            `update only ${sqlName} set ${column} = (select min(${referred}) - 1 from ${parent}) where ctid = '${victim.text(0)}'::tid`,
          ),
          `alter table ${sqlName} add constraint ${constraint} ${key.text(1)} not valid`,
        ],
        only: sqlName,
      });
    }
    return targets;
  },
};

/** Who owns nothing revokes nothing and is only warned, and a role may have it from elsewhere too: the second statement fails then. */
export const privilegeRevoked: Damage = {
  name: "a privilege revoked",
  suits: ({ kind }) => kind === "grants",
  async targets(check, { seed }) {
    const present = check.kind === "grants" ? check.present : [];
    return shuffled(present, seed, ({ role, on }) => `${role} ${on}`)
      .slice(0, MAX_TARGETS)
      .map(({ role, on, may }) => {
        const table = sqlNameOf(on);
        const from = role === "public" ? "public" : quoteIdentifier(role);
        const has = may.map((one) => `has_table_privilege(${literal(role)}, ${literal(table)}, '${one}')`);
        return {
          where: displayName(parseTable(on)),
          statements: [
            `revoke ${may.join(", ")} on ${table} from ${from}`,
            `select 1 / (not (${has.join(" and ")}))::int`,
          ],
        };
      });
  },
};

export const rowSecurityOff: Damage = {
  name: "row security switched off",
  suits: ({ kind }) => kind === "row-security",
  targets: async (_check, seeking) =>
    (
      await victimTables(
        seeking,
        `${OURS} and c.relrowsecurity and exists (select from pg_policy p where p.polrelid = c.oid)`,
      )
    ).map(({ sqlName, name }) => ({
      where: name,
      statements: [`alter table ${sqlName} disable row level security`],
    })),
};

export const tableUnlogged: Damage = {
  name: "a table that no backup would hold",
  suits: ({ kind }) => kind === "unlogged",
  targets: async (_check, seeking) =>
    (await victimTables(seeking, "has_schema_privilege(n.oid, 'create')")).map(({ schema }) => ({
      where: displayName({ schema, table: OWN_NAME }),
      statements: [`create unlogged table ${quoteTable({ schema, table: OWN_NAME })} (n integer)`],
    })),
};
