// The list of flights: those that need attention first, each with what may be done about it, by button or key.
import type { Corridor } from "../airspace/declared";
import { TouchedSpoken } from "../airspace/touched";
import { onLanguage, say, spoken } from "../phrases/phrases";
import { element, literal, setText } from "../web/elements";
import { durationText, nodeNow } from "../web/moments";
import { isPassing, type Answer } from "../web/requests";
import { singleKeysWork } from "../web/shortcuts";
import { Submissions } from "../web/submissions";
import type { Flight } from "../wire";
import { nextPoint } from "./route";
import { flightRow, type Asking } from "./row";
import { inOrder, offered, type Act, type Ordered } from "./standing";

export interface Shown {
  flights: readonly Flight[] | null; // null until a picture was heard
  corridors: readonly Corridor[];
  causes: ReadonlySet<string>;
  alerted: ReadonlySet<string>; // flights that an active alert is about
  read_only: boolean;
}

export interface Effects {
  goTo: (flight: Flight) => void;
  revise: (flight: Flight) => void; // in the form
  changed: () => void; // ask for a new picture
}

export class FlightList {
  readonly root = element("section", { class: "flights", id: "flights", "aria-labelledby": "flights-title" });
  private readonly title = element("h2", { id: "flights-title" });
  private readonly rows = element("ul", { class: "rows" });
  private readonly empty = element("p", { class: "empty", id: "flights-empty" });
  private readonly old = element("p", { class: "list-old" });
  private readonly message = element("div", { class: "message", id: "flights-message", role: "status" });
  private readonly touched = new TouchedSpoken();
  private readonly submissions = new Submissions();
  private readonly unanswered = new Map<string, string | undefined>(); // the same body again after silence
  private shown: Shown = { flights: null, corridors: [], causes: new Set(), alerted: new Set(), read_only: true };
  private asking: Asking | null = null;
  private is_sending = false;
  private drawn = "";

  constructor(private readonly effects: Effects) {
    this.rows.tabIndex = -1;
    this.root.append(
      this.title,
      spoken(element("p", { class: "note" }), "flights.hint"),
      this.old,
      this.message,
      this.touched.root,
      this.rows,
      this.empty,
    );
    this.rows.addEventListener("keydown", (event) => this.pressed(event));
    onLanguage(() => this.draw(true));
  }

  show(shown: Shown): void {
    const has_new_cause = [...shown.causes].some((id) => !this.shown.causes.has(id));
    this.shown = shown;
    if (this.asking !== null && !this.isStillOffered(this.asking)) this.asking = null;
    if (shown.flights !== null) this.touched.show(shown.flights.map(({ plan, touched_by }) => ({ name: plan.identification, touched_by })));
    this.draw();
    this.tick();
    if (has_new_cause) this.rows.querySelector(".is-cause")?.scrollIntoView({ block: "nearest" });
  }

  veil(text: string | null): void {
    setText(this.old, text ?? "");
  }

  /** Renews what runs with the clock alone. */
  tick(): void {
    for (const each of this.rows.querySelectorAll<HTMLElement>("[data-lapses]")) {
      const left_s = Math.max(0, Math.round((Date.parse(each.dataset["lapses"] ?? "") - nodeNow().getTime()) / 1000));
      setText(each, say("flights.lapses", { left: durationText(left_s) }));
    }
    for (const each of this.rows.querySelectorAll<HTMLElement>("[data-until]")) {
      const left_s = Math.max(0, Math.round((Date.parse(each.dataset["until"] ?? "") - nodeNow().getTime()) / 1000));
      setText(each, say("flights.until", { left: durationText(left_s) }));
    }
  }

  focus(): void {
    this.root.scrollIntoView({ block: "nearest" });
    (this.rows.querySelector<HTMLElement>("li") ?? this.rows).focus();
  }

  select(flight_id: string): void {
    this.bringIntoView(flight_id);
    this.rowOf(flight_id)?.focus();
  }

  bringIntoView(flight_id: string): void {
    this.rowOf(flight_id)?.scrollIntoView({ block: "nearest" });
  }

  cancel(): void {
    const asked = this.asking;
    if (this.is_sending) return;
    this.asking = null;
    if (asked === null) this.tell(false);
    else this.draw();
  }

  private isStillOffered({ flight_id, act }: Asking): boolean {
    const flight = this.shown.flights?.find((each) => each.flight_id === flight_id);
    return flight !== undefined && offered(flight).some((each) => each.act === act);
  }

  private rowOf(flight_id: string): HTMLElement | undefined {
    return [...this.rows.querySelectorAll<HTMLElement>("li")].find((row) => row.dataset["flight"] === flight_id);
  }

  private draw(again = false): void {
    const { flights, causes, alerted, read_only, corridors } = this.shown;
    const state = JSON.stringify([flights, [...causes], [...alerted], read_only, corridors.length, this.asking, this.is_sending]);
    if (state === this.drawn && !again) return;
    this.drawn = state;
    setText(this.title, say("flights.title", { count: flights?.length ?? 0 }));
    setText(this.empty, flights === null ? say("list.waiting") : flights.length === 0 ? say("flights.none") : "");
    this.empty.hidden = this.empty.textContent === "";
    const focused = this.rows.contains(document.activeElement) ? (document.activeElement as HTMLElement) : null;
    const name = focused?.dataset["focus"];
    const row_id = focused?.closest("li")?.dataset["flight"];
    this.rows.replaceChildren(...inOrder(flights ?? [], alerted).map((flight) => this.row(flight)));
    if (name !== undefined) this.focusOn(name, row_id);
  }

