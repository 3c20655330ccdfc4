// One flight in the list: who, how far, how it is, and what may be done.
import type { Corridor } from "../airspace/declared";
import { touchedLines } from "../airspace/touched";
import { levelText } from "../geometry/levels";
import { say } from "../phrases/phrases";
import { element, literal } from "../web/elements";
import { clockText } from "../web/moments";
import type { Flight } from "../wire";
import { authorityLines, coordinationStage } from "./authorities";
import { codesOf } from "./particulars";
import { nextPoint, pointName } from "./route";
import { attention, offered, stageText, type Act, type Ordered } from "./standing";

export interface Asking {
  flight_id: string;
  act: Ordered;
}

export interface Look {
  is_cause: boolean;
  alerted: ReadonlySet<string>;
  corridors: readonly Corridor[];
  read_only: boolean;
  asking: Asking | null;
  is_sending: boolean;
}

export interface RowEffects {
  goTo: () => void;
  ask: (act: Act) => void;
  order: (act: Ordered) => void;
  keep: () => void;
}

export function flightRow(flight: Flight, look: Look, effects: RowEffects): HTMLElement {
  const { flight_id, plan } = flight;
  const row = element("li", { class: "row", tabindex: "0", "data-flight": flight_id, "data-focus": `row ${flight_id}`, "data-attention": attention(flight, look.alerted) });
  if (look.is_cause) row.classList.add("is-cause");
  const name = element("button", { type: "button", class: "name", "data-focus": `show ${flight_id}`, title: say("list.show", { id: plan.identification }) }, literal(plan.identification));
  name.addEventListener("click", effects.goTo);
  row.append(element("div", { class: "row-head" }, element("span", { class: flight.mine ? "mark mark-own" : "mark mark-other" }), name, ...tags(flight, look)));
  row.append(...lines(flight, look.corridors));
  if (!look.read_only) row.append(look.asking === null ? acts(flight, look, effects) : question(flight, look.asking.act, look, effects));
  return row;
}

function tags(flight: Flight, { is_cause }: Look): HTMLElement[] {
  const made = [element("span", { class: "tag stage", "data-stage": coordinationStage(flight) ?? (flight.is_airborne ? "AIRBORNE" : flight.stage) }, stageText(flight))];
  if (flight.condition !== "NORMAL") made.push(element("span", { class: "tag condition", "data-condition": flight.condition }, say(`condition.${flight.condition}`)));
  if (flight.is_overdue && flight.condition !== "OVERDUE") made.push(element("span", { class: "tag condition", "data-condition": "OVERDUE" }, say("condition.OVERDUE")));
  if (is_cause) made.push(element("span", { class: "tag tag-cause" }, say("list.cause")));
  if (!flight.mine) made.push(element("span", { class: "holder" }, element("bdi", {}, flight.party)));
  return made;
}

function lines(flight: Flight, corridors: readonly Corridor[]): HTMLElement[] {
  const { plan, passed } = flight;
  const [first, last] = [plan.route[0], plan.route.at(-1)];
  if (first === undefined || last === undefined) return [];
  const time = (text: string): string => clockText(new Date(text)).replace(/:\d\dZ$/, "Z");
  const upper = first.level_upper == null ? "" : `–${levelText(first.level_upper)}`;
  const used = [...new Set(plan.route.flatMap(({ corridor }) => (corridor == null ? [] : [corridor])))];
  const what = element("p", { class: "row-line" }, literal(`${levelText(first.level)}${upper}`, "level"), " ", literal(`${plan.aircraft_count ?? 1} × ${plan.aircraft_type}`));
  for (const code of codesOf(plan)) what.append(" ", literal(code, "code"));
  for (const corridor of used) what.append(" ", literal(corridor, "corridor-id"));
  const ends = `${pointName(plan, 0, corridors)} ${time(first.time)} → ${pointName(plan, plan.route.length - 1, corridors)} ${time(last.time)}`;
  const made: HTMLElement[] = [what, element("p", { class: "row-line" }, literal(ends, "ends"))];
  for (const [index, { stay_s }] of plan.route.entries()) {
    if (stay_s) made.push(element("p", { class: "row-line" }, say("flights.holds", { point: pointName(plan, index, corridors), minutes: String(Number((stay_s / 60).toFixed(1))) })));
  }
  for (const [key, other] of [["flights.joins", plan.joins], ["flights.splits_from", plan.splits_from]] as const) {
    if (other != null) made.push(element("p", { class: "row-line" }, say(key, { id: other })));
  }
  if (flight.is_airborne) {
    const next = nextPoint(passed, plan);
    made.push(element("p", { class: "row-line" }, say("flights.next", { point: pointName(plan, next, corridors), time: time(plan.route[next]?.time ?? last.time) })));
  }
  made.push(...authorityLines(flight));
  if (flight.lapses_at !== null && flight.stage === "PROVISIONAL" && flight.coordination === null) made.push(element("p", { class: "row-line is-warning", "data-lapses": flight.lapses_at }));
  if (flight.touching.length > 0) made.push(element("p", { class: "row-line is-warning" }, say("flight.touching", { ids: flight.touching.map(({ id }) => id).join(", ") })));
  return [...made, ...touchedLines(flight.touched_by)];
}

function acts(flight: Flight, look: Look, effects: RowEffects): HTMLElement {
  const group = element("div", { class: "acts", role: "group", "aria-label": say("flights.acts", { name: flight.plan.identification }) });
  for (const { act, key } of offered(flight)) {
    const button = element("button", { type: "button", class: "act", "data-focus": `${act} ${flight.flight_id}`, "data-act": act });
    button.append(say(`act.${act}`), " ", element("kbd", { dir: "ltr", "aria-hidden": "true" }, key));
    button.setAttribute("aria-keyshortcuts", key);
    button.setAttribute("aria-label", `${say(`act.${act}`)}: ${flight.plan.identification}`);
    button.setAttribute("aria-disabled", String(look.is_sending));
    button.addEventListener("click", () => effects.ask(act));
    group.append(button);
  }
  return group;
}

function question(flight: Flight, act: Ordered, look: Look, effects: RowEffects): HTMLElement {
  const name = flight.plan.identification;
  const asked = element("span", { class: "question", id: "flights-question" }, say(act === "ENDED" ? "act.ENDED_question" : "act.WITHDRAW_question", { name }));
  const yes = element("button", { type: "button", class: "primary", "data-focus": `yes ${flight.flight_id}` }, say(`act.${act}`));
  const keep = element("button", { type: "button", "data-focus": `keep ${flight.flight_id}` }, say("act.keep"));
  for (const button of [yes, keep]) {
    button.setAttribute("aria-describedby", asked.id);
    button.setAttribute("aria-disabled", String(look.is_sending));
  }
  yes.addEventListener("click", () => effects.order(act));
  keep.addEventListener("click", effects.keep);
  return element("div", { class: "acts" }, asked, yes, keep);
}
