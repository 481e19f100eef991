/** Events as AWS sends them: the alarm's is the sample of its documentation, the finding's is made of the API's members. */

interface Sent {
  readonly id?: string;
  readonly time?: string;
  /** Where it arose: forwarding changes neither. */
  readonly account?: string;
  readonly region?: string;
}

const envelope = ({
  id = "c4c1c1c9-6542-e61b-6ef0-8c4d36933a92",
  time = "2026-11-21T14:00:40Z",
  account = "111122223333",
  region = "eu-central-1",
}: Sent) => ({
  version: "0",
  id,
  account,
  time,
  region,
  resources: [],
});

/** `at`, with the offset that CloudWatch writes. */
const loose = (at: string): string => at.replace(/(\.\d+)?Z$/, ".989+0000");

export const alarmEvent = ({
  alarmName = "orders-data-loss",
  value = "ALARM",
  at,
  detail = {},
  ...sent
}: Sent & { alarmName?: string; value?: string; at?: string; detail?: object } = {}) => {
  const around = envelope(sent);
  const state = (to: string) => ({
    reason: "Threshold Crossed: 1 datapoint [0.0] was less than the threshold (1.0).",
    reasonData: '{"version":"1.0","startDate":"2026-11-21T13:59:00.000+0000","threshold":1.0}',
    timestamp: loose(at ?? around.time),
    value: to,
  });
  return {
    ...around,
    source: "aws.cloudwatch",
    "detail-type": "CloudWatch Alarm State Change",
    detail: {
      alarmName,
      configuration: { metrics: [{ id: "m1", returnData: true }] },
      previousState: state("OK"),
      state: state(value),
      ...detail,
    },
  };
};

export const threatEvent = ({
  cluster = "orders-production",
  accountId = "111122223333",
  region = "eu-west-1",
  severity = 8,
  service = {},
  ...sent
}: Omit<Sent, "account"> & { cluster?: string; accountId?: string; severity?: number; service?: object } = {}) => ({
  ...envelope({ ...sent, account: accountId, region }),
  source: "aws.guardduty",
  "detail-type": "GuardDuty Finding",
  detail: {
    schemaVersion: "2.0",
    accountId,
    region,
    id: "16afba5c5c43e07c9e3e5e2e544e95df",
    type: "CredentialAccess:RDS/AnomalousBehavior.SuccessfulBruteForce",
    resource: {
      resourceType: "RDSDBInstance",
      rdsDbInstanceDetails: {
        dbInstanceIdentifier: `${cluster}-1`,
        engine: "Aurora PostgreSQL",
        dbClusterIdentifier: cluster,
      },
    },
    service: {
      serviceName: "guardduty",
      additionalInfo: { type: "default", value: "{}" },
      eventFirstSeen: "2026-11-21T13:52:13.000Z",
      eventLastSeen: "2026-11-21T13:58:00.000Z",
      archived: false,
      count: 4,
      ...service,
    },
    severity,
    createdAt: "2026-11-21T13:59:58.201Z",
    updatedAt: "2026-11-21T13:59:58.201Z",
  },
});

export const requestedEvent = (detail: object, sent: Sent = {}) => ({
  ...envelope(sent),
  source: "restore-drill",
  "detail-type": "Restore Drill Requested",
  detail,
});

export const restoreTestEvent = (detail: object = {}) => ({
  ...envelope({}),
  source: "aws.backup",
  "detail-type": "Restore Job State Change",
  resources: ["arn:aws:rds:eu-central-1:111122223333:cluster-snapshot:awsbackup:job-1"],
  detail: {
    restoreJobId: "AB123456-78C9-0123-456D-789012E34567",
    resourceType: "Aurora",
    sourceResourceArn: "arn:aws:rds:eu-west-1:111122223333:cluster:orders-production",
    restoreTestingPlanArn: "arn:aws:backup:eu-central-1:111122223333:restore-testing-plan:weekly-1",
    status: "COMPLETED",
    percentDone: 0,
    ...detail,
  },
});
