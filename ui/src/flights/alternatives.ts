// What could be filed in place of a refused plan, in few words and with a key for each.
import { WITHOUT_END_MS } from "../airspace/sky";
import { levelText } from "../geometry/levels";
import { say } from "../phrases/phrases";
import { element } from "../web/elements";
import { clockText, momentText } from "../web/moments";
import type { Alternative, Cause, Plan } from "../wire";

/** "20 min later", "FL350 instead of FL330", "by corridor SOUTH"; and who is to be asked for it. */
export function alternativeText(offered: Alternative, asked: Plan): string {
  const text = changeText(offered, asked);
  return offered.asked_of.length === 0 ? text : say("alternative.to_ask", { plan: text, parties: offered.asked_of.join(" + ") });
}

function changeText({ kind, plan }: Alternative, asked: Plan): string {
  const [first, before] = [plan.route[0], asked.route[0]];
  if (first === undefined || before === undefined) return kind;
  const later = Math.round((Date.parse(first.time) - Date.parse(before.time)) / 60_000);
  const minutes = say("unit.min", { value: later });
  if (kind === "LATER") {
    return say("alternative.LATER", { minutes, time: clockText(new Date(first.time)).replace(/:\d\dZ$/, "Z") });
  }
  if (kind === "LEVEL") return say("alternative.LEVEL", { level: levelText(first.level), instead: levelText(before.level) });
  const used = new Set(asked.route.map((point) => point.corridor));
  const others = plan.route.flatMap(({ corridor }) => (corridor == null || used.has(corridor) ? [] : [corridor]));
  const corridor = [...new Set(others)].join(" + ");
  return later > 0 ? say("alternative.CORRIDOR_LATER", { corridor, minutes }) : say("alternative.CORRIDOR", { corridor });
}

/** On which corridors of the plan something stands in the way, who decides there, and until when it is held. */
export function causeLines(causes: readonly Cause[]): HTMLElement[] {
  const until = new Map<string, { corridor: string; authorities: string; end: Date }>();
  for (const { corridor, decided_by, region } of causes) {
    if (corridor == null || decided_by.length === 0 || region == null) continue;
    const [authorities, end] = [decided_by.join(" + "), new Date(region.time_end)];
    const key = `${corridor} ${authorities}`;
    if (end > (until.get(key)?.end ?? new Date(0))) until.set(key, { corridor, authorities, end });
  }
  return [...until.values()].map(({ corridor, authorities, end }) => {
    const is_endless = end.getTime() >= WITHOUT_END_MS;
    const line = is_endless ? say("cause.where_open", { corridor, authorities }) : say("cause.where", { corridor, authorities, time: momentText(end) });
    return element("p", { class: "because" }, line);
  });
}

export interface Effects {
  take: (index: number) => void;
  look: (index: number | null) => void;
}

function titleOf(offered: readonly Alternative[]): "alternative.title" | "alternative.asked" | "alternative.unchecked" {
  if (offered.every((each) => each.holds)) return "alternative.title";
  return offered.every((each) => each.holds || each.asked_of.length > 0) ? "alternative.asked" : "alternative.unchecked";
}

/** The buttons, each with its number as key; looking at one shows it on the map. */
export function alternativeButtons(offered: readonly Alternative[], asked: Plan, effects: Effects): HTMLElement {
  if (offered.length === 0) return element("p", { class: "alternatives-none" }, say("alternative.none"));
  const list = element("div", { class: "alternatives", role: "group" });
  const title = say(titleOf(offered));
  list.setAttribute("aria-label", title);
  list.append(element("p", {}, title));
  for (const [index, each] of offered.entries()) {
    const key = element("kbd", { dir: "ltr", "aria-hidden": "true" }, String(index + 1));
    const button = element("button", { type: "button", class: "alternative" }, key, element("span", {}, alternativeText(each, asked)));
    button.dataset["alternative"] = String(index);
    button.dataset["kind"] = each.kind;
    button.setAttribute("aria-keyshortcuts", String(index + 1));
    button.addEventListener("click", () => effects.take(index));
    for (const event of ["focus", "mouseenter"]) button.addEventListener(event, () => effects.look(index));
    for (const event of ["blur", "mouseleave"]) button.addEventListener(event, () => effects.look(null));
    list.append(button);
  }
  return list;
}
