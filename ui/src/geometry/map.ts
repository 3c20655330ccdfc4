// The map of a page: land, a graticule, and whatever the parts of the page draw; what it shows, the lists say in words.
import type { Feature, FeatureCollection, Position } from "geojson";
import type { GeoJSONSource, LayerSpecification, Map as GlMap, StyleSpecification } from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url";
import { feature } from "topojson-client";
import type { GeometryCollection, Topology } from "topojson-specification";
import landUrl from "world-atlas/land-50m.json?url";
import { onLanguage, say } from "../phrases/phrases";
import { element, setText } from "../web/elements";
import { latitudeText, longitudeText } from "./units";
import { graticule, type Sides } from "./volumes";

export const FONTS = ["Noto Sans", "Noto Sans Arabic"];
const EVERY_SCRIPT = "Aé0–Жشح";
const NOTHING: FeatureCollection = { type: "FeatureCollection", features: [] };
const FONTS_TIMEOUT_MS = 5_000;

type Image = { width: number; height: number; data: Uint8ClampedArray };

/** What a page's map has of its own. */
export interface Scenery<Source extends string> {
  sources: readonly Source[];
  layers: LayerSpecification[]; // over the land and the graticule, the lowest first
  images: () => Iterable<readonly [string, Image]>;
  home: { center: [number, number]; zoom: number };
  zoom_max: number;
  fit: { padding: number; maxZoom: number };
  scale: "nautical" | "metric";
  pointer_decimals: number; // of degrees, of the place under the pointer
  is_fine: boolean; // whether the graticule follows the scale
}

function style({ sources, layers }: Scenery<string>): StyleSpecification {
  const text = { "text-font": FONTS, "text-size": 11, "symbol-placement": "line", "symbol-spacing": 420 } as const;
  return {
    version: 8,
    sources: {
      land: { type: "geojson", data: NOTHING },
      graticule: { type: "geojson", data: { type: "FeatureCollection", features: graticule(latitudeName, longitudeName) } },
      ...Object.fromEntries(sources.map((source) => [source, { type: "geojson" as const, data: NOTHING }])),
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
      ...layers,
    ],
  };
}

const latitudeName = (value_deg: number): string => latitudeText(value_deg).replace(".00", "°");
const longitudeName = (value_deg: number): string => longitudeText(value_deg).replace(".00", "°");

/** Draws the land once the map stands; without it the rest still shows on the graticule. */
async function addLand(map: GlMap): Promise<void> {
  const response = await fetch(landUrl);
  if (!response.ok) return;
  const topology = (await response.json()) as Topology<{ land: GeometryCollection }>;
  const { features } = feature(topology, topology.objects.land);
  map.getSource<GeoJSONSource>("land")?.setData({ type: "FeatureCollection", features: features.map(unfolded) });
}

const HALF_TURN_DEG = 180;
const POLE_DEG = -90; // the land that goes round a pole is Antarctica

/** Land whose outline does not leap back across the whole map where it crosses the antimeridian. */
function unfolded(land: Feature): Feature {
  const { geometry } = land;
  if (geometry.type === "Polygon") return { ...land, geometry: { ...geometry, coordinates: geometry.coordinates.map(unfoldedRing) } };
  if (geometry.type !== "MultiPolygon") return land;
  return { ...land, geometry: { ...geometry, coordinates: geometry.coordinates.map((rings) => rings.map(unfoldedRing)) } };
}

function unfoldedRing(ring: readonly Position[]): Position[] {
  let turns_deg = 0;
  let last = ring[0]?.[0] ?? 0;
  const made = ring.map(([longitude = 0, latitude = 0]): Position => {
    if (longitude - last > HALF_TURN_DEG) turns_deg -= 2 * HALF_TURN_DEG;
    if (last - longitude > HALF_TURN_DEG) turns_deg += 2 * HALF_TURN_DEG;
    last = longitude;
    return [longitude + turns_deg, latitude];
  });
  const [first, end] = [made[0], made.at(-1)];
  if (turns_deg === 0 || first === undefined || end === undefined) return made;
  return [...made, [end[0] ?? 0, POLE_DEG], [first[0] ?? 0, POLE_DEG], first];
}

