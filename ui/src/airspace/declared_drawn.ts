// What is declared, drawn: shares with their borders, areas, constraints, and corridors by deciding authority.
import type { Feature, Position } from "geojson";
import type { ExpressionSpecification, LayerSpecification } from "maplibre-gl";
import { limitsText } from "../geometry/levels";
import { densified } from "../geometry/lines";
import { say } from "../phrases/phrases";
import { momentText } from "../web/moments";
import { looks, PATTERNS, UNALLOTTED, UNALLOTTED_COLOUR, UNALLOTTED_PATTERN, type Look } from "./authorities";
import { authorityAt, partyName, type Constraint, type Corridor, type Declared } from "./declared";

export const SOURCES = ["shares", "share-labels", "areas", "constraints", "corridors", "corridor-points"] as const;
const EQUATOR_M_PER_PX = 78_271.517; // one pixel at scale 0 of tiles of 512 pixels
const DOUBLINGS = 20;
const LEFT_TO_RIGHT_MARK = "\u200e";
export const CONSTRAINT_COLOUR = "#d3bfae";
const AREA_COLOUR = "#9fb0bd";
const HALO = { "text-halo-color": "#0b1218", "text-halo-width": 1.6 } as const;

const get = (name: string): ["get", string] => ["get", name];

/** A line as wide as the corridor on the ground, at every scale. */
const GROUND_WIDTH: ExpressionSpecification = [
  "interpolate",
  ["exponential", 2],
  ["zoom"],
  0,
  get("width_px"),
  DOUBLINGS,
  ["*", get("width_px"), 2 ** DOUBLINGS],
];

export function declaredLayers(): LayerSpecification[] {
  const patterns = [...PATTERNS, [0.3, 2]].map(
    (dashes, pattern): LayerSpecification => ({
      id: `corridor-${pattern}`,
      type: "line",
      source: "corridors",
      filter: ["==", get("pattern"), pattern],
      paint: { "line-color": get("colour"), "line-width": 2.5, "line-dasharray": [...dashes] },
    }),
  );
  return [
    { id: "shares", type: "fill", source: "shares", paint: { "fill-color": get("colour"), "fill-opacity": 0.06 } },
    { id: "share-borders", type: "line", source: "shares", paint: { "line-color": get("colour"), "line-width": 1.5, "line-opacity": 0.8, "line-dasharray": [8, 3] } },
    { id: "areas", type: "line", source: "areas", paint: { "line-color": AREA_COLOUR, "line-width": 1.5, "line-dasharray": [2, 1.5] } },
    { id: "constraint-hatch", type: "fill", source: "constraints", paint: { "fill-pattern": "constraint-hatch", "fill-opacity": 0.55 } },
    { id: "constraints", type: "line", source: "constraints", paint: { "line-color": CONSTRAINT_COLOUR, "line-width": 2 } },
    {
      id: "corridor-bands",
      type: "line",
      source: "corridors",
      layout: { "line-cap": "butt", "line-join": "round" },
      paint: { "line-color": get("colour"), "line-width": GROUND_WIDTH, "line-opacity": 0.14 },
    },
    ...patterns,
    {
      id: "corridor-points",
      type: "circle",
      source: "corridor-points",
      paint: { "circle-radius": 3.5, "circle-color": "#0b1218", "circle-stroke-color": "#e8eef3", "circle-stroke-width": 1.5 },
    },
  ];
}

/** The names, drawn above everything that moves less than they matter. */
export function declaredNames(fonts: string[]): LayerSpecification[] {
  const text = { "text-font": fonts, "text-size": 11 } as const;
  const point = { ...text, "text-field": get("text"), "text-variable-anchor": ["center", "top", "bottom"] as ("center" | "top" | "bottom")[], "text-max-width": 24 };
  return [
    {
      id: "share-names",
      type: "symbol",
      source: "share-labels",
      layout: { ...text, "text-field": get("text"), "text-anchor": "top-left", "text-justify": "left", "text-offset": [0.6, 0.6], "text-max-width": 20 },
      paint: { ...HALO, "text-color": get("colour") },
    },
    { id: "area-names", type: "symbol", source: "areas", layout: point, paint: { ...HALO, "text-color": AREA_COLOUR } },
    { id: "constraint-names", type: "symbol", source: "constraints", layout: point, paint: { ...HALO, "text-color": CONSTRAINT_COLOUR } },
    {
      id: "corridor-names",
      type: "symbol",
      source: "corridors",
      layout: { ...text, "text-size": 12, "text-field": get("text"), "symbol-placement": "line", "symbol-spacing": 240, "text-keep-upright": true, "text-allow-overlap": true },
      paint: { ...HALO, "text-halo-width": 2, "text-color": get("colour") },
    },
    {
      id: "corridor-point-names",
      type: "symbol",
      source: "corridor-points",
      layout: { ...text, "text-field": get("text"), "text-variable-anchor": ["top", "bottom", "left", "right"], "text-radial-offset": 0.7 },
      paint: { ...HALO, "text-color": "#e8eef3" },
    },
  ];
}

