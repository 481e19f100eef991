import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { rehearse } from "../../src/cli/rehearsal.ts";
import { PROJECT } from "./command.ts";

describe("rehearse", () => {
  it.each(["starting the local cloud", "capturing a baseline", "taking the backup"])(
    "is given up when it is aborted while %s, before a drill begins",
    async (moment) => {
      const interruption = new AbortController();
      const states: string[] = [];
      const rehearsal = rehearse({
        root: join(PROJECT, ".restore-drill"),
        signal: interruption.signal,
        onPreparing: (what) => what.startsWith(moment) && interruption.abort(new Error("interrupted")),
        onEvent: ({ state, type }) => states.push(`${type} ${state}`),
      });
      await expect(rehearsal).rejects.toThrow("interrupted");
      expect(states).toEqual([]);
    },
  );
});