/** MapLibre keeps the first shape of a letter it draws, so our fonts come first. */
async function loadFonts(): Promise<void> {
  const wanted = FONTS.map((font) => document.fonts.load(`400 16px "${font}"`, EVERY_SCRIPT));
  const enough = new Promise((resolve) => setTimeout(resolve, FONTS_TIMEOUT_MS));
  await Promise.race([Promise.allSettled(wanted), enough]);
}

type MapLibre = typeof import("maplibre-gl");

/** What draws the map: a megabyte that the rest of the page does not wait for, and that nobody loads to no end. */
async function loadMapLibre(): Promise<MapLibre> {
  const context = document.createElement("canvas").getContext("webgl2");
  if (context === null) throw new Error("this browser has no WebGL 2");
  context.getExtension("WEBGL_lose_context")?.loseContext(); // a browser has few of them
  const [maplibre] = await Promise.all([import("maplibre-gl"), loadFonts()]);
  maplibre.setWorkerUrl(workerUrl);
  return maplibre;
}

const TOGETHER_MS = 100; // chosen: the worker hands over what one picture changes within that, source by source

/** Lets a map draw once for what changes together; each source by itself would have it drawn twice. In software
 * a drawing costs a fifth of a second. While somebody moves the map it draws at once. */
function drawTogether(map: GlMap): void {
  const draw = map.triggerRepaint.bind(map);
  let is_waiting = false;
  map.triggerRepaint = () => {
    if (map.isMoving()) draw();
    if (map.isMoving() || is_waiting) return;
    is_waiting = true;
    setTimeout(() => {
      is_waiting = false;
      draw();
    }, TOGETHER_MS);
  };
}

const LINES_MIN = 4; // chosen: graticule lines across what is shown

/** The graticule of what is shown, its step a 1, 2 or 5 of some decimal place. */
function fineGraticule(map: GlMap): Feature[] {
  const bounds = map.getBounds();
  const sides: Sides = { south_deg: bounds.getSouth(), north_deg: bounds.getNorth(), west_deg: bounds.getWest(), east_deg: bounds.getEast() };
  const across_deg = Math.max(1e-4, sides.east_deg - sides.west_deg);
  const decade = 10 ** Math.floor(Math.log10(across_deg / LINES_MIN));
  const step_deg = [5, 2, 1].map((times) => times * decade).find((step) => across_deg / step >= LINES_MIN) ?? decade;
  return graticule(latitudeName, longitudeName, Math.min(10, step_deg), sides);
}

export class BaseMap<Source extends string> {
  readonly root = element("section", { class: "map", id: "map" });
  private readonly canvas_box = element("div", { class: "map-canvas", dir: "ltr" });
  private readonly old = element("p", { class: "map-old" });
  private readonly pointer = element("output", { class: "map-pointer", dir: "ltr", "aria-hidden": "true" });
  protected map: GlMap | null = null;
  protected fit: Scenery<Source>["fit"];
  private places: readonly (readonly number[])[] = []; // to be shown once the map is there
  private readonly wanted = new Map<Source, string>(); // what each source should show, as text
  private readonly drawn: Map<Source, string>; // what it shows

  /** `legend`: drawn on the map, in its lower left corner. `listen`: told of the map as soon as there is one. */
  constructor(
    private readonly scenery: Scenery<Source>,
    legend: HTMLElement,
    private readonly listen: (map: GlMap) => void,
  ) {
    this.fit = scenery.fit;
    this.drawn = new Map(scenery.sources.map((source) => [source, "[]"])); // as `style` has it: most have nothing to show
    const mode = element("strong", { class: "map-mode", "aria-hidden": "true" });
    this.root.append(this.canvas_box, element("div", { class: "map-veil" }, this.old), mode, this.pointer, legend);
    this.root.append(this.scaleButtons());
    onLanguage(() => {
      this.root.setAttribute("aria-label", say("map.label"));
      this.map?.getCanvas().setAttribute("aria-label", say("map.keys"));
      const shown = document.documentElement.dataset["mode"];
      if (shown === "LIVE" || shown === "EXERCISE" || shown === "REPLAY") setText(mode, say(`mode.${shown}`));
    });
  }

