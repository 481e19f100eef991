import { GenerateMacCommand, KMSClient } from "@aws-sdk/client-kms";
import { mockClient } from "aws-sdk-client-mock";
import { describe, expect, it } from "vitest";
import { macKey } from "../../src/aws/mac-key.ts";

describe("macKey", () => {
  it("is the label's HMAC under the key, in hex", async () => {
    const kms = new KMSClient({ region: "eu-central-1" });
    const mock = mockClient(kms)
      .on(GenerateMacCommand)
      .resolves({ Mac: new Uint8Array([0, 171, 255]) });
    expect(await macKey(kms, "alias/fingerprints", "baseline é")).toBe("00abff");
    expect(mock.commandCalls(GenerateMacCommand)[0]?.args[0].input).toEqual({
      KeyId: "alias/fingerprints",
      MacAlgorithm: "HMAC_SHA_256",
      Message: new TextEncoder().encode("baseline é"),
    });
  });

  it("is no key at all without an answer", async () => {
    const kms = new KMSClient({ region: "eu-central-1" });
    mockClient(kms).on(GenerateMacCommand).resolves({});
    await expect(macKey(kms, "k", "l")).rejects.toThrow("without a Mac");
  });
});
