// The map: land, a graticule, and the reservations; what it shows, the list says in words.
import type { Feature, FeatureCollection } from "geojson";
import { Map as GlMap, ScaleControl, setWorkerUrl, type ExpressionSpecification, type GeoJSONSource, type LayerSpecification, type StyleSpecification } from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url";
import { feature } from "topojson-client";
import type { GeometryCollection, Topology } from "topojson-specification";
import landUrl from "world-atlas/land-50m.json?url";
import { latitudeText, longitudeText } from "../geometry/units";
import { box, graticule, middle, outline } from "../geometry/volumes";
import { onLanguage, say } from "../phrases/phrases";
import { element, setText } from "../web/elements";
import type { Reservation, Box } from "../wire";
import { hatch } from "./hatch";
import { colour, labelText } from "./reservations";
import { shownStatus } from "./status";

const HOME = { center: [32.5, 33.8] as [number, number], zoom: 6 };
const CAUSE_COLOUR = "#ff5c5c"; // red: danger; with it a thicker line, a hatch and a word
const CAUTION_COLOUR = "#ffd23f"; // yellow: something is about to change; with it a ticked edge and a word
const FONTS = ["Noto Sans", "Noto Sans Arabic"];
const EVERY_SCRIPT = "Aé0–Жشح";
const NOTHING: FeatureCollection = { type: "FeatureCollection", features: [] };
const FONTS_TIMEOUT_MS = 5_000;

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

function style(): StyleSpecification {
  const text = { "text-font": FONTS, "text-size": 11, "symbol-placement": "line", "symbol-spacing": 420 } as const;
  return {
    version: 8,
    sources: {
      land: { type: "geojson", data: NOTHING },
      graticule: { type: "geojson", data: { type: "FeatureCollection", features: graticule(latitudeName, longitudeName) } },
      boxes: { type: "geojson", data: NOTHING },
      labels: { type: "geojson", data: NOTHING },
    },
    layers: [
      { id: "sea", type: "background", paint: { "background-color": "#0b1218" } },
      { id: "land", type: "fill", source: "land", paint: { "fill-color": "#222d36" } },
      { id: "coast", type: "line", source: "land", paint: { "line-color": "#566875", "line-width": 1 } },
      { id: "graticule", type: "line", source: "graticule", paint: { "line-color": "#8aa0b0", "line-opacity": 0.16 } },
      {
        id: "graticule-names",
        type: "symbol",
        source: "graticule",
        layout: { ...text, "text-field": ["get", "name"] },
        paint: { "text-color": "#8296a5", "text-halo-color": "#0b1218", "text-halo-width": 1 },
      },
      ...reservationLayers(),
    ],
  };
}

const latitudeName = (value_deg: number): string => latitudeText(value_deg).replace(".00", "°");
const longitudeName = (value_deg: number): string => longitudeText(value_deg).replace(".00", "°");

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

