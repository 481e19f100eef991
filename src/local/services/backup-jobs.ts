/** AWS Backup's jobs, as who lists them sees them. What backs a database up is not modelled: jobs are told as they ended. */
import { randomUUID } from "node:crypto";
import type { BackupJob, ListBackupJobsInput, ListBackupJobsOutput } from "@aws-sdk/client-backup";
import { type CallContext, ServiceError } from "../wire/service.ts";

/** "Range: 1 - 1000"; by default as many. https://docs.aws.amazon.com/aws-backup/latest/devguide/API_ListBackupJobs.html */
const MAX_RESULTS = 1000;
/** "Returns a list of existing backup jobs for an authenticated account for the last 30 days." */
const LISTED_DAYS = 30;

/** The filters that do something here; another one is refused rather than silently ignored. */
const ASKED = new Set([
  "NextToken",
  "MaxResults",
  "ByResourceArn",
  "ByState",
  "ByBackupVaultName",
  "ByCreatedAfter",
  "ByCreatedBefore",
]);

export interface BackupJobs {
  readonly list: (input: ListBackupJobsInput, context: CallContext) => ListBackupJobsOutput;
  /** Answers the job's id. */
  record(region: string, job: BackupJob): string;
}

export function backupJobs(accountId: string): BackupJobs {
  const byRegion = new Map<string, BackupJob[]>();
  return {
    record(region, job) {
      const BackupJobId = job.BackupJobId ?? randomUUID().toUpperCase();
      const made = {
        AccountId: accountId,
        BackupVaultName: "Default",
        ResourceType: "Aurora",
        CreationDate: new Date(),
      };
      byRegion.set(region, [...(byRegion.get(region) ?? []), { ...made, ...job, BackupJobId }]);
      return BackupJobId;
    },
    list(input, { region }) {
      const foreign = Object.entries(input).find(([name, value]) => value !== undefined && !ASKED.has(name));
      if (foreign !== undefined)
        throw new ServiceError(
          "InvalidParameterValueException",
          `The local cloud can not list backup jobs by ${foreign[0]}.`,
        );
      const { MaxResults: size = MAX_RESULTS, NextToken } = input;
      if (!Number.isInteger(size) || size < 1 || size > MAX_RESULTS)
        throw new ServiceError("InvalidParameterValueException", `MaxResults must be between 1 and ${MAX_RESULTS}.`);
      const from = NextToken === undefined ? 0 : positionOf(NextToken);
      const listed = Date.now() - LISTED_DAYS * 86_400_000;
      const found = (byRegion.get(region) ?? [])
        .filter(({ CreationDate }) => (CreationDate?.getTime() ?? 0) >= listed)
        .filter((job) => isAsked(job, input));
      const end = from + size;
      return { BackupJobs: found.slice(from, end), ...(end < found.length ? { NextToken: tokenOf(end) } : {}) };
    },
  };
}

function isAsked(job: BackupJob, asked: ListBackupJobsInput): boolean {
  const createdAt = job.CreationDate?.getTime() ?? 0;
  return (
    (asked.ByResourceArn === undefined || job.ResourceArn === asked.ByResourceArn) &&
    (asked.ByState === undefined || job.State === asked.ByState) &&
    (asked.ByBackupVaultName === undefined || job.BackupVaultName === asked.ByBackupVaultName) &&
    (asked.ByCreatedAfter === undefined || createdAt > asked.ByCreatedAfter.getTime()) &&
    (asked.ByCreatedBefore === undefined || createdAt < asked.ByCreatedBefore.getTime())
  );
}

const tokenOf = (position: number): string => Buffer.from(`from:${position}`).toString("base64url");

function positionOf(token: string): number {
  const [, position] = /^from:(\d+)$/.exec(Buffer.from(token, "base64url").toString()) ?? [];
  if (position === undefined) throw new ServiceError("InvalidParameterValueException", "The NextToken is invalid.");
  return Number(position);
}