/** What to draw, by source. `causes`: ids that a refusal rests on. */
export function declaredFeatures(declared: Declared, causes: ReadonlySet<string>): Record<(typeof SOURCES)[number], Feature[]> {
  const known = looks(declared);
  const polygons = (each: { rings: Position[][] }, properties: Record<string, string>): Feature[] =>
    each.rings.map((ring) => ({ type: "Feature", properties, geometry: { type: "Polygon", coordinates: [densified(ring)] } }));
  return {
    shares: declared.shares.flatMap((share) => polygons(share, { colour: (known.get(share.authority) ?? UNALLOTTED).colour })),
    "share-labels": declared.shares.flatMap((share) => {
      const look = known.get(share.authority) ?? UNALLOTTED;
      const decides = say("map.decides", { authority: partyName(share.authority, declared), letter: look.letter });
      const text = `${LEFT_TO_RIGHT_MARK}${look.letter} · ${share.id}\n${decides}\n${LEFT_TO_RIGHT_MARK}${limitsText(share)}`;
      return share.rings.map((ring): Feature => ({ type: "Feature", properties: { colour: look.colour, text }, geometry: { type: "Point", coordinates: northWest(ring) } }));
    }),
    areas: declared.areas.flatMap((area) =>
      polygons(area, { text: [`${area.kind} ${area.id}`, limitsText(area)].map((line) => LEFT_TO_RIGHT_MARK + line).join("\n") }),
    ),
    constraints: declared.constraints.flatMap((each) => polygons(each, { text: constraintText(each, causes) })),
    corridors: declared.corridors.flatMap((corridor) => runs(corridor, declared, known)),
    "corridor-points": corridorPoints(declared.corridors),
  };
}

/** Each point once, also where corridors meet. */
function corridorPoints(corridors: readonly Corridor[]): Feature[] {
  const made = new Map<string, Feature>();
  for (const { points, designators } of corridors) {
    for (const [index, place] of points.entries()) {
      const text = designators[index] ?? "";
      made.set(`${text} ${place.join(" ")}`, { type: "Feature", properties: { text }, geometry: { type: "Point", coordinates: place } });
    }
  }
  return [...made.values()];
}

/** The corner that lies farthest to the north-west, where a name is least in the way. */
function northWest(ring: readonly Position[]): Position {
  const out = ([longitude = 0, latitude = 0]: Position): number => latitude - longitude;
  return ring.reduce((best, corner) => (out(corner) > out(best) ? corner : best), ring[0] ?? [0, 0]);
}

function constraintText(each: Constraint, causes: ReadonlySet<string>): string {
  const minutes = (text: string): string => momentText(new Date(Math.round(Date.parse(text) / 60_000) * 60_000));
  const windows = each.windows.map(([start, end]) => `${minutes(start)} – ${minutes(end)}`);
  const title = causes.has(each.id) ? `${each.id} · ${say("list.cause")}` : each.id;
  return [title, limitsText(each), ...windows.slice(0, 1)].map((line) => LEFT_TO_RIGHT_MARK + line).join("\n");
}

/**
 * A corridor cut where the deciding authority changes. Its letter stands in no brackets: MapLibre draws those of a
 * line's text one by one, and a page from right to left turns them round.
 */
function runs(corridor: Corridor, declared: Declared, known: ReadonlyMap<string, Look>): Feature[] {
  const made: { authority: string | null; line: Position[] }[] = [];
  const line = densified(corridor.points);
  for (const [index, to] of line.slice(1).entries()) {
    const from = line[index] ?? to;
    const middle = [0, 1].map((axis) => ((from[axis] ?? 0) + (to[axis] ?? 0)) / 2);
    const authority = authorityAt(middle, corridor, declared);
    const last = made.at(-1);
    if (last !== undefined && last.authority === authority) last.line.push(to);
    else made.push({ authority, line: [from, to] });
  }
  const latitude = line[Math.floor(line.length / 2)]?.[1] ?? 0;
  const width_px = (2 * corridor.half_width_m) / (EQUATOR_M_PER_PX * Math.max(0.05, Math.cos((latitude * Math.PI) / 180)));
  return made.map(({ authority, line: run }) => {
    const look = (authority === null ? undefined : known.get(authority)) ?? UNALLOTTED;
    const text = `${LEFT_TO_RIGHT_MARK}${look.letter} · ${corridor.id}`;
    const properties = { colour: look.colour, pattern: look.pattern, text, corridor: corridor.id, width_px };
    return { type: "Feature", properties, geometry: { type: "LineString", coordinates: run } };
  });
}

/** The rows of the legend: each authority with its look, and where nobody decides. */
export function authorityRows(declared: Declared): { look: Look; words: string }[] {
  const rows = [...looks(declared)].map(([id, look]) => ({ look, words: say("map.decides", { authority: partyName(id, declared), letter: look.letter }) }));
  return declared.corridors.length === 0 ? rows : [...rows, { look: { ...UNALLOTTED, colour: UNALLOTTED_COLOUR, pattern: UNALLOTTED_PATTERN }, words: say("map.unallotted") }];
}
