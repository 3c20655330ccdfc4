// Boxes as drawable shapes.
import type { Feature, Polygon } from "geojson";
import type { Box as WireBox } from "../wire";

interface Box {
  south_deg: number;
  north_deg: number;
  west_deg: number;
  east_deg: number; // beyond 180 where the box crosses the antimeridian
}

function box(volume: WireBox): Box {
  const { longitude_west_deg: west_deg, longitude_east_deg: east } = volume;
  return {
    south_deg: volume.latitude_south_deg,
    north_deg: volume.latitude_north_deg,
    west_deg,
    east_deg: west_deg > east ? east + 360 : east,
  };
}

/** The box as a closed ring along its parallels and meridians. */
export function outline(volume: WireBox, properties: Record<string, string>): Feature<Polygon> {
  const { south_deg: s, north_deg: n, west_deg: w, east_deg: e } = box(volume);
  const ring = [[w, s], [e, s], [e, n], [w, n], [w, s]];
  return { type: "Feature", properties, geometry: { type: "Polygon", coordinates: [ring] } };
}

const GRATICULE_STEP_DEG = 2; // chosen: a line every few centimetres at the first scale
const MERCATOR_LATITUDE_MAX_DEG = 84;

/** The sides of a part of the map. */
export interface Sides {
  south_deg: number;
  north_deg: number;
  west_deg: number;
  east_deg: number;
}

const EVERYWHERE: Sides = { south_deg: -MERCATOR_LATITUDE_MAX_DEG, north_deg: MERCATOR_LATITUDE_MAX_DEG, west_deg: -180, east_deg: 180 - GRATICULE_STEP_DEG };

/** Meridians and parallels with their names, a line every step between the sides. */
export function graticule(
  latitudeName: (value_deg: number) => string,
  longitudeName: (value_deg: number) => string,
  step_deg = GRATICULE_STEP_DEG,
  { south_deg, north_deg, west_deg, east_deg }: Sides = EVERYWHERE,
): Feature[] {
  const line = (name: string, coordinates: [number, number][]): Feature => ({
    type: "Feature",
    properties: { name },
    geometry: { type: "LineString", coordinates },
  });
  const most = MERCATOR_LATITUDE_MAX_DEG;
  const [south, north] = [Math.max(-most, south_deg - step_deg), Math.min(most, north_deg + step_deg)];
  const [west, east] = [Math.max(-180, west_deg - step_deg), Math.min(180, east_deg + step_deg)];
  const along = (from: number, to: number): number[] => {
    const first = Math.ceil(from / step_deg - 1e-6);
    return Array.from({ length: Math.max(0, Math.floor(to / step_deg + 1e-6) - first + 1) }, (_, index) => Number(((first + index) * step_deg).toFixed(6)));
  };
  return [
    ...along(Math.max(west_deg, -180), Math.min(east_deg, 180)).map((longitude) => line(longitudeName(longitude), [[longitude, south], [longitude, north]])),
    ...along(Math.max(south_deg, -most), Math.min(north_deg, most)).map((latitude) => line(latitudeName(latitude), [[west, latitude], [east, latitude]])),
  ];
}
