import { type Metrics, MetricUnit } from "@aws-lambda-powertools/metrics";
import { type BackupFactName, type BackupSurvey, problemsOf, type SurveyedDatabase } from "./backup-survey.ts";

/** How many there are, so that whoever hears nothing knows that nobody looked. */
export function publishSurvey(metrics: Metrics, { databases, unreadPlans }: BackupSurvey): void {
  metrics.addMetric("SurveyedDatabases", MetricUnit.Count, databases.length);
  metrics.addMetric("UnsurveyedPlans", MetricUnit.Count, unreadPlans.length);
  metrics.publishStoredMetrics();
}

/**
 * One metric of each fact by service and database, where there is a number, and `BackupProblems` of every database: its alarm takes silence for a
 * breach, so it is published as soon as the database was looked at.
 */
export function publishDatabase(metrics: Metrics, surveyed: SurveyedDatabase): void {
  const { database, facts } = surveyed;
  const addMetric = (name: string, fact: BackupFactName): void => {
    const value = facts.find((each) => each.fact === fact)?.value;
    // CloudWatch has no unit of hours or days.
    if (value !== undefined) metrics.addMetric(name, MetricUnit.NoUnit, value);
  };
  metrics.addDimension("database", database);
  addMetric("NewestBackupAgeHours", "newest");
  addMetric("RestorableMomentAgeHours", "automated");
  addMetric("BackupRetentionDays", "retention");
  addMetric("BackupSuccessPercent", "success");
  addMetric("BackupsDeletedOutsidePolicy", "deletions");
  addMetric("UnencryptedBackups", "encryption");
  addMetric("BackupCopyAgeHours", "copy");
  addMetric("BackupSizeChangePercent", "size");
  metrics.addMetric("BackupProblems", MetricUnit.Count, problemsOf(surveyed).length);
  metrics.publishStoredMetrics();
}
