// How places, altitudes and numbers are written and read: Latin digits, a dot, no grouping.

const DEGREES_DECIMALS_MAX = 7; // the node keeps 1e-7 degree
const DEGREES_DECIMALS_MIN = 2;
const METRES_DECIMALS_MAX = 3; // the node keeps millimetres

function decimals(value: number, least: number, most: number): string {
  const [whole = "0", fraction = ""] = value.toFixed(most).split(".");
  const kept = fraction.replace(/0+$/, "").padEnd(least, "0");
  return kept === "" ? whole : `${whole}.${kept}`;
}

function degrees(value_deg: number, whole_digits: number, positive: string, negative: string): string {
  const text = decimals(Math.abs(value_deg), DEGREES_DECIMALS_MIN, DEGREES_DECIMALS_MAX);
  const [whole = "0", fraction = "00"] = text.split(".");
  return `${whole.padStart(whole_digits, "0")}.${fraction}${value_deg < 0 ? negative : positive}`;
}

/** 33.5 → "33.50N"; never rounded further than the node rounds. */
export function latitudeText(latitude_deg: number): string {
  return degrees(latitude_deg, 2, "N", "S");
}

/** -5.25 → "005.25W" */
export function longitudeText(longitude_deg: number): string {
  return degrees(longitude_deg, 3, "E", "W");
}

export function metresText(altitude_m: number): string {
  return decimals(altitude_m, 0, METRES_DECIMALS_MAX);
}

/** A number with a dot and Latin digits; a comma is not guessed at (3,000 or 3.000?): null. */
export function numberFrom(text: string): number | null {
  return /^[+-]?\d{1,9}(\.\d{1,9})?$/.test(text.trim()) ? Number(text.trim()) : null;
}
