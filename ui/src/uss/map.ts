// The map of a USS: what its page draws, the legend, and the places that a form asks for.
import type { Position } from "geojson";
import { hatch } from "../airspace/hatch";
import { CAUSE_COLOUR } from "../airspace/reservations_drawn";
import { BaseMap, FONTS, type Scenery } from "../geometry/map";
import { onLanguage, say, type Key } from "../phrases/phrases";
import { element, setText } from "../web/elements";
import { aircraftIcons, CLOSED, nameLayers, skyLayers, SOURCES, type Source } from "./drawn";

const KINDS = ["planned", "flown", "off", "other", "closed", "cause", "draft", "aircraft", "lost"] as const;

const scenery = (): Scenery<Source> => ({
  sources: SOURCES,
  layers: [...skyLayers(), ...nameLayers(FONTS)],
  images: () => [["cause-hatch", hatch(CAUSE_COLOUR)], ["off-hatch", hatch("#4cc9ff", true)], ["closed-hatch", hatch(CLOSED, true)], ...aircraftIcons()],
  home: { center: [10, 30], zoom: 1.5 },
  zoom_max: 18,
  fit: { padding: 80, maxZoom: 15 },
  scale: "metric",
  pointer_decimals: 5,
  is_fine: true,
});

export class UssMap extends BaseMap<Source> {
  private is_picking = false;

  /** picked: a place pressed while a form asks for one. all: the corners of all that is shown. */
  constructor(
    picked: (place: Position) => void,
    private readonly all: () => readonly Position[],
  ) {
    super(scenery(), legend(), (map) => {
      map.on("click", ({ lngLat }) => {
        const { lng, lat } = lngLat.wrap();
        if (this.is_picking) picked([lng, lat]);
      });
    });
  }

  /** Whether the next places that are pressed are asked for. */
  pick(is_picking: boolean): void {
    this.is_picking = is_picking;
    this.root.classList.toggle("is-picking", is_picking);
  }

  protected override goHome(): void {
    const places = this.all();
    if (places.length > 0) this.goTo(places);
    else super.goHome();
  }
}

function legend(): HTMLElement {
  const title = element("summary");
  const kinds = element("ul");
  for (const kind of KINDS) {
    const words = element("span");
    onLanguage(() => setText(words, say(`uss.legend.${kind}` as Key)));
    kinds.append(element("li", {}, element("span", { class: `swatch swatch-uss-${kind}`, "aria-hidden": "true" }), words));
  }
  onLanguage(() => setText(title, say("legend.title")));
  return element("div", { class: "legend" }, element("details", {}, title, kinds));
}
