// What another authority asks of us, on the map: the chosen request alone, what leads through our share filled.
import type { Feature } from "geojson";
import type { LayerSpecification } from "maplibre-gl";
import type { Corridor } from "../airspace/declared";
import { lineOf } from "../flights/route";
import { regionRings } from "../geometry/regions";
import type { Crossing } from "../wire";
import { levelsOf, nameOf, tagText } from "./words";

export const SOURCES = ["asked"] as const;
const COLOUR = "#f7a8ff"; // with it a hatch of dots at its edge and words; no danger, no warning
const LEFT_TO_RIGHT_MARK = "\u200e";
const HALO = { "text-halo-color": "#0b1218", "text-halo-width": 1.8 } as const;

export function askedLayers(): LayerSpecification[] {
  return [
    { id: "asked", type: "fill", source: "asked", filter: ["==", ["get", "kind"], "ours"], paint: { "fill-color": COLOUR, "fill-opacity": 0.3 } },
    { id: "asked-edge", type: "line", source: "asked", filter: ["in", ["get", "kind"], ["literal", ["ours", "beside"]]], paint: { "line-color": COLOUR, "line-width": 2, "line-dasharray": [1, 1] } },
    { id: "asked-line", type: "line", source: "asked", filter: ["==", ["get", "kind"], "line"], paint: { "line-color": COLOUR, "line-width": 3, "line-dasharray": [3, 1, 1, 1] } },
  ];
}

export function askedNames(fonts: string[]): LayerSpecification[] {
  return [
    {
      id: "asked-names",
      type: "symbol",
      source: "asked",
      filter: ["has", "text"],
      layout: { "text-field": ["get", "text"], "text-font": fonts, "text-size": 13, "text-allow-overlap": true, "text-anchor": "top", "text-offset": [0, 0.8] },
      paint: { ...HALO, "text-color": COLOUR },
    },
  ];
}

export function askedFeatures(chosen: Crossing | null, corridors: readonly Corridor[]): Feature[] {
  if (chosen === null) return [];
  const rings = chosen.parts.flatMap(({ region, is_ours }) => regionRings(region).map((ring) => ({ ring, is_ours })));
  const named = Math.max(0, rings.findIndex(({ is_ours }) => is_ours));
  const text = [`${LEFT_TO_RIGHT_MARK}${nameOf(chosen)} ${levelsOf(chosen)}`, tagText(chosen)].join("\n");
  const areas = rings.map(({ ring, is_ours }, index): Feature => ({
    type: "Feature",
    properties: { kind: is_ours ? "ours" : "beside", ...(index === named ? { text } : {}) },
    geometry: { type: "Polygon", coordinates: [ring] },
  }));
  if (chosen.plan === null) return areas;
  return [...areas, { type: "Feature", properties: { kind: "line" }, geometry: { type: "LineString", coordinates: lineOf(chosen.plan, corridors) } }];
}
