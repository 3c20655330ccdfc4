// What the map and the list say about a reservation, computed once for both.
import { latitudeText, longitudeText, metresText } from "../geometry/units";
import { say } from "../phrases/phrases";
import { limitsOf, sidesOf } from "../geometry/regions";
import type { Reservation } from "../wire";
import { shortStatusText } from "./status";

const OWN_COLOUR = "#4cc9ff";
// Neither red nor yellow: those are kept for danger and warning.
const HOLDER_COLOURS = ["#c8a2ff", "#6fd6a0", "#a7b8ff", "#4fd1c1", "#d3bfae"] as const;

/** The holder's colour: ours is always the same, another's follows from its name alone. */
export function colour(reservation: Reservation): string {
  if (reservation.mine) return OWN_COLOUR;
  let sum = 0;
  for (const character of reservation.holder) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 1_000_003;
  return HOLDER_COLOURS[sum % HOLDER_COLOURS.length] ?? HOLDER_COLOURS[0];
}

/** Where it is, in words: two lines of sides, and for what is no box a line before them. */
export function sidesTexts(reservation: Reservation): string[] {
  const { south_deg, north_deg, west_deg, east_deg } = sidesOf(reservation);
  const whole = [latitudeText(round(south_deg)), latitudeText(round(north_deg))];
  const across = [west_deg, east_deg].map((side) => longitudeText(round(side > 180 ? side - 360 : side)));
  return [whole.join(" – "), across.join(" – ")];
}

/** What it is, where it is no box; empty for a box. */
export function shapeText({ regions, movement }: Reservation): string {
  if (movement !== null) return say("list.movement", { radius: metresText(movement.radius_m) });
  return regions.length === 0 ? "" : say("list.regions", { count: regions.length });
}

/** Lower and upper limit: metres above the ellipsoid, or levels as filed; of several regions each pair once. */
export function limitsText(reservation: Reservation): string {
  if (reservation.volume !== null) {
    const { altitude_lower_m, altitude_upper_m } = reservation.volume;
    return `${metresText(altitude_lower_m)}–${metresText(altitude_upper_m)} m`;
  }
  const pairs = limitsOf(reservation).map(({ altitude_lower_m, altitude_upper_m, level_lower, level_upper }) =>
    altitude_lower_m == null || altitude_upper_m == null
      ? `${level_lower ?? ""}–${level_upper ?? ""}`
      : `${metresText(altitude_lower_m)}–${metresText(altitude_upper_m)} m`,
  );
  return [...new Set(pairs)].join(", ");
}

function round(value_deg: number): number {
  return Math.round(value_deg * 1e7) / 1e7; // no finer than the node rounds
}

// Keeps a line left to right: after an Arabic word, "3000–6000" would be drawn as "6000–3000".
const LEFT_TO_RIGHT_MARK = "\u200e";

/** The name on the map: identifier, whose it is or that it is the cause, its altitudes and its status. */
export function labelText(reservation: Reservation, is_cause: boolean): string {
  const whose = reservation.mine ? say("list.own") : reservation.holder;
  const name = is_cause ? `${reservation.reservation_id} · ${say("list.cause")}` : reservation.reservation_id;
  const lines = [name, whose, limitsText(reservation)];
  return [...lines.map((line) => LEFT_TO_RIGHT_MARK + line), shortStatusText(reservation)].join("\n");
}