function reservationLayers(): LayerSpecification[] {
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
    {
      id: "names",
      type: "symbol",
      source: "labels",
      layout: {
        "text-field": ["get", "text"],
        "text-font": FONTS,
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

function features(scene: Scene): { boxes: Feature[]; labels: Feature[] } {
  const boxes: Feature[] = [];
  const labels: Feature[] = [];
  for (const reservation of scene.reservations) {
    const is_cause = scene.causes.has(reservation.reservation_id);
    const kind = is_cause ? "cause" : reservation.mine ? "own" : "other";
    const drawn = { kind, status: shownStatus(reservation), colour: is_cause ? CAUSE_COLOUR : colour(reservation) };
    boxes.push(outline(reservation.volume, drawn));
    labels.push(middle(reservation.volume, { kind, text: labelText(reservation, is_cause) }));
  }
  if (scene.draft !== null) boxes.push(outline(scene.draft, { kind: "draft", status: "", colour: "#ffffff" }));
  return { boxes, labels };
}

/** Draws the land once the map stands; without it the reservations still show on the graticule. */
async function addLand(map: GlMap): Promise<void> {
  const response = await fetch(landUrl);
  if (!response.ok) return;
  const topology = (await response.json()) as Topology<{ land: GeometryCollection }>;
  map.getSource<GeoJSONSource>("land")?.setData(feature(topology, topology.objects.land));
}

/** MapLibre keeps the first shape of a letter it draws, so our fonts come first. */
async function loadFonts(): Promise<void> {
  const wanted = FONTS.map((font) => document.fonts.load(`400 16px "${font}"`, EVERY_SCRIPT));
  const enough = new Promise((resolve) => setTimeout(resolve, FONTS_TIMEOUT_MS));
  await Promise.race([Promise.allSettled(wanted), enough]);
}

export class ReservationMap {
  readonly root = element("section", { class: "map", id: "map" });
  private readonly canvas_box = element("div", { class: "map-canvas", dir: "ltr" });
  private readonly old = element("p", { class: "map-old" });
  private readonly pointer = element("output", { class: "map-pointer", dir: "ltr", "aria-hidden": "true" });
  private map: GlMap | null = null;
  private scene: Scene = { reservations: [], causes: new Set(), draft: null };
  private drawn = "";

  constructor() {
    const mode = element("strong", { class: "map-mode", "aria-hidden": "true" });
    this.root.append(this.canvas_box, element("div", { class: "map-veil" }, this.old), mode, this.pointer, legend());
    this.root.append(this.scaleButtons());
    onLanguage(() => {
      this.root.setAttribute("aria-label", say("map.label"));
      this.map?.getCanvas().setAttribute("aria-label", say("map.keys"));
      const shown = document.documentElement.dataset["mode"];
      if (shown === "LIVE" || shown === "EXERCISE" || shown === "REPLAY") setText(mode, say(`mode.${shown}`));
      this.draw();
    });
  }

  /** Opens the map in its place on the page, which must be in the document by then. */
  async open(): Promise<void> {
    await loadFonts();
    setWorkerUrl(workerUrl);
    let map: GlMap;
    try {
      map = this.newMap();
    } catch (fault) {
      if (!(fault instanceof Error)) throw fault;
      console.warn("the map cannot be drawn:", fault.message);
      this.canvas_box.replaceChildren(element("p", { class: "map-unavailable", dir: "auto" }, say("map.unavailable")));
      return;
    }
    map.addControl(new ScaleControl({ unit: "nautical", maxWidth: 120 }), "bottom-right");
    map.touchZoomRotate.disableRotation();
    map.keyboard.disableRotation();
    map.getCanvas().setAttribute("aria-label", say("map.keys"));
    map.on("mousemove", ({ lngLat }) => {
      const { lat, lng } = lngLat.wrap();
      setText(this.pointer, `${latitudeText(round(lat))} ${longitudeText(round(lng))}`);
    });
    map.on("mouseout", () => setText(this.pointer, ""));
    map.on("load", () => {
      map.addImage("cause-hatch", hatch(CAUSE_COLOUR), { pixelRatio: 2 });
      map.addImage("overrun-hatch", hatch(CAUSE_COLOUR, true), { pixelRatio: 2 });
      this.map = map;
      this.draw();
      this.root.dataset["ready"] = "true";
      void addLand(map);
    });
  }

  show(scene: Scene): void {
    this.scene = scene;
    this.draw();
  }

  /** Veils the map and says since when it is old; null lifts the veil. */
  veil(text: string | null): void {
    setText(this.old, text ?? "");
  }

  goTo(volume: Box): void {
    const { south_deg, north_deg, west_deg, east_deg } = box(volume);
    this.map?.fitBounds([west_deg, south_deg, east_deg, north_deg], { padding: 80, maxZoom: 8, animate: false });
  }

  focus(): void {
    this.root.scrollIntoView({ block: "nearest" });
    this.map?.getCanvas().focus();
  }

  private newMap(): GlMap {
    return new GlMap({
      container: this.canvas_box,
      style: style(),
      ...HOME,
      minZoom: 1,
      maxZoom: 14,
      attributionControl: false,
      dragRotate: false,
      pitchWithRotate: false,
      touchPitch: false,
      fadeDuration: 0,
      locale: { "ScaleControl.NauticalMiles": "NM" },
    });
  }

  private draw(): void {
    if (this.map === null) return;
    const { boxes, labels } = features(this.scene);
    const next = JSON.stringify([boxes, labels]);
    if (next === this.drawn) return;
    this.drawn = next;
    this.map.getSource<GeoJSONSource>("boxes")?.setData({ type: "FeatureCollection", features: boxes });
    this.map.getSource<GeoJSONSource>("labels")?.setData({ type: "FeatureCollection", features: labels });
  }

  private scaleButtons(): HTMLElement {
    const button = (sign: string, key: "map.zoom_in" | "map.zoom_out" | "map.home", run: () => void): HTMLElement => {
      const made = element("button", { type: "button", class: "quiet" }, sign);
      onLanguage(() => {
        made.setAttribute("aria-label", say(key));
        made.title = say(key);
      });
      made.addEventListener("click", run);
      return made;
    };
    return element(
      "div",
      { class: "map-buttons", dir: "ltr" },
      button("+", "map.zoom_in", () => this.map?.zoomIn({ animate: false })),
      button("−", "map.zoom_out", () => this.map?.zoomOut({ animate: false })),
      button("□", "map.home", () => this.map?.jumpTo(HOME)),
    );
  }
}

function round(value_deg: number): number {
  return Math.round(value_deg * 100) / 100;
}

function legend(): HTMLElement {
  const list = element("ul", { class: "legend", "aria-hidden": "true" });
  for (const kind of ["own", "other", "pending", "active", "overrun", "cause", "draft"] as const) {
    const words = element("span");
    onLanguage(() => setText(words, say(`legend.${kind}`)));
    list.append(element("li", {}, element("span", { class: `swatch swatch-${kind}` }), words));
  }
  return list;
}
