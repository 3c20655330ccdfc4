// The fields that say a part of the sky and a time: a circle or a polygon, typed or drawn on the map, two altitudes, two times.
import type { Position } from "geojson";
import { distance_m } from "../geometry/lines";
import { numberFrom } from "../geometry/units";
import { onLanguage, say, spoken, type Key } from "../phrases/phrases";
import { element, setText } from "../web/elements";
import { Fields, fillChoice } from "../web/fields";
import { momentFrom, momentText, nodeNow } from "../web/moments";
import type { FieldError } from "../wire";
import type { Point, Volume4D } from "./wire";

const CIRCLE = ["latitude_deg", "longitude_deg", "radius_m"] as const;
const ALTITUDES = ["altitude_lower_m", "altitude_upper_m"] as const;
const MOMENTS = ["time_start", "time_end"] as const;
const EXAMPLES = { latitude: "47.3712", longitude: "8.5441", radius: "250", altitude: "480", time: "2026-11-22 10:00Z" };
const CORNERS_MIN = 3;
const WINDOW_MS = 30 * 60_000; // chosen: as long as a small drone flies
const MINUTE_MS = 60_000;
const PLACE_DECIMALS = 6; // of degrees, where it is drawn: a decimetre

export type ShapeName = "shape" | "corners" | (typeof CIRCLE)[number] | (typeof ALTITUDES)[number] | (typeof MOMENTS)[number];
type Kind = "circle" | "polygon";

/** Where the server's words about a volume belong: the first that fits. */
const PLACES: readonly (readonly [RegExp, ShapeName])[] = [
  [/altitude_lower/, "altitude_lower_m"],
  [/altitude_upper/, "altitude_upper_m"],
  [/time_start/, "time_start"],
  [/time_end/, "time_end"],
  [/radius/, "radius_m"],
  [/outline_circle.*\.lat/, "latitude_deg"],
  [/outline_circle.*\.lng/, "longitude_deg"],
  [/outline_circle/, "radius_m"],
  [/outline_polygon/, "corners"],
];
const SENTENCES: readonly (readonly [RegExp, ShapeName])[] = [
  [/altitude/, "altitude_lower_m"],
  [/time of start/, "time_start"],
];

export class ShapeFields {
  readonly root = element("div");
  private readonly fields: Fields<ShapeName>;
  private readonly circle = element("div", { class: "fields" });
  private readonly polygon = element("div", { class: "fields" });
  private readonly pick: HTMLButtonElement;
  private readonly picking = element("p", { class: "note", role: "status" });
  private centre: Position | null = null; // the first of the two places that draw a circle
  is_picking = false;

  /** changed: the shape as it stands, or null. picks: whether the next places on the map are for this form. */
  constructor(
    prefix: string,
    private readonly changed: (volume: Volume4D | null) => void,
    private readonly picks: (is_picking: boolean) => void,
  ) {
    this.fields = new Fields(prefix);
    const shape = this.fields.choice("shape", "uss.shape");
    this.pick = element("button", { type: "button", id: `${prefix}pick`, "aria-pressed": "false" });
    this.pick.addEventListener("click", () => this.setPicking(!this.is_picking));
    const text = (name: ShapeName): HTMLElement => this.fields.text(name, `uss.${name}` as Key);
    this.circle.append(...CIRCLE.map(text));
    this.polygon.append(this.fields.area("corners", "uss.corners"));
    const others = element("div", { class: "fields" }, ...ALTITUDES.map(text), ...MOMENTS.map(text));
    this.root.append(element("div", { class: "fields" }, shape, element("div", { class: "pick" }, this.pick)), this.picking, this.circle, this.polygon, others);
    this.root.append(spoken(element("p", { class: "note" }), "uss.datum"));
    this.root.addEventListener("input", () => this.touched());
    onLanguage(() => {
      fillChoice(this.fields.select("shape"), (["circle", "polygon"] as const).map((value) => ({ value, words: say(`uss.shape.${value}`) })));
      this.sayPicking();
    });
    this.touched(false);
  }

  focus(): void {
    this.fields.select("shape").focus();
  }

  /** A window from the next minute on. */
  fillTimes(): void {
    const start_ms = Math.ceil(nodeNow().getTime() / MINUTE_MS) * MINUTE_MS;
    this.fields.put("time_start", momentText(new Date(start_ms)));
    this.fields.put("time_end", momentText(new Date(start_ms + WINDOW_MS)));
  }

  /** A place that was pressed on the map. */
  picked(place: Position): void {
    if (this.kind() === "polygon") {
      const before = this.fields.value("corners");
      this.fields.put("corners", `${before === "" ? "" : `${before}\n`}${degrees(place[1])} ${degrees(place[0])}`);
    } else if (this.centre === null) {
      this.centre = place;
      this.fields.put("latitude_deg", degrees(place[1]));
      this.fields.put("longitude_deg", degrees(place[0]));
      this.sayPicking();
    } else {
      this.fields.put("radius_m", String(Math.max(1, Math.round(distance_m(this.centre, place)))));
      this.setPicking(false);
    }
    this.touched();
  }

