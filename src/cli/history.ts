/** `npm run drill -- history`: the page over all databases that were ever drilled on the local cloud. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { styleText } from "node:util";
import * as z from "zod/mini";
import type { JsonStore } from "../aws/json-store.ts";
import { type DatabaseHistory, historyOf } from "../evidence/history.ts";
import { FleetIndex } from "../index/fleet-index.ts";
import { INDEX_KEY, INDEX_PAGE, writeIndex } from "../index/write-index.ts";
import { EVIDENCE_BUCKET } from "../local/deployment.ts";
import { withLocalEvidence } from "../local/evidence-store.ts";
import type { DeployedPlans } from "../plan/library.ts";
import { evidencePrefix } from "../plan/names.ts";
import { type ParsedPlan, validatePlan } from "../plan/validate.ts";
import { printable } from "./printable.ts";

/** Writes the page anew, for what is overdue by now, and resolves to what it says. Undefined when nothing was drilled below `root` yet. */
export async function localHistory(root: string): Promise<FleetIndex | undefined> {
  if (!existsSync(join(root, EVIDENCE_BUCKET))) return undefined;
  return withLocalEvidence(root, async (store) => {
    const plans = await plansOf(store);
    if ((await plans.names()).length === 0) return undefined;
    // What could not be read is in the index too.
    await writeIndex({ store, plans, isLocal: true, logger: { warn: () => {} }, now: () => new Date() });
    return store.get(INDEX_KEY, FleetIndex);
  });
}

export const pageBelow = (root: string): string => join(root, EVIDENCE_BUCKET, INDEX_PAGE);

/** A line a database, as the page has them, and where that is. */
export function summariseHistory({ databases, former, notes }: FleetIndex, page: string): string {
  const lines = databases.map(({ database, state, plans }) => {
    const dueBy = plans[0]?.dueBy;
    const due = dueBy === undefined ? "" : `  promised until ${dueBy.slice(0, 10)}`;
    return `  ${styleText(state === "proven" ? "green" : "red", state.padEnd(13))} ${printable(database)}${due}`;
  });
  const sections = [
    lines.length === 0 ? "No database has a plan.\n" : `${lines.join("\n")}\n`,
    ...(former.length === 0 ? [] : [`Drilled before, and in no plan now: ${former.map(printable).join(", ")}\n`]),
    ...notes.map((note) => `Note: ${printable(note)}\n`),
    `All databases  ${page}\n`,
  ];
  return sections.join("\n");
}

/** What `plan-drill` leaves with a drill. */
const StoredPlan = z.object({ plan: z.unknown() });

/**
 * No plan is deployed here: what was drilled is promised by the plan of the last drill of each that got as far as being planned. Databases may have plans
 * of one name, as all of those have that are derived from a source: they are told apart by both.
 */
async function plansOf(store: JsonStore): Promise<DeployedPlans> {
  const stored = new Map<string, string>();
  const now = new Date();
  for (const database of (await store.folders()).folders) {
    const { history } = await historyOf(store, database, now);
    for (const [plan, drillId] of newestPlanned(history))
      stored.set(`${database}/${plan}`, `${evidencePrefix(database, drillId)}/plan.json`);
  }
  return {
    names: async () => [...stored.keys()],
    read: async (name): Promise<ParsedPlan> => {
      const file = stored.get(name) ?? "";
      return validatePlan((await store.get(file, StoredPlan))?.plan ?? null, file);
    },
  };
}

const newestPlanned = (history: DatabaseHistory | undefined): Map<string, string> =>
  new Map(
    (history?.drills ?? []).flatMap(({ plan, drillId, recoveryPath }) =>
      recoveryPath === undefined ? [] : [[plan, drillId] as const],
    ),
  );

/** Opens a file as a person would, where there is a screen and somebody before it: not in CI, not over a pipe. */
export function openInBrowser(file: string): void {
  const command = openerOf(process.platform, process.env);
  if (command === undefined || !process.stdout.isTTY) return;
  const opener = spawn(command, [file], { detached: true, stdio: "ignore" });
  // Its path was printed.
  opener.on("error", () => {});
  opener.unref();
}

export function openerOf(
  platform: NodeJS.Platform,
  env: Readonly<Record<string, string | undefined>>,
): string | undefined {
  if (env["CI"] !== undefined) return undefined;
  if (platform === "darwin") return "open";
  const hasScreen = env["DISPLAY"] !== undefined || env["WAYLAND_DISPLAY"] !== undefined;
  return platform === "linux" && hasScreen ? "xdg-open" : undefined;
}
