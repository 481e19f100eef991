import { RDSClient } from "@aws-sdk/client-rds";
import { describe, expect, it } from "vitest";
import { inRegion } from "../../src/aws/clients.ts";

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
