// What the map and the list say about a reservation, computed once for both.
import { latitudeText, longitudeText, metresText } from "../geometry/units";
import { say } from "../phrases/phrases";
import type { Reservation, Box } from "../wire";
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

export function latitudesText(volume: Box): string {
  return `${latitudeText(volume.latitude_south_deg)} – ${latitudeText(volume.latitude_north_deg)}`;
}

export function longitudesText(volume: Box): string {
  return `${longitudeText(volume.longitude_west_deg)} – ${longitudeText(volume.longitude_east_deg)}`;
}

export function altitudesText(volume: Box): string {
  return `${metresText(volume.altitude_lower_m)}–${metresText(volume.altitude_upper_m)}`;
}

// Keeps a line left to right: after an Arabic word, "3000–6000" would be drawn as "6000–3000".
const LEFT_TO_RIGHT_MARK = "\u200e";

/** The name on the map: identifier, whose it is or that it is the cause, its altitudes and its status. */
export function labelText(reservation: Reservation, is_cause: boolean): string {
  const whose = reservation.mine ? say("list.own") : reservation.holder;
  const name = is_cause ? `${reservation.reservation_id} · ${say("list.cause")}` : reservation.reservation_id;
  const lines = [name, whose, `${altitudesText(reservation.volume)} m`];
  return [...lines.map((line) => LEFT_TO_RIGHT_MARK + line), shortStatusText(reservation)].join("\n");
}
