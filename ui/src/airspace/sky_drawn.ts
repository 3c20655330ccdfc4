// Others' sky and imposed sky on the map. Imposed sky has a hatch, a broad edge and words besides its colour.
import type { Feature } from "geojson";
import type { ExpressionSpecification, LayerSpecification } from "maplibre-gl";
import { regionRings } from "../geometry/regions";
import type { Other } from "../wire";
import { keyOf, levelsText, nameOf, whatText, type Sky } from "./sky";

export const SOURCES = ["others", "imposed"] as const;
export const SKY_LAYERS = ["others", "imposed"]; // those that take the pointer
export const IMPOSED_COLOUR = "#ffd23f"; // yellow: keep others off; nobody there did anything wrong
const OTHERS_COLOUR = "#a7b8ff";
const LEFT_TO_RIGHT_MARK = "\u200e";
const HALO = { "text-halo-color": "#0b1218", "text-halo-width": 1.8 } as const;

export function skyLayers(): LayerSpecification[] {
  return [
    { id: "others", type: "fill", source: "others", paint: { "fill-color": OTHERS_COLOUR, "fill-opacity": 0.12 } },
    { id: "others-edge", type: "line", source: "others", paint: { "line-color": OTHERS_COLOUR, "line-width": 2, "line-dasharray": [1, 1.5] } },
    { id: "imposed", type: "fill", source: "imposed", paint: { "fill-pattern": "imposed-hatch", "fill-opacity": 0.4 } },
    { id: "imposed-edge", type: "line", source: "imposed", paint: { "line-color": IMPOSED_COLOUR, "line-width": 3.5, "line-dasharray": [6, 1, 1, 1] } },
  ];
}

export function skyNames(fonts: string[]): LayerSpecification[] {
  const named = (source: (typeof SOURCES)[number], colour: string, size: number): LayerSpecification => ({
    id: `${source}-names`,
    type: "symbol",
    source,
    filter: ["!=", ["get", "text"], ""] as ExpressionSpecification,
    layout: { "text-field": ["get", "text"], "text-font": fonts, "text-size": size, "text-allow-overlap": source === "imposed", "text-variable-anchor": ["center", "top", "bottom"] },
    paint: { ...HALO, "text-color": colour },
  });
  return [named("others", OTHERS_COLOUR, 12), named("imposed", IMPOSED_COLOUR, 13)];
}

/** An overrun reservation that is seen whole is drawn as a reservation. `whole`: the ids of those. */
export function skyFeatures(sky: Sky, whole: ReadonlySet<string>): { others: Feature[]; imposed: Feature[] } {
  const imposed = sky.imposed.filter(({ kind, id }) => !(kind === "RESERVATION" && id !== null && whole.has(id)));
  return { others: sky.others.flatMap((each) => features(each, sky)), imposed: imposed.flatMap((each) => features(each, sky)) };
}

function features(each: Other, { flights }: Sky): Feature[] {
  const name = nameOf(each, flights);
  const lines = [name ?? "", levelsText(each.regions)].filter(Boolean).map((line) => LEFT_TO_RIGHT_MARK + line);
  const text = [whatText(each), ...lines].join("\n");
  return each.regions.flatMap(regionRings).map((ring, index) => ({
    type: "Feature",
    properties: { sky: keyOf(each), text: index === 0 ? text : "" }, // named once, however many parts it has
    geometry: { type: "Polygon", coordinates: [ring] },
  }));
}
