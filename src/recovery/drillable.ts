/**
 * Aurora PostgreSQL versions with the Data API, per major; later majors have it from their first version.
 * https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Concepts.Aurora_Fea_Regions_DB-eng.Feature.Data_API.html
 */
const FIRST_MINOR_WITH_DATA_API: Readonly<Record<number, number>> = { 13: 11, 14: 8, 15: 3, 16: 1, 17: 4 };
const OLDEST_MAJOR = 13;
export const DRILLED_ENGINE = "aurora-postgresql";

/** What it runs and why that can not be drilled, to be said after "orders runs"; undefined for what can. */
export function whyUnsupported(engine: string | undefined, version: string | undefined): string | undefined {
  if (engine !== DRILLED_ENGINE) return `${engine}; this version drills ${DRILLED_ENGINE} only.`;
  if (hasDataApi(version ?? "")) return undefined;
  const first = Object.entries(FIRST_MINOR_WITH_DATA_API).map(([major, minor]) => `${major}.${minor}`);
  return `Aurora PostgreSQL ${version}, whose restore would have no Data API. It begins with ${first.join(", ")}.`;
}

function hasDataApi(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major >= OLDEST_MAJOR && minor >= (FIRST_MINOR_WITH_DATA_API[major] ?? 0);
}
