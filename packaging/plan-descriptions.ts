/** What each key of a plan means, by its path: shown by editors, and nowhere else written down. */
export const PLAN_DESCRIPTIONS: Readonly<Record<string, string>> = {
  plan: "The plan's name, equal to its file's.",
  description: "For people: what this drill is to show.",
  source: "The database whose backups are proven. It is read, never written to.",
  "source.region": "The region of the source.",
  "source.account":
    "The account that the source is in, where it is not the stack's. Its snapshots are then those shared with the stack's account in source.region.",
  "source.cluster": "The identifier of the Aurora cluster.",
  "source.database": "The database inside the cluster that the checks ask.",
  "source.secret":
    "ARN of the secret of a role that may read the source. Needed to capture baselines; a drill itself does not use the source.",
  recoveryPoint:
    "What is restored: latest, the latest automated or manual one, or the identifier or ARN of one cluster snapshot.",
  sandbox: "The isolated restore. What is left out comes from the stack's parameters.",
  "sandbox.region": "The region drilled in, the source's or another.",
  "sandbox.kmsKey": "KMS key of the drill region for the copy and the sandbox: an alias or an ARN.",
  "sandbox.subnetGroup": "DB subnet group of a network without a way in or out.",
  "sandbox.securityGroup": "Security group without rules.",
  "sandbox.parameterGroup": "DB cluster parameter group, of the source's engine version.",
  "sandbox.instanceClass": "Class of the sandbox's only instance: db.serverless, or a class that has the Data API.",
  "sandbox.minAcu": "Smallest capacity of a db.serverless sandbox, in Aurora capacity units of 2 GiB each.",
  "sandbox.maxAcu": "Largest capacity of a db.serverless sandbox, in Aurora capacity units of 2 GiB each.",
  objectives: "What recovery has promised. A drill that misses one has failed.",
  "objectives.rto": "From the drill's start until every check has held.",
  "objectives.rpo": "From the newest moment seen in the data until the failure that is assumed.",
  limits: "Where a drill gives up.",
  "limits.time": "From the drill's start to the end of its checks; at least the RTO. Teardown has its own time.",
  "limits.costUsd": "A drill that is estimated to cost more, in US dollars, does not start.",
  keep: "Lets the sandbox stay for a while after the drill, for somebody to look at. It is closed to the network, and deleted when its time is over.",
  "keep.when":
    "failed: only when what came back was wrong, or recovery did not work. always: after every drill that proved the sandbox isolated.",
  "keep.for": "How long, from the drill's end; at most 72h. It counts towards limits.costUsd.",
  cadence: "How often a drill of this plan has to pass, and when the stack starts one.",
  "cadence.every": "The promise: without a pass for this long the database is overdue. From 1d to 366d.",
  "cadence.schedule":
    "When a drill starts, as EventBridge Scheduler has it: cron(0 4 ? * TUE *) or rate(7 days). Its longest gap, with cadence.window and objectives.rto, must fit into cadence.every: a weekly one wants 8d. Without it a drill begins when it is due: before every is over.",
  "cadence.timezone": "The time zone of cadence.schedule, such as Europe/Berlin.",
  "cadence.window": "Drills of one schedule begin within this time of it, at most 24h; 0m for the moment itself.",
  incidents: "Which incidents start a drill, and what it leaves for those who recover.",
  "incidents.alarms":
    "CloudWatch alarms of the source's account and region, or of the stack's: each that goes to ALARM starts a drill. From elsewhere than the stack they are forwarded by source-region/template.yml.",
  "incidents.guardduty":
    "Whether GuardDuty's findings about the source cluster start a drill: those of medium severity (4) and more, forwarded like alarms.",
  "incidents.lookback":
    "How long before it was seen an incident may have begun. The newest recovery point from before that moment is restored. At most 7d.",
  "incidents.quiet": "One incident starts one drill: for this long after its first event no other. At most 7d.",
  "incidents.keep":
    "How long the sandbox of such a drill stays as a candidate to recover from, at most 72h. Without it the plan's keep decides.",
  backups:
    "What the survey of backups holds this source's against, every day. Of several plans of one database the strictest counts.",
  "backups.newest": "How old the newest recovery point may be; at least 1h.",
  "backups.sizeChange": "By how many percent it may be larger or smaller than those before it.",
  "backups.retention": "For how long Aurora keeps its own backups, at least: whole days, at most 35d.",
  "backups.encryption": "any: by a KMS key or by RDS itself (sse-rds). kms: by a KMS key.",
  "backups.copyIn":
    "The other region in which there always has to be a copy, made by AWS Backup or by you: no drill leaves one. It may be twice as old as backups.newest. Without it no copy is asked for.",
  "backups.success": "How many percent of the backups of the last seven days have to have been made.",
  restoreTests:
    "Whether what AWS Backup's restore testing restores of this source is drilled, and answered. AWS Backup takes one answer, and deletes what it restored: say so in the plan of one stage only.",
  counterproof:
    "Whether a drill that found nothing wrong damages its own sandbox in a few small ways, undone at once, to see its checks fail.",
  checks: "What is asked of the sandbox. A drill without checks is inconclusive.",
};

