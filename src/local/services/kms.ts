/** The part of KMS that a drill asks: does this key exist here, can it be used, and what is the MAC of a message under it. */
import { createHmac, randomBytes, randomUUID } from "node:crypto";
import type {
  DescribeKeyCommandInput,
  DescribeKeyCommandOutput,
  GenerateMacCommandInput,
  GenerateMacCommandOutput,
  KeyState,
  KeyUsageType,
} from "@aws-sdk/client-kms";
import * as kms from "@aws-sdk/client-kms";
import { type CallContext, type Service, ServiceError } from "../wire/service.ts";

export interface KmsKey {
  readonly arn: string;
  readonly keyId: string;
  /** With the prefix: `alias/restore-drill`. */
  readonly aliases: readonly string[];
  /** Only an enabled key encrypts or decrypts. */
  readonly enabled: boolean;
  readonly state: Extract<KeyState, "Enabled" | "Disabled" | "PendingDeletion">;
  readonly createdAt: Date;
  readonly deletionDate?: Date;
  /** AWS's own keys (`alias/aws/rds`) cannot be shared across accounts, and a copy elsewhere cannot name them. */
  readonly manager: "AWS" | "CUSTOMER";
  readonly usage: Extract<KeyUsageType, "ENCRYPT_DECRYPT" | "GENERATE_VERIFY_MAC">;
  /** The key itself, of one that makes MACs. It goes with the account. */
  readonly secret: Uint8Array | undefined;
}

/** HMAC_256: "the length of the key material is 256 bits". */
const HMAC_BYTES = 32;

/** The keys of one account in all regions. KMS and RDS look at the same ones. */
export class KmsKeys {
  readonly #accountId: string;
  readonly #keys = new Map<string, KmsKey>();

  constructor(accountId: string) {
    this.#accountId = accountId;
  }

  /** Makes a key; aliases carry their prefix. Throws `TypeError` when the region has the alias already. */
  create(
    region: string,
    options: { aliases?: readonly string[]; keyId?: string; usage?: KmsKey["usage"] } = {},
  ): KmsKey {
    const { aliases = [], keyId = randomUUID(), usage = "ENCRYPT_DECRYPT" } = options;
    for (const alias of aliases) {
      if (!alias.startsWith("alias/")) throw new TypeError(`a key alias begins with alias/: ${alias}`);
      if (this.find(region, alias)) throw new TypeError(`${region} already has a key with ${alias}`);
    }
    const key: KmsKey = {
      arn: `arn:aws:kms:${region}:${this.#accountId}:key/${keyId}`,
      keyId,
      aliases: [...aliases],
      enabled: true,
      state: "Enabled",
      createdAt: new Date(),
      manager: aliases.some((alias) => alias.startsWith("alias/aws/")) ? "AWS" : "CUSTOMER",
      usage,
      secret: usage === "GENERATE_VERIFY_MAC" ? randomBytes(HMAC_BYTES) : undefined,
    };
    this.#keys.set(key.arn, key);
    return key;
  }

  /** The key that `name` (key id, key ARN, alias or alias ARN) means in a region. An ARN of another region means none. */
  find(region: string, name: string): KmsKey | undefined {
    const prefix = `arn:aws:kms:${region}:${this.#accountId}:`;
    const local = name.startsWith(prefix) ? name.slice(prefix.length).replace(/^key\//, "") : name;
    for (const key of this.#keys.values()) {
      if (!key.arn.startsWith(prefix)) continue;
      if (key.keyId === local || key.aliases.includes(local)) return key;
    }
    return undefined;
  }

  /** Throws `TypeError` when the region has no such key, as do the other changes. */
  disable(region: string, name: string): void {
    this.#change(region, name, (key) => ({ ...withoutDeletion(key), enabled: false, state: "Disabled" }));
  }

  /** Also ends a scheduled deletion. */
  enable(region: string, name: string): void {
    this.#change(region, name, (key) => ({ ...withoutDeletion(key), enabled: true, state: "Enabled" }));
  }

  /** KMS waits 7 to 30 days before it deletes; the key is unusable at once. */
  scheduleDeletion(region: string, name: string, pendingDays = 30): void {
    const deletionDate = new Date(Date.now() + pendingDays * 86_400_000);
    this.#change(region, name, (key) => ({ ...key, enabled: false, state: "PendingDeletion", deletionDate }));
  }

  #change(region: string, name: string, change: (key: KmsKey) => KmsKey): void {
    const key = this.find(region, name);
    if (!key) throw new TypeError(`${region} has no key ${name}`);
    this.#keys.set(key.arn, change(key));
  }
}

