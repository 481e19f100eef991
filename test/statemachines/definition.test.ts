import { existsSync, globSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import validate from "asl-validator";
import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../src/local/services/states/json.ts";
import { refusals } from "../../src/local/services/states/refusals.ts";
import { Plan } from "../../src/plan/plan.ts";
import { MACHINE_ERROR, OUTCOME_ERROR, Verdict } from "../../src/verdict/verdict.ts";
import { CAPTURE, DEPLOYED, FINISH, MACHINE, type Machine, ROOT, type State, statesOf, TEXT } from "./machine.ts";

const states = statesOf(MACHINE);
const tasks = states.filter(([, { Type }]) => Type === "Task");
const ofType = (type: string): string[] => states.filter(([, { Type }]) => Type === type).map(([name]) => name);
const OF_LAMBDA = [
  "Lambda.ClientExecutionTimeoutException",
  "Lambda.ServiceException",
  "Lambda.AWSLambdaException",
  "Lambda.SdkClientException",
  "Lambda.TooManyRequestsException",
];
const KILLED = ["Lambda.Unknown", "Runtime.ExitError", "Sandbox.Timedout"];
const taskNames = (machine: Machine): string[] =>
  statesOf(machine).flatMap(([name, { Type }]) => (Type === "Task" ? [name] : []));
const kebab = (name: string): string => name.replace(/(?<!^)[A-Z]/g, "-$&").toLowerCase();

describe("statemachines/restore-drill.asl.json", () => {
  it("is valid as it is deployed, also by what the validator does not know", () => {
    const validation = validate(structuredClone(DEPLOYED));
    expect(validation.isValid ? "" : validation.errorsText("\n")).toBe("");
    expect(refusals(DEPLOYED as unknown as JsonObject)).toEqual([]);
  });

  it("holds no null, which packaging drops", () => {
    const nulls: string[] = [];
    JSON.parse(TEXT, (key, value: unknown) => {
      if (value === null) nulls.push(key);
      return value;
    });
    expect(nulls).toEqual([]);
  });

  it("reaches every state it has", () => {
    const reached = (machine: Machine): string[] => {
      const found = new Set<string>();
      const walk = (name: string): void => {
        const state = machine.States[name];
        if (state === undefined) throw new Error(`There is no state ${name}`);
        if (found.has(name)) return;
        found.add(name);
        for (const next of successorsOf(state)) walk(next);
      };
      walk(machine.StartAt);
      return [...found, ...Object.values(machine.States).flatMap(({ Branches = [] }) => Branches.flatMap(reached))];
    };
    expect(reached(MACHINE).sort()).toEqual(states.map(([name]) => name).sort());
  });

  it("names only errors that src knows", () => {
    const known = globSync("src/**/*.ts", { cwd: ROOT })
      .map((file) => readFileSync(resolve(ROOT, file), "utf8"))
      .join("\n");
    const named = [...TEXT.matchAll(/"(Drill\.\w+)"/g)].map(([, name]) => name);
    expect([...new Set(named)].sort()).toEqual([...Object.values(MACHINE_ERROR), OUTCOME_ERROR.failed].sort());
    for (const name of named) expect(known).toContain(`"${name}"`);
  });

  it("holds in its own verdict what the steps after it read", () => {
    expect(Verdict.parse(MACHINE.States["JudgeErrored"]?.Result)).toMatchObject({
      verdict: "errored",
      reason: "drill",
    });
    expect(Verdict.parse(MACHINE.States["BadDataSeen"]?.Result)).toMatchObject({ verdict: "failed", reason: "data" });
    expect(MACHINE.States["NobodyTold"]?.Result).toMatchObject({ verdict: "errored", error: MACHINE_ERROR.nobodyTold });
    expect(Object.values(OUTCOME_ERROR)).not.toContain(MACHINE_ERROR.notJudged);
  });

  it("outlives the longest plan with its teardown: a timeout of the execution itself leads to no state", () => {
    const longest = { rto: "36h", rpo: "36h" };
    const plan = Plan.parse({
      plan: "p",
      source: { region: "eu-west-1", cluster: "c", database: "d" },
      sandbox: { region: "eu-west-1" },
      objectives: longest,
      limits: { time: "36h" },
    });
    const afterwardsSeconds = 3600;
    const teardownSeconds = 6 * 3600;
    const turnSeconds = 8 * 3600;
    expect(MACHINE.TimeoutSeconds).toBeGreaterThan(
      turnSeconds + plan.limits.timeSeconds + teardownSeconds + afterwardsSeconds,
    );
  });
});

function successorsOf({ Next, Default, Choices = [], Catch = [] }: State): string[] {
  return [Next, Default, ...Choices.map((choice) => choice.Next), ...Catch.map((rule) => rule.Next)].filter(
    (name) => name !== undefined,
  );
}

describe.each(tasks)("the task %s", (name, task, isTried) => {
  it("has four spellings of one name", () => {
    expect(name).toMatch(/^([A-Z][a-z]+){2,3}$/);
    expect(task.Resource).toBe(`\${${name}Arn}`);
    const file = resolve(ROOT, "functions", `${kebab(name)}.ts`);
    expect(existsSync(file)).toBe(true);
    // A drill that waits for its turn has nowhere to keep a journal yet.
    const made = name === "TakeTurn" ? "taskBeside" : "drillStep";
    expect(readFileSync(file, "utf8")).toContain(`${made}("${kebab(name)}"`);
  });

  it("ends: it has a timeout, no longer than Lambda's 900 s", () => {
    expect(task.TimeoutSeconds).toBeGreaterThan(0);
    expect(task.TimeoutSeconds).toBeLessThanOrEqual(900);
  });

  // A step that was killed (its time, its memory) may have done half of its work: each looks at what is there before it acts.
  it("is tried again only for errors of Lambda itself, and when it was killed", () => {
    expect(task.Retry).toEqual([
      {
        ErrorEquals: [...OF_LAMBDA, ...KILLED],
        IntervalSeconds: 2,
        MaxAttempts: 4,
        BackoffRate: 2,
        MaxDelaySeconds: 30,
        JitterStrategy: "FULL",
      },
    ]);
  });

  it("keeps the document and adds its answer to it", () => {
    expect(task.ResultPath).toMatch(/^\$\.[a-zA-Z]+$/);
  });

  it("is in the try block, or catches everything itself without losing the document", () => {
    if (isTried) {
      expect(task.Catch).toBeUndefined();
      return;
    }
    expect(task.Catch).toHaveLength(1);
    expect(task.Catch?.[0]?.ErrorEquals).toEqual(["States.ALL"]);
    expect(task.Catch?.[0]?.ResultPath).toMatch(/^\$\.\w*[fF]ailure$/);
  });
});

describe("the try block", () => {
  it("is one branch with one Catch, which leads to the judge", () => {
    const [block, ...others] = states.filter(([, { Type }]) => Type === "Parallel").map(([, state]) => state);
    expect(others).toEqual([]);
    expect(block?.Branches).toHaveLength(1);
    expect(block?.Catch).toEqual([{ ErrorEquals: ["States.ALL"], ResultPath: "$.failure", Next: "JudgeDrill" }]);
  });
});

describe("the names of states", () => {
  it("are questions of choices, waits for something, and ends that are outcomes", () => {
    for (const name of ofType("Choice")) expect(name).toMatch(/^(Is|Are|Was|What)[A-Z]/);
    for (const name of ofType("Wait")) expect(name).toMatch(/^WaitFor[A-Z]/);
    expect([...ofType("Fail"), ...ofType("Succeed")].sort()).toEqual(
      ["ChecksDone", "DrillErrored", "DrillFailed", "DrillInconclusive", "DrillPassed"].sort(),
    );
  });

  it("are those of the functions, all of them", () => {
    const files = globSync("functions/*.ts", { cwd: ROOT }).map((file) => file.replace(/^.*\/|\.ts$/g, ""));
    const named = new Set([MACHINE, CAPTURE, FINISH].flatMap(taskNames).map(kebab));
    // Schedules and events start these, and not a machine.
    const others = [
      "start-due-drills",
      "start-event-drill",
      "start-scheduled-drill",
      "survey-backups",
      "sweep",
      "watchdog",
      "write-index",
    ];
    expect([...named, ...others].sort()).toEqual(files.sort());
  });
});
