/** Where a fault can be: one kind of call that one function makes, told apart by what it is about, not by which drill makes it. */
import { createHash } from "node:crypto";
import type { InterceptedCall } from "../local/wire/desk.ts";

export interface CallSite {
  readonly at: "call";
  /** The function as it is deployed. */
  readonly function: string;
  readonly service: string;
  readonly operation: string;
  /** What the call names, or its statement, with everything that differs from drill to drill taken out. */
  readonly about: string;
}

export interface StateSite {
  readonly at: "state";
  readonly machine: string;
  readonly state: string;
}

export type Site = CallSite | StateSite;

/** A statement is known by how it begins and by a hash of the rest. */
const STATEMENT_CHARS = 70;
/** `20261121-143205-3f9a2b1c`: ids of drills, captures and what is named after them. */
const ID = /\d{8}-\d{6}-[0-9a-f]{8}/g;
/** The role under which a drill asks what a plan wrote as SQL: named after the drill, by a hash. */
const READER = /restore_drill_reader_[0-9a-f]{12}/g;
const RANDOM = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
const MOMENT = /\d{4}-\d\d-\d\d([T-])\d\d[:-]\d\d(:\d\d(\.\d+)?Z?)?/g;
/** Members that say what a call is about; the others say how, or carry what is stored. */
const NAMING = /(Identifier|Name|Prefix|Arn|Id)$|^Key$/;
/** The same for every call of a drill, or new with each transaction. */
const IN_ALL = new Set(["secretArn", "resourceArn", "transactionId", "KeyId", "KmsKeyId", "SourceArn"]);

export function siteOf({ principal, service, operation, input }: InterceptedCall): CallSite {
  const sql = input["sql"];
  const about = typeof sql === "string" ? statement(sql, CHOOSES.test(principal)) : subject(input);
  return { at: "call", function: principal, service, operation, about };
}

/** One line that finds the site again, for people, `--only` and reports. */
export function nameOf(site: Site): string {
  if (site.at === "state") return `${site.machine}: state ${site.state}`;
  const { function: caller, service, operation, about } = site;
  return `${caller}: ${service}:${operation}${about === "" ? "" : ` ${about}`}`;
}

/** A counterproof chooses where it does damage, anew in each drill: of its statements only what they do is the same. */
const CHOOSES = /prove-checks$/;

/** Literals out, white space folded: the same question of another drill, or of another range of rows, is the same site. */
function statement(sql: string, isChosen: boolean): string {
  if (isChosen) return sql.trimStart().split(/\s/, 2).join(" ").toLowerCase();
  const plain = sql
    .replace(READER, "<reader>")
    .replace(/'(?:[^']|'')*'/g, "?")
    .replace(/\b\d+\b/g, "?")
    .replace(/\s+/g, " ")
    .trim();
  if (plain.length <= STATEMENT_CHARS) return plain;
  const hash = createHash("sha256").update(plain).digest("hex").slice(0, 6);
  return `${plain.slice(0, STATEMENT_CHARS)}... #${hash}`;
}

function subject(input: Readonly<Record<string, unknown>>): string {
  const named = Object.entries(input).flatMap(([member, value]) =>
    NAMING.test(member) && !IN_ALL.has(member) && typeof value === "string" ? [plain(value)] : [],
  );
  return [...new Set(named)].sort().join(" ");
}

function plain(text: string): string {
  return text.replace(ID, "<id>").replace(RANDOM, "<random>").replace(MOMENT, "<time>");
}

/**
 * How far a drill without faults had come, in this order: a required check is known to have failed once its result is stored (`bad`), the verdict
 * stands once it is `judged`, nothing changes any more once people were `told`.
 */
export const MOMENTS = ["before", "bad", "judged", "told"] as const;
export type Moment = (typeof MOMENTS)[number];
