/** The keys that the template makes, under the ARNs and aliases that it gives them. */
import * as z from "zod/mini";
import { ofType, type PackagedTemplate } from "../../../packaging/template.ts";
import type { KmsKeys } from "../services/kms.ts";

const Key = z.object({ KeyUsage: z._default(z.enum(["ENCRYPT_DECRYPT", "GENERATE_VERIFY_MAC"]), "ENCRYPT_DECRYPT") });
const Alias = z.object({ TargetKeyId: z.string() });

export function deployKeys({ resources }: Pick<PackagedTemplate, "resources">, region: string, keys: KmsKeys): void {
  const aliases = ofType(resources, "AWS::KMS::Alias").map(({ ref, properties }) => ({
    name: ref,
    key: z.parse(Alias, properties).TargetKeyId,
  }));
  for (const { ref: keyId, arn, properties } of ofType(resources, "AWS::KMS::Key")) {
    const own = aliases.filter(({ key }) => key === keyId || key === arn).map(({ name }) => name);
    keys.create(region, { keyId, aliases: own, usage: z.parse(Key, properties).KeyUsage });
  }
}
