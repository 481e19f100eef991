import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { DescribeDBClustersCommand, RDSClient } from "@aws-sdk/client-rds";
import { describe, expect, it } from "vitest";
import {
  inRegion,
  PATIENCE_FOR_STATEMENTS,
  PATIENCE_FOR_SWEEP,
  PATIENCE_FOR_TEARDOWN,
  patience,
} from "../../src/aws/clients.ts";

describe("inRegion", () => {
  it("makes a client for the region that is asked for, which tries throttled calls five times", async () => {
    const client = inRegion(RDSClient)("eu-central-1");
    expect(await client.config.region()).toBe("eu-central-1");
    expect(await client.config.maxAttempts()).toBe(5);
  });

  it("keeps one a region for the life of the container", () => {
    const rds = inRegion(RDSClient);
    expect(rds("eu-central-1")).toBe(rds("eu-central-1"));
    expect(rds("eu-central-1")).not.toBe(rds("eu-west-1"));
  });
});

describe("the patience of a client", () => {
  it("ends a call whose socket never answers", async () => {
    const silent = createServer((socket) => socket.resume()).listen(0, "127.0.0.1");
    await once(silent, "listening");
    const { port } = silent.address() as AddressInfo;
    const client = new RDSClient({
      region: "eu-central-1",
      endpoint: `http://127.0.0.1:${port}`,
      credentials: { accessKeyId: "test", secretAccessKey: "test" },
      ...patience({ maxAttempts: 1, requestSeconds: 0.2 }),
    });
    try {
      await expect(client.send(new DescribeDBClustersCommand({}))).rejects.toMatchObject({ name: "TimeoutError" });
    } finally {
      client.destroy();
      silent.close();
    }
  }, 3000);

  it("is 15 s for control planes, and for statements longer than the 45 s that the Data API gives them", () => {
    expect(patience().requestHandler).toEqual({
      connectionTimeout: 5000,
      requestTimeout: 15_000,
      socketTimeout: 15_000,
      throwOnRequestTimeout: true,
    });
    expect(patience(PATIENCE_FOR_STATEMENTS)).toMatchObject({
      maxAttempts: 2,
      requestHandler: { requestTimeout: 60_000 },
    });
  });

  it("leaves the functions that delete in their time: the calls of a look or of a swept drill, at their slowest", () => {
    const secondsOf = (
      calls: number,
      { maxAttempts, requestSeconds }: Record<"maxAttempts" | "requestSeconds", number>,
    ) => calls * maxAttempts * requestSeconds;
    expect(secondsOf(11, PATIENCE_FOR_TEARDOWN)).toBeLessThan(100);
    expect(secondsOf(7, PATIENCE_FOR_SWEEP)).toBeLessThan(230);
  });

  it("can be given to the clients of a region", async () => {
    const client = inRegion(RDSClient, { maxAttempts: 2 })("eu-central-1");
    expect(await client.config.maxAttempts()).toBe(2);
  });
});
