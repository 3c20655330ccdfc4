// Reservations on the map: boxes, regions and movements, their status, and the box asked for.
import type { Feature, Point } from "geojson";
import type { ExpressionSpecification, LayerSpecification } from "maplibre-gl";
import { outlines, sidesOf } from "../geometry/regions";
import { outline } from "../geometry/volumes";
import type { Box, Reservation } from "../wire";
import { colour, labelText } from "./reservations";
import { shownStatus } from "./status";

export const SOURCES = ["boxes", "labels"] as const;
export const CAUSE_COLOUR = "#ff5c5c"; // red: danger; with it a thicker line, a hatch and a word
const CAUTION_COLOUR = "#ffd23f"; // yellow: something is about to change; with it a ticked edge and a word

/** What is drawn: all reservations seen, those that caused a refusal, and the box asked for. */
export interface Scene {
  reservations: readonly Reservation[];
  causes: ReadonlySet<string>;
  draft: Box | null;
}

// The more certainly someone is there, the stronger the fill.
const FILL_OPACITY: ExpressionSpecification = [
  "match",
  ["get", "status"],
  ["ACTIVE", "OVERRUN"],
  0.45,
  "IN_USE",
  0.6,
  "INACTIVE",
  0.06,
  0.18,
];

/** Overrun and pending, drawn under the line that says whose it is. */
function statusLayers(): LayerSpecification[] {
  const of = (status: string): ["==", ["get", string], string] => ["==", ["get", "status"], status];
  return [
    { id: "overrun-hatch", type: "fill", source: "boxes", filter: of("OVERRUN"), paint: { "fill-pattern": "overrun-hatch" } },
    {
      id: "overrun",
      type: "line",
      source: "boxes",
      filter: of("OVERRUN"),
      paint: { "line-color": CAUSE_COLOUR, "line-width": 8 },
    },
    {
      id: "pending",
      type: "line",
      source: "boxes",
      filter: of("PENDING"),
      paint: { "line-color": CAUTION_COLOUR, "line-width": 8, "line-dasharray": [0.5, 0.75] },
    },
  ];
}

export function reservationLayers(): LayerSpecification[] {
  const of = (kind: string): ["==", ["get", string], string] => ["==", ["get", "kind"], kind];
  const outlined = { "line-color": ["get", "colour"] as ["get", string], "line-width": 2.5 };
  return [
    {
      id: "fills",
      type: "fill",
      source: "boxes",
      filter: ["!=", ["get", "kind"], "draft"],
      paint: { "fill-color": ["get", "colour"], "fill-opacity": FILL_OPACITY },
    },
    ...statusLayers(),
    { id: "cause-hatch", type: "fill", source: "boxes", filter: of("cause"), paint: { "fill-pattern": "cause-hatch" } },
    { id: "own", type: "line", source: "boxes", filter: of("own"), paint: outlined },
    { id: "other", type: "line", source: "boxes", filter: of("other"), paint: { ...outlined, "line-dasharray": [4, 2] } },
    {
      id: "cause",
      type: "line",
      source: "boxes",
      filter: of("cause"),
      paint: { "line-color": CAUSE_COLOUR, "line-width": 5 },
    },
    {
      id: "draft",
      type: "line",
      source: "boxes",
      filter: of("draft"),
      paint: { "line-color": "#ffffff", "line-width": 2, "line-dasharray": [1, 2] },
    },
  ];
}

export function reservationNames(fonts: string[]): LayerSpecification[] {
  return [
    {
      id: "names",
      type: "symbol",
      source: "labels",
      layout: {
        "text-field": ["get", "text"],
        "text-font": fonts,
        "text-size": 13,
        "text-variable-anchor": ["center", "top", "bottom", "left", "right"],
        "text-radial-offset": 0.4,
        "text-allow-overlap": true, // a hidden name could hide a reservation
        "text-ignore-placement": false,
        "symbol-sort-key": ["case", ["==", ["get", "kind"], "cause"], 0, 1],
      },
      paint: { "text-color": "#ffffff", "text-halo-color": "#0b1218", "text-halo-width": 1.8 },
    },
  ];
}

export function reservationFeatures(scene: Scene): { boxes: Feature[]; labels: Feature[] } {
  const boxes: Feature[] = [];
  const labels: Feature[] = [];
  for (const reservation of scene.reservations) {
    const is_cause = scene.causes.has(reservation.reservation_id);
    const kind = is_cause ? "cause" : reservation.mine ? "own" : "other";
    if (reservation.coordination?.is_given_up === true) continue; // nothing is held for it
    const drawn = { kind, status: shownStatus(reservation), colour: is_cause ? CAUSE_COLOUR : colour(reservation) };
    boxes.push(...outlines(reservation, drawn));
    labels.push(label(reservation, { kind, text: labelText(reservation, is_cause) }));
  }
  if (scene.draft !== null) boxes.push(outline(scene.draft, { kind: "draft", status: "", colour: "#ffffff" }));
  return { boxes, labels };
}

function label(reservation: Reservation, properties: Record<string, string>): Feature<Point> {
  const { south_deg: s, north_deg: n, west_deg: w, east_deg: e } = sidesOf(reservation);
  return { type: "Feature", properties, geometry: { type: "Point", coordinates: [(w + e) / 2, (s + n) / 2] } };
}
