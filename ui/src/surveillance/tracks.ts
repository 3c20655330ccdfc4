// What is said of a track in few words.
import type { Track } from "../wire";

const FLIGHT_LEVEL_M = 30.48;

/** The flight that it is; else, with a question mark, what it calls itself, or that nobody knows. */
export function nameOf({ label, callsign, icao_address }: Track): string {
  if (label !== null) return label;
  const said = callsign ?? icao_address;
  return said === null ? "?" : `${said} ?`;
}

/** "FL330" for a pressure altitude, else metres with their datum; empty when it says none. */
export function levelOf({ altitude_m, altitude_datum }: Track): string {
  if (altitude_m === null) return "";
  if (altitude_datum === "STD") return `FL${String(Math.max(0, Math.round(altitude_m / FLIGHT_LEVEL_M))).padStart(3, "0")}`;
  return `${Math.round(altitude_m)} m ${altitude_datum ?? ""}`.trim();
}
