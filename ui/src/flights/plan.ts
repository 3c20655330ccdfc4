// From what stands in the form to a flight plan, and back from an error to the field it belongs to.
import type { Position } from "geojson";
import type { Corridor } from "../airspace/declared";
import { levelFrom } from "../geometry/levels";
import { length_m, NM_M } from "../geometry/lines";
import { numberFrom } from "../geometry/units";
import { say } from "../phrases/phrases";
import { momentFrom } from "../web/moments";
import type { FieldError, NavigationSpecification, Plan, Problem, RoutePoint } from "../wire";
import { PARTICULARS, particularsFrom, withStay, type Particulars, type TypedParticulars } from "./particulars";

export const NAVIGATION = ["RNAV_10", "RNAV_5", "RNAV_2", "RNAV_1", "RNP_4", "RNP_2", "RNP_1", "RNP_0_3"] as const;
export const SPEED_MAX_KT = 2_000;
const AIRCRAFT_MAX = 99;
const FORMATION = { lateral_m: 926, vertical_m: 30.48 }; // 0.5 NM and 100 ft about the leader: the node's default

/** What can be said to be wrong at. */
export type Name =
  | "corridor"
  | "direction"
  | "points"
  | "time_departure"
  | "level"
  | "identification"
  | "aircraft_type"
  | "speed_kt"
  | "navigation"
  | "aircraft_count"
  | "party"
  | "has_rvsm"
  | "every_point"
  | "is_provisional"
  | "is_due_regard"
  | keyof TypedParticulars;

/** The form as typed. corridor: null for a route of points. */
export interface Typed {
  corridor: Corridor | null;
  is_forward: boolean;
  points: string;
  time_departure: string;
  level: string;
  identification: string;
  aircraft_type: string;
  speed_kt: string;
  navigation: string;
  aircraft_count: string;
  has_rvsm: boolean;
  every_point: boolean;
  is_due_regard: boolean;
  particulars: TypedParticulars;
}

/** A plan in force that another shall replace: what of it stays as it is, also where the form has no field for it. */
export interface Kept {
  plan: Plan;
  is_route_kept: boolean; // but for its times, which all move as much as the first
  is_level_kept: boolean; // each point's own
}

/** The plan, or what cannot be read, at the field it belongs to. Ranges are the node's to judge. */
export function planFrom(typed: Typed, kept: Kept | null = null): { plan: Plan } | { errors: FieldError[] } {
  const errors: FieldError[] = [];
  const wrong = (at: Name, what: string): void => void errors.push({ at, what });
  const level = levelFrom(typed.level);
  const time = momentFrom(typed.time_departure);
  const speed_kt = numberFrom(typed.speed_kt);
  const count = numberFrom(typed.aircraft_count);
  const is_route_kept = kept?.is_route_kept ?? false;
  const places = is_route_kept ? [] : typed.corridor === null ? placesFrom(typed.points) : placesOf(typed.corridor, typed.is_forward);
  if (places === null) wrong("points", say("flight.not_points", { example: "33.5 32; 34.25 33.5" }));
  if (time === null) wrong("time_departure", say("form.not_a_moment", { example: "2026-11-22 10:00Z" }));
  if (level === null) wrong("level", say("flight.not_a_level", { example: "FL330, A045, S1130" }));
  if (speed_kt === null || speed_kt <= 0 || speed_kt > SPEED_MAX_KT) wrong("speed_kt", say("form.not_a_number", { example: "450" }));
  if (count === null || !Number.isInteger(count) || count < 1 || count > AIRCRAFT_MAX) wrong("aircraft_count", say("form.not_a_number", { example: "1" }));
  if (typed.identification === "") wrong("identification", say("form.needed"));
  if (typed.aircraft_type === "") wrong("aircraft_type", say("form.needed"));
  const particulars = particularsFrom(typed.particulars, level, wrong);
  if (errors.length > 0 || particulars === null || places === null || time === null || level === null || speed_kt === null || count === null) return { errors };
  const asked = { level, departure_ms: Date.parse(time), speed_mps: (speed_kt * NM_M) / 3600, particulars };
  const flown = kept !== null && is_route_kept ? moved(kept, asked) : route(places, typed, asked);
  const plan: Plan = {
    ...kept?.plan,
    ...particulars.of_plan,
    identification: typed.identification.toUpperCase(),
    aircraft_type: typed.aircraft_type.toUpperCase(),
    route: withStay(flown, particulars),
    aircraft_count: count,
    has_rvsm: typed.has_rvsm,
    navigation_specification: NAVIGATION.find((known) => known === typed.navigation) ?? "RNAV_5",
    is_due_regard: typed.is_due_regard,
  };
  if (count > 1) return { plan: { ...plan, formation: kept?.plan.formation ?? FORMATION } };
  return { plan: kept?.plan.formation == null ? plan : { ...plan, formation: null } };
}

interface Place {
  place: Position;
  designator: string | null;
}

function placesOf({ points, designators }: Corridor, is_forward: boolean): Place[] {
  const places = points.map((place, index) => ({ place, designator: designators[index] ?? null }));
  return is_forward ? places : places.reverse();
}