/** KMS with two operations, DescribeKey and GenerateMac. */
export function kmsService({ keys }: { readonly keys: KmsKeys }): Service {
  return { name: "kms", sdk: kms, operations: { DescribeKey: describeKey, GenerateMac: generateMac } };

  function describeKey(
    input: DescribeKeyCommandInput,
    context: CallContext,
  ): Omit<DescribeKeyCommandOutput, "$metadata"> {
    const name = input.KeyId ?? "";
    const key = keys.find(context.region, name);
    if (!key) throw notFound(name, context);
    return {
      KeyMetadata: {
        AWSAccountId: context.accountId,
        KeyId: key.keyId,
        Arn: key.arn,
        CreationDate: key.createdAt,
        Enabled: key.enabled,
        KeyState: key.state,
        KeyUsage: key.usage,
        ...(key.usage === "GENERATE_VERIFY_MAC"
          ? { KeySpec: "HMAC_256", MacAlgorithms: ["HMAC_SHA_256"] }
          : { KeySpec: "SYMMETRIC_DEFAULT", EncryptionAlgorithms: ["SYMMETRIC_DEFAULT"] }),
        KeyManager: key.manager,
        Origin: "AWS_KMS",
        MultiRegion: false,
        ...(key.deletionDate ? { DeletionDate: key.deletionDate } : {}),
      },
    };
  }

  /** https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateMac.html */
  function generateMac(
    { KeyId: name = "", MacAlgorithm: algorithm, Message: message = new Uint8Array() }: GenerateMacCommandInput,
    context: CallContext,
  ): Omit<GenerateMacCommandOutput, "$metadata"> {
    const key = keys.find(context.region, name);
    if (!key) throw notFound(name, context);
    if (key.state === "Disabled") throw new ServiceError("DisabledException", `${key.arn} is disabled.`);
    if (key.state !== "Enabled") throw new ServiceError("KMSInvalidStateException", `${key.arn} is pending deletion.`);
    if (key.secret === undefined || algorithm !== "HMAC_SHA_256")
      throw new ServiceError(
        "InvalidKeyUsageException",
        `${key.arn} key usage is ${key.usage} which is not valid for GenerateMac with ${algorithm}.`,
      );
    if (message.byteLength < 1 || message.byteLength > MAX_MESSAGE_BYTES)
      throw new ServiceError(
        "ValidationException",
        `1 validation error detected: Value at 'message' failed to satisfy constraint: Member must have length between 1 and ${MAX_MESSAGE_BYTES}`,
        { status: 400 },
      );
    return { KeyId: key.arn, MacAlgorithm: algorithm, Mac: createHmac("sha256", key.secret).update(message).digest() };
  }
}

const MAX_MESSAGE_BYTES = 4096;

function notFound(name: string, { region, accountId }: CallContext): ServiceError {
  if (name.startsWith("arn:")) {
    const named = name.split(":")[3];
    const elsewhere = named === region ? "" : `; it names ${named}, and keys do not leave their region`;
    return new ServiceError("NotFoundException", `Key '${name}' does not exist in ${region}${elsewhere}`);
  }
  const resource = name.startsWith("alias/")
    ? `Alias arn:aws:kms:${region}:${accountId}:${name}`
    : `Key 'arn:aws:kms:${region}:${accountId}:key/${name}'`;
  return new ServiceError("NotFoundException", `${resource} is not found.`);
}

function withoutDeletion({ deletionDate: _, ...key }: KmsKey): KmsKey {
  return key;
}
