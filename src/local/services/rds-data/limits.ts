/** The Data API's documented limits (Aurora user guide, "Limitations for the Amazon RDS Data API" and "Calling"). */
export interface DataApiLimits {
  /** "A call times out if it's not finished processing within 45 seconds." */
  readonly statementSeconds: number;
  /** "A transaction times out if there are no calls that use its transaction ID in three minutes." */
  readonly transactionIdleSeconds: number;
  /** "A transaction runs for at most 24 hours." */
  readonly transactionSeconds: number;
  /** "The response size limit is 1 MiB." */
  readonly resultBytes: number;
  /** "64 KB per row in the result set returned by the database." */
  readonly rowBytes: number;
  /** "The size limit for this field is currently 10 MB" (`formattedRecords`). */
  readonly jsonBytes: number;
}

export const DATA_API_LIMITS: DataApiLimits = {
  statementSeconds: 45,
  transactionIdleSeconds: 180,
  transactionSeconds: 86_400,
  resultBytes: 1_048_576,
  rowBytes: 65_536,
  jsonBytes: 10_000_000,
};
