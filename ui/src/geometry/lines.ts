// Lines on the earth, for drawing and for proposing times. A sphere is near enough; the node decides on WGS-84.
import type { Position } from "geojson";

const RADIUS_M = 6_371_008.8; // mean radius of the earth
const STEP_MAX_M = 20_000; // chosen: a great circle drawn in pieces this long looks curved
export const NM_M = 1_852;

const radians = (value_deg: number): number => (value_deg * Math.PI) / 180;
const degrees = (value_rad: number): number => (value_rad * 180) / Math.PI;

/** Great-circle distance between two [longitude, latitude], metres. */
export function distance_m([lon_a = 0, lat_a = 0]: Position, [lon_b = 0, lat_b = 0]: Position): number {
  const across = Math.sin(radians(lon_b - lon_a) / 2) ** 2 * Math.cos(radians(lat_a)) * Math.cos(radians(lat_b));
  return 2 * RADIUS_M * Math.asin(Math.min(1, Math.sqrt(Math.sin(radians(lat_b - lat_a) / 2) ** 2 + across)));
}

/** Initial track from one place to another, degrees from true north, 0 to 360. */
export function track_deg([lon_a = 0, lat_a = 0]: Position, [lon_b = 0, lat_b = 0]: Position): number {
  const turn = radians(lon_b - lon_a);
  const east = Math.sin(turn) * Math.cos(radians(lat_b));
  const north = Math.cos(radians(lat_a)) * Math.sin(radians(lat_b)) - Math.sin(radians(lat_a)) * Math.cos(radians(lat_b)) * Math.cos(turn);
  return (degrees(Math.atan2(east, north)) + 360) % 360;
}

/** The place `fraction` of the way from one to another, its longitude following the first without a leap. */
export function between(from: Position, to: Position, fraction: number): Position {
  const [lon_a = 0, lat_a = 0] = from;
  const [lon_b = 0, lat_b = 0] = to;
  const angle = distance_m(from, to) / RADIUS_M;
  if (angle < 1e-9) return from;
  const [a, b] = [Math.sin((1 - fraction) * angle) / Math.sin(angle), Math.sin(fraction * angle) / Math.sin(angle)];
  const x = a * Math.cos(radians(lat_a)) * Math.cos(radians(lon_a)) + b * Math.cos(radians(lat_b)) * Math.cos(radians(lon_b));
  const y = a * Math.cos(radians(lat_a)) * Math.sin(radians(lon_a)) + b * Math.cos(radians(lat_b)) * Math.sin(radians(lon_b));
  const z = a * Math.sin(radians(lat_a)) + b * Math.sin(radians(lat_b));
  const longitude = degrees(Math.atan2(y, x));
  return [longitude + 360 * Math.round((lon_a - longitude) / 360), degrees(Math.atan2(z, Math.hypot(x, y)))];
}

export function length_m(path: readonly Position[]): number {
  return path.slice(1).reduce((sum, place, index) => sum + distance_m(path[index] ?? place, place), 0);
}

/** The path with places between, so that it is drawn as great circles. */
export function densified(path: readonly Position[]): Position[] {
  const made: Position[] = path.slice(0, 1);
  for (const to of path.slice(1)) {
    const from = made.at(-1) ?? to;
    const steps = Math.max(1, Math.ceil(distance_m(from, to) / STEP_MAX_M));
    for (let step = 1; step <= steps; step += 1) made.push(between(from, to, step / steps));
  }
  return made;
}

/** The place and track at `fraction` of the length of a path. */
export function along(path: readonly Position[], fraction: number): { place: Position; track_deg: number } {
  let left_m = length_m(path) * Math.max(0, Math.min(1, fraction));
  for (const [index, to] of path.slice(1).entries()) {
    const from = path[index] ?? to;
    const leg_m = distance_m(from, to);
    if (left_m <= leg_m && leg_m > 0) return { place: between(from, to, left_m / leg_m), track_deg: track_deg(from, to) };
    left_m -= leg_m;
  }
  const [before, last] = [path.at(-2) ?? path.at(-1) ?? [0, 0], path.at(-1) ?? [0, 0]];
  return { place: last, track_deg: track_deg(before, last) };
}

/** Whether a place lies in a ring, by its drawn edges. */
export function isInside([longitude = 0, latitude = 0]: Position, ring: readonly Position[]): boolean {
  let inside = false;
  for (const [index, [lon_b = 0, lat_b = 0]] of ring.entries()) {
    const [lon_a = 0, lat_a = 0] = ring[(index + ring.length - 1) % ring.length] ?? [];
    if (lat_a > latitude !== lat_b > latitude && longitude < ((lon_b - lon_a) * (latitude - lat_a)) / (lat_b - lat_a) + lon_a) inside = !inside;
  }
  return inside;
}