/** "33.5 32; 34.25 33.5": latitude and longitude, south and west negative; null when it is no such list of two or more. */
function placesFrom(text: string): Place[] | null {
  const pairs = text.split(";").map((pair) => pair.trim()).filter(Boolean).map((pair) => pair.split(/[\s,]+/).map(numberFrom));
  if (pairs.length < 2) return null;
  const made: Place[] = [];
  for (const [latitude, longitude, ...more] of pairs) {
    if (latitude == null || longitude == null || more.length > 0) return null;
    made.push({ place: [longitude, latitude], designator: null });
  }
  return made;
}

interface Asked {
  level: string;
  departure_ms: number;
  speed_mps: number;
  particulars: Particulars;
}

/** The route of a plan in force at its new times, and at one level throughout where another was asked for. */
function moved({ plan, is_level_kept }: Kept, { level, departure_ms, particulars: { level_upper } }: Asked): RoutePoint[] {
  const later_ms = departure_ms - Math.floor(Date.parse(plan.route[0]?.time ?? "") / 1000) * 1000; // the form has no parts of a second
  return plan.route.map((point) => {
    const time = new Date(Date.parse(point.time) + later_ms).toISOString().replace(".000Z", "Z");
    return is_level_kept ? { ...point, time } : { ...point, time, level, level_upper };
  });
}

function route(places: readonly Place[], { corridor, every_point }: Typed, { level, departure_ms, speed_mps, particulars: { level_upper } }: Asked): RoutePoint[] {
  const line = places.map(({ place }) => place);
  const is_kept = (index: number): boolean => corridor === null || every_point || index === 0 || index === places.length - 1;
  return places.flatMap(({ place: [longitude = 0, latitude = 0], designator }, index) => {
    if (!is_kept(index)) return [];
    const flown_s = Math.round(length_m(line.slice(0, index + 1)) / speed_mps);
    const point: RoutePoint = {
      latitude_deg: latitude,
      longitude_deg: ((((longitude + 180) % 360) + 360) % 360) - 180,
      time: new Date(departure_ms + flown_s * 1000).toISOString().replace(".000Z", "Z"),
      level,
    };
    if (level_upper !== null) point.level_upper = level_upper;
    if (corridor !== null && index < places.length - 1) point.corridor = corridor.id;
    return [designator === null ? point : { ...point, designator }];
  });
}

export function isNavigation(value: string): value is NavigationSpecification {
  return (NAVIGATION as readonly string[]).includes(value);
}

const ENDS: [RegExp, Name][] = [
  [/level_upper$/, "level_upper"],
  [/level$/, "level"],
  [/qnh_hpa$/, "qnh_hpa"],
  [/stay_(s|radius_m)$/, "stay_min"],
  [/handling(\[\d+\])?$/, "handling"],
  [/icao_address$/, "icao_address"],
  [/joins$/, "joins"],
  [/splits_from$/, "splits_from"],
  [/\.time$/, "time_departure"],
  [/(latitude|longitude)_deg$/, "points"],
  [/corridor$/, "corridor"],
  [/identification$|^path:flight_id$/, "identification"],
  [/aircraft_type$/, "aircraft_type"],
  [/aircraft_count$|formation/, "aircraft_count"],
  [/navigation_specification$/, "navigation"],
  [/\.party$/, "party"],
];
const NAMES: Name[] = ["identification", "aircraft_type", "level", "speed_kt", "aircraft_count", "points", "time_departure", ...PARTICULARS];

/** The field of an error: by its path, else, for the plan as a whole, by the field its words begin with. */
export function fieldOf({ at, what }: FieldError): Name | null {
  const by_path = ENDS.find(([end]) => end.test(at))?.[1];
  if (by_path !== undefined) return by_path;
  const here = NAMES.find((name) => at === name);
  return here ?? (at.startsWith("$.plan") ? (NAMES.find((name) => what.startsWith(name)) ?? null) : null);
}

const OF_REASON: Record<string, Name> = {
  LEVEL_OUTSIDE: "level",
  TIME_PAST: "time_departure",
  TOO_FAR_AHEAD: "time_departure",
  CORRIDOR_CLOSED: "time_departure",
  UNKNOWN_CORRIDOR: "corridor",
  WRONG_DIRECTION: "direction",
  NAVIGATION_SPECIFICATION: "navigation",
  ID_TAKEN: "identification",
  UNKNOWN_PARTY: "party",
};

/** What a refusal says about fields: its errors, and where its reason belongs to one. */
export function errorsOf(problem: Problem): FieldError[] {
  const name = OF_REASON[problem.reason];
  const errors = problem.errors ?? [];
  return name === undefined ? [...errors] : [...errors, { at: name, what: problem.title }];
}

/** The field of an error that a refusal or the form itself found. */
export function nameOf(error: FieldError): Name | null {
  return (Object.values(OF_REASON).find((name) => name === error.at) ?? fieldOf(error)) as Name | null;
}
