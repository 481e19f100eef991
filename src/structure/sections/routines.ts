import {
  firing,
  hashed,
  notOfAnother,
  notOfExtension,
  own,
  ownedBy,
  parts,
  type Section,
  sorted,
  when,
} from "../section.ts";

const SIGNATURE = "p.oid::regprocedure::text";

// Bodies are kept as their hash: they may hold what is nobody's business in a report, and are only ever compared. The text itself and
// not pg_get_functiondef, whose layout is the server's.
const routines: Section = {
  kind: "function",
  rows: `select f.oid k, 0 sub, f.* from (${own("pg_proc", "f", "pro")}) where f.prokind <> 'a'`,
  name: SIGNATURE,
  definition: parts(
    "case p.prokind when 'p' then 'procedure' when 'w' then 'window function' else 'function' end",
    "'(' || pg_get_function_arguments(p.oid) || ')'",
    "'returns ' || pg_get_function_result(p.oid)",
    "(select 'language ' || l.lanname from pg_language l where l.oid = p.prolang)",
    "case p.provolatile when 'i' then 'immutable' when 's' then 'stable' else 'volatile' end",
    "case p.proparallel when 's' then 'parallel safe' when 'r' then 'parallel restricted' end",
    when("p.proisstrict", "'strict'"),
    when("p.prosecdef", "'security definer'"),
    when("p.proleakproof", "'leakproof'"),
    "format('cost %s rows %s', p.procost, p.prorows)",
    "'support ' || nullif(p.prosupport::oid, 0)::regprocedure::text",
    `'set ' || ${sorted("p.proconfig")}`,
    `'body ' || ${hashed("coalesce(pg_get_function_sqlbody(p.oid), p.prosrc) || coalesce(p.probin, '')")}`,
    ownedBy("p.proowner"),
  ),
};

const routine = (label: string, column: string): string =>
  `'${label} ' || nullif(p.${column}::oid, 0)::regprocedure::text`;

const aggregates: Section = {
  kind: "aggregate",
  rows: `select f.oid k, 0 sub, f.oid, f.proowner, f.proparallel, g.* from (${own("pg_proc", "f", "pro")}) join pg_aggregate g on g.aggfnoid = f.oid`,
  name: SIGNATURE,
  definition: parts(
    "'returns ' || pg_get_function_result(p.oid)",
    "case p.aggkind when 'o' then 'ordered set' when 'h' then 'hypothetical set' end",
    routine("transition", "aggtransfn"),
    "'state ' || format_type(p.aggtranstype, null)",
    "'initially ' || quote_literal(p.agginitval)",
    routine("final", "aggfinalfn"),
    routine("combine", "aggcombinefn"),
    routine("serialise", "aggserialfn"),
    routine("deserialise", "aggdeserialfn"),
    routine("moving transition", "aggmtransfn"),
    routine("moving inverse", "aggminvtransfn"),
    routine("moving final", "aggmfinalfn"),
    "'moving initially ' || quote_literal(p.aggminitval)",
    "'sorts by ' || nullif(p.aggsortop, 0)::regoperator::text",
    "case p.proparallel when 's' then 'parallel safe' when 'r' then 'parallel restricted' end",
    ownedBy("p.proowner"),
  ),
};

const operators: Section = {
  kind: "operator",
  rows: `select o.oid k, 0 sub, o.* from (${own("pg_operator", "o", "opr")})`,
  name: "p.oid::regoperator::text",
  definition: parts(
    "'returns ' || format_type(nullif(p.oprresult, 0), null)",
    "'calls ' || nullif(p.oprcode::oid, 0)::regprocedure::text",
    "'commutator ' || nullif(p.oprcom, 0)::regoperator::text",
    "'negator ' || nullif(p.oprnegate, 0)::regoperator::text",
    when("p.oprcanmerge", "'merges'"),
    when("p.oprcanhash", "'hashes'"),
    ownedBy("p.oprowner"),
  ),
};

// A cast has no schema: those that initdb made have oids below FirstNormalObjectId.
const casts: Section = {
  kind: "cast",
  rows: `select c.oid k, 0 sub, c.* from pg_cast c where c.oid >= 16384 and ${notOfAnother("pg_cast", "c.oid")}`,
  name: "format('%s as %s', format_type(p.castsource, null), format_type(p.casttarget, null))",
  definition: parts(
    "case p.castcontext when 'i' then 'implicit' when 'a' then 'on assignment' else 'explicit' end",
    "case p.castmethod when 'b' then 'binary coercible' when 'i' then 'through input and output' else 'by ' || p.castfunc::oid::regprocedure::text end",
  ),
};

const eventTriggers: Section = {
  kind: "event trigger",
  rows: `select e.oid k, 0 sub, e.* from pg_event_trigger e where ${notOfExtension("pg_event_trigger", "e.oid")}`,
  name: "quote_ident(p.evtname)",
  definition: parts(
    "'on ' || p.evtevent",
    `'for ' || ${sorted("p.evttags")}`,
    "'calls ' || p.evtfoid::oid::regprocedure::text",
    firing("p.evtenabled"),
    ownedBy("p.evtowner"),
  ),
};

export const ROUTINE_SECTIONS: readonly Section[] = [routines, aggregates, operators, casts, eventTriggers];
