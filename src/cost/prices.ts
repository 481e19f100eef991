/**
 * List prices in USD, us-east-1, November 2026, from secondary sources. Other regions differ by up to a third: the estimate is an upper
 * bound of what is used times these, not a bill.
 */
export const PRICES = {
  acuHour: 0.12,
  storageGibMonth: 0.1,
  backupGibMonth: 0.021,
  crossRegionGib: 0.02,
  dataApiMillionCalls: 0.35,
  thousandTransitions: 0.025,
} as const;

/** On-demand Aurora instance-hours, USD, us-east-1. A class that is not here is left out of the estimate, and the drill says so. */
export const INSTANCE_HOUR_USD: Readonly<Record<string, number>> = {
  "db.r6g.large": 0.26,
  "db.r6g.xlarge": 0.519,
  "db.r6g.2xlarge": 1.038,
  "db.r6g.4xlarge": 2.076,
};
export const HOURS_PER_MONTH = 730;
/** Provisioned instances are billed for at least ten minutes. */
export const MIN_BILLED_HOURS = 10 / 60;
