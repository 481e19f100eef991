import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import validate from "asl-validator";
import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../src/local/services/states/json.ts";
import { refusals } from "../../src/local/services/states/refusals.ts";
import { CAPTURE, CAPTURE_TEXT, DEPLOYED_CAPTURE, failing, type Handlers, MACHINE, ROOT, run } from "./machine.ts";

const capture = (handlers: Handlers) => run(handlers, { plan: "orders" }, DEPLOYED_CAPTURE);

describe("statemachines/capture-baseline.asl.json", () => {
  it("is valid as it is deployed, also by what the validator does not know", () => {
    const validation = validate(structuredClone(DEPLOYED_CAPTURE));
    expect(validation.isValid ? "" : validation.errorsText("\n")).toBe("");
    expect(refusals(DEPLOYED_CAPTURE as unknown as JsonObject)).toEqual([]);
    expect(CAPTURE_TEXT).not.toContain("null");
  });

  it("has one task in four spellings of one name, tried again for the errors that a drill's steps are tried again for", () => {
    const task = CAPTURE.States["CaptureBaseline"];
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a placeholder of CloudFormation
    expect(task).toMatchObject({ Type: "Task", Resource: "${CaptureBaselineArn}", TimeoutSeconds: 900 });
    expect(task?.Retry).toEqual(MACHINE.States["PlanDrill"]?.Retry);
    const file = resolve(ROOT, "functions/capture-baseline.ts");
    expect(existsSync(file)).toBe(true);
    expect(readFileSync(file, "utf8")).toContain('taskBeside("capture-baseline"');
  });

  it("outlives the hour that a capture may take, and one call more", () => {
    expect(CAPTURE.TimeoutSeconds).toBeGreaterThan(3600 + 900);
  });

  it("calls until the baseline is ready, with the request, the execution and the last answer", async () => {
    let calls = 0;
    const { status, visited, seen } = await capture({
      CaptureBaseline: () => {
        calls += 1;
        return { phase: calls === 3 ? "ready" : "pending", waitSeconds: 1, looks: calls };
      },
    });
    expect(status).toBe("SUCCEEDED");
    expect(visited.filter((state) => state === "WaitForBaseline")).toHaveLength(2);
    expect(visited.at(-1)).toBe("BaselineCaptured");
    expect(seen["CaptureBaseline"]?.[1]).toMatchObject({
      request: { plan: "orders" },
      execution: { name: "weekly-1", startedAt: "2026-11-21T14:32:05.000Z" },
      baseline: { phase: "pending", looks: 1 },
    });
  });

  it("ends red with the function's error and what it said", async () => {
    const { status, error, cause, visited } = await capture({
      CaptureBaseline: failing("Drill.BaselineFailed", "the check is empty"),
    });
    expect({ status, error }).toEqual({ status: "FAILED", error: "Drill.BaselineFailed" });
    expect(cause).toContain("the check is empty");
    expect(visited.at(-1)).toBe("BaselineFailed");
  });
});
