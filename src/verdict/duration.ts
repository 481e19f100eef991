/** `3 h 05 min`, `4 h`, `4 min 12 s`, `8.4 s`: two units at most, for people. */
export function formatDuration(seconds: number): string {
  // Rounded before a unit is chosen: 59.97 s are a minute, not "60 s".
  const tenths = Math.round(seconds * 10) / 10;
  if (tenths < 60) return `${tenths} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return joined(Math.floor(whole / 60), "min", whole % 60, "s");
  const minutes = Math.round(whole / 60);
  if (minutes < 48 * 60) return joined(Math.floor(minutes / 60), "h", minutes % 60, "min");
  const hours = Math.floor((minutes % 1440) / 60);
  return `${Math.floor(minutes / 1440)} d${hours === 0 ? "" : ` ${hours} h`}`;
}

function joined(larger: number, largerUnit: string, smaller: number, smallerUnit: string): string {
  return `${larger} ${largerUnit}${smaller === 0 ? "" : ` ${String(smaller).padStart(2, "0")} ${smallerUnit}`}`;
}
