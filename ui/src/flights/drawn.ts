// Flights on the map: routes, where the plan has them now, the plan asked for, and what could be filed instead.
import type { Feature, Position } from "geojson";
import type { ExpressionSpecification, FilterSpecification, LayerSpecification } from "maplibre-gl";
import type { Corridor } from "../airspace/declared";
import { levelText } from "../geometry/levels";
import { say } from "../phrases/phrases";
import type { Alternative, Flight, Plan } from "../wire";
import { attention } from "./standing";
import { lineOf, plannedAt } from "./route";

export const SOURCES = ["routes", "planned", "drafts"] as const;
export const ALTERNATIVES_HIT = "alternatives-hit"; // the layer that takes the pointer
export const FLIGHT_LAYERS = ["routes-own", "routes-other", "routes-warned", "routes-alarmed", "planned"];
const OWN_COLOUR = "#4cc9ff";
const OTHER_COLOUR = "#c3ccd4";
const DANGER_COLOUR = "#ff5c5c"; // with it a thicker line, crosses along it and a word
const CAUTION_COLOUR = "#ffd23f";
const ALTERNATIVE_COLOUR = "#8ce6a4";
const OFFSET_PX = 7; // alternatives on the same line lie beside each other
const LEFT_TO_RIGHT_MARK = "\u200e";
const HALO = { "text-halo-color": "#0b1218", "text-halo-width": 1.8 } as const;

/** The plan in the form, whether it was refused, and what could be filed instead. */
export interface Draft {
  plan: Plan;
  is_refused: boolean;
  alternatives: readonly Alternative[];
  chosen: number | null; // index of the alternative that is looked at
}

const get = (name: string): ["get", string] => ["get", name];
const of = (...kinds: string[]): ["in", ["get", string], ["literal", string[]]] => ["in", get("kind"), ["literal", kinds]];

export function flightLayers(fonts: string[]): LayerSpecification[] {
  const text = { "text-font": fonts, "text-size": 12, "text-field": get("text") } as const;
  const along = { ...text, "symbol-placement": "line", "symbol-spacing": 220 } as const;
  const width: ExpressionSpecification = ["case", ["==", get("chosen"), true], 6, 3.5];
  return [
    { id: "routes-own", type: "line", source: "routes", filter: of("own"), paint: { "line-color": OWN_COLOUR, "line-width": 3 } },
    { id: "routes-other", type: "line", source: "routes", filter: of("other"), paint: { "line-color": OTHER_COLOUR, "line-width": 2.5, "line-dasharray": [3, 1.5] } },
    { id: "routes-warned", type: "line", source: "routes", filter: of("warned"), paint: { "line-color": CAUTION_COLOUR, "line-width": 4, "line-dasharray": [4, 1] } },
    { id: "routes-alarmed", type: "line", source: "routes", filter: of("alarmed", "cause"), paint: { "line-color": DANGER_COLOUR, "line-width": 6 } },
    {
      id: "routes-crosses",
      type: "symbol",
      source: "routes",
      filter: of("alarmed", "cause"),
      layout: { ...along, "text-field": "▲", "symbol-spacing": 60, "text-size": 11, "text-rotation-alignment": "map", "text-keep-upright": false },
      paint: { ...HALO, "text-color": DANGER_COLOUR },
    },
    { id: "flight-draft", type: "line", source: "drafts", filter: of("draft"), paint: { "line-color": "#ffffff", "line-width": 3, "line-dasharray": [1, 1.5] } },
    { id: "refused-under", type: "line", source: "drafts", filter: of("refused"), paint: { "line-color": DANGER_COLOUR, "line-width": 5, "line-dasharray": [1.2, 1], "line-offset": get("offset_px") } },
    {
      id: "refused-crosses",
      type: "symbol",
      source: "drafts",
      filter: of("refused"),
      layout: { ...along, "text-field": "✕", "symbol-spacing": 60, "text-size": 15, "text-allow-overlap": true, "text-keep-upright": false, "text-offset": [0, -OFFSET_PX / 15] },
      paint: { ...HALO, "text-color": "#ffffff" },
    },
    {
      id: "alternatives",
      type: "line",
      source: "drafts",
      filter: of("alternative"),
      paint: { "line-color": ALTERNATIVE_COLOUR, "line-width": width, "line-offset": get("offset_px"), "line-dasharray": [5, 1, 1, 1] },
    },
    { id: ALTERNATIVES_HIT, type: "line", source: "drafts", filter: of("alternative"), paint: { "line-color": "#000", "line-opacity": 0.01, "line-width": 16, "line-offset": get("offset_px") } },
    {
      id: "planned",
      type: "symbol",
      source: "planned",
      layout: { "icon-image": "planned", "icon-allow-overlap": true, "icon-rotate": get("track_deg"), "icon-rotation-alignment": "map" },
    },
  ];
}

