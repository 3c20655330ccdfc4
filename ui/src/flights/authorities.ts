// How far a flight or a reservation is with each other authority, in words and with a sign: coordinated is what all have confirmed.
import { levelText } from "../geometry/levels";
import { reasonText, say } from "../phrases/phrases";
import { saidPart } from "../coordination/ladder";
import { element } from "../web/elements";
import { clockText, momentText } from "../web/moments";
import { voiceActs, voiceText } from "../coordination/voice";
import type { AtAuthority, Coordination, Counter, Flight } from "../wire";

type State = AtAuthority["state"] | "CONFIRMED" | "KEPT" | "VOICE";

const SIGNS: Record<State, string> = {
  NO_CROSSING: "–",
  NOTIFIED: "i",
  REQUESTED: "…",
  COUNTERED: "⇄",
  ACCEPTED: "✓",
  REVISED: "…",
  REVISED_COUNTERED: "⇄",
  REJECTED: "✕",
  CANCELLED: "–",
  CONFIRMED: "✓✓",
  KEPT: "✕",
  VOICE: "☎",
};

/** "30 min later, at FL350" */
export function counterText({ later_s, level }: Counter): string {
  const later = later_s > 0 ? [say("at.later", { minutes: say("unit.min", { value: Number((later_s / 60).toFixed(1)) }) })] : [];
  return [...later, ...(level === null ? [] : [say("at.level", { level: levelText(level) })])].join(", ");
}

function stateOf({ state, is_confirmed, reason, voice }: AtAuthority): State {
  if (state === "ACCEPTED" && !is_confirmed && voice?.state === "UNSIGNED") return "VOICE";
  if (state !== "ACCEPTED" || !is_confirmed) return state;
  return reason === null ? "CONFIRMED" : "KEPT"; // of a plan in force, when a later one was rejected
}

function wordsOf(each: AtAuthority, state: State): string {
  const reason = each.reason === null ? "" : reasonText({ reason: each.reason, title: each.reason });
  if (state === "COUNTERED" || state === "REVISED_COUNTERED") return say(`at.${state}`, { counter: each.counter === null ? "" : counterText(each.counter) });
  if (state === "REJECTED" || state === "KEPT") return say(`at.${state}`, { reason });
  return say(`at.${state === "NO_CROSSING" ? "CANCELLED" : state}`);
}

/** One line for each authority, and before them what that makes of the flight. */
export function authorityLines({ flight_id, coordination }: Flight): HTMLElement[] {
  if (coordination === null) return [];
  const { phase, until, is_given_up, plan_asked } = coordination;
  const made: HTMLElement[] = [];
  const first = plan_asked?.route[0];
  if (first !== undefined) {
    const time = clockText(new Date(first.time)).replace(/:\d\dZ$/, "Z");
    made.push(element("p", { class: "row-line is-warning" }, say("flights.plan_asked", { level: levelText(first.level), time })));
  }
  if (is_given_up) made.push(element("p", { class: "row-line is-warning" }, say("flights.given_up")));
  else if (phase !== "IDLE" && until !== null) made.push(element("p", { class: "row-line is-warning", "data-until": until }));
  if (coordination.is_by_voice) made.push(element("p", { class: "row-line is-warning" }, say("voice.flight")));
  return [...made, ...listOf(coordination), ...voiceActs("FLIGHT", flight_id, coordination)];
}

/** One line for each authority. */
export function listOf({ authorities }: Coordination): HTMLElement[] {
  if (authorities.length === 0) return [];
  const list = element("ul", { class: "authorities", "aria-label": say("at.title") });
  for (const each of authorities) {
    const state = stateOf(each);
    const sign = element("span", { class: "at-sign", "aria-hidden": "true" }, SIGNS[state]);
    const line = element("li", { "data-authority": each.authority, "data-state": state }, sign, element("bdi", {}, each.authority), ": ", wordsOf(each, state));
    if (each.withdrawn_from !== null) line.append(" · ", element("strong", { class: "is-warning", "data-withdrawn": each.withdrawn_from }, say("at.withdrawn", { time: momentText(new Date(each.withdrawn_from)) })));
    if (each.said !== null) line.append(" · ", saidPart(each.said));
    const by_voice = voiceText(each);
    if (by_voice !== null) line.append(" · ", element("span", { class: "by-voice", "data-voice": each.voice?.state ?? "" }, by_voice));
    list.append(line);
  }
  return [list];
}

/** How far all of it is, where that is not what the stage says; else null. */
export function coordinationStage({ coordination, is_airborne, stage }: Flight): "ASKING" | "CONFIRMING" | "BY_VOICE" | "GIVEN_UP" | null {
  if (coordination === null || is_airborne) return null;
  if (coordination.is_given_up) return "GIVEN_UP";
  if (stage === "PROVISIONAL" && coordination.is_by_voice) return "BY_VOICE";
  return stage === "PROVISIONAL" && coordination.phase !== "IDLE" ? coordination.phase : null;
}
