// What the lists of a USS's page say of volumes, states and ages, in words.
import { latitudeText, longitudeText, metresText } from "../geometry/units";
import { say, type Key } from "../phrases/phrases";
import { element, literal } from "../web/elements";
import { durationText, windowTexts } from "../web/moments";
import type { Details, Flight, IntentState, UssPicture, Volume4D } from "./wire";

const SHORT = 8; // characters of an id: enough to tell a hundred apart; the whole one is beside it
const SAID_MAX = 3; // volumes of one flight that a row says; the others it counts

/** "3f2a9c41": how a flight is called in short. */
export function shortId(id: string): string {
  return id.slice(0, SHORT);
}

/** Everything a flight asks of the sky, as it is or as it is asked to be. */
export function volumesOf(details: Details | null | undefined): readonly Volume4D[] {
  return [...(details?.volumes ?? []), ...(details?.off_nominal_volumes ?? [])];
}

export function volumesOfFlight({ details, waits_for }: Flight): readonly Volume4D[] {
  return volumesOf(details ?? waits_for?.details);
}

/** How a flight stands: its state, or what was asked of it and is not sure yet. */
export function stateOf({ state, waits_for }: Flight): IntentState | "WAITING" {
  return state ?? (waits_for === null ? "Accepted" : "WAITING");
}

export function stateText(state: IntentState | "WAITING"): string {
  return say(`uss.state.${state}` as Key);
}

/** "100–200 m" above the ellipsoid. */
export function levelsText({ volume }: Volume4D): string {
  const [lower, upper] = [volume.altitude_lower?.value, volume.altitude_upper?.value];
  if (lower === undefined || upper === undefined) return "";
  return `${metresText(lower)} – ${metresText(upper)}`;
}

export function windowText({ time_start, time_end }: Volume4D): string {
  return time_start == null || time_end == null ? "" : windowTexts(time_start.value, time_end.value).join(" ");
}

/** A circle by its centre and radius, a polygon by its sides. */
export function outlineText({ volume }: Volume4D): { words: string; place: string } {
  const { outline_circle: circle, outline_polygon: polygon } = volume;
  if (circle != null) {
    return { words: say("uss.circle", { radius: metresText(circle.radius.value) }), place: `${latitudeText(circle.center.lat)} ${longitudeText(circle.center.lng)}` };
  }
  const corners = polygon?.vertices ?? [];
  const [latitudes, longitudes] = [corners.map(({ lat }) => lat), corners.map(({ lng }) => lng)];
  const [south, north] = [latitudeText(Math.min(...latitudes)), latitudeText(Math.max(...latitudes))];
  const [west, east] = [longitudeText(Math.min(...longitudes)), longitudeText(Math.max(...longitudes))];
  return { words: say("uss.polygon", { count: corners.length }), place: `${south} – ${north}, ${west} – ${east}` };
}

/** The lines of a row that say where and when something is. */
export function volumeLines(volumes: readonly Volume4D[]): HTMLElement[] {
  const made = volumes.slice(0, SAID_MAX).map((each) => {
    const { words, place } = outlineText(each);
    const levels = element("span", {}, say("uss.levels", { range: levelsText(each) }));
    return element("p", { class: "row-line" }, literal(windowText(each), "window"), " ", levels, " · ", element("span", {}, words), " ", literal(place, "ends"));
  });
  if (volumes.length > SAID_MAX) made.push(element("p", { class: "row-line note" }, say("uss.more_volumes", { count: volumes.length - SAID_MAX })));
  return made;
}

const MINUTE_S = 60;

/** "12 s" or "00:03:20". */
export function ageText(age_s: number): string {
  const whole_s = Math.floor(age_s);
  return whole_s < 2 * MINUTE_S ? say("uss.age_s", { age: whole_s }) : durationText(whole_s);
}

/** What an id is: a flight or a constraint, whose, and where. */
export function described(id: string, picture: UssPicture | null): string {
  const ours = picture?.flights.find((each) => each.id === id);
  if (ours !== undefined) return about("uss.is.flight", volumesOfFlight(ours), { state: stateText(stateOf(ours)) });
  const other = picture?.others.find((each) => each.id === id);
  if (other !== undefined) return about("uss.is.other", other.volumes, { state: stateText(other.state), manager: other.manager });
  const closed = picture?.constraints.find((each) => each.id === id);
  if (closed !== undefined) return about("uss.is.closure", closed.details?.volumes ?? [], {});
  const constraint = picture?.others_constraints.find((each) => each.id === id);
  if (constraint !== undefined) return about("uss.is.constraint", constraint.volumes, { manager: constraint.manager });
  return say("uss.is.unknown");
}

function about(key: Key, [first]: readonly Volume4D[], values: Record<string, string>): string {
  if (first === undefined) return say(key, { ...values, range: "–", window: "–" });
  return say(key, { ...values, range: levelsText(first), window: windowText(first) });
}