/** The same for a check, by its kind where the meaning is its own. */
export const CHECK_DESCRIPTIONS: Readonly<Record<string, string>> = {
  "rows.kind": "The number of rows in a table.",
  "freshness.kind": "The newest moment in a column; it is the RPO as seen in the data.",
  "tables.kind": "Tables that must be there.",
  "extensions.kind": "Extensions that must be installed.",
  "migration.kind": "The newest version in the table of schema migrations.",
  "indexes.kind": "No index is invalid.",
  "constraints.kind": "No constraint is left unvalidated.",
  "sequences.kind": "No sequence is behind the column that it feeds.",
  "full-read.kind": "Every row of every table can be read.",
  "fingerprint.kind": "The content of every table, against a baseline or the last drill: row count and hash.",
  "fingerprint.mode": "fast for accidental damage; strong, keyed with SHA-256, also for deliberate damage.",
  "fingerprint.columnOrder": "name: a table whose columns were reordered has the same fingerprint. table: it has not.",
  "fingerprint.closed":
    "Append-only tables. Their rows before a moment are compared exactly, however the table has grown since.",
  "fingerprint.changing": "Tables that may change after the baseline, and by how much of their rows.",
  "fingerprint.except": "Tables that are not to be proven. Reports say that they were left out.",
  "fingerprint.localise":
    "chunk: a mismatch is followed to blocks of the table. keys: to the primary keys of its rows, which the baseline then keeps (of 50,000 rows at most, small tables first).",
  "catalog.kind":
    "The structure, against a baseline or the last drill: tables, columns, constraints, indexes, functions, policies, grants.",
  "catalog.migrations":
    "Where migrations are recorded, unless the tool's table is known by its name. A structure that differs after a migration is explained by it.",
  "catalog.migrations.table": "The table of migrations.",
  "catalog.migrations.column": "The column that holds the version.",
  "catalog.migrations.orderBy": "The column that orders migrations. By default the version column.",
  "foreign-keys.kind": "No row refers to a row that is not there.",
  "index-contents.kind": "Every B-tree index is in order and has an entry for every row.",
  "heap.kind": "The rows' own headers and their TOAST are consistent (amcheck's verify_heapam).",
  "collations.kind": "No collation has another version than the one that indexes were built with.",
  "row-security.kind": "Row security is on wherever there are policies.",
  "row-security.tables": "Tables that must have row security on, and a policy.",
  "grants.kind": "Privileges that must be there.",
  "grants.present": "Who may do what on which table.",
  "large-objects.kind": "Every large object can be read.",
  "unlogged.kind": "No table is unlogged: what is in one is in no backup.",
  "unlogged.allow": "Unlogged tables that may be lost.",
  "outbound.kind":
    "Nothing in the database would act on another system: subscriptions, foreign servers, cron jobs, replication slots, prepared transactions.",
  "outbound.allow": "Names, as the check reports them, that may be there.",
  "hash-chain.kind":
    "Every row of an append-only table commits to the one before it, and the chain still holds the head that was last seen.",
  "hash-chain.orderBy": "An integer column that numbers the rows without a gap.",
  "hash-chain.previous": "The column that holds the previous row's hash.",
  "hash-chain.hash": "The column that holds the row's own hash.",
  "hash-chain.preimage": "SQL over the row's columns that gives the bytes hashed.",
  coverage: "full: all of it, or the check is unchecked. sampled: what the budget allows, another part in every drill.",
  budget: "What the check may take of the drill's time.",
  "sql.kind": "A statement of your own, read-only, with one answer.",
  name: "What reports call the check. By default its kind and table.",
  required: "Whether the check decides the verdict. One that is not required is reported only.",
  table: 'table, schema.table or "Quoted Name", as in SQL.',
  "freshness.column": "A column of a timestamp or date.",
  "migration.column": "The column that holds the version.",
  within: "How old the newest moment may be at the recovery point's own time.",
  "tables.present": "Their names.",
  "extensions.present": "Their names.",
  orderBy: "The column that orders migrations. By default the version column.",
  sql: "One SELECT that answers one value, or no rows.",
  expect: "What the answer should be: exactly one of these.",
  "expect.equals": "Exactly this.",
  "expect.between": "At least the first and at most the second.",
  "expect.atLeast": "This or more.",
  "expect.atMost": "This or less.",
  "expect.noRows": "The statement answers no rows.",
};
