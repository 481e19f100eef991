import { GenerateMacCommand, type KMSClient } from "@aws-sdk/client-kms";

/**
 * A secret of 256 bits for each label, the same every time: the label's HMAC under a KMS key that nobody can read. So the key of a
 * fingerprint is stored nowhere, and whoever may not call kms:GenerateMac can not make it. In hex.
 * https://docs.aws.amazon.com/kms/latest/developerguide/hmac.html
 */
export async function macKey(kms: KMSClient, keyId: string, label: string): Promise<string> {
  const { Mac } = await kms.send(
    new GenerateMacCommand({ KeyId: keyId, MacAlgorithm: "HMAC_SHA_256", Message: new TextEncoder().encode(label) }),
  );
  if (Mac === undefined) throw new TypeError("KMS answered GenerateMac without a Mac.");
  return Buffer.from(Mac).toString("hex");
}
