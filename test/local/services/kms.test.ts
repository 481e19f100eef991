import {
  DescribeKeyCommand,
  DisabledException,
  GenerateMacCommand,
  InvalidKeyUsageException,
  KMSClient,
  KMSInvalidStateException,
  NotFoundException,
} from "@aws-sdk/client-kms";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { KmsKeys, kmsService } from "../../../src/local/services/kms.ts";
import { ACCOUNT_ID, cloudOf, refusal } from "./cloud-of.ts";

let keys: KmsKeys;
let cloud: Awaited<ReturnType<typeof cloudOf>>;
beforeEach(async () => {
  keys = new KmsKeys(ACCOUNT_ID);
  cloud = await cloudOf(kmsService({ keys }));
});
afterEach(() => cloud.close());

async function describeKey(name: string, region?: string) {
  const { KeyMetadata } = await new KMSClient(cloud.config(region)).send(new DescribeKeyCommand({ KeyId: name }));
  return KeyMetadata;
}

describe("kmsService", () => {
  it("finds a key by its id, its ARN, its alias and its alias's ARN", async () => {
    const key = keys.create("eu-central-1", { aliases: ["alias/restore-drill"] });
    const aliasArn = `arn:aws:kms:eu-central-1:${ACCOUNT_ID}:alias/restore-drill`;
    for (const name of [key.keyId, key.arn, "alias/restore-drill", aliasArn]) {
      expect(await describeKey(name)).toMatchObject({ Arn: key.arn, Enabled: true, KeyState: "Enabled" });
    }
  });

  it("does not find what is not there, nor a key of another region", async () => {
    const key = keys.create("eu-central-1", { aliases: ["alias/restore-drill"] });
    expect(await refusal(describeKey("alias/other"))).toBeInstanceOf(NotFoundException);
    expect(await refusal(describeKey("alias/restore-drill", "eu-west-1"))).toBeInstanceOf(NotFoundException);
    const elsewhere = await refusal(describeKey(key.arn, "eu-west-1"));
    expect(elsewhere).toBeInstanceOf(NotFoundException);
    expect(elsewhere.message).toContain("it names eu-central-1");
  });

  it("shows a disabled key, one that is to be deleted, and one enabled again", async () => {
    const { keyId } = keys.create("eu-central-1");
    keys.disable("eu-central-1", keyId);
    expect(await describeKey(keyId)).toMatchObject({ Enabled: false, KeyState: "Disabled" });
    keys.scheduleDeletion("eu-central-1", keyId, 7);
    const doomed = await describeKey(keyId);
    expect(doomed).toMatchObject({ Enabled: false, KeyState: "PendingDeletion", DeletionDate: expect.any(Date) });
    keys.enable("eu-central-1", keyId);
    const enabled = await describeKey(keyId);
    expect(enabled).toMatchObject({ Enabled: true, KeyState: "Enabled" });
    expect(enabled).not.toHaveProperty("DeletionDate");
  });

  it("knows AWS's own keys from the customer's", async () => {
    keys.create("eu-central-1", { aliases: ["alias/aws/rds"] });
    expect(await describeKey("alias/aws/rds")).toMatchObject({ KeyManager: "AWS" });
  });
});

describe("GenerateMac", () => {
  const mac = async (name: string, text = "baseline 1"): Promise<string> => {
    const command = new GenerateMacCommand({
      KeyId: name,
      MacAlgorithm: "HMAC_SHA_256",
      Message: new TextEncoder().encode(text),
    });
    const { Mac } = await new KMSClient(cloud.config()).send(command);
    return Buffer.from(Mac ?? []).toString("hex");
  };

  it("answers 32 bytes, the same for one message and one key, and others for others", async () => {
    const [one, two] = ["alias/a", "alias/b"].map((alias) =>
      keys.create("eu-central-1", { aliases: [alias], usage: "GENERATE_VERIFY_MAC" }),
    );
    const first = await mac("alias/a");
    expect(first).toMatch(/^[0-9a-f]{64}$/);
    expect(await mac(one?.arn ?? "")).toBe(first);
    expect(await mac("alias/a", "baseline 2")).not.toBe(first);
    expect(await mac(two?.arn ?? "")).not.toBe(first);
    expect(await describeKey("alias/a")).toMatchObject({ KeyUsage: "GENERATE_VERIFY_MAC", KeySpec: "HMAC_256" });
  });

  it("refuses a key that encrypts, one that is disabled, one that is to be deleted and one that is not there", async () => {
    keys.create("eu-central-1", { aliases: ["alias/encrypts"] });
    expect(await refusal(mac("alias/encrypts"))).toBeInstanceOf(InvalidKeyUsageException);
    keys.create("eu-central-1", { aliases: ["alias/a"], usage: "GENERATE_VERIFY_MAC" });
    keys.disable("eu-central-1", "alias/a");
    expect(await refusal(mac("alias/a"))).toBeInstanceOf(DisabledException);
    keys.scheduleDeletion("eu-central-1", "alias/a");
    expect(await refusal(mac("alias/a"))).toBeInstanceOf(KMSInvalidStateException);
    expect(await refusal(mac("alias/other"))).toBeInstanceOf(NotFoundException);
  });
});

describe("KmsKeys", () => {
  it("refuses two keys under one alias, and changes to keys that are not there", () => {
    keys.create("eu-central-1", { aliases: ["alias/a"] });
    expect(() => keys.create("eu-central-1", { aliases: ["alias/a"] })).toThrow("already has a key with alias/a");
    expect(() => keys.create("eu-west-1", { aliases: ["alias/a"] })).not.toThrow();
    expect(() => keys.disable("eu-central-1", "alias/b")).toThrow("eu-central-1 has no key alias/b");
  });
});
