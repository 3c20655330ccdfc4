// Where a plan leads: its line along its corridors, and where the plan has the flight at a moment.
import type { Position } from "geojson";
import { placeText, type Corridor } from "../airspace/declared";
import { along, densified } from "../geometry/lines";
import type { Plan, RoutePoint } from "../wire";

const SAME_PLACE_DEG = 1e-6;

export const placeOf = (point: RoutePoint): Position => [point.longitude_deg, point.latitude_deg];

/** The line of each leg; on a corridor along its points. */
export function legs(plan: Plan, corridors: readonly Corridor[]): Position[][] {
  return plan.route.slice(1).map((to, index) => {
    const from = plan.route[index] ?? to;
    const corridor = corridors.find(({ id }) => id === from.corridor);
    return densified(between(placeOf(from), placeOf(to), corridor));
  });
}

function between(from: Position, to: Position, corridor: Corridor | undefined): Position[] {
  const straight = [from, near(to, from)];
  if (corridor === undefined) return straight;
  const at = (place: Position): number => corridor.points.findIndex((point) => isSame(point, place));
  const [first, last] = [at(from), at(to)];
  if (first < 0 || last < 0) return straight;
  return first <= last ? corridor.points.slice(first, last + 1) : corridor.points.slice(last, first + 1).reverse();
}

export function isSame([lon_a = 0, lat_a = 0]: Position, [lon_b = 0, lat_b = 0]: Position): boolean {
  const apart = Math.abs(((lon_a - lon_b + 540) % 360) - 180);
  return Math.abs(lat_a - lat_b) < SAME_PLACE_DEG && apart < SAME_PLACE_DEG;
}

function near([longitude = 0, latitude = 0]: Position, [beside = 0]: Position): Position {
  return [longitude + 360 * Math.round((beside - longitude) / 360), latitude];
}

/** The whole line, and the turning points on it. */
export function lineOf(plan: Plan, corridors: readonly Corridor[]): Position[] {
  const [only] = plan.route;
  if (plan.route.length === 1 && only !== undefined) return [placeOf(only), placeOf(only)];
  const made: Position[] = [];
  for (const leg of legs(plan, corridors)) {
    const last = made.at(-1);
    made.push(...(last === undefined ? leg : leg.slice(1).map((place) => near(place, last))));
  }
  return made;
}

/** Where the plan has the flight at a moment; null before its start and after its end. */
export function plannedAt(plan: Plan, corridors: readonly Corridor[], moment_ms: number): { place: Position; track_deg: number } | null {
  const [first, last] = [plan.route[0], plan.route.at(-1)];
  if (first === undefined || last === undefined || moment_ms < Date.parse(first.time)) return null;
  if (moment_ms > Date.parse(last.time) + (last.stay_s ?? 0) * 1000) return null;
  for (const [index, leg] of legs(plan, corridors).entries()) {
    const [from, to] = [plan.route[index], plan.route[index + 1]];
    if (from === undefined || to === undefined || moment_ms > Date.parse(to.time)) continue;
    const left_ms = Date.parse(from.time) + (from.stay_s ?? 0) * 1000;
    return along(leg, Math.max(0, moment_ms - left_ms) / Math.max(1, Date.parse(to.time) - left_ms));
  }
  return { place: placeOf(last), track_deg: 0 };
}

/** The number of the next point that is not passed. */
export function nextPoint(passed: number | null, plan: Plan): number {
  return Math.min(plan.route.length - 1, passed === null ? 0 : passed + 1);
}

/** What a point is called: its designator, or where it is. */
export function pointName(plan: Plan, index: number, corridors: readonly Corridor[]): string {
  const point = plan.route[index];
  if (point?.designator) return point.designator;
  for (const { points, designators } of corridors) {
    const at = point === undefined ? -1 : points.findIndex((place) => isSame(place, placeOf(point)));
    if (at >= 0 && designators[at]) return designators[at] ?? "";
  }
  return point === undefined ? "" : placeText(placeOf(point));
}
