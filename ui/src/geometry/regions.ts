// Regions and movements as drawable shapes. Drawn, not decided: the node has the exact ones.
import type { Feature, Polygon, Position } from "geojson";
import type { Point, Region, Reservation } from "../wire";
import { outline } from "./volumes";

const DEGREE_M = 111_320; // of latitude, near enough for a drawing
const CIRCLE_CORNERS = 48;
const POLE_COS_MIN = 0.05; // nearer to a pole a drawing is wide, never endless

interface Limits {
  altitude_lower_m?: number | null;
  altitude_upper_m?: number | null;
  level_lower?: string | null;
  level_upper?: string | null;
}

/** The window of a reservation: from the earliest start to the latest end. */
export function windowOf({ volume, regions, movement }: Reservation): [string, string] {
  if (volume !== null) return [volume.time_start, volume.time_end];
  const starts = movement === null ? regions.map((region) => region.time_start) : movement.points.map(({ time }) => time);
  const ends = movement === null ? regions.map((region) => region.time_end) : starts;
  const order = (one: string, other: string): number => Date.parse(one) - Date.parse(other);
  return [[...starts].sort(order)[0] ?? "", [...ends].sort(order).at(-1) ?? ""];
}

/** What the limits are said of: the regions, or the movement. */
export function limitsOf({ regions, movement }: Reservation): readonly Limits[] {
  return movement === null ? regions : [movement];
}

/** Every ring of a reservation, each as a feature with the properties. */
export function outlines(reservation: Reservation, properties: Record<string, string>): Feature<Polygon>[] {
  const { volume, regions, movement } = reservation;
  if (volume !== null) return [outline(volume, properties)];
  const rings = movement === null ? regions.flatMap(regionRings) : about(movement.points, movement.radius_m);
  return rings.map((ring) => ({ type: "Feature", properties, geometry: { type: "Polygon", coordinates: [ring] } }));
}

/** The sides between which a reservation is drawn; east beyond 180 where it crosses the antimeridian. */
export function sidesOf(reservation: Reservation): { south_deg: number; north_deg: number; west_deg: number; east_deg: number } {
  const corners = outlines(reservation, {}).flatMap(({ geometry }) => geometry.coordinates.flat());
  const first = corners[0]?.[0] ?? 0;
  const longitudes = corners.map(([longitude]) => beside(longitude ?? 0, first));
  const latitudes = corners.map(([, latitude]) => latitude ?? 0);
  return {
    south_deg: Math.min(...latitudes),
    north_deg: Math.max(...latitudes),
    west_deg: Math.min(...longitudes),
    east_deg: Math.max(...longitudes),
  };
}

/** The rings of a region: one, or none when it has no shape. A margin about a polygon is not drawn. */
export function regionRings({ polygon, circle, path }: Region): Position[][] {
  if (polygon != null) return [closed(unwrapped(polygon))];
  if (circle != null) return [disc([circle.longitude_deg, circle.latitude_deg], circle.radius_m)];
  return path == null ? [] : [band(unwrapped(path.points), path.half_width_m)];
}

const TURN_COS_MIN = 0.3; // a sharper turn has its corner cut, else it would be drawn far outside

/** A line with its width as one ring: along its right side, around its end, and back along its left. */
function band(line: readonly Position[], half_width_m: number): Position[] {
  const [start, end] = [line[0] ?? [0, 0], line.at(-1) ?? [0, 0]];
  if (line.length < 2) return disc(start, half_width_m);
  const along = line.slice(1).map((to, index) => towards(line[index] ?? to, to));
  const side = (sign: number): Position[] => line.map((corner, index) => beside_m(corner, along[index - 1], along[index], sign * half_width_m));
  const cap = (centre: Position, course_rad: number): Position[] =>
    Array.from({ length: CIRCLE_CORNERS / 2 + 1 }, (_, index) => {
      const turn = course_rad - Math.PI / 2 + (2 * Math.PI * index) / CIRCLE_CORNERS;
      return moved(centre, half_width_m * Math.cos(turn), half_width_m * Math.sin(turn));
    });
  const [first, last] = [along[0] ?? 0, along.at(-1) ?? 0];
  return closed([...side(-1).slice(1, -1), ...cap(end, last), ...side(1).slice(1, -1).reverse(), ...cap(start, first + Math.PI)]);
}

/** The direction from a place to the next, counted from the east towards the north. */
function towards(from: Position, to: Position): number {
  const across = cosine(((from[1] ?? 0) + (to[1] ?? 0)) / 2);
  return Math.atan2((to[1] ?? 0) - (from[1] ?? 0), ((to[0] ?? 0) - (from[0] ?? 0)) * across);
}

/** Beside a corner of a line: `aside_m` to the left of both its directions, to the right where negative. */
function beside_m(corner: Position, before_rad = Number.NaN, after_rad = before_rad, aside_m = 0): Position {
  const one = Number.isNaN(before_rad) ? after_rad : before_rad;
  const half = Math.atan2(Math.sin(after_rad - one), Math.cos(after_rad - one)) / 2;
  const left = one + half + Math.PI / 2;
  const far_m = aside_m / Math.max(TURN_COS_MIN, Math.cos(half));
  return moved(corner, far_m * Math.cos(left), far_m * Math.sin(left));
}

/** A line with its width: a disc about each corner and a strip along each edge. */
function about(points: readonly Point[], half_width_m: number): Position[][] {
  const line = unwrapped(points);
  const strips = line.slice(1).map((end, index) => strip(line[index] ?? end, end, half_width_m));
  return [...line.map((corner) => disc(corner, half_width_m)), ...strips];
}

function disc(centre: Position, radius_m: number): Position[] {
  const turns = Array.from({ length: CIRCLE_CORNERS }, (_, index) => (2 * Math.PI * index) / CIRCLE_CORNERS);
  return closed(turns.map((turn) => moved(centre, radius_m * Math.cos(turn), radius_m * Math.sin(turn))));
}

function strip(start: Position, end: Position, half_width_m: number): Position[] {
  const across = cosine(((start[1] ?? 0) + (end[1] ?? 0)) / 2);
  const east = ((end[0] ?? 0) - (start[0] ?? 0)) * across;
  const north = (end[1] ?? 0) - (start[1] ?? 0);
  const length = Math.hypot(east, north) || 1;
  const [aside_m, ahead_m] = [(-north / length) * half_width_m, (east / length) * half_width_m];
  return closed([
    moved(start, aside_m, ahead_m),
    moved(end, aside_m, ahead_m),
    moved(end, -aside_m, -ahead_m),
    moved(start, -aside_m, -ahead_m),
  ]);
}

function moved([longitude = 0, latitude = 0]: Position, east_m: number, north_m: number): Position {
  const there = Math.max(-90, Math.min(90, latitude + north_m / DEGREE_M));
  return [longitude + east_m / DEGREE_M / cosine(latitude), there];
}

function cosine(latitude_deg: number): number {
  return Math.max(POLE_COS_MIN, Math.cos((latitude_deg * Math.PI) / 180));
}

/** Longitudes that follow each other without a leap at the antimeridian. */
function unwrapped(points: readonly Point[]): Position[] {
  let last = points[0]?.longitude_deg ?? 0;
  return points.map(({ latitude_deg, longitude_deg }) => {
    last = beside(longitude_deg, last);
    return [last, latitude_deg];
  });
}

function beside(longitude_deg: number, near_deg: number): number {
  return longitude_deg + 360 * Math.round((near_deg - longitude_deg) / 360);
}

function closed(ring: Position[]): Position[] {
  const [first] = ring;
  return first === undefined ? ring : [...ring, first];
}
