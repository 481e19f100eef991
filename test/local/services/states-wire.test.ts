import { mkdir, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import {
  DescribeExecutionCommand,
  DescribeStateMachineCommand,
  ExecutionAlreadyExists,
  GetExecutionHistoryCommand,
  InvalidName,
  ListExecutionsCommand,
  SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
} from "@aws-sdk/client-sfn";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { LambdaRuntime } from "../../../src/local/lambda/runtime.ts";
import { createLambdaRuntime } from "../../../src/local/lambda/runtime.ts";
import { statesService } from "../../../src/local/services/states.ts";
import type { Endpoint } from "../../../src/local/wire/endpoint.ts";
import { startEndpoint } from "../../../src/local/wire/endpoint.ts";
import { MACHINE_ARN, task } from "./states-fixture.ts";

const directory = resolve(import.meta.dirname, "../../../.restore-drill/test", `states-wire-${process.pid}`);
const credentials = { accessKeyId: "AKIDTESTER", secretAccessKey: "secret" };
const defects: unknown[] = [];
let runtime: LambdaRuntime;
let endpoint: Endpoint;
let sfn: SFNClient;
let finished: (executionArn: string) => Promise<unknown>;

beforeAll(async () => {
  await mkdir(directory, { recursive: true });
  const bundle = join(directory, "index.cjs");
  await writeFile(
    bundle,
    `class Refused extends Error { name = "Drill.Refused" }
     exports.handler = async ({ refuse, pauseMs = 0, ...event }) => {
       if (refuse) throw new Refused("no");
       await new Promise((done) => setTimeout(done, pauseMs));
       return { ...event, tries: (event.tries ?? 0) + 1, phase: event.tries ? "ready" : "pending", waitSeconds: 5 };
     };`,
  );
  const environment = { AWS_REGION: "eu-west-1" };
  runtime = createLambdaRuntime({
    functions: { f: { bundle, environment, timeoutSeconds: 30, memoryMb: 128 } },
    onLog: () => {},
  });
  const service = statesService({
    region: "eu-west-1",
    accountId: "111122223333",
    machines: [
      {
        name: "drill",
        definition: {
          StartAt: "Try",
          States: {
            Try: task("f", { TimeoutSeconds: 60, Next: "IsReady" }),
            IsReady: {
              Type: "Choice",
              Choices: [{ Variable: "$.phase", StringEquals: "ready", Next: "Done" }],
              Default: "WaitForIt",
            },
            WaitForIt: { Type: "Wait", SecondsPath: "$.waitSeconds", Next: "Try" },
            Done: { Type: "Succeed" },
          },
        },
      },
    ],
    invoke: (functionArn, payload, signal) => runtime.invoke(functionArn, payload, { signal }),
    timeScale: 0.001,
  });
  finished = service.executionFinished;
  endpoint = await startEndpoint({
    accountId: "111122223333",
    principals: [{ name: "tester", ...credentials }],
    services: [service],
    onDefect: (defect) => defects.push(defect),
  });
  sfn = new SFNClient({ endpoint: endpoint.url, region: "eu-west-1", credentials, maxAttempts: 1 });
});
afterAll(async () => {
  sfn.destroy();
  await Promise.all([endpoint.close(), runtime.close()]);
  await rm(directory, { recursive: true, force: true });
});

const start = async (name: string, input: object): Promise<string> => {
  const command = new StartExecutionCommand({ stateMachineArn: MACHINE_ARN, name, input: JSON.stringify(input) });
  return (await sfn.send(command)).executionArn ?? "";
};

describe("Step Functions, through the SDK", () => {
  it("runs the machine with real functions and tells its history", async () => {
    const executionArn = await start("d-1", { drill: "d" });
    await finished(executionArn);
    const execution = await sfn.send(new DescribeExecutionCommand({ executionArn }));
    expect(execution).toMatchObject({ status: "SUCCEEDED", name: "d-1", stopDate: expect.any(Date) });
    expect(JSON.parse(execution.output ?? "")).toMatchObject({ drill: "d", phase: "ready", tries: 2 });
    const { events = [] } = await sfn.send(new GetExecutionHistoryCommand({ executionArn }));
    expect(events.map(({ stateEnteredEventDetails }) => stateEnteredEventDetails?.name).filter(Boolean)).toEqual([
      "Try",
      "IsReady",
      "WaitForIt",
      "Try",
      "IsReady",
      "Done",
    ]);
    expect(events.at(-1)).toMatchObject({ type: "ExecutionSucceeded", timestamp: expect.any(Date) });
    const { executions } = await sfn.send(new ListExecutionsCommand({ stateMachineArn: MACHINE_ARN }));
    expect(executions).toMatchObject([{ name: "d-1", status: "SUCCEEDED" }]);
  });

  it("reports what a function threw as error and cause", async () => {
    const executionArn = await start("d-2", { refuse: true });
    await finished(executionArn);
    const { status, error, cause } = await sfn.send(new DescribeExecutionCommand({ executionArn }));
    expect({ status, error }).toEqual({ status: "FAILED", error: "Drill.Refused" });
    expect(JSON.parse(cause ?? "")).toMatchObject({ errorType: "Drill.Refused", errorMessage: "no" });
  });

  it("throws the SDK's own errors", async () => {
    await start("d-3", {});
    await expect(start("d-3", { other: true })).rejects.toThrow(ExecutionAlreadyExists);
    await expect(start("d 3", {})).rejects.toThrow(InvalidName);
  });

  it("stops an execution and describes the machine", async () => {
    const executionArn = await start("d-4", { pauseMs: 20_000 });
    await sfn.send(new StopExecutionCommand({ executionArn, cause: "enough" }));
    expect(await sfn.send(new DescribeExecutionCommand({ executionArn }))).toMatchObject({ status: "ABORTED" });
    const machine = await sfn.send(new DescribeStateMachineCommand({ stateMachineArn: MACHINE_ARN }));
    expect(machine.name).toBe("drill");
    expect(defects).toEqual([]);
  });
});
