// Tracks on the map: where they were last said to be, how old that is, and how well we know who it is.
import type { Feature } from "geojson";
import type { LayerSpecification } from "maplibre-gl";
import { say } from "../phrases/phrases";
import { icon, shape, type Icon } from "../web/icons";
import type { Feed, FeedNote, Track } from "../wire";
import { levelOf, nameOf } from "./tracks";

export const SOURCES = ["tracks", "track-history"] as const;
export const STALE_S = 15; // chosen: three reports of a usual secondary radar missed
const GONE_S = 120; // from here on a track is as faint as it gets
const FAINTEST = 0.4;
const LEFT_TO_RIGHT_MARK = "\u200e";
const HISTORY_COLOUR = "#7fb4ff"; // history is blue, as on controllers' screens; light enough to be read

const get = (name: string): ["get", string] => ["get", name];

export function trackLayers(): LayerSpecification[] {
  return [
    { id: "track-history", type: "line", source: "track-history", paint: { "line-color": HISTORY_COLOUR, "line-width": 2.5, "line-dasharray": [0.8, 1.2] } },
    {
      id: "tracks",
      type: "symbol",
      source: "tracks",
      layout: { "icon-image": get("icon"), "icon-rotate": get("track_deg"), "icon-rotation-alignment": "map", "icon-allow-overlap": true, "icon-ignore-placement": true },
      paint: { "icon-opacity": get("opacity") },
    },
  ];
}

export function trackNames(fonts: string[]): LayerSpecification[] {
  return [
    {
      id: "track-names",
      type: "symbol",
      source: "tracks",
      layout: {
        "text-field": get("text"),
        "text-font": fonts,
        "text-size": 12.5,
        "text-max-width": 13, // in letters, broad ones: a note takes four lines
        "text-variable-anchor": ["left", "right", "top", "bottom"],
        "text-radial-offset": 1.3,
        "text-justify": "auto",
        "text-allow-overlap": true, // a hidden name could hide an aircraft
      },
      paint: { "text-color": ["case", ["==", get("is_stale"), true], "#b4c1cc", "#ffffff"], "text-halo-color": "#0b1218", "text-halo-width": 2 },
    },
  ];
}

/** Shapes that say how well a claim stands, and whether it is old, without a colour. */
export function images(): [string, Icon][] {
  const arrow = [[0, -18], [12, 14], [0, 7], [-12, 14]] as const;
  const drawn = (kind: string, is_stale: boolean): Icon =>
    icon((pen) => {
      pen.strokeStyle = is_stale ? "#b4c1cc" : "#ffffff";
      pen.fillStyle = kind === "CORROBORATED" && !is_stale ? "#ffffff" : "#0b1218";
      if (is_stale) pen.setLineDash([4, 4]);
      if (kind === "NONE") shape(pen, [[-9, -9], [9, -9], [9, 9], [-9, 9]]);
      else shape(pen, arrow);
      pen.fill();
      pen.stroke();
      if (kind !== "DISPUTED") return;
      pen.setLineDash([]);
      pen.strokeStyle = "#ffd23f";
      pen.beginPath();
      for (const [x, y] of [[-16, -16], [16, 16]] as const) pen.lineTo(x, y);
      pen.moveTo(16, -16);
      pen.lineTo(-16, 16);
      pen.stroke();
    });
  return (["CORROBORATED", "CLAIMED", "DISPUTED", "NONE"] as const).flatMap((kind): [string, Icon][] => [
    [`track-${kind}`, drawn(kind, false)],
    [`track-${kind}-stale`, drawn(kind, true)],
  ]);
}

/** `is_down`: nobody watches, so that every track is an old one. `feeds`: for what must be told with what they say. */
export function trackFeatures(tracks: readonly Track[], feeds: readonly Feed[], is_down: boolean): { tracks: Feature[]; "track-history": Feature[] } {
  const notes = new Map(feeds.map(({ feed_id, note }) => [feed_id, note]));
  const places: Feature[] = [];
  const lines: Feature[] = [];
  for (const track of tracks) {
    const age_s = Math.round(track.age_s);
    const is_stale = is_down || age_s > STALE_S;
    const opacity = Math.max(FAINTEST, 1 - (Math.max(0, age_s - STALE_S / 2) / GONE_S) * (1 - FAINTEST));
    const here = [track.longitude_deg, track.latitude_deg];
    const properties = {
      icon: `track-${track.standing}${is_stale ? "-stale" : ""}`,
      track_deg: Math.round(track.track_deg ?? 0),
      opacity: Math.round(opacity * 20) / 20,
      is_stale,
      text: labelText(track, age_s, is_stale, notes.get(track.source)),
    };
    places.push({ type: "Feature", properties, geometry: { type: "Point", coordinates: here } });
    const before = track.history_deg.map(([latitude = 0, longitude = 0]) => [longitude, latitude]);
    if (before.length > 0) lines.push({ type: "Feature", properties: {}, geometry: { type: "LineString", coordinates: [...before, here] } });
  }
  return { tracks: places, "track-history": lines };
}

function labelText(track: Track, age_s: number, is_stale: boolean, note: FeedNote | null | undefined): string {
  const name = `${LEFT_TO_RIGHT_MARK}${nameOf(track)} ${levelOf(track)}`.trim();
  const seconds = say("unit.s", { value: age_s });
  const age = is_stale ? say("track.stale", { age: seconds }) : seconds;
  const recorded = track.is_recorded ? say("track.recorded") : "";
  const told = note == null ? "" : say(`feed_note.${note}`);
  const marks = [recorded, standingText(track), track.is_implausible ? say("track.implausible") : "", told];
  return [name, ...marks.filter(Boolean), age].join("\n");
}

function standingText({ standing, flight_id }: Track): string {
  if (standing === "DISPUTED") return `≠ ${say("track.DISPUTED")}`;
  if (standing === "CLAIMED") return `? ${say("track.CLAIMED")}`;
  return standing === "NONE" && flight_id === null ? say("track.NONE") : "";
}
