// What is declared: corridors, shares, areas, constraints and parties, read from the node's GeoJSON.
import type { Geometry, Position } from "geojson";
import { band_m, type Limits } from "../geometry/levels";
import { isInside, NM_M } from "../geometry/lines";
import type { NavigationSpecification } from "../wire";
import { ask } from "../web/requests";

const ANSWER_TIMEOUT_MS = 15_000;
const NAVIGATION = ["RNAV_10", "RNAV_5", "RNAV_2", "RNAV_1", "RNP_4", "RNP_2", "RNP_1", "RNP_0_3"] as const;

interface Placed extends Limits {
  id: string;
  name: string;
  rings: Position[][];
}

export interface Corridor extends Limits {
  id: string;
  name: string;
  points: Position[];
  designators: (string | null)[];
  direction: "BOTH" | "FORWARD" | "BACKWARD";
  navigation: NavigationSpecification;
  half_width_m: number;
  windows: [string, string][];
}

export interface Share extends Placed {
  authority: string;
}

export interface Area extends Placed {
  kind: string;
}

export interface Constraint extends Placed {
  windows: [string, string][];
}

export interface Party {
  id: string;
  name: string;
  is_authority: boolean;
}

export interface Declared {
  corridors: Corridor[];
  shares: Share[];
  areas: Area[];
  constraints: Constraint[];
  parties: Party[];
}

export const NOTHING_DECLARED: Declared = { corridors: [], shares: [], areas: [], constraints: [], parties: [] };

interface Feature {
  geometry: Geometry | null;
  properties: Record<string, unknown> & { kind: string; id: string };
}

/** Asks for what is declared; null when there is no answer that can be read, so that it is asked for again. */
export async function askDeclared(): Promise<Declared | null> {
  const answer = await ask("GET", "/api/airspace", { timeout_ms: ANSWER_TIMEOUT_MS });
  if (answer.kind !== "done") return null;
  const features = (answer.body as { features?: Feature[] } | null)?.features;
  return Array.isArray(features) ? declaredFrom(features) : null;
}

function declaredFrom(features: readonly Feature[]): Declared {
  const of = (kind: string): Feature[] => features.filter((each) => each.properties.kind === kind);
  return {
    corridors: of("corridor").flatMap(corridor),
    shares: of("share").map((each) => ({ ...placed(each), authority: text(each, "authority") })),
    areas: of("area").map((each) => ({ ...placed(each), kind: text(each, "kind_of_area") })),
    constraints: of("constraint").map((each) => ({ ...placed(each), windows: windows(each) })),
    parties: of("party").map(({ properties }) => ({
      id: properties.id,
      name: typeof properties["name"] === "string" ? properties["name"] : properties.id,
      is_authority: properties["is_authority"] === true,
    })),
  };
}

function corridor(feature: Feature): Corridor[] {
  const { geometry, properties } = feature;
  if (geometry?.type !== "LineString") return [];
  const direction = properties["direction"];
  const designators = properties["designators"];
  return [
    {
      ...limits(feature),
      id: properties.id,
      name: text(feature, "name"),
      points: unwrapped(geometry.coordinates),
      designators: Array.isArray(designators) ? (designators as (string | null)[]) : geometry.coordinates.map(() => null),
      direction: direction === "FORWARD" || direction === "BACKWARD" ? direction : "BOTH",
      navigation: NAVIGATION.find((known) => known === properties["navigation_specification"]) ?? "RNAV_5",
      half_width_m: length_m(feature, "half_width"),
      windows: windows(feature),
    },
  ];
}

function placed(feature: Feature): Placed {
  const { geometry, properties } = feature;
  return { ...limits(feature), id: properties.id, name: text(feature, "name"), rings: rings(feature, geometry) };
}

function rings(feature: Feature, geometry: Geometry | null): Position[][] {
  if (geometry?.type === "Polygon") return geometry.coordinates.slice(0, 1).map(unwrapped);
  if (geometry?.type === "MultiPolygon") return geometry.coordinates.flatMap((each) => each.slice(0, 1)).map(unwrapped);
  if (geometry?.type === "Point") return [disc(geometry.coordinates, length_m(feature, "radius"))];
  if (geometry?.type === "LineString") {
    return geometry.coordinates.map((corner) => disc(corner, length_m(feature, "half_width")));
  }
  return [];
}

const DISC_CORNERS = 48;
const DEGREE_M = 111_320;

function disc([longitude = 0, latitude = 0]: Position, radius_m: number): Position[] {
  const across = Math.max(0.05, Math.cos((latitude * Math.PI) / 180));
  return Array.from({ length: DISC_CORNERS + 1 }, (_, index) => {
    const turn = (2 * Math.PI * index) / DISC_CORNERS;
    return [longitude + (radius_m * Math.cos(turn)) / DEGREE_M / across, latitude + (radius_m * Math.sin(turn)) / DEGREE_M];
  });
}

/** Longitudes that follow each other without a leap at the antimeridian. */
function unwrapped(line: readonly Position[]): Position[] {
  let last = line[0]?.[0] ?? 0;
  return line.map(([longitude = 0, latitude = 0]) => {
    last = longitude + 360 * Math.round((last - longitude) / 360);
    return [last, latitude];
  });
}

function text({ properties }: Feature, name: string): string {
  const value = properties[name];
  return typeof value === "string" ? value : "";
}

function limits({ properties }: Feature): Limits {
  const { lower, upper, altitude_lower_m, altitude_upper_m, datum } = properties as Limits;
  return { lower: lower ?? null, upper: upper ?? null, altitude_lower_m: altitude_lower_m ?? null, altitude_upper_m: altitude_upper_m ?? null, datum: datum ?? null };
}

function length_m({ properties }: Feature, name: string): number {
  const [miles, metres] = [properties[`${name}_nm`], properties[`${name}_m`]];
  if (typeof miles === "number") return miles * NM_M;
  return typeof metres === "number" ? metres : 0;
}

function windows({ properties }: Feature): [string, string][] {
  const given = properties["windows"];
  return Array.isArray(given) ? (given as [string, string][]) : [];
}

/** Who decides at a place within limits, as far as a drawing needs to know; null where nobody does. */
export function authorityAt(place: Position, limits: Limits, { shares }: Declared): string | null {
  const [low_m, high_m] = band_m(limits);
  const found = shares.find((share) => {
    const [share_low_m, share_high_m] = band_m(share);
    return share_low_m < high_m && low_m < share_high_m && share.rings.some((ring) => isInside(place, ring));
  });
  return found?.authority ?? null;
}

/** The party's name as declared, or its id. */
export function partyName(id: string, { parties }: Declared): string {
  return parties.find((party) => party.id === id)?.name ?? id;
}

/** The ends of a corridor in the order flown: designators where it has them. */
export function endsText(corridor: Corridor, is_forward: boolean): string {
  const names = [0, corridor.points.length - 1].map((index) => corridor.designators[index] ?? placeText(corridor.points[index]));
  return (is_forward ? names : names.reverse()).join(" → ");
}

/** "34.6N 029.0E", for a point that has no name. */
export function placeText([longitude = 0, latitude = 0]: Position = []): string {
  const one = (value: number, digits: number, plus: string, minus: string): string =>
    `${Math.abs(value).toFixed(1).padStart(digits + 2, "0")}${value < 0 ? minus : plus}`;
  return `${one(latitude, 2, "N", "S")} ${one(longitude, 3, "E", "W")}`;
}
