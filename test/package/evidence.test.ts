import { beforeAll, describe, expect, it } from "vitest";
import { type PackagedTemplate, readPackagedTemplate } from "../../packaging/template.ts";
import { packagedService } from "./packaged-service.ts";

let directory: string;
beforeAll(async () => {
  directory = await packagedService();
});
const deployed = (parameters: Record<string, string> = {}): Promise<PackagedTemplate> =>
  readPackagedTemplate(directory, { parameters });

describe("the evidence bucket", () => {
  it("stays when the stack goes, with its policy", async () => {
    const { resources } = await deployed();
    for (const id of ["EvidenceBucket", "EvidenceBucketPolicy"])
      expect(resources[id]?.deletionPolicy, id).toBe("Retain");
  });

  it("is versioned, encrypted, and closed to the public and to plain HTTP", async () => {
    const { resources } = await deployed();
    expect(resources["EvidenceBucket"]?.properties).toMatchObject({
      VersioningConfiguration: { Status: "Enabled" },
      BucketEncryption: { ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: {} }] },
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
    });
    expect(JSON.stringify(resources["EvidenceBucketPolicy"]?.properties)).toContain(
      '"Bool":{"aws:SecureTransport":"false"}',
    );
  });

  it("locks what is written for 400 days, and forgets what was replaced when its lock is over", async () => {
    const { resources } = await deployed();
    expect(resources["EvidenceBucket"]?.properties).toMatchObject({
      ObjectLockEnabled: true,
      ObjectLockConfiguration: {
        ObjectLockEnabled: "Enabled",
        Rule: { DefaultRetention: { Mode: "GOVERNANCE", Days: "400" } },
      },
      LifecycleConfiguration: {
        Rules: [
          { NoncurrentVersionExpiration: { NoncurrentDays: "400" } },
          { AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 } },
        ],
      },
    });
  });

  it("can be without the lock, for a bucket that is there and must not be replaced", async () => {
    const { resources } = await deployed({ EvidenceLock: "off" });
    expect(Object.keys(resources["EvidenceBucket"]?.properties ?? {}).filter((key) => /Lock/.test(key))).toEqual([]);
  });

  it("lets no function delete, retain or unlock a version", async () => {
    const { functions } = await deployed();
    const actions = functions.flatMap(({ statements }) => statements.flatMap(({ Action }) => Action));
    expect(
      actions.filter((action) => /^s3:(Delete|Bypass|PutObjectRetention|PutObjectLegalHold|PutBucket)/.test(action)),
    ).toEqual([]);
  });
});
