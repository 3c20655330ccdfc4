// What the map of a USS shows: flights, closed sky, aircraft, and the shape in a form. A pattern and a word say what the colour repeats.
import type { Feature, Polygon, Position } from "geojson";
import type { LayerSpecification } from "maplibre-gl";
import { CAUSE_COLOUR } from "../airspace/reservations_drawn";
import { regionRings } from "../geometry/regions";
import { metresText } from "../geometry/units";
import { icon, shape, type Icon } from "../web/icons";
import { say } from "../phrases/phrases";
import { ageText, levelsText, shortId, stateOf, stateText, volumesOfFlight } from "./words";
import type { Flight, UssPicture, Volume4D } from "./wire";

export const SOURCES = ["skies", "names", "aircraft"] as const;
export type Source = (typeof SOURCES)[number];

const OWN = "#4cc9ff";
const OTHERS = "#c8a2ff";
export const CLOSED = "#ffd23f";
const DRAFT = "#ffffff";

type Kind = "Accepted" | "Activated" | "Nonconforming" | "Contingent" | "WAITING" | "other" | "closed" | "draft";

/** Whose name is placed first. */
const ORDER: readonly Kind[] = ["Contingent", "Nonconforming", "Activated", "WAITING", "Accepted", "closed", "other", "draft"];

export function skyLayers(): LayerSpecification[] {
  const of = (...kinds: Kind[]): ["in", ["get", string], ["literal", string[]]] => ["in", ["get", "kind"], ["literal", kinds]];
  const line = { "line-color": ["get", "colour"] as ["get", string], "line-width": 2.5 };
  return [
    { id: "fills", type: "fill", source: "skies", filter: of("Activated"), paint: { "fill-color": ["get", "colour"], "fill-opacity": 0.35 } },
    { id: "off-hatch", type: "fill", source: "skies", filter: of("Nonconforming", "Contingent"), paint: { "fill-pattern": "off-hatch" } },
    { id: "closed-hatch", type: "fill", source: "skies", filter: of("closed"), paint: { "fill-pattern": "closed-hatch" } },
    { id: "cause-hatch", type: "fill", source: "skies", filter: ["get", "is_cause"], paint: { "fill-pattern": "cause-hatch" } },
    { id: "cause", type: "line", source: "skies", filter: ["get", "is_cause"], paint: { "line-color": CAUSE_COLOUR, "line-width": 7 } },
    { id: "whole", type: "line", source: "skies", filter: of("Activated", "Nonconforming", "Contingent"), paint: { ...line, "line-width": 3.5 } },
    { id: "planned", type: "line", source: "skies", filter: of("Accepted", "WAITING"), paint: { ...line, "line-dasharray": [5, 2] } },
    { id: "others", type: "line", source: "skies", filter: of("other"), paint: { ...line, "line-dasharray": [1.2, 1.2] } },
    { id: "closed", type: "line", source: "skies", filter: of("closed"), paint: { ...line, "line-dasharray": [4, 1, 1, 1] } },
    { id: "draft", type: "line", source: "skies", filter: of("draft"), paint: { "line-color": DRAFT, "line-width": 2, "line-dasharray": [1, 2] } },
  ];
}

export function nameLayers(fonts: string[]): LayerSpecification[] {
  const text = { "text-font": fonts, "text-size": 12, "text-field": ["get", "text"] as ["get", string] };
  const paint = { "text-color": "#ffffff", "text-halo-color": "#0b1218", "text-halo-width": 1.8 };
  return [
    // Names step aside for each other; one that finds no place is in the list, and its outline is drawn all the same.
    { id: "names", type: "symbol", source: "names", layout: { ...text, "text-variable-anchor": ["center", "top", "bottom", "left", "right", "top-left", "bottom-left", "bottom-right"], "text-radial-offset": 1.2, "text-padding": 4, "symbol-sort-key": ["get", "order"] }, paint },
    {
      id: "aircraft",
      type: "symbol",
      source: "aircraft",
      layout: { ...text, "icon-image": ["get", "icon"], "icon-allow-overlap": true, "icon-rotate": ["get", "track_deg"], "text-anchor": "left", "text-justify": "left", "text-offset": [1.2, 0], "text-allow-overlap": true },
      paint,
    },
  ];
}

/** An aircraft that is heard of now, and one that is not: an open circle, for nobody knows where it is. */
export function aircraftIcons(): [string, Icon][] {
  const heard = icon((pen) => {
    shape(pen, [[0, -16], [11, 14], [0, 8], [-11, 14]]);
    pen.fillStyle = "#ffffff";
    pen.strokeStyle = "#0b1218";
    pen.stroke();
    pen.fill();
  });
  const lost = icon((pen) => {
    pen.setLineDash([6, 5]);
    pen.strokeStyle = CLOSED;
    pen.beginPath();
    pen.arc(0, 0, 13, 0, 2 * Math.PI);
    pen.stroke();
  });
  return [["aircraft", heard], ["aircraft-lost", lost]];
}

