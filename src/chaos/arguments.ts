import { parseArgs } from "node:util";
import { FAULT_KINDS, type FaultKind } from "./fault.ts";

export interface ChaosArguments {
  readonly only: string | undefined;
  readonly kind: FaultKind | undefined;
  readonly sample: number | undefined;
  readonly worlds: number | undefined;
  readonly seed: number;
  readonly list: boolean;
  readonly fuzz: boolean;
  readonly help: boolean;
}

const OPTIONS = {
  only: { type: "string" },
  fault: { type: "string" },
  sample: { type: "string" },
  seed: { type: "string" },
  worlds: { type: "string" },
  list: { type: "boolean", default: false },
  fuzz: { type: "boolean", default: false },
  help: { type: "boolean", short: "h", default: false },
} as const;

export const USAGE = `Every fault at every AWS call and every state of a restore drill, on the embedded local cloud.

  npm run chaos                          all of it
  npm run chaos -- --list                what there is to go wrong
  npm run chaos -- --only TEXT           faults whose description contains the text
  npm run chaos -- --fault KIND          one of ${FAULT_KINDS.join(", ")}
  npm run chaos -- --sample N --seed N   some of each kind and function; the seed repeats the choice
  npm run chaos -- --worlds N            how many drills side by side
  npm run chaos -- --fuzz [--seed N]     arbitrary inputs instead of faults

Exit codes: 0 as expected, 1 a difference, 64 bad usage.`;

/** What is not understood is answered as the mistake that it is. */
export function readChaosArguments(argv: readonly string[]): ChaosArguments | { readonly mistake: string } {
  try {
    const { values } = parseArgs({ args: [...argv], options: OPTIONS });
    const { fault, only, list, fuzz, help } = values;
    const kind = FAULT_KINDS.find((known) => known === fault);
    if (fault !== undefined && kind === undefined) return { mistake: `There is no fault "${fault}".` };
    const seed = count("seed", values.seed) ?? Math.floor(Math.random() * 2 ** 31);
    return {
      only,
      kind,
      sample: count("sample", values.sample),
      worlds: count("worlds", values.worlds),
      seed,
      list,
      fuzz,
      help,
    };
  } catch (error) {
    return { mistake: error instanceof Error ? error.message : String(error) };
  }
}

function count(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new TypeError(`--${option} is a whole number, not "${text}".`);
}