  /** Opens the map in its place on the page, which must be in the document by then. */
  async open(): Promise<void> {
    let map: GlMap;
    try {
      const maplibre = await loadMapLibre();
      map = this.newMap(maplibre);
      map.addControl(new maplibre.ScaleControl({ unit: this.scenery.scale, maxWidth: 120 }), "bottom-right");
    } catch (fault) {
      if (!(fault instanceof Error)) throw fault;
      console.warn("the map cannot be drawn:", fault.message);
      this.canvas_box.replaceChildren(element("p", { class: "map-unavailable", dir: "auto" }, say("map.unavailable")));
      return;
    }
    drawTogether(map);
    map.touchZoomRotate.disableRotation();
    map.keyboard.disableRotation();
    map.getCanvas().setAttribute("aria-label", say("map.keys"));
    this.followPointer(map);
    this.listen(map);
    map.on("idle", () => (this.root.dataset["idle"] = "true")); // all that was put is drawn
    if (this.scenery.is_fine) map.on("moveend", () => this.refine());
    map.on("load", () => {
      for (const [name, image] of this.scenery.images()) map.addImage(name, image, { pixelRatio: 2 });
      this.map = map;
      this.draw();
      this.refine();
      this.goTo(this.places);
      this.root.dataset["ready"] = "true";
      void addLand(map);
    });
  }

  /** Says what a source shows from now on. */
  put(source: Source, features: Feature[]): void {
    this.wanted.set(source, JSON.stringify(features));
    this.draw();
  }

  /** Veils the map and says since when it is old; null lifts the veil. */
  veil(text: string | null): void {
    setText(this.old, text ?? "");
  }

  /** Shows the places, each longitude and latitude. */
  goTo(places: readonly (readonly number[])[]): void {
    const [longitudes, latitudes] = [0, 1].map((axis) => places.map((place) => place[axis] ?? 0));
    if (longitudes === undefined || latitudes === undefined || places.length === 0) return;
    delete this.root.dataset["idle"];
    this.places = places;
    this.map?.fitBounds([Math.min(...longitudes), Math.min(...latitudes), Math.max(...longitudes), Math.max(...latitudes)], { ...this.fit, animate: false });
  }

  focus(): void {
    this.root.scrollIntoView({ block: "nearest" });
    this.map?.getCanvas().focus();
  }

  private refine(): void {
    if (this.map === null || !this.scenery.is_fine) return;
    this.map.getSource<GeoJSONSource>("graticule")?.setData({ type: "FeatureCollection", features: fineGraticule(this.map) });
  }

  private followPointer(map: GlMap): void {
    const scale = 10 ** this.scenery.pointer_decimals;
    const round = (value_deg: number): number => Math.round(value_deg * scale) / scale;
    map.on("mousemove", ({ lngLat }) => {
      const { lat, lng } = lngLat.wrap();
      setText(this.pointer, `${latitudeText(round(lat))} ${longitudeText(round(lng))}`);
    });
    map.on("mouseout", () => setText(this.pointer, ""));
  }

  private newMap(maplibre: MapLibre): GlMap {
    return new maplibre.Map({
      container: this.canvas_box,
      style: style(this.scenery),
      ...this.scenery.home,
      minZoom: 1,
      maxZoom: this.scenery.zoom_max,
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
    for (const [source, text] of this.wanted) {
      if (this.drawn.get(source) === text) continue;
      this.drawn.set(source, text);
      delete this.root.dataset["idle"];
      const features = JSON.parse(text) as Feature[];
      this.map.getSource<GeoJSONSource>(source)?.setData({ type: "FeatureCollection", features });
    }
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
      button("□", "map.home", () => this.goHome()),
    );
  }

  /** Shows where all is. */
  protected goHome(): void {
    this.map?.jumpTo(this.scenery.home);
  }
}
