// Levels as filed (F330, A045, S1130, M0840), and how they are said: "FL330" for a flight level, else as filed.

const FORM = /^([FASM])(\d{3,4})$/;
const FEET_M = 0.3048;

/** "F330" or "FL330" or "330", in any case, as it is filed; null when it is no level. */
export function levelFrom(text: string): string | null {
  const typed = text.trim().toUpperCase().replace(/\s+/g, "").replace(/^FL/, "F");
  const filed = /^\d{3}$/.test(typed) ? `F${typed}` : typed;
  const [, kind, digits] = FORM.exec(filed) ?? [];
  if (kind === undefined || digits === undefined) return null;
  return digits.length === (kind === "F" || kind === "A" ? 3 : 4) ? filed : null;
}

/** "F330" → "FL330" */
export function levelText(filed: string): string {
  return /^F\d{3}$/.test(filed) ? `FL${filed.slice(1)}` : filed;
}

/** About how high a filed level is, metres, whatever its datum: for choosing and drawing, never for deciding. */
export function roughly_m(filed: string): number | null {
  const [, kind, digits] = FORM.exec(filed) ?? [];
  if (kind === undefined) return { GND: -1_000, SFC: -1_000, UNL: 100_000 }[filed] ?? null;
  return Number(digits) * (kind === "F" || kind === "A" ? 100 * FEET_M : 10);
}

export interface Limits {
  lower?: string | null;
  upper?: string | null;
  altitude_lower_m?: number | null;
  altitude_upper_m?: number | null;
  datum?: string | null;
}

/** "FL250–FL450", or metres with their datum. */
export function limitsText({ lower, upper, altitude_lower_m, altitude_upper_m, datum }: Limits): string {
  if (lower == null && upper == null && altitude_lower_m == null && altitude_upper_m == null) return "";
  const low = lower != null ? levelText(lower) : metres(altitude_lower_m, datum);
  const high = upper != null ? levelText(upper) : metres(altitude_upper_m, datum);
  return `${low}–${high}`;
}

function metres(altitude_m: number | null | undefined, datum: string | null | undefined): string {
  return altitude_m == null ? "" : `${Math.round(altitude_m)} m ${datum ?? "WGS84"}`;
}

/** The band as rough metres, lowest and highest. */
export function band_m({ lower, upper, altitude_lower_m, altitude_upper_m }: Limits): [number, number] {
  const low = lower != null ? roughly_m(lower) : altitude_lower_m;
  const high = upper != null ? roughly_m(upper) : altitude_upper_m;
  return [low ?? -1_000, high ?? 100_000];
}

/** A flight level inside the band for the track: odd tens eastbound, even tens westbound, as levels are tabled. */
export function proposedLevel(limits: Limits, towards_deg: number): string {
  const [low_m, high_m] = band_m(limits);
  const is_odd = towards_deg < 180;
  const fitting: number[] = [];
  for (let level = is_odd ? 10 : 20; level <= 410; level += 20) {
    const there_m = level * 100 * FEET_M;
    if (there_m >= low_m && there_m < high_m) fitting.push(level);
  }
  const usual = fitting.filter((level) => level <= (is_odd ? 330 : 340)).at(-1) ?? fitting[0];
  return usual === undefined ? "F330" : `F${String(usual).padStart(3, "0")}`;
}