  /** Ends drawing; whether there was any. */
  stopPicking(): boolean {
    const was_picking = this.is_picking;
    if (was_picking) this.setPicking(false);
    return was_picking;
  }

  /** The volume in the fields, or null while a value cannot be read. */
  volume(): Volume4D | null {
    const [lower, upper] = ALTITUDES.map((name) => numberFrom(this.fields.value(name)));
    const [start, end] = MOMENTS.map((name) => momentFrom(this.fields.value(name)));
    const outline = this.outline();
    if (outline === null || lower == null || upper == null || start == null || end == null) return null;
    const altitude = (value: number): { value: number; reference: "W84"; units: "M" } => ({ value, reference: "W84", units: "M" });
    const time = (value: string): { value: string; format: "RFC3339" } => ({ value, format: "RFC3339" });
    return { volume: { ...outline, altitude_lower: altitude(lower), altitude_upper: altitude(upper) }, time_start: time(start), time_end: time(end) };
  }

  /** Says at each unreadable field what it wants; ranges are the server's to judge. */
  unreadable(): FieldError[] {
    const numbers = this.kind() === "circle" ? [...CIRCLE, ...ALTITUDES] : [...ALTITUDES];
    const found: FieldError[] = [];
    for (const name of [...numbers, ...MOMENTS]) {
      const text = this.fields.value(name);
      const example = EXAMPLES[name.split("_")[0] as keyof typeof EXAMPLES];
      const is_moment = name === "time_start" || name === "time_end";
      if (text === "") found.push({ at: name, what: say("form.needed") });
      else if (is_moment && momentFrom(text) === null) found.push({ at: name, what: say("form.not_a_moment", { example }) });
      else if (!is_moment && numberFrom(text) === null) found.push({ at: name, what: say("form.not_a_number", { example }) });
    }
    if (this.kind() === "polygon" && this.corners() === null) found.push({ at: "corners", what: say("uss.corners_wanted") });
    return found;
  }

  /** Writes each error at its field; `others` are the form's own fields. Returns the rest. */
  mark(errors: readonly FieldError[]): FieldError[] {
    const rest = this.fields.mark(errors, (error) => this.nameOf(error));
    return rest;
  }

  focusFirstError(): boolean {
    return this.fields.focusFirstError();
  }

  private nameOf({ at, what }: FieldError): ShapeName | null {
    const whole = [...CIRCLE, ...ALTITUDES, ...MOMENTS, "corners" as const].find((name) => name === at);
    if (whole !== undefined) return whole;
    if (!at.includes("volumes")) return null;
    const found = PLACES.find(([form]) => form.test(at)) ?? SENTENCES.find(([form]) => form.test(what));
    return found?.[1] ?? (this.kind() === "circle" ? "radius_m" : "corners");
  }

  private kind(): Kind {
    return this.fields.value("shape") === "polygon" ? "polygon" : "circle";
  }

  private outline(): Volume4D["volume"] | null {
    if (this.kind() === "polygon") {
      const corners = this.corners();
      return corners === null ? null : { outline_polygon: { vertices: corners } };
    }
    const [lat, lng, radius] = CIRCLE.map((name) => numberFrom(this.fields.value(name)));
    if (lat == null || lng == null || radius == null) return null;
    return { outline_circle: { center: { lat, lng }, radius: { value: radius, units: "M" } } };
  }

  /** A corner on each line, latitude and longitude; null where one cannot be read, or there are too few. */
  private corners(): Point[] | null {
    const lines = this.fields.value("corners").split(/[\n;]/).map((line) => line.trim()).filter((line) => line !== "");
    const corners = lines.map((line) => line.split(/[\s,]+/).map(numberFrom));
    const read = corners.flatMap(([lat, lng, ...more]) => (lat == null || lng == null || more.length > 0 ? [] : [{ lat, lng }]));
    return read.length < CORNERS_MIN || read.length < lines.length ? null : read;
  }

  private touched(is_told = true): void {
    this.circle.hidden = this.kind() !== "circle";
    this.polygon.hidden = this.kind() !== "polygon";
    if (is_told) this.changed(this.volume());
  }

  private setPicking(is_picking: boolean): void {
    this.is_picking = is_picking;
    this.centre = null;
    if (is_picking && this.kind() === "polygon") this.fields.put("corners", "");
    this.pick.setAttribute("aria-pressed", String(is_picking));
    this.sayPicking();
    this.picks(is_picking);
  }

  private sayPicking(): void {
    setText(this.pick, say(this.is_picking ? "uss.pick_done" : "uss.pick"));
    const step = this.kind() === "polygon" ? "uss.pick_corners" : this.centre === null ? "uss.pick_centre" : "uss.pick_radius";
    setText(this.picking, this.is_picking ? say(step) : "");
  }
}

function degrees(value_deg = 0): string {
  return String(Number(value_deg.toFixed(PLACE_DECIMALS)));
}
