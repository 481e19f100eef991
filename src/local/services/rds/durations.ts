/**
 * How long RDS takes, in seconds of the modelled cloud. AWS publishes no figures: these keep the real order (a restore outlasts a copy,
 * a writer outlasts its secret) at the size of a small database.
 */
export const DURATION_SECONDS = {
  snapshotCreate: 20,
  snapshotCopy: 40,
  snapshotDelete: 3,
  clusterRestore: 50,
  clusterDelete: 8,
  clusterStop: 10,
  clusterStart: 20,
  instanceCreate: 30,
  instanceDelete: 15,
  secret: 8,
  endpoint: 5,
  /** Until a Describe call lists what was just created. */
  visibility: 3,
} as const;

export type Step = keyof typeof DURATION_SECONDS;

export type Durations = Readonly<Record<Step, number>>;

/** 40 modelled seconds take 1.6: a whole drill's waiting fits in ten seconds. */
export const DEFAULT_TIME_SCALE = 0.04;
