/** AWS Backup, as far as drills and surveys see it: restore jobs of restore testing plans, the one result that each takes, and backup jobs. */
import { randomUUID } from "node:crypto";
import type {
  BackupJob,
  DescribeRestoreJobInput,
  DescribeRestoreJobOutput,
  PutRestoreValidationResultInput,
} from "@aws-sdk/client-backup";
import * as backup from "@aws-sdk/client-backup";
import { type AccountEvent, accountEvent } from "../events/execution-event.ts";
import { type CallContext, type Service, ServiceError } from "../wire/service.ts";
import { backupJobs } from "./backup-jobs.ts";
import type { RdsAdministration } from "./rds/administration.ts";
import type { TestedRestore } from "./rds/restore-tests.ts";

export interface LocalBackup {
  readonly service: Service;
  /** Runs one restore of a restore testing plan. Resolves to the event that tells of its end. */
  restoreForTest(test: TestedRestore): Promise<AccountEvent>;
  /** A job as it stands. Throws `ResourceNotFoundException`. */
  job(restoreJobId: string): DescribeRestoreJobOutput;
  /** A job that backed something up, or tried to. Answers its id. */
  recordBackupJob(region: string, job: BackupJob): string;
  /** Resolves when what was validated is deleted, or could not be. */
  settled(): Promise<void>;
}

type Job = DescribeRestoreJobOutput & { readonly region: string };

export function backupService(options: { readonly accountId: string; readonly rds: RdsAdministration }): LocalBackup {
  const { accountId, rds } = options;
  const jobs = new Map<string, Job>();
  const backups = backupJobs(accountId);
  const deletions: Promise<void>[] = [];

  function require(restoreJobId: string | undefined, region?: string): Job {
    const job = jobs.get(restoreJobId ?? "");
    if (job !== undefined && (region ?? job.region) === job.region) return job;
    throw new ServiceError("ResourceNotFoundException", `Restore job ${restoreJobId} does not exist.`);
  }

  function describe({ RestoreJobId: id }: DescribeRestoreJobInput, { region }: CallContext): DescribeRestoreJobOutput {
    const { region: _, ...job } = require(id, region);
    return job;
  }

  /** "Once a validation status is set, it cannot be changed." With it AWS Backup deletes what it restored, once. */
  function validate(input: PutRestoreValidationResultInput, { region }: CallContext): object {
    const job = require(input.RestoreJobId, region);
    if (job.ValidationStatus !== undefined)
      throw new ServiceError("InvalidRequestException", `The validation status of ${job.RestoreJobId} is set already.`);
    job.ValidationStatus = input.ValidationStatus;
    job.ValidationStatusMessage = input.ValidationStatusMessage;
    job.DeletionStatus = "DELETING";
    const end = (status: "SUCCESSFUL" | "FAILED", message?: string): void => {
      job.DeletionStatus = status;
      job.DeletionStatusMessage = message;
    };
    deletions.push(
      rds.deleteRestored(job.CreatedResourceArn ?? "").then(
        () => end("SUCCESSFUL"),
        (error: unknown) => end("FAILED", String(error)),
      ),
    );
    return {};
  }

  return {
    service: {
      name: "backup",
      sdk: backup,
      operations: { DescribeRestoreJob: describe, PutRestoreValidationResult: validate, ListBackupJobs: backups.list },
    },
    async restoreForTest(test) {
      const RestoreJobId = randomUUID().toUpperCase();
      const CreationDate = new Date();
      const { arn, source } = await rds.restoreForTest(test);
      const job: Job = {
        region: test.region,
        AccountId: accountId,
        RestoreJobId,
        RecoveryPointArn: source.arn,
        SourceResourceArn: source.clusterArn,
        RecoveryPointCreationDate: source.createdAt,
        BackupSizeInBytes: source.allocatedGib * 1024 ** 3,
        CreationDate,
        CompletionDate: new Date(),
        Status: "COMPLETED",
        PercentDone: "0.00%",
        CreatedResourceArn: arn,
        ResourceType: "Aurora",
        CreatedBy: {
          RestoreTestingPlanArn: `arn:aws:backup:${test.region}:${accountId}:restore-testing-plan:weekly-${randomUUID()}`,
        },
      };
      jobs.set(RestoreJobId, job);
      return eventOf(job, accountId);
    },
    job: (id) => require(id),
    recordBackupJob: backups.record,
    settled: async () => {
      await Promise.all(deletions);
    },
  };
}

/** `Restore Job State Change`: https://docs.aws.amazon.com/aws-backup/latest/devguide/eventbridge.html */
function eventOf(job: Job, accountId: string): AccountEvent {
  const { region, RecoveryPointArn: recoveryPointArn = "" } = job;
  return accountEvent(
    {
      "detail-type": "Restore Job State Change",
      source: "aws.backup",
      resources: [recoveryPointArn],
      detail: {
        restoreJobId: job.RestoreJobId,
        recoveryPointArn,
        backupVaultArn: `arn:aws:backup:${region}:${accountId}:backup-vault:Default`,
        sourceResourceArn: job.SourceResourceArn,
        backupSizeInBytes: String(job.BackupSizeInBytes),
        creationDate: job.CreationDate?.toISOString(),
        completionDate: job.CompletionDate?.toISOString(),
        iamRoleArn: `arn:aws:iam::${accountId}:role/service-role/AWSBackupDefaultServiceRole`,
        percentDone: 0,
        resourceType: job.ResourceType,
        status: job.Status,
        createdResourceArn: job.CreatedResourceArn,
        restoreTestingPlanArn: job.CreatedBy?.RestoreTestingPlanArn,
      },
    },
    { accountId, region },
  );
}
