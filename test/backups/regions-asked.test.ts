import { BackupClient } from "@aws-sdk/client-backup";
import { DBClusterSnapshotNotFoundFault, RDSClient, RDSServiceException } from "@aws-sdk/client-rds";
import { describe, expect, it } from "vitest";
import { RegionsAsked } from "../../src/backups/regions-asked.ts";
import { SourceUnsupported } from "../../src/errors.ts";

const answered = (name: string, httpStatusCode: number): Error =>
  new RDSServiceException({
    name,
    $fault: httpStatusCode < 500 ? "client" : "server",
    message: name,
    $metadata: { httpStatusCode },
  });
const failing = (members: object): Error => Object.assign(new Error("no answer"), members);
const DENIED = answered("AccessDenied", 403);
const TIMEOUT = failing({ name: "TimeoutError" });

/** How many of the questions reach a region that fails with these, one after the other. */
async function askedOf(...errors: Error[]): Promise<number> {
  const asked = new RegionsAsked({ rds: () => new RDSClient({}), backup: () => new BackupClient({}) });
  let count = 0;
  for (const error of errors) {
    const question = async (): Promise<never> => {
      count += 1;
      throw error;
    };
    await asked.rds("eu-west-1", question).catch(() => undefined);
  }
  return count;
}

describe("RegionsAsked", () => {
  it.each([
    ["a time-out", TIMEOUT],
    ["a connection that fails", failing({ code: "ECONNREFUSED" })],
    ["a name that does not resolve", failing({ code: "ENOTFOUND" })],
    ["a 5xx", answered("InternalFailure", 500)],
    ["another 5xx", answered("NotImplemented", 501)],
    ["throttling", answered("Throttling", 400)],
  ])("gives a region up after three times of %s", async (_, error) => {
    expect(await askedOf(error, error, error, error, error)).toBe(3);
  });

  it.each([
    ["a refusal", DENIED],
    ["what is not found", new DBClusterSnapshotNotFoundFault({ message: "none", $metadata: { httpStatusCode: 404 } })],
    ["more snapshots than can be listed", new SourceUnsupported("too many")],
  ])("takes %s for an answer", async (_, error) => {
    expect(await askedOf(error, error, error, error, error)).toBe(5);
    expect(await askedOf(TIMEOUT, TIMEOUT, error, TIMEOUT, TIMEOUT)).toBe(5);
  });

  it("asks the other services and regions of one that is given up", async () => {
    const asked = new RegionsAsked({ rds: () => new RDSClient({}), backup: () => new BackupClient({}) });
    const hang = () => Promise.reject(TIMEOUT);
    for (let time = 0; time < 3; time += 1) await asked.rds("eu-west-1", hang).catch(() => undefined);
    await expect(asked.rds("eu-west-1", async () => 1)).rejects.toThrow("did not answer 3 times in a row");
    expect(await asked.rds("eu-central-1", async () => 1)).toBe(1);
    expect(await asked.backup("eu-west-1", async () => 1)).toBe(1);
  });
});
