// What another authority asks of us, in words: what it is called, how high, what of it is ours, why no machine accepted it.
import { levelsText } from "../airspace/sky";
import type { Corridor } from "../airspace/declared";
import { pointName } from "../flights/route";
import { say } from "../phrases/phrases";
import { clockText } from "../web/moments";
import type { Crossing, Line } from "../wire";

const URGENT: readonly string[] = ["FFR", "HOSP", "HUM", "MEDEVAC", "SAR"]; // as NEVER_LIMITED of flights/flights.py
const SHORT_MS = 120_000; // chosen: who is to answer within two minutes looks at this first

/** The aircraft's identification where we may know it, else the id that it has at its own node. */
export function nameOf({ plan, object_id }: Crossing): string {
  return plan?.identification ?? object_id;
}

/** "FL330", "FL330–FL350", of what is ours of it; of all where nothing is. */
export function levelsOf({ parts }: Crossing): string {
  const ours = parts.filter(({ is_ours }) => is_ours);
  return levelsText((ours.length > 0 ? ours : parts).map(({ region }) => region)).replace(/([^ ,–]+)–\1(?=,|$)/g, "$1");
}

/** How far it is, in a word or two. */
export function tagText({ state, is_waiting, is_held, lapses_at, returned_by }: Crossing): string {
  if (returned_by.length > 0) return say("returned.tag");
  if (state === "NO_CROSSING") return say("crossing.CANCELLED");
  const is_confirmed = state === "ACCEPTED" && !is_waiting && is_held && lapses_at === null;
  return say(is_confirmed ? "crossing.CONFIRMED" : `crossing.${state}`);
}

/** Whether it is handled before others: whoever it flies for, or so little time is left. */
export function isUrgent({ plan, answer_by }: Crossing, now_ms: number): boolean {
  const is_special = (plan?.handling ?? []).some((code) => URGENT.includes(code));
  return is_special || (answer_by !== null && Date.parse(answer_by) - now_ms < SHORT_MS);
}

/** What is urgent first, by the time left; then the newest. */
export function inOrder(crossings: readonly Crossing[], now_ms: number): Crossing[] {
  const left = ({ answer_by }: Crossing): number => Date.parse(answer_by ?? "");
  const waiting = crossings.filter(({ is_waiting }) => is_waiting);
  const [urgent, others] = [true, false].map((is) => waiting.filter((each) => isUrgent(each, now_ms) === is));
  const by_id = (one: Crossing, other: Crossing): number => one.crossing_id.localeCompare(other.crossing_id);
  return [
    ...(urgent ?? []).sort((one, other) => left(one) - left(other) || by_id(one, other)),
    ...(others ?? []).sort((one, other) => left(other) - left(one) || by_id(one, other)),
  ];
}

/** Which parts lead through our share: by the points of the plan where it is known. */
export function oursText({ parts, plan }: Crossing, corridors: readonly Corridor[]): string {
  const ours = parts.filter(({ is_ours }) => is_ours);
  const [first, last] = [ours[0], ours.at(-1)];
  if (first === undefined || last === undefined) return say("requests.near");
  if (plan === null) return say("requests.ours_parts", { count: ours.length, all: parts.length });
  const [from, to] = [Math.min(...ours.map(({ leg }) => leg)), Math.max(...ours.map(({ leg }) => leg)) + 1];
  const end = Math.min(to, plan.route.length - 1);
  const at = (index: number): string => `${pointName(plan, index, corridors)} ${clockText(new Date(plan.route[index]?.time ?? first.region.time_start)).replace(/:\d\dZ$/, "Z")}`;
  return say("requests.ours", { ends: `${at(from)} → ${at(end)}` });
}

/** Why no standard condition accepted it. */
export function unmetText({ unmet }: Crossing): string {
  if (unmet.length === 0) return say("requests.unmet_none");
  const one = ({ condition_id, why }: Crossing["unmet"][number]): string => say("requests.unmet_one", { id: condition_id, why: why.map((each) => say(`unmet.${each}`)).join(", ") });
  return say("requests.unmet", { conditions: unmet.map(one).join("; ") });
}

/** How the line to an authority is. */
export function lineText({ state, stopped, heard_at }: Line): string {
  if (state === "STOPPED") return say(`line.${stopped ?? "CLOSED"}`);
  if (state === "SILENT") return heard_at === null ? say("line.NEVER") : say("line.SILENT", { time: clockText(new Date(heard_at)) });
  return say(`line.${state}`);
}
