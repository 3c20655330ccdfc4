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

/** Meridians and parallels with their names. */
export function graticule(
  latitudeName: (value_deg: number) => string,
  longitudeName: (value_deg: number) => string,
): Feature[] {
  const line = (name: string, coordinates: [number, number][]): Feature => ({
    type: "Feature",
    properties: { name },
    geometry: { type: "LineString", coordinates },
  });
  const made: Feature[] = [];
  const most = MERCATOR_LATITUDE_MAX_DEG;
  for (let longitude = -180; longitude < 180; longitude += GRATICULE_STEP_DEG) {
    made.push(line(longitudeName(longitude), [[longitude, -most], [longitude, most]]));
  }
  for (let latitude = -most; latitude <= most; latitude += GRATICULE_STEP_DEG) {
    made.push(line(latitudeName(latitude), [[-180, latitude], [180, latitude]]));
  }
  return made;
}
