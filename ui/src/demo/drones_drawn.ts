// What drones plan and what is closed for them, on the map. Beside its colour what is closed has a hatch and words,
// an intent a name, and a broad dashed edge while it is in the way.
import type { Feature } from "geojson";
import type { ExpressionSpecification, FilterSpecification, LayerSpecification } from "maplibre-gl";
import { regionRings } from "../geometry/regions";
import { say } from "../phrases/phrases";
import { windowTexts } from "../web/moments";
import type { DroneSky, Region } from "../wire";
import { answerText, operatorName } from "./drone_words";

export const SOURCES = ["drone-closed", "drone-intents"] as const;
export const CLOSED_COLOUR = "#ff9f43";
const INTENT_COLOUR = "#7df0c8";
const INTENT_FILL = "#2c6f5d";
const HALO = { "text-halo-color": "#0b1218", "text-halo-width": 1.8 } as const;
const LEFT_TO_RIGHT_MARK = "\u200e";

export function droneLayers(): LayerSpecification[] {
  const in_way: FilterSpecification = ["==", ["get", "is_in_way"], true];
  const source = "drone-intents";
  return [
    { id: "drone-closed", type: "fill", source: "drone-closed", paint: { "fill-pattern": "drone-hatch", "fill-opacity": 0.3 } },
    { id: "drone-closed-edge", type: "line", source: "drone-closed", paint: { "line-color": CLOSED_COLOUR, "line-width": 2.5, "line-dasharray": [5, 1, 1, 1] } },
    // The outlines of one intent overlap: what is filled after their edges leaves the edge of all of them together.
    { id: "drone-intents-edge", type: "line", source, filter: ["!", in_way], paint: { "line-color": INTENT_COLOUR, "line-width": 3 } },
    { id: "drone-intents-in-way", type: "line", source, filter: in_way, paint: { "line-color": "#ffffff", "line-width": 6, "line-dasharray": [0.8, 0.5] } },
    { id: "drone-intents", type: "fill", source, paint: { "fill-color": INTENT_FILL } },
  ];
}

export function droneNames(fonts: string[]): LayerSpecification[] {
  const named = (source: (typeof SOURCES)[number], colour: string): LayerSpecification => ({
    id: `${source}-names`,
    type: "symbol",
    source,
    filter: ["!=", ["get", "text"], ""] as ExpressionSpecification,
    layout: { "text-field": ["get", "text"], "text-font": fonts, "text-size": 13, "text-variable-anchor": ["top", "bottom", "left", "right"], "text-radial-offset": 2.4, "text-allow-overlap": true },
    paint: { ...HALO, "text-color": colour },
  });
  return [named("drone-closed", CLOSED_COLOUR), named("drone-intents", INTENT_COLOUR)];
}

/** What is not heard now is drawn as it was last heard, and its name says so. */
export function droneFeatures(sky: DroneSky | null): Record<(typeof SOURCES)[number], Feature[]> {
  if (sky === null) return { "drone-closed": [], "drone-intents": [] };
  const old = sky.is_heard ? [] : [say("drones.map_old")];
  const closed = sky.closed.flatMap(({ regions }, index) => features(regions, {}, index === 0 ? [...closedWords(regions), ...old] : []));
  const intents = sky.operators.flatMap((operator) =>
    operator.intents.flatMap(({ regions, is_in_way }) => {
      const words = [operatorName(operator), ...(operator.answer === "NOT_TOLD" ? [] : [answerText(operator)])];
      return features(regions, { is_in_way }, [...words, ...(operator.is_heard ? [] : [say("drones.map_old")]), ...old]);
    }),
  );
  return { "drone-closed": closed, "drone-intents": intents };
}

function closedWords([region]: readonly Region[]): string[] {
  if (region === undefined) return [];
  return [say("drones.map_closed"), LEFT_TO_RIGHT_MARK + windowTexts(region.time_start, region.time_end).join(" ")];
}

/** Each ring once, however many times it is closed; the first has the words. */
function features(regions: readonly Region[], more: Record<string, boolean>, words: string[]): Feature[] {
  const rings = new Map(regions.flatMap(regionRings).map((ring) => [JSON.stringify(ring), ring]));
  return [...rings.values()].map((ring, index) => ({
    type: "Feature",
    properties: { ...more, text: index === 0 ? words.join("\n") : "" },
    geometry: { type: "Polygon", coordinates: [ring] },
  }));
}

/** Every place of a sky, to look at. */
export function placesOf(sky: DroneSky): number[][] {
  const regions = [...sky.closed.flatMap((each) => each.regions), ...sky.operators.flatMap(({ intents }) => intents.flatMap((each) => each.regions))];
  return regions.flatMap(regionRings).flat();
}