/** What is drawn beside the picture: what the last refusal is because of, and the shape in a form. */
export interface Scene {
  picture: UssPicture | null;
  causes: ReadonlySet<string>;
  draft: Volume4D | null;
  is_old: boolean;
}

export function features({ picture, causes, draft, is_old }: Scene): Record<Source, Feature[]> {
  const made: Record<Source, Feature[]> = { skies: [], names: [], aircraft: [] };
  const add = (id: string, kind: Kind, colour: string, volumes: readonly Volume4D[], word: string): void => {
    const is_cause = causes.has(id);
    for (const volume of volumes) {
      const drawn = ringsOf(volume).map((ring): Feature<Polygon> => ({ type: "Feature", properties: { kind, is_cause, colour }, geometry: { type: "Polygon", coordinates: [ring] } }));
      made.skies.push(...drawn);
    }
    const [first] = volumes;
    const ring = first === undefined ? undefined : ringsOf(first)[0];
    if (first === undefined || ring === undefined) return;
    const lines = [`${shortId(id)} ${word}`, `${levelsText(first)} m`, ...(is_cause ? [say("list.cause")] : [])];
    made.names.push({ type: "Feature", properties: { text: lines.join("\n"), order: is_cause ? 0 : ORDER.indexOf(kind) + 1 }, geometry: { type: "Point", coordinates: middle(ring) } });
  };
  for (const each of picture?.others_constraints ?? []) add(each.id, "closed", CLOSED, each.volumes, say("uss.constraint_tag"));
  for (const each of picture?.constraints ?? []) add(each.id, "closed", CLOSED, each.details?.volumes ?? [], say("uss.closed_tag"));
  for (const each of picture?.others ?? []) add(each.id, "other", OTHERS, each.volumes, `${each.manager} ${stateText(each.state)}`);
  for (const each of picture?.flights ?? []) add(each.id, stateOf(each), OWN, volumesOfFlight(each), stateText(stateOf(each)));
  made.aircraft = (picture?.flights ?? []).flatMap((flight) => aircraft(flight, is_old));
  if (draft !== null) {
    const rings = ringsOf(draft);
    made.skies.push(...rings.map((ring): Feature<Polygon> => ({ type: "Feature", properties: { kind: "draft", is_cause: false, colour: DRAFT }, geometry: { type: "Polygon", coordinates: [ring] } })));
  }
  return made;
}

function aircraft({ keeping, position }: Flight, is_old: boolean): Feature[] {
  if (position === null) return [];
  const { position: at, velocity } = position.telemetry;
  const is_lost = is_old || keeping === "LOST";
  const track = velocity?.track;
  const text = `${metresText(Math.round(at.altitude.value))} m${is_lost ? ` ${say("uss.keeping_short.LOST", { age: ageText(position.age_s) })}` : ""}`;
  const properties = { icon: is_lost ? "aircraft-lost" : "aircraft", track_deg: track == null || track >= 360 ? 0 : track, text };
  return [{ type: "Feature", properties, geometry: { type: "Point", coordinates: [at.longitude, at.latitude] } }];
}

/** The outline of a volume as rings to be drawn. */
export function ringsOf({ volume }: Volume4D): Position[][] {
  const { outline_circle: circle, outline_polygon: polygon } = volume;
  const point = ({ lat, lng }: { lat: number; lng: number }): { latitude_deg: number; longitude_deg: number } => ({ latitude_deg: lat, longitude_deg: lng });
  const bare = { polygon: null, circle: null, path: null };
  const region = circle != null ? { ...bare, circle: { ...point(circle.center), radius_m: circle.radius.value } } : { ...bare, polygon: (polygon?.vertices ?? []).map(point) };
  return regionRings(region as unknown as Parameters<typeof regionRings>[0]).filter((ring) => ring.length > 3);
}

export function cornersOf(volumes: readonly Volume4D[]): Position[] {
  return volumes.flatMap(ringsOf).flat();
}

function middle(ring: readonly Position[]): Position {
  const [longitudes, latitudes] = [ring.map(([lon = 0]) => lon), ring.map(([, lat = 0]) => lat)];
  const half = (values: number[]): number => (Math.min(...values) + Math.max(...values)) / 2;
  return [half(longitudes), half(latitudes)];
}
