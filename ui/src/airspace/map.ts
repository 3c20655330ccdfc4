// The map of the control room: what its parts draw, and what is pressed on it.
import type { Map as GlMap } from "maplibre-gl";
import * as asked from "../coordination/crossings_drawn";
import * as drones from "../demo/drones_drawn";
import { is_view } from "../demo/views";
import * as flights from "../flights/drawn";
import { BaseMap, FONTS, type Scenery } from "../geometry/map";
import * as tracks from "../surveillance/drawn";
import * as declared from "./declared_drawn";
import { hatch, planned } from "./hatch";
import * as reservations from "./reservations_drawn";
import * as sky from "./sky_drawn";

const NEAR_ZOOM = 13; // a town
const SOURCES = [...declared.SOURCES, ...reservations.SOURCES, ...sky.SOURCES, ...asked.SOURCES, ...flights.SOURCES, ...drones.SOURCES, ...tracks.SOURCES] as const;

export type Source = (typeof SOURCES)[number];

export interface Effects {
  alternative: (index: number) => void; // pressed on the map
  flight: (flight_id: string) => void;
  sky: (key: string) => void;
}

const scenery = (): Scenery<Source> => ({
  sources: SOURCES,
  layers: [
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
  images: () => [
    ["cause-hatch", hatch(reservations.CAUSE_COLOUR)],
    ["overrun-hatch", hatch(reservations.CAUSE_COLOUR, true)],
    ["constraint-hatch", hatch(declared.CONSTRAINT_COLOUR, true)],
    ["imposed-hatch", hatch(sky.IMPOSED_COLOUR)],
    ["drone-hatch", hatch(drones.CLOSED_COLOUR)],
    ["planned", planned()],
    ...tracks.images(),
  ],
  home: { center: [32.5, 33.8], zoom: 6 },
  zoom_max: 14,
  fit: { padding: is_view ? 28 : 80, maxZoom: 8 },
  scale: "nautical",
  pointer_decimals: 2,
  is_fine: false,
});

export class SkyMap extends BaseMap<Source> {
  private near: readonly (readonly number[])[] | null = null; // null: the eastern Mediterranean

  /** `legend`: drawn on the map, in its lower left corner. */
  constructor(effects: Effects, legend: HTMLElement) {
    super(scenery(), legend, (map) => listen(map, effects));
  }

  /** The map is of a town from now on: of these places, and as near as they need it. */
  comeNear(places: readonly (readonly number[])[]): void {
    this.near = places;
    this.fit = { ...this.fit, maxZoom: NEAR_ZOOM };
    this.goTo(places);
  }

  protected override goHome(): void {
    if (this.near === null) super.goHome();
    else this.goTo(this.near);
  }
}

function listen(map: GlMap, effects: Effects): void {
  const layers = [flights.ALTERNATIVES_HIT, ...flights.FLIGHT_LAYERS, ...sky.SKY_LAYERS];
  for (const layer of layers) {
    map.on("mouseenter", layer, () => (map.getCanvas().style.cursor = "pointer"));
    map.on("mouseleave", layer, () => (map.getCanvas().style.cursor = ""));
  }
  map.on("click", (event) => {
    const [found] = map.queryRenderedFeatures(event.point, { layers });
    const { number, flight, sky: key } = (found?.properties ?? {}) as { number?: number; flight?: string; sky?: string };
    if (number !== undefined) effects.alternative(number);
    else if (flight !== undefined) effects.flight(flight);
    else if (key !== undefined) effects.sky(key);
  });
}
