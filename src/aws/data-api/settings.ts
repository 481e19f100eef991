/**
 * The statement that every transaction begins its questions with.
 *
 * Read only before anything else: once a snapshot is taken it can not be undone within the transaction. Filtered rows are an error
 * and not silence; parallel workers would turn a range of blocks into a scan of the whole table. The rest decides how values read as
 * text, whatever the role or the database says. Not the search path: the plan's own SQL is written for the one there is.
 */
export function settingsOf(options: {
  readonly statementSeconds: number;
  readonly settings: Readonly<Record<string, string>>;
}): string {
  const settings = {
    transaction_read_only: "on",
    statement_timeout: String(options.statementSeconds * 1000),
    row_security: "off",
    max_parallel_workers_per_gather: "0",
    jit: "off",
    TimeZone: "UTC",
    DateStyle: "ISO",
    IntervalStyle: "postgres",
    extra_float_digits: "1",
    bytea_output: "hex",
    client_encoding: "UTF8",
    lc_monetary: "C",
    xmloption: "content",
    quote_all_identifiers: "off",
    // An index answers for rows whose page is marked as all visible without looking at them: they may be gone.
    enable_indexonlyscan: "off",
    // A role's own limit would end the transaction of a snapshot between two invocations; the Data API's 3 minutes stay.
    idle_in_transaction_session_timeout: "0",
    ...options.settings,
  };
  const calls = Object.entries(settings).map(([name, value]) => `set_config('${name}', '${value}', true)`);
  return `select ${calls.join(", ")}`;
}
