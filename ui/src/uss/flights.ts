// Our flights: how each stands, what it meets, where its aircraft is, and the next thing to do with it.
import { say, type Key } from "../phrases/phrases";
import { latitudeText, longitudeText, metresText } from "../geometry/units";
import { actButton, answered, element, literal } from "../web/elements";
import { ask, type Answer as Reply } from "../web/requests";
import { Answer } from "../web/answer";
import { Rows } from "./rows";
import { ageText, described, shortId, stateOf, stateText, volumeLines, volumesOfFlight } from "./words";
import type { Flight, PutFlight, UssPicture } from "./wire";

const ANSWER_TIMEOUT_MS = 20_000;
const DANGER: readonly string[] = ["Nonconforming", "Contingent"];

type Act = "activate" | "end";

export interface Effects {
  goTo: (flight: Flight) => void;
  causes: (ids: readonly string[]) => void;
  changed: () => void;
}

export class FlightRows {
  readonly list: Rows;
  private readonly answer = new Answer(() => this.effects.causes([]), "flights-");
  private picture: UssPicture | null = null;
  private age_s = (): number => 0; // of the picture
  private causes: ReadonlySet<string> = new Set();
  private ending: string | null = null; // the flight whose end waits for a yes
  private sending: string | null = null;

  constructor(private readonly effects: Effects) {
    this.list = new Rows("flights", "uss.flights", () => say("uss.no_flights"), (_, key) => this.positionText(key));
    this.list.note("uss.flights_note");
    this.list.before(this.answer.root);
  }

  show(picture: UssPicture | null, causes: ReadonlySet<string>, age_s: () => number): void {
    [this.picture, this.causes, this.age_s] = [picture, causes, age_s];
    if (!picture?.flights.some(({ id }) => id === this.ending)) this.ending = null;
    this.draw();
  }

  /** Leaves an open question, else puts the last answer away. */
  cancel(): void {
    if (this.ending === null) this.answer.clear();
    const key = this.ending;
    this.ending = null;
    this.draw();
    if (key !== null) this.list.focusOn(key, "end");
  }

  private draw(): void {
    const flights = this.picture?.flights ?? null;
    // A position changes each second: it is said in a line that is drawn by itself.
    const kept = flights?.map(({ position: _, ...rest }) => [rest, rest.advisories.map((each) => each.others.map((id) => described(id, this.picture)))]);
    const state = JSON.stringify([kept, [...this.causes], this.ending, this.sending, this.picture?.may_plan, this.picture?.read_only]);
    const entries = flights?.map((flight) => ({ key: flight.id, make: () => this.row(flight) })) ?? null;
    this.list.show(entries, this.picture?.flights_count ?? 0, state);
  }

  private row(flight: Flight): HTMLElement {
    const state = stateOf(flight);
    const is_cause = this.causes.has(flight.id);
    const row = element("li", { class: is_cause ? "row is-cause" : "row", "data-attention": DANGER.includes(state) ? "danger" : "" });
    const name = element("button", { type: "button", class: "name", "data-act": "show", title: say("list.show", { id: flight.id }) }, literal(shortId(flight.id)));
    name.addEventListener("click", () => this.effects.goTo(flight));
    const tags = [element("span", { class: "tag stage", "data-state": state }, stateText(state))];
    if (is_cause) tags.push(element("span", { class: "tag tag-cause" }, say("list.cause")));
    const priority = flight.details?.priority ?? 0;
    if (priority !== 0) tags.push(element("span", { class: "tag" }, say("uss.priority_of", { priority })));
    row.append(element("div", { class: "row-head" }, element("span", { class: "mark mark-own" }), name, ...tags), ...volumeLines(volumesOfFlight(flight)));
    if (flight.waits_for !== null) row.append(element("p", { class: "row-line is-warning" }, say("uss.waits", { state: say(`uss.state.${flight.waits_for.state}` as Key) })));
    row.append(...this.meets(flight));
    const urgent = flight.keeping === "OUTSIDE" || flight.keeping === "LOST";
    row.append(element("p", { class: urgent ? "row-line is-warning" : "row-line", "data-live": "position" }));
    row.append(element("p", { class: "row-line note" }, literal(flight.id, "ends")));
    if (this.picture?.may_plan === true && !this.picture.read_only) row.append(this.ending === flight.id ? this.question(flight) : this.buttons(flight));
    return row;
  }

