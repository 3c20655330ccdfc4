// The map: land, a graticule, and whatever the parts of the page draw; what it shows, the lists say in words.
import type { Feature, FeatureCollection } from "geojson";
import { Map as GlMap, ScaleControl, setWorkerUrl, type GeoJSONSource, type StyleSpecification } from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url";
import { feature } from "topojson-client";
import type { GeometryCollection, Topology } from "topojson-specification";
import landUrl from "world-atlas/land-50m.json?url";
import * as asked from "../coordination/crossings_drawn";
import * as flights from "../flights/drawn";
import * as drones from "../demo/drones_drawn";
import { is_view } from "../demo/views";
import { latitudeText, longitudeText } from "../geometry/units";
import { graticule } from "../geometry/volumes";
import { onLanguage, say } from "../phrases/phrases";
import * as tracks from "../surveillance/drawn";
import { element, setText } from "../web/elements";
import * as declared from "./declared_drawn";
import { hatch, planned } from "./hatch";
import * as reservations from "./reservations_drawn";
import * as sky from "./sky_drawn";

const HOME = { center: [32.5, 33.8] as [number, number], zoom: 6 };
const FONTS = ["Noto Sans", "Noto Sans Arabic"];
const EVERY_SCRIPT = "Aé0–Жشح";
const NOTHING: FeatureCollection = { type: "FeatureCollection", features: [] };
const FONTS_TIMEOUT_MS = 5_000;
const FIT = { padding: is_view ? 28 : 80, maxZoom: 8, animate: false };
const NEAR_ZOOM = 13; // a town
const SOURCES = [...declared.SOURCES, ...reservations.SOURCES, ...sky.SOURCES, ...asked.SOURCES, ...flights.SOURCES, ...drones.SOURCES, ...tracks.SOURCES] as const;

export type Source = (typeof SOURCES)[number];

export interface Effects {
  alternative: (index: number) => void; // pressed on the map
  flight: (flight_id: string) => void;
  sky: (key: string) => void;
}

function style(): StyleSpecification {
  const text = { "text-font": FONTS, "text-size": 11, "symbol-placement": "line", "symbol-spacing": 420 } as const;
  return {
    version: 8,
    sources: {
      land: { type: "geojson", data: NOTHING },
      graticule: { type: "geojson", data: { type: "FeatureCollection", features: graticule(latitudeName, longitudeName) } },
      ...Object.fromEntries(SOURCES.map((source) => [source, { type: "geojson" as const, data: NOTHING }])),
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
      ...declared.declaredLayers(),
      ...sky.skyLayers(),
      ...reservations.reservationLayers(),
      ...asked.askedLayers(),
      ...drones.droneLayers(),
      ...flights.flightLayers(FONTS),
      ...tracks.trackLayers(),
      // Names last: what is drawn later is placed first, so that what moves keeps its name.
      ...declared.declaredNames(FONTS),
      ...reservations.reservationNames(FONTS),
      ...sky.skyNames(FONTS),
      ...asked.askedNames(FONTS),
      ...drones.droneNames(FONTS),
      ...flights.flightNames(FONTS),
      ...tracks.trackNames(FONTS),
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
  map.getSource<GeoJSONSource>("land")?.setData(feature(topology, topology.objects.land));
}

/** MapLibre keeps the first shape of a letter it draws, so our fonts come first. */
async function loadFonts(): Promise<void> {
  const wanted = FONTS.map((font) => document.fonts.load(`400 16px "${font}"`, EVERY_SCRIPT));
  const enough = new Promise((resolve) => setTimeout(resolve, FONTS_TIMEOUT_MS));
  await Promise.race([Promise.allSettled(wanted), enough]);
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

export class SkyMap {
  readonly root = element("section", { class: "map", id: "map" });
  private readonly canvas_box = element("div", { class: "map-canvas", dir: "ltr" });
  private readonly old = element("p", { class: "map-old" });
  private readonly pointer = element("output", { class: "map-pointer", dir: "ltr", "aria-hidden": "true" });
  private map: GlMap | null = null;
  private places: readonly (readonly number[])[] = []; // to be shown once the map is there
  private home: readonly (readonly number[])[] | null = null; // null: the eastern Mediterranean
  private readonly wanted = new Map<Source, string>(); // what each source should show, as text
  private readonly drawn = new Map<Source, string>();

  /** `legend`: drawn on the map, in its lower left corner. */
  constructor(
    private readonly effects: Effects,
    legend: HTMLElement,
  ) {
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
    drawTogether(map);
    map.touchZoomRotate.disableRotation();
    map.keyboard.disableRotation();
    map.getCanvas().setAttribute("aria-label", say("map.keys"));
    this.listen(map);
    map.on("idle", () => (this.root.dataset["idle"] = "true")); // all that was put is drawn
    map.on("load", () => {
      map.addImage("cause-hatch", hatch(reservations.CAUSE_COLOUR), { pixelRatio: 2 });
      map.addImage("overrun-hatch", hatch(reservations.CAUSE_COLOUR, true), { pixelRatio: 2 });
      map.addImage("constraint-hatch", hatch(declared.CONSTRAINT_COLOUR, true), { pixelRatio: 2 });
      map.addImage("imposed-hatch", hatch(sky.IMPOSED_COLOUR), { pixelRatio: 2 });
      map.addImage("drone-hatch", hatch(drones.CLOSED_COLOUR), { pixelRatio: 2 });
      map.addImage("planned", planned(), { pixelRatio: 2 });
      for (const [name, image] of tracks.images()) map.addImage(name, image, { pixelRatio: 2 });
      this.map = map;
      this.draw();
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
    this.map?.fitBounds([Math.min(...longitudes), Math.min(...latitudes), Math.max(...longitudes), Math.max(...latitudes)], this.home === null ? FIT : { ...FIT, maxZoom: NEAR_ZOOM });
  }

  /** The map is of a town from now on: of these places, and as near as they need it. */
  comeNear(places: readonly (readonly number[])[]): void {
    this.home = places;
    this.goTo(places);
  }

  focus(): void {
    this.root.scrollIntoView({ block: "nearest" });
    this.map?.getCanvas().focus();
  }

  private listen(map: GlMap): void {
    map.on("mousemove", ({ lngLat }) => {
      const { lat, lng } = lngLat.wrap();
      setText(this.pointer, `${latitudeText(round(lat))} ${longitudeText(round(lng))}`);
    });
    map.on("mouseout", () => setText(this.pointer, ""));
    const layers = [flights.ALTERNATIVES_HIT, ...flights.FLIGHT_LAYERS, ...sky.SKY_LAYERS];
    for (const layer of layers) {
      map.on("mouseenter", layer, () => (map.getCanvas().style.cursor = "pointer"));
      map.on("mouseleave", layer, () => (map.getCanvas().style.cursor = ""));
    }
    map.on("click", (event) => {
      const [found] = map.queryRenderedFeatures(event.point, { layers });
      const { number, flight, sky: key } = (found?.properties ?? {}) as { number?: number; flight?: string; sky?: string };
      if (number !== undefined) this.effects.alternative(number);
      else if (flight !== undefined) this.effects.flight(flight);
      else if (key !== undefined) this.effects.sky(key);
    });
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
      button("□", "map.home", () => (this.home === null ? this.map?.jumpTo(HOME) : this.goTo(this.home))),
    );
  }
}

function round(value_deg: number): number {
  return Math.round(value_deg * 100) / 100;
}
