import * as backup from "@aws-sdk/client-backup";
import {
  BackupClient,
  ListBackupJobsCommand,
  type ListBackupJobsCommandInput,
  paginateListBackupJobs,
} from "@aws-sdk/client-backup";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { backupJobs } from "../../../src/local/services/backup-jobs.ts";
import { ACCOUNT_ID, cloudOf, refusal } from "./cloud-of.ts";

const ORDERS = `arn:aws:rds:eu-central-1:${ACCOUNT_ID}:cluster:orders`;
const daysAgo = (days: number): Date => new Date(Date.now() - days * 86_400_000);

let cloud: Awaited<ReturnType<typeof cloudOf>>;
let client: BackupClient;
beforeAll(async () => {
  const jobs = backupJobs(ACCOUNT_ID);
  cloud = await cloudOf({ name: "backup", sdk: backup, operations: { ListBackupJobs: jobs.list } });
  client = new BackupClient(cloud.config());
  for (const days of [1, 2, 3, 40])
    jobs.record("eu-central-1", {
      ResourceArn: ORDERS,
      State: days === 2 ? "FAILED" : "COMPLETED",
      CreationDate: daysAgo(days),
      RecoveryPointLifecycle: { DeleteAfterDays: 35 },
    });
  jobs.record("eu-central-1", { ResourceArn: `${ORDERS}-2`, State: "COMPLETED" });
  jobs.record("eu-west-1", { ResourceArn: ORDERS, State: "COMPLETED" });
});
afterAll(() => cloud.close());

describe("ListBackupJobs of the local cloud", () => {
  it("lists the jobs of its region and of a month, by what it is asked, with how long each keeps what it made", async () => {
    const { BackupJobs = [] } = await client.send(new ListBackupJobsCommand({ ByResourceArn: ORDERS }));
    expect(BackupJobs.map(({ State }) => State)).toEqual(["COMPLETED", "FAILED", "COMPLETED"]);
    expect(BackupJobs[0]).toMatchObject({ AccountId: ACCOUNT_ID, RecoveryPointLifecycle: { DeleteAfterDays: 35 } });
    const recent = { ByResourceArn: ORDERS, ByCreatedAfter: daysAgo(2.5) };
    expect((await client.send(new ListBackupJobsCommand(recent))).BackupJobs).toHaveLength(2);
    const failed = { ByState: "FAILED" as const };
    expect((await client.send(new ListBackupJobsCommand(failed))).BackupJobs).toHaveLength(1);
  });

  it("lists them by pages", async () => {
    const pages: number[] = [];
    for await (const { BackupJobs = [] } of paginateListBackupJobs({ client, pageSize: 3 }, {}))
      pages.push(BackupJobs.length);
    expect(pages).toEqual([3, 1]);
  });

  it("refuses filters that it does not model, and pages that AWS Backup has not", async () => {
    const refused = async (input: ListBackupJobsCommandInput) =>
      (await refusal(client.send(new ListBackupJobsCommand(input)))).message;
    expect(await refused({ ByAccountId: "*" })).toMatch(/can not list backup jobs by ByAccountId/);
    expect(await refused({ MaxResults: 1001 })).toMatch(/MaxResults/);
    expect(await refused({ NextToken: "x" })).toMatch(/NextToken/);
  });
});