  /** What the flight meets, by the newest advisory that says it. */
  private meets({ advisories }: Flight): HTMLElement[] {
    const newest = advisories.find(({ kind }) => kind === "MEETS");
    if (newest === undefined) return [element("p", { class: "row-line note" }, say("uss.meets_nothing"))];
    const title = element("p", { class: "row-line is-warning" }, say("uss.meets"));
    const rows = newest.others.map((id) => element("li", {}, literal(shortId(id), "code"), " ", element("bdi", {}, described(id, this.picture))));
    return [title, element("ul", { class: "authorities" }, ...rows)];
  }

  private positionText(key: string): string {
    const flight = this.picture?.flights.find(({ id }) => id === key);
    if (flight === undefined || flight.keeping === "NOT_FLOWN") return say("uss.keeping.NOT_FLOWN");
    const words = say(`uss.keeping.${flight.keeping}`);
    if (flight.position === null) return words;
    const { position, age_s } = { position: flight.position.telemetry.position, age_s: flight.position.age_s + this.age_s() };
    const place = `${latitudeText(round(position.latitude))} ${longitudeText(round(position.longitude))}`;
    return say("uss.position", { words, place, altitude: metresText(Math.round(position.altitude.value)), age: ageText(age_s) });
  }

  private buttons(flight: Flight): HTMLElement {
    const made: HTMLElement[] = [];
    const is_busy = (): boolean => this.sending !== null;
    const button = (act: Act, run: () => void): void => {
      const words = say(`uss.${act}`);
      const one = actButton(words, act, is_busy, run);
      one.setAttribute("aria-label", `${words}: ${shortId(flight.id)}`);
      made.push(one);
    };
    if (flight.waits_for === null && (flight.state === "Accepted" || flight.state === "Nonconforming")) button("activate", () => void this.activate(flight));
    button("end", () => {
      this.ending = flight.id;
      this.draw();
      this.list.focusOn(flight.id, "keep"); // Enter pressed twice must change nothing
    });
    return element("div", { class: "acts" }, ...made);
  }

  private question(flight: Flight): HTMLElement {
    const asked = element("span", { class: "question", id: "flights-question" }, say("uss.end_question", { id: shortId(flight.id) }));
    const is_busy = (): boolean => this.sending !== null;
    const yes = actButton(say("uss.end_yes"), "yes", is_busy, () => void this.end(flight));
    return answered(asked, yes, actButton(say("uss.keep"), "keep", is_busy, () => this.cancel()));
  }

  private async activate(flight: Flight): Promise<void> {
    const { details, version } = flight;
    if (details === null) return;
    const body: PutFlight = { state: "Activated", details: { ...details, off_nominal_volumes: [] }, ...(version === null ? {} : { version }) };
    await this.order(flight, "uss.activated", () => ask("PUT", `/api/flights/${flight.id}`, { body: JSON.stringify(body), timeout_ms: ANSWER_TIMEOUT_MS }));
  }

  private async end(flight: Flight): Promise<void> {
    await this.order(flight, "uss.ended", () => ask("DELETE", `/api/flights/${flight.id}`, { timeout_ms: ANSWER_TIMEOUT_MS }));
  }

  private async order({ id }: Flight, done: Key, asked: () => Promise<Reply>): Promise<void> {
    this.sending = id;
    this.draw();
    const reply = await asked();
    this.sending = null;
    this.ending = null;
    this.effects.causes([]);
    if (reply.kind === "done") this.answer.showDone(() => say(done, { id: shortId(id) }), "");
    else if (reply.kind === "silent") this.answer.showSilence(() => say("uss.silent"));
    else this.refused(reply);
    this.draw();
    this.effects.changed();
  }

  private refused({ problem }: Extract<Reply, { kind: "refused" }>): void {
    const { because: ids = [], ...rest } = problem;
    const more = (): HTMLElement[] => ids.map((id) => element("p", { class: "because" }, literal(shortId(id), "cause-id"), " ", element("bdi", {}, described(id, this.picture))));
    this.answer.showRefusal(rest, problem.errors ?? [], () => "", more);
    this.effects.causes(ids);
  }
}

const round = (value_deg: number): number => Math.round(value_deg * 1e5) / 1e5;
