/** Colours as `#rrggbb`. Text has at least 4.5:1 against what it stands on, signs and lines 3:1 (WCAG 2.2 AA); a test computes it. */
export interface Palette {
  readonly paper: string;
  readonly panel: string;
  readonly ink: string;
  readonly muted: string;
  readonly rule: string;
  /** The one accent: links, bars and lines of measurement. */
  readonly accent: string;
  readonly passed: string;
  readonly failed: string;
  readonly inconclusive: string;
  readonly errored: string;
  /** What the verdict's own words stand on. */
  readonly passedBand: string;
  readonly failedBand: string;
  readonly inconclusiveBand: string;
  readonly erroredBand: string;
}

export const LIGHT: Palette = {
  paper: "#ffffff",
  panel: "#f5f6f8",
  ink: "#16191d",
  muted: "#555e68",
  rule: "#d9dde2",
  accent: "#2459b3",
  passed: "#14713a",
  failed: "#b3202a",
  inconclusive: "#845400",
  errored: "#7136a8",
  passedBand: "#eaf6ee",
  failedBand: "#fdeeee",
  inconclusiveBand: "#fdf4e0",
  erroredBand: "#f5effb",
};

export const DARK: Palette = {
  paper: "#101316",
  panel: "#191d22",
  ink: "#e8ebee",
  muted: "#a0a9b3",
  rule: "#313840",
  accent: "#86b4ff",
  passed: "#5fd08a",
  failed: "#ff8b87",
  inconclusive: "#e8b64c",
  errored: "#cda2ff",
  passedBand: "#12251a",
  failedBand: "#2d1718",
  inconclusiveBand: "#2a2110",
  erroredBand: "#231a2e",
};

export const variables = (palette: Palette): string =>
  Object.entries(palette)
    .map(([name, colour]) => `--${name}:${colour}`)
    .join(";");
