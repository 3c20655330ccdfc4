// A plan in force and the form that asks for another in its place: what of the form is the plan's, what was changed.
import type { Corridor } from "../airspace/declared";
import { levelText } from "../geometry/levels";
import { length_m, NM_M } from "../geometry/lines";
import { momentText } from "../web/moments";
import type { Flight, Plan } from "../wire";
import type { Kept, Name } from "./plan";
import { particularsOf } from "./particulars";
import { isSame, legs, placeOf } from "./route";

const ROUTE_NAMES: readonly Name[] = ["corridor", "direction", "points", "speed_kt", "every_point"];
const SPEED_FIRST_KT = 450; // for a plan that holds at one point and so has none

/** The flight whose plan is revised, the plan that is revised, and which fields were changed since. */
export interface Revision {
  flight: Flight;
  plan: Plan;
  changed: Set<Name>;
}

export function begun(flight: Flight): Revision {
  return { flight, plan: remaining(flight), changed: new Set() };
}

/** What is left of a plan: of a flight in the air from the last point that it reported. */
function remaining({ plan, is_airborne, passed }: Flight): Plan {
  return is_airborne && passed !== null ? { ...plan, route: plan.route.slice(passed) } : plan;
}

/** What stays of the plan in force. */
export function keptOf({ plan, changed }: Revision): Kept {
  return { plan, is_route_kept: !ROUTE_NAMES.some((name) => changed.has(name)), is_level_kept: !changed.has("level") && !changed.has("level_upper") };
}

/** Whether the plan in force is another than when the revision was begun, or is no more. */
export function isStale({ flight }: Revision, flights: readonly Flight[]): boolean {
  const now = flights.find(({ flight_id }) => flight_id === flight.flight_id);
  return now === undefined || !now.actions.includes("REVISE") || JSON.stringify([now.plan, now.passed]) !== JSON.stringify([flight.plan, flight.passed]);
}

/** The corridor that the whole route runs along from end to end, and in which direction; null where it is none. */
export function corridorOf({ route }: Plan, corridors: readonly Corridor[]): { corridor: Corridor; is_forward: boolean } | null {
  const [first, last] = [route[0], route.at(-1)];
  const used = new Set(route.slice(0, -1).map(({ corridor }) => corridor ?? null));
  const corridor = used.size === 1 ? corridors.find(({ id }) => used.has(id)) : undefined;
  const [start, end] = [corridor?.points[0], corridor?.points.at(-1)];
  if (corridor === undefined || first === undefined || last === undefined || start === undefined || end === undefined) return null;
  if (isSame(start, placeOf(first)) && isSame(end, placeOf(last))) return { corridor, is_forward: true };
  return isSame(end, placeOf(first)) && isSame(start, placeOf(last)) ? { corridor, is_forward: false } : null;
}

/** What the form says of a plan, in its fields of text. */
export function textsOf(plan: Plan, corridors: readonly Corridor[]): Partial<Record<Name, string>> {
  const { route } = plan;
  const [first, last] = [route[0], route.at(-1)];
  const flown_s = (Date.parse(last?.time ?? "") - Date.parse(first?.time ?? "")) / 1000;
  const far_m = legs(plan, corridors).reduce((sum, leg) => sum + length_m(leg), 0);
  return {
    points: route.map(({ latitude_deg, longitude_deg }) => `${latitude_deg} ${longitude_deg}`).join("; "),
    time_departure: momentText(new Date(first?.time ?? "")),
    level: levelText(first?.level ?? ""),
    identification: plan.identification,
    aircraft_type: plan.aircraft_type,
    speed_kt: String(flown_s > 0 && far_m > 0 ? Math.round(((far_m / flown_s) * 3600) / NM_M) : SPEED_FIRST_KT),
    aircraft_count: String(plan.aircraft_count ?? 1),
    navigation: plan.navigation_specification ?? "RNAV_5",
    ...particularsOf(plan),
  };
}