export function flightNames(fonts: string[]): LayerSpecification[] {
  const text = { "text-font": fonts, "text-size": 12, "text-field": get("text") } as const;
  return [
    ...(["usual", "urgent"] as const).map((kind): LayerSpecification => {
      const is_urgent: FilterSpecification = of("alarmed", "cause", "warned");
      return {
        id: `route-names-${kind}`,
        type: "symbol",
        source: "routes",
        filter: kind === "urgent" ? is_urgent : ["!", is_urgent],
        // What is urgent keeps its name; the others give way.
        layout: { ...text, "symbol-placement": "line-center", "text-offset": [0, -1.6], "text-allow-overlap": kind === "urgent", "text-rotation-alignment": "viewport" },
        paint: { ...HALO, "text-color": ["match", get("kind"), ["alarmed", "cause"], "#ffaaa3", "warned", CAUTION_COLOUR, "own", OWN_COLOUR, "#ffffff"] },
      };
    }),
    {
      id: "alternative-numbers",
      type: "symbol",
      source: "drafts",
      filter: of("alternative"),
      layout: { ...text, "text-size": 14, "symbol-placement": "line", "symbol-spacing": 130, "text-offset": get("text_offset"), "text-allow-overlap": true, "text-keep-upright": false, "text-rotation-alignment": "map" },
      paint: { ...HALO, "text-halo-width": 3, "text-color": ALTERNATIVE_COLOUR },
    },
    {
      id: "draft-names",
      type: "symbol",
      source: "drafts",
      filter: of("draft", "refused"),
      layout: { ...text, "symbol-placement": "line-center", "text-offset": get("text_offset"), "text-allow-overlap": true, "text-rotation-alignment": "viewport" },
      paint: { ...HALO, "text-color": ["match", get("kind"), "refused", "#ffaaa3", "#ffffff"] },
    },
  ];
}

export function flightFeatures(
  flights: readonly Flight[],
  corridors: readonly Corridor[],
  marked: { causes: ReadonlySet<string>; alerted: ReadonlySet<string> },
  moment_ms: number,
): { routes: Feature[]; planned: Feature[] } {
  const routes: Feature[] = [];
  const planned: Feature[] = [];
  for (const flight of flights) {
    if (flight.coordination?.is_given_up === true) continue; // nothing is held for it
    const is_cause = marked.causes.has(flight.flight_id);
    const needed = attention(flight, marked.alerted);
    const usual = needed === "warning" ? "warned" : flight.mine ? "own" : "other";
    const kind = is_cause ? "cause" : needed === "danger" ? "alarmed" : usual;
    const text = nameText(flight, is_cause);
    routes.push(lineFeature(lineOf(flight.plan, corridors), { kind, text, flight: flight.flight_id }));
    const now = plannedAt(flight.plan, corridors, moment_ms);
    if (now !== null) {
      const properties = { track_deg: Math.round(now.track_deg), flight: flight.flight_id };
      planned.push({ type: "Feature", properties, geometry: { type: "Point", coordinates: now.place.map((value) => Math.round(value * 1e3) / 1e3) } });
    }
  }
  return { routes, planned };
}

function nameText(flight: Flight, is_cause: boolean): string {
  const level = levelText(flight.plan.route[0]?.level ?? "");
  const lines = [`${LEFT_TO_RIGHT_MARK}${flight.plan.identification} ${level}`];
  if (is_cause) lines.push(say("list.cause"));
  if (flight.condition !== "NORMAL") lines.push(say(`condition.${flight.condition}`));
  return lines.join("\n");
}

export function draftFeatures(draft: Draft | null, corridors: readonly Corridor[]): Feature[] {
  if (draft === null) return [];
  const { plan, is_refused, alternatives, chosen } = draft;
  const words = is_refused ? `✕ ${say("flight.refused")}` : say("flight.draft");
  const text = `${LEFT_TO_RIGHT_MARK}${plan.identification} ${levelText(plan.route[0]?.level ?? "")}\n${words}`;
  const asked = lineFeature(lineOf(plan, corridors), { kind: is_refused ? "refused" : "draft", text, text_offset: [0, 3.4], offset_px: -OFFSET_PX });
  const offered = alternatives.map((each, index) =>
    lineFeature(lineOf(each.plan, corridors), {
      kind: "alternative",
      text: `${LEFT_TO_RIGHT_MARK}${index + 1}`,
      text_offset: [0, (OFFSET_PX * (index + 1)) / 14],
      offset_px: OFFSET_PX * (index + 1),
      number: index,
      chosen: index === chosen,
    }),
  );
  return [asked, ...offered];
}

function lineFeature(coordinates: Position[], properties: Record<string, unknown>): Feature {
  return { type: "Feature", properties, geometry: { type: "LineString", coordinates } };
}