  private focusOn(name: string, row_id: string | undefined): void {
    const same = [...this.rows.querySelectorAll<HTMLElement>("[data-focus]")].find((each) => each.dataset["focus"] === name);
    const row = row_id === undefined ? undefined : this.rowOf(row_id);
    (same ?? row ?? this.rows).focus();
  }

  private row(flight: Flight): HTMLElement {
    const { causes, alerted, corridors, read_only } = this.shown;
    const asking = this.asking?.flight_id === flight.flight_id ? this.asking : null;
    return flightRow(flight, { is_cause: causes.has(flight.flight_id), alerted, corridors, read_only, asking, is_sending: this.is_sending }, {
      goTo: () => this.effects.goTo(flight),
      ask: (act) => this.ask(flight, act),
      order: (act) => void this.order(flight, act),
      keep: () => this.cancel(),
    });
  }

  private pressed(event: KeyboardEvent): void {
    const row = (event.target as HTMLElement).closest("li");
    const flight = this.shown.flights?.find((each) => each.flight_id === row?.dataset["flight"]);
    if (row === null || flight === undefined || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const next = event.key === "ArrowDown" ? row.nextElementSibling : row.previousElementSibling;
      if (next instanceof HTMLElement) next.focus();
      event.preventDefault();
      return;
    }
    if (event.key === "Enter" && event.target === row) {
      this.effects.goTo(flight);
      return;
    }
    const letter = /^[a-z]$/i.test(event.key) ? event.key.toLowerCase() : event.code.replace(/^Key/, "").toLowerCase();
    const found = offered(flight).find(({ key }) => key === letter);
    if (found === undefined || !singleKeysWork() || this.shown.read_only) return;
    event.preventDefault();
    event.stopPropagation(); // else a key of the page does its own
    this.ask(flight, found.act);
  }

  private ask(flight: Flight, act: Act): void {
    if (this.is_sending) return;
    if (act === "REVISE") {
      this.effects.revise(flight);
      return;
    }
    if (!offered(flight).some((each) => each.act === act && each.is_asked_twice)) {
      void this.order(flight, act);
      return;
    }
    this.asking = { flight_id: flight.flight_id, act };
    this.draw();
    this.focusOn(`keep ${flight.flight_id}`, flight.flight_id); // Enter pressed twice must change nothing
  }

  private async order(flight: Flight, act: Ordered): Promise<void> {
    if (this.is_sending) return;
    const { flight_id } = flight;
    const name = `${act} ${flight_id}`;
    const { method, path, body: fresh } = orderFor(flight, act);
    const body = this.unanswered.has(name) ? this.unanswered.get(name) : fresh;
    this.is_sending = true;
    this.draw();
    const answer = await this.submissions.send(method, path, body);
    this.is_sending = false;
    this.asking = null;
    const was_here = this.rows.contains(document.activeElement);
    this.draw();
    if (was_here) this.focusOn(name, flight_id);
    const is_open = answer.kind === "silent" || (answer.kind === "refused" && isPassing(answer.problem));
    if (is_open) this.unanswered.set(name, body);
    else this.unanswered.delete(name);
    this.answered(flight, act, answer);
    this.effects.changed();
  }

  private answered({ plan }: Flight, act: Ordered, answer: Answer): void {
    const name = plan.identification;
    if (answer.kind === "done") this.tell(false, say(`act.${act}_done`, { name }));
    else if (answer.kind === "silent") this.tell(true, say("act.silent", { name, act: say(`act.${act}`) }));
    else {
      const { problem } = answer;
      const words = element("p", {}, literal(name), " · ", element("bdi", {}, problem.title));
      for (const id of problem.because ?? []) words.append(" ", literal(id, "cause-id"));
      this.tell(true, words);
    }
    this.message.scrollIntoView({ block: "nearest" });
  }

  private tell(is_warning: boolean, ...words: (Node | string)[]): void {
    this.message.replaceChildren(...words);
    this.message.classList.toggle("is-warning", is_warning);
  }
}

interface Order {
  method: "POST" | "DELETE";
  path: string;
  body: string | undefined;
}

function orderFor({ flight_id, passed, plan }: Flight, act: Ordered): Order {
  const path = `/api/flights/${encodeURIComponent(flight_id)}`;
  const time = nodeNow().toISOString();
  if (act === "WITHDRAW") return { method: "DELETE", path, body: undefined };
  if (act === "CONFIRM") return { method: "POST", path: `${path}/confirmation`, body: undefined };
  const report = (said: object): Order => ({ method: "POST", path: `${path}/reports`, body: JSON.stringify(said) });
  if (act === "AIRBORNE") return report({ report: "AIRBORNE", time });
  if (act === "PASSING") return report({ report: "PASSING", point: nextPoint(passed, plan), time });
  if (act === "ENDED") return report({ report: "ENDED" });
  return report({ report: "CONDITION", condition: act });
}
