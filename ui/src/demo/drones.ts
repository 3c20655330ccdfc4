// The list of the chapter about drones: what is closed for them, and how far each operator is with it.
import { onLanguage, say, spoken } from "../phrases/phrases";
import { element, literal, setText } from "../web/elements";
import { clockText, nodeNow, windowTexts } from "../web/moments";
import type { DroneIntent, DroneOperator, DroneSky, Region } from "../wire";
import { regionRings } from "../geometry/regions";
import { metresText } from "../geometry/units";
import { answerText, operatorName } from "./drone_words";

const OLD_MS = 4_000; // chosen: eight looks at DSS and USSs

export class DroneList {
  readonly root = element("section", { class: "drones", id: "drones", "aria-labelledby": "drones-title", hidden: true });
  /** Said at the top of the page at all times: what is real of it and what is not. */
  readonly label = element("p", { class: "drones-label", id: "drones-label", hidden: true });
  private readonly closed = element("p", { class: "row-line", id: "drones-closed", role: "status" });
  private readonly unheard = element("p", { class: "row-line is-warning", id: "drones-unheard", role: "alert", hidden: true });
  private readonly rows = element("ul", { class: "rows", tabindex: "-1", "aria-labelledby": "drones-title" });
  private readonly old = element("p", { class: "list-old" });
  private sky: DroneSky | null = null;
  private drawn = "";

  constructor(private readonly goTo: (places: number[][]) => void) {
    this.root.append(spoken(element("h2", { id: "drones-title" }), "drones.title"), spoken(element("p", { class: "note" }), "drones.hint"));
    this.root.append(this.old, this.unheard, this.closed, this.rows);
    this.rows.addEventListener("keydown", (event) => this.pressed(event));
    spoken(this.label, "drones.label");
    onLanguage(() => this.draw(true));
  }

  show(sky: DroneSky): void {
    this.sky = sky;
    this.root.hidden = false;
    this.label.hidden = false;
    this.draw();
  }

  veil(text: string | null): void {
    setText(this.old, text ?? "");
  }

  focus(): void {
    this.root.scrollIntoView({ block: "nearest" });
    (this.rows.querySelector<HTMLElement>("li") ?? this.rows).focus();
  }

  /** What was heard grows old, even if nobody answers any more. */
  tick(): void {
    const { sky } = this;
    if (sky === null) return;
    const heard = sky.heard_at === null ? null : new Date(sky.heard_at);
    const is_old = !sky.is_heard || heard === null || nodeNow().getTime() - heard.getTime() > OLD_MS;
    const text = heard === null ? say("drones.waiting") : say("drones.unheard_dss", { time: clockText(heard) });
    setText(this.unheard, is_old ? text : "");
    if (this.unheard.hidden === is_old) this.unheard.hidden = !is_old;
    this.root.dataset["old"] = String(is_old);
  }

  private draw(again = false): void {
    const { sky } = this;
    this.tick();
    if (sky === null) return;
    const state = JSON.stringify([sky.closed, sky.operators, sky.unknown_count, sky.is_heard]);
    if (state === this.drawn && !again) return;
    this.drawn = state;
    setText(this.closed, closedText(sky));
    const focused = this.rows.contains(document.activeElement) ? (document.activeElement as HTMLElement) : null;
    const [number, is_name] = [focused?.closest("li")?.dataset["operator"], focused?.tagName === "BUTTON"];
    this.rows.replaceChildren(...sky.operators.map((each) => this.row(each)));
    if (focused === null) return;
    const row = [...this.rows.querySelectorAll<HTMLElement>("li")].find((each) => each.dataset["operator"] === number);
    ((is_name ? row?.querySelector<HTMLElement>("button") : null) ?? row ?? this.rows).focus();
  }

  private row(operator: DroneOperator): HTMLElement {
    const { number, answer, is_heard, intents, unknown_count } = operator;
    const row = element("li", { class: "row", tabindex: "0", "data-operator": String(number), "data-answer": answer, "data-heard": String(is_heard) });
    const name = element("button", { type: "button", class: "name", title: say("list.show", { id: operatorName(operator) }) }, operatorName(operator));
    name.addEventListener("click", () => this.goTo(intents.flatMap(({ regions }) => regions.flatMap(regionRings).flat())));
    const swatch = element("span", { class: "swatch swatch-drone", "aria-hidden": "true" });
    const tag = element("span", { class: "tag drone-answer" }, `${SIGN[answer]} ${answerText(operator)}`);
    row.append(element("div", { class: "row-head" }, swatch, name, tag));
    if (!is_heard) row.append(element("p", { class: "row-line is-warning" }, say("drones.unheard")));
    for (const each of intents) row.append(intentLine(each));
    if (intents.length === 0 && unknown_count === 0) row.append(element("p", { class: "row-line" }, say("drones.no_intent")));
    if ((unknown_count ?? 0) > 0) row.append(element("p", { class: "row-line is-warning" }, say("drones.unknown", { count: unknown_count ?? 0 })));
    const times = timesOf(operator);
    if (times.length > 0) row.append(element("p", { class: "row-line drone-times" }, ...times));
    return row;
  }

  private pressed(event: KeyboardEvent): void {
    const row = (event.target as HTMLElement).closest("li");
    if (row === null || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const next = event.key === "ArrowDown" ? row.nextElementSibling : row.previousElementSibling;
      if (next instanceof HTMLElement) next.focus();
      event.preventDefault();
    } else if (event.key === "Enter" && event.target === row) row.querySelector("button")?.click();
  }
}

const SIGN = { NOT_TOLD: "·", TOLD: "…", TAKEN: "▲", ADVISED: "▲", ENDED: "✓", MOVED: "✓" } as const;

function closedText(sky: DroneSky): string {
  const [first] = sky.closed.flatMap(({ regions }) => regions);
  const unknown = (sky.unknown_count ?? 0) > 0 ? say("drones.unknown_closed", { count: sky.unknown_count ?? 0 }) : "";
  if (first === undefined) return unknown || say(sky.is_heard ? "drones.open" : "drones.waiting");
  const window = windowTexts(first.time_start, first.time_end).join(" ");
  return [say("drones.closed", { count: sky.closed.length, window }), unknown].filter(Boolean).join(" ");
}

function intentLine({ state, regions, is_in_way }: DroneIntent): HTMLElement {
  const levels = levelsOf(regions);
  const way = element("strong", {}, say(is_in_way ? "drones.in_way" : "drones.not_in_way"));
  return element("p", { class: "row-line" }, `${say(`drones.intent_${state}`)} · `, literal(levels), " · ", way);
}

function levelsOf(regions: readonly Region[]): string {
  const lower = Math.min(...regions.map(({ altitude_lower_m }) => altitude_lower_m ?? 0));
  const upper = Math.max(...regions.map(({ altitude_upper_m }) => altitude_upper_m ?? 0));
  return `${metresText(lower)}–${metresText(upper)} m WGS-84`;
}

/** What happened and when, each by who says so. */
function timesOf({ told_at, taken_at, advised_at, answered_at, answer }: DroneOperator): (Node | string)[] {
  const steps = [
    ["drones.told_at", told_at],
    ["drones.taken_at", taken_at],
    ["drones.advised_at", advised_at],
    [answer === "MOVED" ? "drones.moved_at" : "drones.ended_at", answered_at],
  ] as const;
  return steps.flatMap(([key, at], index) => (at == null ? [] : [index === 0 ? "" : " · ", `${say(key)} `, literal(clockText(new Date(at)))]));
}
