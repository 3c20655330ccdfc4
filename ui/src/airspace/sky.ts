// What is in the sky besides our own flights and what is reserved, in words: others' sky as far as we may know it,
// and imposed sky, which is there without anybody's asking. Its colour on the map is said here too.
import type { Position } from "geojson";
import { levelText } from "../geometry/levels";
import { regionRings } from "../geometry/regions";
import { metresText } from "../geometry/units";
import { say } from "../phrases/phrases";
import { windowTexts } from "../web/moments";
import type { Flight, Other, Region } from "../wire";

export const WITHOUT_END_MS = Date.parse("2100-01-01T00:00:00Z"); // TIME_LAST_MS of geometry/volumes.py

/** What is drawn and listed: what of others may be known, what is imposed, and the flights seen whole. */
export interface Sky {
  others: readonly Other[];
  imposed: readonly Other[];
  flights: readonly Flight[];
}

/** What tells one thing from another while it is shown, also where its name may not be known. */
export function keyOf(each: Other): string {
  return JSON.stringify([each.why, each.kind, each.id, each.id === null ? each.regions : null]);
}

/** Whether it may only be known that there is something of the kind. */
export function isOnlyKnownToExist({ regions }: Other): boolean {
  return regions.length === 0;
}

/** What it is called: the aircraft's identification where the flight is seen whole, else its id; null where neither may be known. */
export function nameOf(each: Other, flights: readonly Flight[]): string | null {
  const whole = each.kind === "FLIGHT" ? flights.find(({ flight_id }) => flight_id === each.id) : undefined;
  return whole?.plan.identification ?? each.id;
}

/** "FL250–FL450", of several regions each pair once. */
export function levelsText(regions: readonly Region[]): string {
  const one = (level: string | null | undefined, altitude_m: number | null | undefined): string =>
    level != null ? levelText(level) : altitude_m == null ? "" : `${metresText(altitude_m)} m`;
  const pairs = regions.map((each) => `${one(each.level_lower, each.altitude_lower_m)}–${one(each.level_upper, each.altitude_upper_m)}`);
  return [...new Set(pairs)].join(", ");
}

/** From the earliest start to the latest end; null for an end that only a report sets. */
export function timesOf(regions: readonly Region[]): { start: string; end: string | null } {
  const starts = regions.map(({ time_start }) => time_start).sort(inTime);
  const end = regions.map(({ time_end }) => time_end).sort(inTime).at(-1) ?? "";
  const [from, to] = windowTexts(starts[0] ?? "", end);
  return { start: from, end: Date.parse(end) >= WITHOUT_END_MS ? null : to };
}

const inTime = (one: string, other: string): number => Date.parse(one) - Date.parse(other);

/** Every corner of it, to be shown on the map. */
export function cornersOf({ regions }: Other): Position[] {
  return regions.flatMap(regionRings).flat();
}

/** Why it is there, or whose kind of sky it is. */
export function whatText({ why, kind }: Other): string {
  if (why != null) return say(`imposed.${why}`);
  return say(kind === "FLIGHT" ? "others.FLIGHT" : "others.RESERVATION");
}
